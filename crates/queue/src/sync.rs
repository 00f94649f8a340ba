//! The door to `platform` and `locks`: all the hardware, and all of the system, that this crate touches.

pub(crate) use locks::{Deadline, Lock, LockGuard, Private, Scope};
pub(crate) use platform::atomic::{
    AtomicPtr, AtomicU32, AtomicUsize,
    Ordering::{AcqRel, Acquire, Relaxed, Release},
};
pub(crate) use platform::barrier::{heavy as heavy_fence, light as light_fence, prepare as prepare_fences};
pub(crate) use platform::cell::UnsafeCell;
pub(crate) use platform::futex::{Wait, wait, wake};
pub(crate) use platform::spans::{What, span};
pub(crate) use platform::thread::{Spin, chance, yield_now};
pub(crate) use platform::{const_fn, size};
