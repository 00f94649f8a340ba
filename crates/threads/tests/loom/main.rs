//! The proofs of `threads`. Run them with `cargo xtask prove threads::`.
//!
//! | file | claims |
//! |---|---|
//! | `ending.rs` | who joins is told, and finds the outcome; it comes out once; who waits for all is told when all have left |
//! | `local.rs` | of a thread that ends and an instance that is dropped, one drops the value |
//! | `timer.rs` | no timer is slept through; a function runs or is cancelled, once; what is cancelled strands no other |
//! | `timer_twin.rs` | the timers' twin with one flaw each |
//!
//! What a proof here is, and what loom cannot show, is in the book: "Studying the proofs".
#![cfg(loom)]

mod ending;
mod local;
mod timer;
mod timer_twin;
