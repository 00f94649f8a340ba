//! The door to `platform`: all the hardware and all of the system that this crate touches.

pub(crate) use platform::atomic::{
    AtomicU32, AtomicUsize,
    Ordering::{AcqRel, Acquire, Relaxed, Release},
    peek,
};
pub(crate) use platform::cell::UnsafeCell;
pub(crate) use platform::futex::{Private, Scope, Wait, wait, wake};
pub(crate) use platform::thread::{MOMENTS, Patience, Spin, has_id, id as thread_id, is_late, moment};
pub(crate) use platform::time::Deadline;
pub(crate) use platform::{const_fn, spans};
