//! `Lock<T>`: the algorithm in `raw.rs`, the guards in `guard.rs`, their double for the model in `double.rs`.

mod raw;
mod word;

#[cfg(not(loom))]
#[path = "guard.rs"]
mod guarded;
// `lock_api` wants a `const` initial value, which loom's atomics cannot give.
#[cfg(loom)]
#[path = "double.rs"]
mod guarded;

#[cfg(all(feature = "arc_lock", not(loom)))]
pub use guarded::ArcLockGuard;
pub use guarded::{Lock, LockGuard};
pub(crate) use guarded::{taken_again, to_wait_with};
pub use raw::{NotLocked, RawLock};
