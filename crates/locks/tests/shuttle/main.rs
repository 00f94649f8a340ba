//! Eight threads in random schedules: sizes that loom cannot enumerate. Run them with `cargo xtask shuttle`.
//!
//! | file | claims |
//! |---|---|
//! | `lock.rs` | one of eight inside at a time, nobody left asleep, beside some who give up |
//! | `semaphore.rs` | no permit is used twice; all get in, beside some who give up |
//! | `event.rs` | a set that is cleared at once reaches all who wait |
//! | `barrier.rs` | nobody passes before all eight have come |
//! | `rwlock.rs` | a writer is alone; all get in, beside some who give up |
//! | `history.rs` | what eight threads see of a semaphore has an order |
//! | `rlock.rs` | one of eight owns it at a time, at whatever level |
//! | `condition.rs` | who is notified says so, and nobody else; who saw the old state is not forgotten |
//!
//! Each test is one [`platform::check::Trial`]: a claim, a model, the outcomes that must be reached, and twins with
//! one flaw each that must be found in as many schedules. No trial is a proof, and none shows a missing ordering:
//! that is what `tests/loom/` is for.
#![cfg(shuttle)]

mod barrier;
mod condition;
mod event;
mod history;
mod lock;
#[path = "../permits/mod.rs"]
mod permits;
mod rlock;
mod rwlock;
mod semaphore;
