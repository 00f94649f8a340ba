//! Eight threads around a queue, in random schedules. Run them with `cargo xtask shuttle`.
//!
//! | file | claims |
//! |---|---|
//! | `queue.rs` | items are neither lost nor doubled, in order; nobody waits for ever, whether the end drains or discards |
//! | `history.rs` | what eight threads see of a queue has an order |
//!
//! The twins are those of the proofs. No trial is a proof: that is what `tests/loom/` is for.
#![cfg(shuttle)]

mod history;
mod queue;
mod twin;
#[path = "../witness/mod.rs"]
mod witness;
