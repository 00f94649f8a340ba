//! Long sequential histories of the timers and of `Local`, against plain references. Run them with
//! `cargo xtask test-all --only props`.
#![cfg(not(any(loom, shuttle)))]

mod local;
mod timer;
