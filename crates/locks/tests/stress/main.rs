//! Many real threads, with deadlines and panics at random, for a second or so each. `cargo xtask tsan` runs them
//! too, under ThreadSanitizer.
//!
//! | file | what is conserved |
//! |---|---|
//! | `lock.rs` | what was counted under the lock, whoever panicked or gave up |
//! | `semaphore.rs` | permits, whoever panicked or gave up |
//! | `event.rs` | pulses reach who waits, and show what was written before |
//! | `barrier.rs` | meetings pass or break as a whole, whoever panicked or gave up |
//! | `rwlock.rs` | what was written, and that readers see it whole |
//! | `rlock.rs` | the same, at two levels, with waits in between |
//! | `condition.rs` | permits given and taken; waiters reached and waiters that say so |
//! | `races.rs` | nothing: the races on purpose, which `cargo xtask tsan` must see reported |
//!
//! What a thread does is drawn from a fixed seed, when it does it is up to the system. So a failure may not come
//! again, which is why each claim is also tried where it would: in `tests/loom/` and `tests/shuttle/`.
#![cfg(not(any(loom, shuttle)))]

mod barrier;
mod condition;
mod event;
mod lock;
mod many;
#[cfg(tsan)]
mod races;
mod rlock;
mod rwlock;
mod semaphore;
