//! The guards of [`Lock`]: those of `lock_api`, over our algorithm.

use super::raw::RawLock;
use crate::sync::Deadline;
#[cfg(feature = "arc_lock")]
use crate::watched::shares;
use crate::watched::{Watched, face};
use lock_api::{GuardSend, RawMutex, RawMutexTimed};
use std::time::{Duration, Instant};

/// A mutual exclusion lock that owns its data.
///
/// Around a [`lock_api::Mutex`], with all that it has: `lock`, `try_lock`, `try_lock_for`, `try_lock_until`, `get_mut`,
/// mapped guards, and a `const fn new`. A guard may be sent to another thread and released there, as Python's lock
/// may. `Lock<()>` is four bytes, without the features `lock-order` and `counters`.
///
/// ```
/// use locks::Lock;
/// static COUNTER: Lock<u32> = Lock::new(0);
///
/// std::thread::scope(|scope| {
///     for _ in 0..10 {
///         scope.spawn(|| *COUNTER.lock() += 1);
///     }
/// });
/// assert_eq!(*COUNTER.lock(), 10);
/// # #[cfg(not(any(feature = "lock-order", feature = "counters")))]
/// assert_eq!(size_of::<Lock<()>>(), 4);
/// ```
///
/// Its `Debug` shows what the lock's word says and, with the feature `counters`, who holds it and how many wait; and the
/// data, if the lock is free.
///
/// ```
/// # use locks::Lock;
/// let lock = Lock::new(5);
/// let shown = format!("{lock:?}");
/// assert!(shown.contains("free") && shown.ends_with("data: 5 }"), "{shown}");
///
/// let guard = lock.lock();
/// let shown = format!("{lock:?}");
/// assert!(shown.contains("held") && shown.ends_with("data: <locked> }"), "{shown}");
/// # #[cfg(feature = "counters")]
/// assert!(shown.contains("owner: this thread, waiting: 0"), "{shown}");
/// ```
#[repr(transparent)]
pub struct Lock<T: ?Sized>(lock_api::Mutex<Watched<RawLock>, T>);

face!(Lock, lock_api::Mutex<Watched<RawLock>, T>, try_lock);

#[cfg(feature = "arc_lock")]
shares! {
    Lock, lock_api::Mutex<Watched<RawLock>, T>,
    lock_arc() -> ArcLockGuard<T>;
    try_lock_arc() -> Option<ArcLockGuard<T>>;
    try_lock_arc_for(timeout: Duration) -> Option<ArcLockGuard<T>>;
    try_lock_arc_until(at: Instant) -> Option<ArcLockGuard<T>>;
}

/// The right to the data of a [`Lock`], given back when dropped.
pub type LockGuard<'a, T> = lock_api::MutexGuard<'a, Watched<RawLock>, T>;

/// The same right, with a share in the lock instead of a borrow of it: from `lock_arc`, with the feature
/// `arc_lock`.
///
/// ```
/// use locks::{ArcLockGuard, Lock};
/// use std::sync::Arc;
///
/// let guard: ArcLockGuard<u32> = Arc::new(Lock::new(1)).lock_arc();
/// assert_eq!(*guard, 1, "the guard keeps the lock alive");
/// ```
#[cfg(feature = "arc_lock")]
pub type ArcLockGuard<T> = lock_api::ArcMutexGuard<Watched<RawLock>, T>;

/// The algorithm under a guard, which holds it and is about to wait.
#[track_caller]
pub(crate) fn to_wait_with<'a, T: ?Sized>(guard: &LockGuard<'a, T>) -> &'a RawLock {
    // SAFETY: raw() asks that the lock be not released while the data is borrowed: both callers (Condition's
    // waits) hold the guard exclusively, and give it back only when the lock is held again.
    unsafe { LockGuard::mutex(guard).raw() }.to_wait_with()
}

/// After that wait.
pub(crate) fn taken_again<T: ?Sized>(guard: &LockGuard<'_, T>) {
    // SAFETY: as in to_wait_with(): nothing is released.
    unsafe { LockGuard::mutex(guard).raw() }.taken_again();
}

// SAFETY: the trait asks that the lock be exclusive: lock() and a try_lock() that succeeds return a guard
// only to the one holder (I1 of raw.rs). GuardSend is right because release() may be called by any thread.
unsafe impl RawMutex for RawLock {
    const INIT: Self = RawLock::new();
    type Guard = GuardSend;

    #[inline]
    fn lock(&self) -> GuardSend {
        self.acquire();
        GuardSend::new()
    }

    #[inline]
    fn try_lock(&self) -> Option<GuardSend> {
        self.try_acquire().then(GuardSend::new)
    }

    #[inline]
    unsafe fn unlock(&self, _: GuardSend) {
        // SAFETY: the caller's promise: the lock is held, by whoever had the guard.
        unsafe { self.release_held() };
    }

    #[inline]
    fn is_locked(&self) -> bool {
        self.locked()
    }
}

// SAFETY: as for RawMutex: a guard is returned only to the one holder.
unsafe impl RawMutexTimed for RawLock {
    type Duration = Duration;
    type Instant = Instant;

    #[inline]
    fn try_lock_for(&self, timeout: Duration) -> Option<GuardSend> {
        self.acquire_timeout(timeout).then(GuardSend::new)
    }

    #[inline]
    fn try_lock_until(&self, at: Instant) -> Option<GuardSend> {
        self.acquire_timeout(Deadline::from(at)).then(GuardSend::new)
    }
}
