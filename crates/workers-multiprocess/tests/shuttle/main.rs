//! Eight threads around a thread pool, and around two futures, in random schedules. Run them with
//! `cargo xtask shuttle`.
//!
//! | file | claims |
//! |---|---|
//! | `pool.rs` | each task is run once, or refused; whoever waits for one, for a scope or for the pool's end is let go |
//! | `futures.rs` | a future has one end, as the cancels said; all who wait and all callbacks are told of it |
//!
//! No trial is a proof: that is what `tests/loom/` is for.
#![cfg(all(shuttle, not(loom)))]

#[expect(dead_code, reason = "the proofs use all of it")]
#[path = "../future_twin/mod.rs"]
mod future_twin;
mod futures;
mod pool;
mod pool_twin;
