//! A raw lock with a watcher beside it, for the guards of `lock_api`.

use super::Watcher;
#[cfg(feature = "counters")]
use super::counters::Counters;
#[cfg(feature = "counters")]
use super::state::State;
use core::fmt::Debug;
use lock_api::{RawMutex, RawMutexTimed, RawRwLock, RawRwLockDowngrade, RawRwLockTimed};

/// A raw lock and what the features `lock-order` and `counters` keep beside it: without them, nothing, and
/// the raw lock alone is left.
///
/// [`Lock`](crate::Lock) is a `lock_api::Mutex` over it. Any other raw lock can be watched in the same way.
pub struct Watched<R> {
    raw: R,
    watcher: Watcher,
}

impl<R> Watched<R> {
    const fn around(raw: R) -> Self {
        Self { raw, watcher: Watcher::new() }
    }

    /// The raw lock, held and about to be let go of and taken again.
    #[track_caller]
    pub(crate) fn to_wait_with(&self) -> &R {
        self.watcher.before_wait();
        self.watcher.disowned();
        &self.raw
    }

    /// To be called when it has been taken again.
    pub(crate) fn taken_again(&self) {
        self.watcher.owned();
    }

    /// What there is to say of the lock, for a `Debug`.
    pub(crate) fn shown(&self) -> impl Debug
    where
        R: Debug,
    {
        #[cfg(feature = "counters")]
        return self.watcher.state(&self.raw);
        #[cfg(not(feature = "counters"))]
        return &self.raw;
    }

    /// Has the caller, who has just taken the lock alone, for its owner.
    #[inline]
    fn own<G>(&self, guard: G) -> G {
        self.watcher.owned();
        guard
    }
}

/// What a lock with guards tells about itself, beside its data.
pub trait Watch {
    /// Names the lock for the messages of the feature `lock-order`; without it, does nothing.
    ///
    /// ```
    /// use locks::{Lock, Watch};
    ///
    /// static ACCOUNTS: Lock<Vec<u32>> = Lock::new(Vec::new());
    /// ACCOUNTS.set_name("accounts");
    /// ```
    fn set_name(&self, name: &str);

    /// How often and how long threads waited for the lock; with the feature `counters`.
    ///
    /// ```
    /// use locks::{Lock, Watch};
    /// use std::time::Duration;
    ///
    /// let lock = Lock::new(());
    /// let guard = lock.lock();
    /// assert_eq!(lock.counters().waits, 0);
    /// assert!(lock.try_lock_for(Duration::from_millis(1)).is_none());
    /// assert_eq!(lock.counters().waits, 1);
    /// assert!(lock.counters().longest_wait >= Duration::from_millis(1));
    /// ```
    #[cfg(feature = "counters")]
    fn counters(&self) -> Counters;

    /// What the lock's word says, who holds it alone, and how many wait for it; with the feature `counters`.
    ///
    /// ```
    /// use locks::{Lock, Watch};
    ///
    /// let lock = Lock::new(());
    /// let _guard = lock.lock();
    /// let state = format!("{:?}", lock.state());
    /// assert!(state.contains("held") && state.contains("owner: this thread, waiting: 0"), "{state}");
    /// ```
    #[cfg(feature = "counters")]
    fn state(&self) -> State<'_>;
}

impl<R: RawMutex + Debug, T: ?Sized> Watch for lock_api::Mutex<Watched<R>, T> {
    fn set_name(&self, name: &str) {
        // SAFETY: raw() asks that guards stay valid: a name changes nothing about who holds the lock.
        unsafe { self.raw() }.watcher.set_name(name);
    }

    #[cfg(feature = "counters")]
    fn counters(&self) -> Counters {
        // SAFETY: as above: a look.
        unsafe { self.raw() }.watcher.counters()
    }

    #[cfg(feature = "counters")]
    fn state(&self) -> State<'_> {
        // SAFETY: as above.
        let Watched { raw, watcher } = unsafe { self.raw() };
        watcher.state(raw)
    }
}

impl<R: RawRwLock + Debug, T: ?Sized> Watch for lock_api::RwLock<Watched<R>, T> {
    fn set_name(&self, name: &str) {
        // SAFETY: raw() asks that guards stay valid: a name changes nothing about who holds the lock.
        unsafe { self.raw() }.watcher.set_name(name);
    }

    #[cfg(feature = "counters")]
    fn counters(&self) -> Counters {
        // SAFETY: as above: a look.
        unsafe { self.raw() }.watcher.counters()
    }

    #[cfg(feature = "counters")]
    fn state(&self) -> State<'_> {
        // SAFETY: as above.
        let Watched { raw, watcher } = unsafe { self.raw() };
        watcher.state(raw)
    }
}

// SAFETY: the trait asks that the lock be exclusive, which is what R promises: each method calls R's of the
// same name once, and returns or gives back what that one returned; or, counted, after its try_lock() failed.
// A report may unwind, but before R is asked.
unsafe impl<R: RawMutex> RawMutex for Watched<R> {
    const INIT: Self = Self::around(R::INIT);
    type Guard = R::Guard;

    #[inline]
    #[track_caller]
    fn lock(&self) -> R::Guard {
        self.own(self.watcher.acquire(|| self.raw.try_lock(), || self.raw.lock()))
    }

    #[inline]
    #[track_caller]
    fn try_lock(&self) -> Option<R::Guard> {
        self.watcher.try_acquire(|| self.raw.try_lock()).map(|guard| self.own(guard))
    }

