//! `Timer`: the face in `face.rs`, the algorithm in `raw.rs`, over the order in `schedule.rs`.

// It starts a thread of the system, which the model world has not.
#[cfg(not(loom))]
mod face;
pub(crate) mod raw;
pub(crate) mod schedule;

#[cfg(not(loom))]
pub use face::{Timer, TimerHandle};
