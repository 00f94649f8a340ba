//! Permits as guards.

use super::bounded::BoundedSemaphore;
use super::raw::{OverRelease, Semaphore};
use crate::sync::{Deadline, Private, Scope};
use core::fmt;

/// The permits of a [`Semaphore`] or [`BoundedSemaphore`], given back when dropped, by whichever thread drops them.
///
/// ```
/// use locks::BoundedSemaphore;
///
/// let seats = BoundedSemaphore::new(3);
/// let (one, two) = (seats.permit(), seats.permits(2));
/// assert!(seats.try_permit().is_none());
/// drop(two);
/// assert_eq!(seats.value(), 2);
/// one.forget();
/// assert_eq!(seats.value(), 2, "the permit is not given back");
/// ```
#[must_use = "a permit is given back as soon as it is dropped"]
pub struct Permit<'a, S: Scope = Private> {
    from: Origin<'a, S>,
    n: u32,
}

enum Origin<'a, S: Scope> {
    Semaphore(&'a Semaphore<S>),
    Bounded(&'a BoundedSemaphore<S>),
}

impl<S: Scope> Permit<'_, S> {
    /// Lets go of the permits without giving them back: as if they had been taken with
    /// [`acquire_many`](Semaphore::acquire_many), they are to be released by hand, or the semaphore has lost them.
    pub fn forget(self) {
        core::mem::forget(self);
    }

    fn release(&self) -> Result<(), OverRelease> {
        match self.from {
            Origin::Semaphore(semaphore) => semaphore.release_many(self.n),
            Origin::Bounded(semaphore) => semaphore.release_many(self.n),
        }
    }
}

impl<S: Scope> Drop for Permit<'_, S> {
    fn drop(&mut self) {
        let released = self.release();
        debug_assert!(released.is_ok(), "a permit is dropped, but it was released behind its back");
    }
}

impl<S: Scope> fmt::Debug for Permit<'_, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Permit").field("n", &self.n).finish_non_exhaustive()
    }
}

macro_rules! permits {
    ($semaphore:ident, $from:ident, $panics:literal) => {
        impl<S: Scope> $semaphore<S> {
            /// A permit, waiting for it as long as it takes, that is given back when dropped.
            #[inline]
            pub fn permit(&self) -> Permit<'_, S> {
                self.permits(1)
            }

            /// A permit if there is one at this moment.
            #[inline]
            pub fn try_permit(&self) -> Option<Permit<'_, S>> {
                self.try_permits(1)
            }

            /// A permit, waiting until `timeout` at most.
            #[inline]
            pub fn permit_timeout(&self, timeout: impl Into<Deadline>) -> Option<Permit<'_, S>> {
                self.permits_timeout(1, timeout)
            }

            /// `n` permits at once, waiting for them as long as it takes, that are given back when dropped.
            ///
            /// # Panics
            #[doc = $panics]
            #[inline]
            pub fn permits(&self, n: u32) -> Permit<'_, S> {
                self.acquire_many(n);
                Permit { from: Origin::$from(self), n }
            }

            /// `n` permits if there are so many at this moment.
            ///
            /// # Panics
            #[doc = $panics]
            #[inline]
            pub fn try_permits(&self, n: u32) -> Option<Permit<'_, S>> {
                self.try_acquire_many(n).then(|| Permit { from: Origin::$from(self), n })
            }

            /// `n` permits at once, waiting until `timeout` at most.
            ///
            /// # Panics
            #[doc = $panics]
            #[inline]
            pub fn permits_timeout(&self, n: u32, timeout: impl Into<Deadline>) -> Option<Permit<'_, S>> {
                self.acquire_many_timeout(n, timeout).then(|| Permit { from: Origin::$from(self), n })
            }
        }
    };
}

permits!(Semaphore, Semaphore, "If `n` is more than [`MAX_PERMITS`](crate::MAX_PERMITS).");
permits!(BoundedSemaphore, Bounded, "If `n` is more than it began with, and more than one.");
