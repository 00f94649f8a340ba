//! The door to `locks`: all that this crate waits on.

pub(crate) use locks::{Condition, Deadline, Lock, LockGuard};
