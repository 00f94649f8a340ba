//! The door to `platform` and `locks`: all the hardware, and all of the system, that this crate touches.

pub(crate) use locks::{Deadline, Lock, LockGuard};
pub(crate) use platform::atomic::{
    AtomicPtr, AtomicU32, AtomicUsize,
    Ordering::{AcqRel, Acquire, Relaxed, Release},
};
pub(crate) use platform::cell::UnsafeCell;
pub(crate) use platform::futex::{Private, Wait, wait, wake};
pub(crate) use platform::size;
pub(crate) use platform::thread::{Spin, yield_now};
