//! `RwLock<T>`: the algorithm in `raw.rs`, the guards in `guard.rs`; in the model world there is the
//! algorithm alone.

mod raw;

#[cfg(not(loom))]
mod guard;

#[cfg(not(loom))]
pub use guard::{RwLock, RwLockReadGuard, RwLockWriteGuard};
pub use raw::{NotHeld, RawRwLock};
