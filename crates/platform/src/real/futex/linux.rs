//! Linux: the futex system calls.

use super::{SLICE, Wait};
use crate::time::Deadline;
use core::{ptr, sync::atomic::AtomicU32};
use libc::{FUTEX_PRIVATE_FLAG, FUTEX_WAIT, FUTEX_WAKE, SYS_futex, c_int, c_long, timespec};
use std::io::Error;
use std::time::Duration;

/// Since Linux 5.16; the number is the same on every architecture for which there is no other call of it.
const SYS_FUTEX_WAITV: c_long = 449;

/// That call's words are 32 bits long.
const FUTEX2_SIZE_U32: u32 = 2;

const fn operation(call: c_int, shared: bool) -> c_int {
    if shared { call } else { call | FUTEX_PRIVATE_FLAG }
}

pub(super) fn wait(word: &AtomicU32, expected: u32, deadline: &Deadline, shared: bool) -> Wait {
    let Some(cancel) = deadline.cancel() else {
        return sleep(word, expected, deadline.remaining(), shared);
    };
    let (token, live) = cancel.sleep_on();
    // The token comes first: see sleep_on_two().
    let both = [Waitv::new(token, live, false), Waitv::new(word, expected, shared)];
    match sleep_on_two(&both, deadline) {
        Some(Wait::Changed) if cancel.is_cancelled() => Wait::TimedOut,
        Some(end) => end,
        None => sleep_a_slice(word, expected, deadline, shared),
    }
}

/// For systems without the call that sleeps on two words: on the word alone, for so short a time that the
/// token is looked at often.
fn sleep_a_slice(word: &AtomicU32, expected: u32, deadline: &Deadline, shared: bool) -> Wait {
    let left = deadline.remaining().map_or(SLICE, |left| left.min(SLICE));
    match sleep(word, expected, Some(left), shared) {
        Wait::TimedOut if !deadline.is_over() => Wait::Woken,
        end => end,
    }
}

fn sleep(word: &AtomicU32, expected: u32, left: Option<Duration>, shared: bool) -> Wait {
    // The kernel's timeout is relative, and a signal ends the sleep: each call is given what is left.
    let left = left.map(to_timespec);
    let timeout = left.as_ref().map_or(ptr::null(), ptr::from_ref);
    // SAFETY: FUTEX_WAIT asks for an address that can be read and is aligned to four (a reference to an
    // AtomicU32 is both), and for a timeout that is null or points to a timespec: `left` outlives the
    // call.
    let result =
        unsafe { libc::syscall(SYS_futex, word.as_ptr(), operation(FUTEX_WAIT, shared), expected, timeout) };
    if result == 0 {
        return Wait::Woken;
    }
    ending(&Error::last_os_error())
}

/// One of the words to sleep on: the kernel's `struct futex_waitv`.
#[repr(C)]
struct Waitv {
    expected: u64,
    address: u64,
    flags: u32,
    reserved: u32,
}

impl Waitv {
    fn new(word: &AtomicU32, expected: u32, shared: bool) -> Self {
        let private = if shared { 0 } else { FUTEX_PRIVATE_FLAG.cast_unsigned() };
        let flags = FUTEX2_SIZE_U32 | private;
        Self { expected: expected.into(), address: word.as_ptr().addr() as u64, flags, reserved: 0 }
    }
}

/// Sleeps until the second word is woken, or the first, which is as if the deadline had come; `None` where
/// the kernel, or a filter before it, does not know the call.
///
/// Of several words that have been woken the kernel names the last. So a wake that counted us at the second word is never
/// taken for a cancelling at the first.
fn sleep_on_two(words: &[Waitv; 2], deadline: &Deadline) -> Option<Wait> {
    // This call's timeout is a moment.
    let moment = deadline.remaining().and_then(|left| now().checked_add(left)).map(to_timespec);
    let timeout = moment.as_ref().map_or(ptr::null(), ptr::from_ref);
    // SAFETY: it asks for an array of so many `struct futex_waitv`, whose addresses can be read and are
    // aligned to four (they were made of references that outlive the call), and for a timeout that is null or
    // points to a timespec, of the clock that is named.
    let result = unsafe {
        libc::syscall(SYS_FUTEX_WAITV, words.as_ptr(), words.len(), 0, timeout, libc::CLOCK_MONOTONIC)
    };
    match result {
        0 => return Some(Wait::TimedOut),
        1 => return Some(Wait::Woken),
        _ => {}
    }
    let error = Error::last_os_error();
    match error.raw_os_error() {
        Some(libc::ENOSYS | libc::EPERM) => None,
        _ => Some(ending(&error)),
    }
}

/// How a wait ended that ended with an error.
fn ending(error: &Error) -> Wait {
    match error.raw_os_error() {
        Some(libc::EAGAIN) => Wait::Changed,
        Some(libc::ETIMEDOUT) => Wait::TimedOut,
        Some(libc::EINTR) => Wait::Woken,
        _ => unreachable!("a wait on valid words failed with {error}"),
    }
}

/// The time on the monotonic clock, which is `Instant`'s too.
fn now() -> Duration {
    let mut now = timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: it asks for a pointer to a timespec that may be written.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &raw mut now) };
    Duration::new(now.tv_sec.try_into().unwrap_or(0), now.tv_nsec.try_into().unwrap_or(0))
}

fn to_timespec(time: Duration) -> timespec {
    timespec { tv_sec: time.as_secs().try_into().unwrap_or(i64::MAX), tv_nsec: time.subsec_nanos().into() }
}

pub(super) fn wake(word: *const AtomicU32, n: u32, shared: bool) -> usize {
    let n = c_int::try_from(n).unwrap_or(c_int::MAX);
    // SAFETY: FUTEX_WAKE takes any address and does not read it: private ones are looked up by number alone,
    // and for a shared one that is no longer mapped the call fails with EFAULT, which is the same to us
    // as nobody asleep.
    let woken = unsafe { libc::syscall(SYS_futex, word, operation(FUTEX_WAKE, shared), n) };
    usize::try_from(woken).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cancel::Cancel;

    #[test]
    fn a_slice_ends_for_no_reason_until_the_token_is_cancelled() {
        let (word, cancel) = (AtomicU32::new(0), Cancel::new());
        let deadline = Deadline::from(&cancel);
        assert_eq!(sleep_a_slice(&word, 1, &deadline, false), Wait::Changed);
        assert_eq!(sleep_a_slice(&word, 0, &deadline, false), Wait::Woken, "look again");
        assert_eq!(sleep_a_slice(&word, 0, &cancel.within(SLICE / 10), false), Wait::TimedOut);
        cancel.cancel();
        assert_eq!(sleep_a_slice(&word, 0, &deadline, false), Wait::TimedOut);
    }

    #[test]
    fn this_kernel_sleeps_on_two_words_or_says_that_it_cannot() {
        let (first, second) = (AtomicU32::new(0), AtomicU32::new(0));
        let both = |expected| [Waitv::new(&first, 0, false), Waitv::new(&second, expected, false)];
        let soon = Deadline::from(Duration::from_millis(1));
        let (changed, late) = (sleep_on_two(&both(1), &soon), sleep_on_two(&both(0), &soon));
        assert!(matches!((changed, late), (Some(Wait::Changed), Some(Wait::TimedOut)) | (None, None)));
    }
}
