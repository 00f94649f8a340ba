//! `Condition`: the face over guards; the algorithm is in `raw.rs`, its list of waiters in `waiters.rs`.

mod guard;
mod raw;
mod waiters;

use crate::sync::{
    Deadline, const_fn,
    spans::{What, span},
};
use guard::Ours;
pub use guard::{Guard, Waitable};
pub use raw::RawCondition;

/// Waits until somebody says that things have changed: Python's `Condition`, over the guards of a
/// [`Lock`](crate::Lock) or of an [`RLock`](crate::RLock).
///
/// Of an `RLock` a wait gives back all levels that the thread has, and takes all of them again: its other
/// guards stay as they were. What that asks of the data: [`Guard`].
///
/// Three things that `std`'s condition variable does not promise: a wait ends only by a notification or its
/// deadline, never for no reason; notifications go to those who have waited longest; and each notify says how
/// many it reached. Notifying when nobody waits costs one load. One lock may have several conditions.
/// Thirty-two bytes.
///
/// Where the state is changed with the lock held, it does not matter whether the notification comes before or
/// after the release.
///
/// ```
/// use locks::{Condition, Lock};
/// use std::time::Duration;
///
/// let (ready, changed) = (Lock::new(false), Condition::new());
/// std::thread::scope(|scope| {
///     scope.spawn(|| {
///         let mut ready = ready.lock();
///         changed.wait_for(&mut ready, |ready| *ready);
///         assert!(*ready);
///     });
///     *ready.lock() = true;
///     changed.notify_all();
/// });
/// let mut ready = ready.lock();
/// assert!(!changed.wait_timeout(&mut ready, Duration::from_millis(1)), "nobody notified");
/// ```
#[derive(Debug, Default)]
pub struct Condition {
    raw: RawCondition,
}

impl Condition {
    const_fn! {
        /// A condition on which nobody waits.
        pub const fn new() -> Self {
            Self { raw: RawCondition::new() }
        }
    }

    /// Releases the lock, sleeps until notified, and takes the lock again.
    ///
    /// To take it again is to wait for it while other locks are held: the feature `lock-order` checks that.
    #[track_caller]
    pub fn wait<Why, G: Guard<Why>>(&self, guard: &mut G) {
        self.wait_timeout(guard, Deadline::NEVER);
    }

    /// As [`wait`](Self::wait), until `timeout` at most; says whether a notification ended it.
    ///
    /// The lock is held again in any case, however long that takes.
    #[track_caller]
    pub fn wait_timeout<Why, G: Guard<Why>>(&self, guard: &mut G, timeout: impl Into<Deadline>) -> bool {
        // First: it may be the user's code, and panic.
        let deadline = timeout.into();
        let _waits = span(What::ConditionWait);
        let Ok(notified) = self.raw.wait_timeout(guard.raw(Ours::new()), deadline) else {
            unreachable!("a guard holds its lock");
        };
        guard.taken_again(Ours::new());
        notified
    }

    /// Waits until `ready` says `true`; it is asked with the lock held, before the first sleep and after each
    /// notification.
    ///
    /// ```
    /// # use locks::{Condition, RLock, RLockGuard};
    /// # use std::cell::Cell;
    /// let (stock, filled) = (RLock::new(Cell::new(0)), Condition::new());
    /// std::thread::scope(|scope| {
    ///     let outer = stock.lock();
    ///     scope.spawn(|| {
    ///         stock.lock().set(5);
    ///         filled.notify_one();
    ///     });
    ///     let mut inner = stock.lock();
    ///     filled.wait_for(&mut inner, |stock| stock.get() == 5); // Lets go of both levels.
    ///     assert_eq!((RLockGuard::recursion_count(&inner), outer.get()), (2, 5));
    /// });
    /// ```
    #[track_caller]
    pub fn wait_for<Why, G: Guard<Why>>(&self, guard: &mut G, ready: impl FnMut(&mut G::View) -> bool) {
        self.wait_for_timeout(guard, Deadline::NEVER, ready);
    }

    /// As [`wait_for`](Self::wait_for), until `timeout` at most; returns what `ready` said last.
    ///
    /// ```
    /// # use locks::{Condition, Lock};
    /// # use std::time::Duration;
    /// let (stock, filled) = (Lock::new(0), Condition::new());
    /// let mut guard = stock.lock();
    /// assert!(!filled.wait_for_timeout(&mut guard, Duration::from_millis(1), |stock| *stock > 0));
    /// *guard = 1;
    /// assert!(filled.wait_for_timeout(&mut guard, Duration::ZERO, |stock| *stock > 0));
    /// ```
    #[track_caller]
    pub fn wait_for_timeout<Why, G: Guard<Why>>(
        &self,
        guard: &mut G,
        timeout: impl Into<Deadline>,
        mut ready: impl FnMut(&mut G::View) -> bool,
    ) -> bool {
        if ready(guard.view()) {
            return true;
        }
        let deadline = timeout.into();
        while self.wait_timeout(guard, &deadline) {
            if ready(guard.view()) {
                return true;
            }
        }
        ready(guard.view())
    }

    /// Wakes the one who has waited longest; says how many that was: 1, or 0 when nobody waits.
    #[inline]
    pub fn notify_one(&self) -> usize {
        self.notify(1)
    }

    /// Wakes the `n` who have waited longest, or all when there are fewer; says how many.
    #[inline]
    pub fn notify(&self, n: usize) -> usize {
        self.raw.notify(n)
    }

    /// Wakes all who wait; says how many.
    #[inline]
    pub fn notify_all(&self) -> usize {
        self.notify(usize::MAX)
    }
}
