//! A token that asks whoever holds a copy of it to stop, and ends every wait that looks at it.
//!
//! # Promise
//! After [`Cancel::cancel`] every wait with a [`Deadline`] made from the token ends, whatever it sleeps on, as
//! if its time had come; who sees that the token is cancelled sees what was written before it was. It stays
//! cancelled for ever.
//!
//! # Source
//! The shape is .NET's `CancellationToken` and Go's `context`. That a wait for a lock can be ended from
//! elsewhere without a list of waiters is Linux's `futex_waitv` (André Almeida, 2021): a thread sleeps on the
//! lock's word and on the token's at once.
//!
//! # State
//! One word: `LIVE`, then `CANCELLED`.
//!
//! # Memory orderings
//! The Release of the exchange in [`Cancel::cancel`] to the Acquire of the load in [`Cancel::is_cancelled`].
//! Nothing else needs order: whether the token's word is still `LIVE` when a thread goes to sleep is compared
//! by the kernel, in one step with going to sleep.
//!
//! # Proofs
//! `tests/loom/cancel.rs` of `locks`, for the waits of a lock, a semaphore, a condition; `tests/loom/` of `queue` and of
//! `threads` for theirs.

use crate::atomic::{
    AtomicU32,
    Ordering::{Acquire, Release},
};
use crate::futex::{self, Private};
use crate::time::Deadline;
use core::{fmt, ptr};
use std::sync::Arc;
use std::time::{Duration, Instant};

const LIVE: u32 = 0;
const CANCELLED: u32 = 1;

/// A token for cooperative stopping: clones are the same token, and any of them cancels it for all.
///
/// A `&Cancel` is a timeout: every timed call of every crate here takes it where it takes a `Duration`, and
/// gives up at once when the token is cancelled, as if the time were over. [`within`](Self::within) and
/// [`until`](Self::until) make a deadline that is whichever comes first, the time or the cancelling.
///
/// Cancelling costs one exchange and one system call. It takes no lock and allocates nothing, so it may also
/// be done in a signal handler. A wait with a token costs what a wait with a timeout costs. Where the system has no
/// way to sleep on two words (Linux before 5.16, other systems), such a wait wakes a hundred times a second to
/// look.
///
/// ```
/// use platform::cancel::{Cancel, Cancelled};
/// use std::{thread, time::Duration};
///
/// let cancel = Cancel::new();
/// let worker = thread::spawn({
///     let cancel = cancel.clone();
///     move || -> Result<(), Cancelled> {
///         loop {
///             cancel.sleep(Duration::from_secs(3600))?;
///         }
///     }
/// });
/// cancel.cancel();
/// assert_eq!(worker.join().unwrap(), Err(Cancelled), "it did not sleep its hour");
/// assert_eq!(cancel.sleep(Duration::ZERO), Err(Cancelled), "cancelled for ever");
/// ```
#[derive(Clone)]
pub struct Cancel {
    word: Arc<AtomicU32>,
}

impl Cancel {
    /// A token that nobody has cancelled. Allocates.
    #[expect(clippy::new_without_default, reason = "a token is made on purpose: a default one is nobody's")]
    pub fn new() -> Self {
        Self { word: Arc::new(AtomicU32::new(LIVE)) }
    }

    /// Cancels it, and ends every wait that looks at it. A second time does nothing.
    pub fn cancel(&self) {
        // Release: pairs with the Acquire in is_cancelled(): what was written before is seen.
        if self.word.swap(CANCELLED, Release) == LIVE {
            futex::wake::<Private>(&raw const *self.word, u32::MAX);
        }
    }

    /// Whether it has been cancelled. One load.
    #[inline]
    pub fn is_cancelled(&self) -> bool {
        // Acquire: pairs with the Release in cancel().
        self.word.load(Acquire) == CANCELLED
    }

    /// Sleeps for `timeout`, or until it is cancelled.
    ///
    /// # Errors
    /// [`Cancelled`] if it is, or was before.
    pub fn sleep(&self, timeout: Duration) -> Result<(), Cancelled> {
        let deadline = Deadline::from(timeout);
        loop {
            if self.is_cancelled() {
                return Err(Cancelled);
            }
            if futex::wait::<Private>(&self.word, LIVE, &deadline) == futex::Wait::TimedOut {
                return Ok(());
            }
        }
    }

    /// The deadline that comes when `timeout` from now has passed, or at once when the token is cancelled.
    pub fn within(&self, timeout: Duration) -> Deadline {
        Deadline::from(timeout).or_cancelled(self.clone())
    }

    /// The deadline that comes at `moment`, or at once when the token is cancelled.
    pub fn until(&self, moment: Instant) -> Deadline {
        Deadline::from(moment).or_cancelled(self.clone())
    }

    /// The word to sleep on beside another, and its value as long as there is a reason to sleep.
    pub(crate) fn sleep_on(&self) -> (&AtomicU32, u32) {
        (&self.word, LIVE)
    }
}

impl PartialEq for Cancel {
    /// Whether they are the same token.
    fn eq(&self, other: &Self) -> bool {
        ptr::eq(&*self.word, &*other.word)
    }
}

impl Eq for Cancel {}

impl fmt::Debug for Cancel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cancel").field("is_cancelled", &self.is_cancelled()).finish()
    }
}

/// The error of what was to be stopped: the token has been cancelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cancelled;

impl fmt::Display for Cancelled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("cancelled")
    }
}

impl std::error::Error for Cancelled {}
