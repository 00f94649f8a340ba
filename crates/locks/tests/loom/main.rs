//! The proofs of `locks`. Run them with `cargo xtask prove locks`.
//!
//! | file | claims |
//! |---|---|
//! | `lock.rs` | one holder at a time, its writes seen by the next; a release wakes; a timed wait loses no wake |
//! | `late.rs` | who was called and does not come is handed the lock: nobody comes before it for ever, and nobody is left asleep |
//! | `guard.rs` | what a guard does when it is dropped is a release |
//! | `barrier.rs` | nobody passes before all have come, and all see what all wrote; it can be used again at once |
//! | `barrier_breaks.rs` | a cycle passes or fails as a whole; what breaks or resets it reaches everybody |
//! | `cancel.rs` | a token that is cancelled ends a wait, and takes no wake with it |
//! | `condition.rs` | a notification is never lost, nor spent on a waiter that timed out; waits end for a reason only; first come, first woken |
//! | `event.rs` | a set reaches who waited, also if cleared at once; its writes are seen; who clears and then looks misses no work |
//! | `history.rs` | what two threads see of a semaphore, one alone could have seen |
//! | `semaphore.rs` | a permit has one holder at a time; no release is lost on sleepers of any size, nor to a waiter that gives up |
//! | `release.rs` | a release that adds before it looks forgets nobody who sleeps |
//! | `reservation.rs` | what a semaphore sets aside for one that has waited too long; nobody is left asleep by it |
//! | `rlock.rs` | one owner at a time until its last level; nobody else can release; a wait lets go of all levels |
//! | `rwlock.rs` | a writer is alone, and what it wrote is seen; it sees that readers are done; nobody is left asleep |
//! | `rwlock_turns.rs` | who waits keeps newcomers out; who gives up lets them in, and takes no wake along; a downgrade lets no writer between |
//!
//! Each test is one [`platform::check::Proof`]: the claim, the model, the outcomes that must be reached, the
//! least number of executions, and the refutations that must fail. What a proof here is, and what loom cannot
//! show, is in the book: "Studying the proofs".
#![cfg(loom)]

mod barrier;
mod barrier_breaks;
mod barrier_twin;
mod cancel;
mod condition;
mod event;
mod guard;
mod history;
mod late;
mod lock;
#[path = "../permits/mod.rs"]
mod permits;
mod release;
mod reservation;
mod rlock;
mod rwlock;
mod rwlock_turns;
mod rwlock_twin;
mod semaphore;
