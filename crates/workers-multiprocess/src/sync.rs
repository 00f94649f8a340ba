//! The door to `platform`, `locks` and `threads`: what the thread pool touches of the hardware and the system.

#[cfg(all(shuttle, not(loom)))]
mod shuttled;

pub(crate) use locks::Semaphore;
pub(crate) use platform::atomic::{
    AtomicU32,
    Ordering::{Relaxed, SeqCst},
    fence,
};
pub(crate) use platform::thread::Spin;
#[cfg(not(loom))]
pub(crate) use platform::thread::local;
#[cfg(all(shuttle, not(loom)))]
pub(crate) use shuttled::{Handle, Thread};
#[cfg(not(any(loom, shuttle)))]
pub(crate) use threads::{Handle, Thread};
