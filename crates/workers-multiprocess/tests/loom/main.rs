//! The proofs of `workers-multiprocess`. Run them with `cargo xtask prove workers-multiprocess::`.
//!
//! | file | claims |
//! |---|---|
//! | `claims.rs` | a task that was sent to a worker is begun there or had back, never both |
//! | `idle.rs` | no task is slept through; none is lost to a pool that closes |
//! | `future.rs` | a future ends once, whoever cancels; callbacks come before results; who waits is told |
//! | `future_waits.rs` | who waits for several futures, or with others for one, is told when it is enough |
//!
//! What a proof here is, and what loom cannot show, is in the book: "Studying the proofs".
#![cfg(loom)]

mod claims;
mod future;
#[path = "../future_twin/mod.rs"]
mod future_twin;
mod future_waits;
mod idle;
