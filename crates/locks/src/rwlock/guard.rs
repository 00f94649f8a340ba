//! The guards of [`RwLock`]: those of `lock_api`, over our algorithm.

use super::raw::RawRwLock;
use crate::sync::{Deadline, Scope};
#[cfg(feature = "arc_lock")]
use crate::watched::shares;
use crate::watched::{Watched, face};
use lock_api::{GuardSend, RawRwLockDowngrade, RawRwLockTimed};
use std::time::{Duration, Instant};

/// A lock for many readers or one writer that owns its data.
///
/// Around a [`lock_api::RwLock`], with all that it has: `read`, `write`, their `try_`, `_for` and `_until` forms, `downgrade`,
/// `get_mut`, mapped guards, and a `const fn new`. A guard may be sent to another thread and released there.
/// `RwLock<()>` is eight bytes, without the features `lock-order` and `counters`.
///
/// A writer is not starved by readers, nor readers by writers. A second `read` on a thread that reads already
/// may wait for ever: a writer between the two waits for the first, and the second for the writer.
///
/// ```
/// use locks::{RwLock, RwLockWriteGuard};
/// static PRICES: RwLock<Vec<u32>> = RwLock::new(Vec::new());
///
/// let mut prices = PRICES.write();
/// prices.push(5);
/// let prices = RwLockWriteGuard::downgrade(prices);
/// std::thread::scope(|scope| {
///     scope.spawn(|| assert_eq!(*PRICES.read(), [5], "readers are together"));
/// });
/// assert!(PRICES.try_write().is_none());
/// assert_eq!(*prices, [5]);
/// # #[cfg(not(any(feature = "lock-order", feature = "counters")))]
/// assert_eq!(size_of::<RwLock<()>>(), 8);
/// ```
///
/// Its `Debug` shows how many read, whether somebody writes and whether others wait; with the feature `counters`, who
/// writes and how many wait; and the data, unless somebody writes.
///
/// ```
/// # use locks::RwLock;
/// let lock = RwLock::new(5);
/// let reader = lock.read();
/// let shown = format!("{lock:?}");
/// assert!(shown.contains("readers: 1, writer: false, waited_for: false") && shown.ends_with("data: 5 }"), "{shown}");
/// # drop(reader);
/// ```
#[repr(transparent)]
pub struct RwLock<T: ?Sized>(lock_api::RwLock<Watched<RawRwLock>, T>);

face!(RwLock, lock_api::RwLock<Watched<RawRwLock>, T>, try_read);

#[cfg(feature = "arc_lock")]
use lock_api::{ArcRwLockReadGuard as ReadShare, ArcRwLockWriteGuard as WriteShare};

#[cfg(feature = "arc_lock")]
shares! {
    RwLock, lock_api::RwLock<Watched<RawRwLock>, T>,
    read_arc() -> ReadShare<Watched<RawRwLock>, T>;
    try_read_arc() -> Option<ReadShare<Watched<RawRwLock>, T>>;
    try_read_arc_for(timeout: Duration) -> Option<ReadShare<Watched<RawRwLock>, T>>;
    try_read_arc_until(at: Instant) -> Option<ReadShare<Watched<RawRwLock>, T>>;
    write_arc() -> WriteShare<Watched<RawRwLock>, T>;
    try_write_arc() -> Option<WriteShare<Watched<RawRwLock>, T>>;
    try_write_arc_for(timeout: Duration) -> Option<WriteShare<Watched<RawRwLock>, T>>;
    try_write_arc_until(at: Instant) -> Option<WriteShare<Watched<RawRwLock>, T>>;
}

/// The right to read the data of an [`RwLock`], given back when dropped.
pub type RwLockReadGuard<'a, T> = lock_api::RwLockReadGuard<'a, Watched<RawRwLock>, T>;

/// The right to the data of an [`RwLock`], given back when dropped.
pub type RwLockWriteGuard<'a, T> = lock_api::RwLockWriteGuard<'a, Watched<RawRwLock>, T>;

/// What a guard's release says: it holds the lock, so only a release behind its back can have made it wrong.
fn by_guard<E>(released: Result<(), E>) {
    debug_assert!(released.is_ok(), "a guard is dropped, but its lock was released behind its back");
}

// SAFETY: the trait asks that an exclusive lock be alone: guards are returned only to who was admitted (I1 of
// raw.rs). GuardSend is right because any thread may release.
unsafe impl<S: Scope> lock_api::RawRwLock for RawRwLock<S> {
    const INIT: Self = RawRwLock::in_scope();
    type SharedGuard = GuardSend;
    type ExclusiveGuard = GuardSend;

    #[inline]
    #[track_caller]
    fn lock_shared(&self) -> GuardSend {
        self.acquire_read();
        GuardSend::new()
    }

    #[inline]
    #[track_caller]
    fn try_lock_shared(&self) -> Option<GuardSend> {
        self.try_acquire_read().then(GuardSend::new)
    }

    #[inline]
    unsafe fn unlock_shared(&self, _: GuardSend) {
        by_guard(self.release_read());
    }

    #[inline]
    #[track_caller]
    fn lock_exclusive(&self) -> GuardSend {
        self.acquire_write();
        GuardSend::new()
    }

    #[inline]
    #[track_caller]
    fn try_lock_exclusive(&self) -> Option<GuardSend> {
        self.try_acquire_write().then(GuardSend::new)
    }

    #[inline]
    unsafe fn unlock_exclusive(&self, _: GuardSend) {
        by_guard(self.release_write());
    }

    #[inline]
    fn is_locked(&self) -> bool {
        self.locked()
    }

    #[inline]
    fn is_locked_exclusive(&self) -> bool {
        self.is_write_locked()
    }
}

// SAFETY: as for RawRwLock: a downgrade is one exchange, and what follows it is a reader like others.
unsafe impl<S: Scope> RawRwLockDowngrade for RawRwLock<S> {
    #[inline]
    unsafe fn downgrade(&self, _: GuardSend) -> GuardSend {
        by_guard(RawRwLock::downgrade(self));
        GuardSend::new()
    }
}

// SAFETY: as for RawRwLock: a guard is returned only to who was admitted.
unsafe impl<S: Scope> RawRwLockTimed for RawRwLock<S> {
    type Duration = Duration;
    type Instant = Instant;

    #[inline]
    #[track_caller]
    fn try_lock_shared_for(&self, timeout: Duration) -> Option<GuardSend> {
        self.acquire_read_timeout(timeout).then(GuardSend::new)
    }

    #[inline]
    #[track_caller]
    fn try_lock_shared_until(&self, at: Instant) -> Option<GuardSend> {
        self.acquire_read_timeout(Deadline::from(at)).then(GuardSend::new)
    }

    #[inline]
    #[track_caller]
    fn try_lock_exclusive_for(&self, timeout: Duration) -> Option<GuardSend> {
        self.acquire_write_timeout(timeout).then(GuardSend::new)
    }

    #[inline]
    #[track_caller]
    fn try_lock_exclusive_until(&self, at: Instant) -> Option<GuardSend> {
        self.acquire_write_timeout(Deadline::from(at)).then(GuardSend::new)
    }
}
