//! Sleep until a word changes; wake those who sleep on it.
//!
//! The kernel's contract, and all that the algorithms may rely on:
//!
//! 1. The comparison of the word and going to sleep are one step with regard to every [`wake`]: a thread that
//!    changes the word and then wakes either finds the sleeper or makes it see [`Wait::Changed`].
//! 2. A wake ends the sleep of at most `n` threads that sleep on that very address.
//! 3. [`Wait::Woken`] may also be said without a wake (a signal, a stale wake for memory that was reused):
//!    look again.
//! 4. A deadline with a token comes when the token is cancelled: who sleeps until it is woken by the cancelling
//!    as if on the token's word. A [`wake`] that counted the sleeper ends its sleep as [`Wait::Woken`] even so.
//! 5. Neither call orders anything but the word's own comparison: orderings belong on the atomic accesses.

use crate::time::Deadline;
use core::sync::atomic::AtomicU32;

// The system call's timeout is two 64-bit numbers; a 32-bit system has another layout, never tried here.
#[cfg(all(target_os = "linux", target_pointer_width = "64"))]
#[path = "linux.rs"]
mod system;
#[cfg(not(all(target_os = "linux", target_pointer_width = "64")))]
#[path = "portable.rs"]
mod system;

// The portable way is compiled for its tests where it is not used, so that it is never code that nobody ran.
#[cfg(all(test, target_os = "linux", target_pointer_width = "64"))]
mod portable;

/// How long a wait with a token sleeps between two looks at it, where it cannot sleep on two words.
const SLICE: std::time::Duration = std::time::Duration::from_millis(10);

/// How a wait ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// Somebody woke us, or the sleep ended for no reason: look at the word again.
    Woken,
    /// The word was not the expected value: there was no sleep.
    Changed,
    /// The deadline came first.
    TimedOut,
}

/// Who may wait on a word: the threads of one process, or every process that maps it.
pub trait Scope: sealed::Sealed + Copy + Send + Sync + 'static {
    #[doc(hidden)]
    const SHARED: bool;
}

/// Threads of one process: the kernel need not look up which memory the word lies in.
#[derive(Clone, Copy, Debug, Default)]
pub struct Private;

/// Every process that maps the memory in which the word lies. Only Linux offers it here.
#[derive(Clone, Copy, Debug, Default)]
pub struct Shared;

impl Scope for Private {
    const SHARED: bool = false;
}

impl Scope for Shared {
    const SHARED: bool = true;
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::Private {}
    impl Sealed for super::Shared {}
}

/// Sleeps while `word` is `expected`, until a [`wake`] or the deadline.
///
/// One system call, or two where the deadline makes it read the clock.
pub fn wait<S: Scope>(word: &AtomicU32, expected: u32, deadline: &Deadline) -> Wait {
    system::wait(word, expected, deadline, S::SHARED)
}

/// Ends the sleep of the `n` longest sleepers on `word`, or of all where there are fewer; says how many.
///
/// Takes an address and never looks at what lies there: the memory may be gone already, as when the sleeper
/// saw the word change, left, and freed it between our store and this call.
pub fn wake<S: Scope>(word: *const AtomicU32, n: u32) -> usize {
    system::wake(word, n, S::SHARED)
}
