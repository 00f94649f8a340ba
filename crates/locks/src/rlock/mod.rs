//! `RLock<T>`: the algorithm in `raw.rs`, the guard in `guard.rs`.

mod guard;
mod raw;

pub(crate) use guard::to_wait_with;
pub use guard::{RLock, RLockGuard};
pub use raw::{Levels, NotOwner, RawRLock};
