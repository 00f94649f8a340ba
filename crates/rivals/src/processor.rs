//! How long has a thread run, rather than waited?

use std::time::Duration;

/// Of the calling thread, since it began.
#[cfg(target_os = "linux")]
pub(crate) fn time() -> Option<Duration> {
    use rustix::time::{ClockId, clock_gettime};

    clock_gettime(ClockId::ThreadCPUTime).try_into().ok()
}

/// Not tried there.
#[cfg(not(target_os = "linux"))]
pub(crate) fn time() -> Option<Duration> {
    None
}
