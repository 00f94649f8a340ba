//! Long sequential histories of the queue, against a plain reference. Run them with `cargo xtask test-all
//! --only props`.
#![cfg(not(loom))]

mod queue;
mod reference;
mod ring;
