//! Long sequential histories of the timers, against a plain reference. Run them with `cargo xtask test-all
//! --only props`.
#![cfg(not(any(loom, shuttle)))]

mod timer;
