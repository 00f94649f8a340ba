//! `BoundedSemaphore`: a semaphore that never has more permits than it began with.

use super::raw::{OverRelease, Semaphore};
use crate::sync::{Deadline, Private, Scope, const_fn};
use core::fmt;

/// Python's `BoundedSemaphore`: a [`Semaphore`] that refuses a permit which nobody can have taken.
///
/// Twelve bytes. It costs what a [`Semaphore`] costs.
///
/// # Panics
/// To ask for several permits at once, and more than it began with, would wait for ever; it is a mistake in the program,
/// and panics.
///
/// ```
/// use locks::{BoundedSemaphore, OverRelease};
///
/// let connections = BoundedSemaphore::new(2);
/// connections.acquire();
/// assert_eq!(connections.release_many(2), Err(OverRelease), "one was taken");
/// assert_eq!(connections.value(), 1, "and nothing was changed");
/// assert_eq!(connections.release(), Ok(()));
/// ```
#[repr(C)]
pub struct BoundedSemaphore<S: Scope = Private> {
    semaphore: Semaphore<S>,
    initial: u32,
}

impl BoundedSemaphore {
    const_fn! {
        /// A semaphore with `value` permits, and never more.
        ///
        /// # Panics
        /// If `value` is more than [`MAX_PERMITS`](crate::MAX_PERMITS).
        pub const fn new(value: u32) -> Self {
            Self::in_scope(value)
        }
    }
}

impl<S: Scope> BoundedSemaphore<S> {
    const_fn! {
        /// A semaphore with `value` permits, and never more, for the threads of a [`Scope`].
        ///
        /// # Panics
        /// If `value` is more than [`MAX_PERMITS`](crate::MAX_PERMITS).
        pub const fn in_scope(value: u32) -> Self {
            Self { semaphore: Semaphore::in_scope(value), initial: value }
        }
    }

    /// As [`Semaphore::acquire`].
    #[inline]
    pub fn acquire(&self) {
        self.acquire_many(1);
    }

    /// As [`Semaphore::try_acquire`].
    #[inline]
    pub fn try_acquire(&self) -> bool {
        self.try_acquire_many(1)
    }

    /// As [`Semaphore::acquire_timeout`].
    #[inline]
    pub fn acquire_timeout(&self, timeout: impl Into<Deadline>) -> bool {
        self.acquire_many_timeout(1, timeout)
    }

    /// As [`Semaphore::acquire_many`].
    ///
    /// # Panics
    /// If `n` is more than it began with, and more than one.
    #[inline]
    pub fn acquire_many(&self, n: u32) {
        self.can_have(n).acquire_many(n);
    }

    /// As [`Semaphore::try_acquire_many`].
    ///
    /// # Panics
    /// If `n` is more than it began with, and more than one.
    #[inline]
    pub fn try_acquire_many(&self, n: u32) -> bool {
        self.can_have(n).try_acquire_many(n)
    }

    /// As [`Semaphore::acquire_many_timeout`].
    ///
    /// # Panics
    /// If `n` is more than it began with, and more than one.
    #[inline]
    pub fn acquire_many_timeout(&self, n: u32, timeout: impl Into<Deadline>) -> bool {
        self.can_have(n).acquire_many_timeout(n, timeout)
    }

    /// Gives a permit back, whoever took it, and wakes a sleeper if there may be any.
    ///
    /// # Errors
    /// [`OverRelease`] if it has all that it began with.
    #[inline]
    pub fn release(&self) -> Result<(), OverRelease> {
        self.release_many(1)
    }

    /// Gives `n` permits back in one step, and wakes as many sleepers as can use them.
    ///
    /// # Errors
    /// [`OverRelease`] if it would have more than it began with; none is given back then.
    #[inline]
    pub fn release_many(&self, n: u32) -> Result<(), OverRelease> {
        self.semaphore.release_up_to(n, self.initial)
    }

    /// As [`Semaphore::value`].
    pub fn value(&self) -> u32 {
        self.semaphore.value()
    }

    /// Makes the semaphore as new, with all of its permits, in the child of a fork.
    ///
    /// # Safety
    /// As for [`Semaphore::reinit_after_fork`].
    pub unsafe fn reinit_after_fork(&self) {
        // SAFETY: ours is its.
        unsafe { self.semaphore.reinit_after_fork(self.initial) };
    }

    /// The algorithm, which does not know our bound, for somebody who waits for `n`.
    #[inline]
    fn can_have(&self, n: u32) -> &Semaphore<S> {
        assert!(n <= 1 || n <= self.initial, "more permits than the semaphore began with");
        &self.semaphore
    }
}

impl<S: Scope> fmt::Debug for BoundedSemaphore<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BoundedSemaphore")
            .field("initial", &self.initial)
            .field("semaphore", &self.semaphore)
            .finish()
    }
}
