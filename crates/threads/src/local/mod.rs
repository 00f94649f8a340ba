//! `Local`: one value a thread and instance. The face is here, what threads and instances share in `raw.rs`, the
//! thread's own table in `table.rs`, an instance's place in it in `key.rs`, `std`'s shortcuts in `cells.rs`.

// It stands on the thread-locals of the system, which the model world has not.
#[cfg(not(loom))]
mod cells;
#[cfg(not(loom))]
mod face;
#[cfg(not(loom))]
mod key;
pub(crate) mod raw;
#[cfg(not(loom))]
mod table;

#[cfg(not(loom))]
pub use face::{AccessError, Local};
