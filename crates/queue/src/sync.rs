//! The door to `locks` and `platform`: all that this crate waits on, and what the ring is made of.

pub(crate) use locks::{Condition, Deadline, Lock, LockGuard, Private, Scope};
pub(crate) use platform::atomic::{
    AtomicU32, AtomicUsize,
    Ordering::{Acquire, Relaxed, Release},
};
pub(crate) use platform::barrier::{heavy as heavy_fence, light as light_fence, prepare as prepare_fences};
pub(crate) use platform::cell::UnsafeCell;
pub(crate) use platform::const_fn;
pub(crate) use platform::futex::{Wait, wait, wake};
pub(crate) use platform::thread::Spin;
