//! The proofs of `locks`. Run them with `cargo xtask prove locks`.
//!
//! | file | claims |
//! |---|---|
//! | `lock.rs` | one holder at a time, its writes seen by the next; a release wakes; a timed wait loses no wake |
//! | `condition.rs` | a notification is never lost, nor spent on a waiter that timed out; waits end for a reason only; first come, first woken |
//! | `rwlock.rs` | a writer is alone, and what it wrote is seen; it sees that readers are done; nobody is left asleep |
//! | `rwlock_turns.rs` | who waits keeps newcomers out; who gives up lets them in, and takes no wake along; a downgrade lets no writer between |
//!
//! Each test is one [`platform::check::Proof`]: the claim, the model, the outcomes that must be reached, the
//! least number of executions, and the refutations that must fail. What a proof here is, and what loom cannot
//! show, is in the book: "Studying the proofs".
#![cfg(loom)]

mod condition;
mod lock;
mod rwlock;
mod rwlock_turns;
