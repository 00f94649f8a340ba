//! Long sequential histories of the locks, against plain references. Run them with `cargo xtask test-all
//! --only props`.
#![cfg(not(any(loom, shuttle)))]

mod barrier;
mod condition;
mod event;
mod lock;
mod rlock;
mod rwlock;
mod semaphore;
