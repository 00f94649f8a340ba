//! The door to `platform` and `locks`: what the thread pool's algorithm touches of the hardware and the system.

pub(crate) use locks::Semaphore;
pub(crate) use platform::atomic::{
    AtomicU32,
    Ordering::{Relaxed, SeqCst},
    fence,
};
