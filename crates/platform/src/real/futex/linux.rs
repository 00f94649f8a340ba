//! Linux: the futex system call.

use super::Wait;
use crate::time::Deadline;
use core::{ptr, sync::atomic::AtomicU32};
use libc::{FUTEX_PRIVATE_FLAG, FUTEX_WAIT, FUTEX_WAKE, SYS_futex, c_int, timespec};

const fn operation(call: c_int, shared: bool) -> c_int {
    if shared { call } else { call | FUTEX_PRIVATE_FLAG }
}

pub(super) fn wait(word: &AtomicU32, expected: u32, deadline: Deadline, shared: bool) -> Wait {
    // The kernel's timeout is relative, and a signal ends the sleep: each call is given what is left.
    let left = deadline.remaining().map(|left| timespec {
        tv_sec: left.as_secs().try_into().unwrap_or(i64::MAX),
        tv_nsec: left.subsec_nanos().into(),
    });
    let timeout = left.as_ref().map_or(ptr::null(), ptr::from_ref);
    // SAFETY: FUTEX_WAIT asks for an address that can be read and is aligned to four (a reference to an
    // AtomicU32 is both), and for a timeout that is null or points to a timespec: `left` outlives the
    // call.
    let result =
        unsafe { libc::syscall(SYS_futex, word.as_ptr(), operation(FUTEX_WAIT, shared), expected, timeout) };
    if result == 0 {
        return Wait::Woken;
    }
    match std::io::Error::last_os_error().raw_os_error() {
        Some(libc::EAGAIN) => Wait::Changed,
        Some(libc::ETIMEDOUT) => Wait::TimedOut,
        Some(libc::EINTR) => Wait::Woken,
        other => unreachable!("FUTEX_WAIT on a valid word failed with {other:?}"),
    }
}

pub(super) fn wake(word: *const AtomicU32, n: u32, shared: bool) -> usize {
    let n = c_int::try_from(n).unwrap_or(c_int::MAX);
    // SAFETY: FUTEX_WAKE takes any address and does not read it: private ones are looked up by number alone,
    // and for a shared one that is no longer mapped the call fails with EFAULT, which is the same to us
    // as nobody asleep.
    let woken = unsafe { libc::syscall(SYS_futex, word, operation(FUTEX_WAKE, shared), n) };
    usize::try_from(woken).unwrap_or(0)
}