    #[inline]
    unsafe fn unlock(&self, guard: R::Guard) {
        self.watcher.before_release();
        self.watcher.disowned();
        // SAFETY: the caller's promise: the guard is that of an acquisition, whose lock is R's.
        unsafe { self.raw.unlock(guard) };
    }

    #[inline]
    fn is_locked(&self) -> bool {
        self.raw.is_locked()
    }
}

// SAFETY: as for RawMutex.
unsafe impl<R: RawMutexTimed> RawMutexTimed for Watched<R> {
    type Duration = R::Duration;
    type Instant = R::Instant;

    #[inline]
    #[track_caller]
    fn try_lock_for(&self, timeout: R::Duration) -> Option<R::Guard> {
        let taken = self.watcher.acquire_timed(|| self.raw.try_lock(), || self.raw.try_lock_for(timeout));
        taken.map(|guard| self.own(guard))
    }

    #[inline]
    #[track_caller]
    fn try_lock_until(&self, at: R::Instant) -> Option<R::Guard> {
        let taken = self.watcher.acquire_timed(|| self.raw.try_lock(), || self.raw.try_lock_until(at));
        taken.map(|guard| self.own(guard))
    }
}

// SAFETY: the trait asks that a writer be alone, which is what R promises; for the rest as for RawMutex.
// Readers are watched like writers: a writer that waits between two readers makes the second wait for the
// first.
unsafe impl<R: RawRwLock> RawRwLock for Watched<R> {
    const INIT: Self = Self::around(R::INIT);
    type SharedGuard = R::SharedGuard;
    type ExclusiveGuard = R::ExclusiveGuard;

    #[inline]
    #[track_caller]
    fn lock_shared(&self) -> R::SharedGuard {
        self.watcher.acquire(|| self.raw.try_lock_shared(), || self.raw.lock_shared())
    }

    #[inline]
    #[track_caller]
    fn try_lock_shared(&self) -> Option<R::SharedGuard> {
        self.watcher.try_acquire(|| self.raw.try_lock_shared())
    }

    #[inline]
    unsafe fn unlock_shared(&self, guard: R::SharedGuard) {
        self.watcher.before_release();
        // SAFETY: the caller's promise: the guard is that of an acquisition, whose lock is R's.
        unsafe { self.raw.unlock_shared(guard) };
    }

    #[inline]
    #[track_caller]
    fn lock_exclusive(&self) -> R::ExclusiveGuard {
        self.own(self.watcher.acquire(|| self.raw.try_lock_exclusive(), || self.raw.lock_exclusive()))
    }

    #[inline]
    #[track_caller]
    fn try_lock_exclusive(&self) -> Option<R::ExclusiveGuard> {
        self.watcher.try_acquire(|| self.raw.try_lock_exclusive()).map(|guard| self.own(guard))
    }

    #[inline]
    unsafe fn unlock_exclusive(&self, guard: R::ExclusiveGuard) {
        self.watcher.before_release();
        self.watcher.disowned();
        // SAFETY: as for unlock_shared().
        unsafe { self.raw.unlock_exclusive(guard) };
    }

    #[inline]
    fn is_locked(&self) -> bool {
        self.raw.is_locked()
    }

    #[inline]
    fn is_locked_exclusive(&self) -> bool {
        self.raw.is_locked_exclusive()
    }
}

// SAFETY: as for RawRwLock; who held it as a writer holds it as a reader, which is the same to the watcher.
unsafe impl<R: RawRwLockDowngrade> RawRwLockDowngrade for Watched<R> {
    #[inline]
    unsafe fn downgrade(&self, guard: R::ExclusiveGuard) -> R::SharedGuard {
        self.watcher.disowned();
        // SAFETY: the caller's promise: the guard is that of an acquisition, whose lock is R's.
        unsafe { self.raw.downgrade(guard) }
    }
}

// SAFETY: as for RawRwLock.
unsafe impl<R: RawRwLockTimed> RawRwLockTimed for Watched<R> {
    type Duration = R::Duration;
    type Instant = R::Instant;

    #[inline]
    #[track_caller]
    fn try_lock_shared_for(&self, timeout: R::Duration) -> Option<R::SharedGuard> {
        let timed = || self.raw.try_lock_shared_for(timeout);
        self.watcher.acquire_timed(|| self.raw.try_lock_shared(), timed)
    }

    #[inline]
    #[track_caller]
    fn try_lock_shared_until(&self, at: R::Instant) -> Option<R::SharedGuard> {
        let timed = || self.raw.try_lock_shared_until(at);
        self.watcher.acquire_timed(|| self.raw.try_lock_shared(), timed)
    }

    #[inline]
    #[track_caller]
    fn try_lock_exclusive_for(&self, timeout: R::Duration) -> Option<R::ExclusiveGuard> {
        let timed = || self.raw.try_lock_exclusive_for(timeout);
        let taken = self.watcher.acquire_timed(|| self.raw.try_lock_exclusive(), timed);
        taken.map(|guard| self.own(guard))
    }

    #[inline]
    #[track_caller]
    fn try_lock_exclusive_until(&self, at: R::Instant) -> Option<R::ExclusiveGuard> {
        let timed = || self.raw.try_lock_exclusive_until(at);
        let taken = self.watcher.acquire_timed(|| self.raw.try_lock_exclusive(), timed);
        taken.map(|guard| self.own(guard))
    }
}
