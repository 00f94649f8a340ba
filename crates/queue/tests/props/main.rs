//! Long sequential histories of the queue, against a plain reference. Run them with `cargo xtask test-all
//! --only props`.
#![cfg(not(any(loom, shuttle)))]

mod queue;
mod reference;
mod ring;
