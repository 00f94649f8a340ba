//! Runs the unit tests inside the example `average`.
//!
//! Cargo builds an example either as a program or, with `test = true`, as its tests. The integration tests in
//! `average.rs` need the program, so the tests inside its modules run from here.
#![cfg(not(loom))]

#[path = "../examples/average/main.rs"]
#[expect(dead_code, reason = "`main` is entered in the example only")]
mod average;
