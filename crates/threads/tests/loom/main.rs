//! The proofs of `threads`. Run them with `cargo xtask prove threads::`.
//!
//! | file | claims |
//! |---|---|
//! | `timer.rs` | no timer is slept through; a function runs or is cancelled, once; what is cancelled strands no other |
//! | `timer_twin.rs` | the timers' twin with one flaw each |
//!
//! What a proof here is, and what loom cannot show, is in the book: "Studying the proofs".
#![cfg(loom)]

mod timer;
mod timer_twin;
