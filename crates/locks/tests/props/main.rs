//! Long sequential histories of the locks, against plain references. Run them with `cargo xtask test-all
//! --only props`.
#![cfg(not(any(loom, shuttle)))]

mod barrier;
mod event;
mod rlock;
mod rwlock;
mod semaphore;
