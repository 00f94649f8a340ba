//! `RLock<T>` and its guard, one source for both worlds. Not `lock_api`'s `ReentrantMutex`: that one counts
//! by itself, and neither tells its count nor gives all levels back for a [`Condition`](crate::Condition).

use super::raw::RawRLock;
use crate::sync::{Deadline, UnsafeCell, const_fn};
use crate::watched::Watcher;
use core::fmt;
use core::marker::PhantomData;
use core::ops::Deref;

/// A lock that owns its data, and that its owner may take again.
///
/// As one thread may have several guards at once, a guard gives shared access only: to change the data it
/// must be a [`Cell`](core::cell::Cell), a [`RefCell`](core::cell::RefCell), an atomic or the like. Costs are
/// those of [`RawRLock`].
///
/// There are neither mapped guards nor guards that share the lock (`arc_lock`). A guard gives `&T` only, so a part of
/// the data can be looked at beside the guard as well as through one of its own; and a guard that stays on its thread
/// has less use for a share in the lock, which an `Arc` beside it gives.
///
/// A guard that is leaked keeps its level for ever; a thread that ends with one keeps the lock.
///
/// ```
/// use locks::{RLock, RLockGuard};
/// use std::cell::Cell;
///
/// static BALANCE: RLock<Cell<u32>> = RLock::new(Cell::new(0));
///
/// fn deposit(amount: u32) {
///     let balance = BALANCE.lock();
///     balance.set(balance.get() + amount);
/// }
///
/// let balance = BALANCE.lock();
/// deposit(2); // Takes the lock that we have.
/// deposit(3);
/// assert_eq!(balance.get(), 5);
/// assert_eq!(RLockGuard::recursion_count(&balance), 1);
/// ```
///
/// Its `Debug` shows what the lock's word says, who owns it, and how often, if that is this thread; with the feature
/// `counters`, how many wait; and the data, unless another thread owns the lock.
///
/// ```
/// # use locks::RLock;
/// let lock = RLock::new(5);
/// let guards = [lock.lock(), lock.lock()];
/// let shown = format!("{lock:?}");
/// assert!(shown.contains("owner: this thread, our_levels: 2") && shown.ends_with("data: 5 }"), "{shown}");
/// # #[cfg(feature = "counters")]
/// assert!(shown.contains("waiting: 0"), "{shown}");
/// # drop(guards);
/// ```
pub struct RLock<T: ?Sized> {
    raw: RawRLock,
    watcher: Watcher,
    data: UnsafeCell<T>,
}

// SAFETY: sharing the lock gives &T to one thread at a time, the owner (I1 of raw.rs), each ordered after the
// one before, and no &T outlives its guard, which does not leave its thread: that is to move T from thread to
// thread, so T must be Send and need not be Sync. The one thing that lets go of the lock while a guard lives,
// a Condition's wait, asks for more (condition/guard.rs).
unsafe impl<T: ?Sized + Send> Sync for RLock<T> {}

/// The right to look at the data of an [`RLock`], given back when dropped.
///
/// It stays on its thread, and so does a reference to it:
///
/// ```compile_fail,E0277
/// fn send(_: impl Send) {}
/// send(locks::RLock::new(0).lock());
/// ```
/// ```compile_fail,E0277
/// fn share(_: impl Sync) {}
/// share(locks::RLock::new(0).lock());
/// ```
#[must_use = "the lock is released when the guard is dropped"]
pub struct RLockGuard<'a, T: ?Sized> {
    lock: &'a RLock<T>,
    /// Neither Send nor Sync: the level is this thread's.
    stays: PhantomData<*const ()>,
}

impl<T> RLock<T> {
    const_fn! {
        /// A lock that nobody owns, around `value`.
        pub const fn new(value: T) -> Self {
            Self { raw: RawRLock::new(), watcher: Watcher::new(), data: UnsafeCell::new(value) }
        }
    }

    /// The data, out of its lock.
    pub fn into_inner(self) -> T {
        self.data.into_inner()
    }
}

impl<T: ?Sized> RLock<T> {
    /// Takes the lock, or takes it once more, waiting for another owner as long as it takes.
    ///
    /// # Panics
    /// If the thread has taken it 4,294,967,295 times already; so do the other two.
    #[inline]
    #[track_caller]
    pub fn lock(&self) -> RLockGuard<'_, T> {
        let try_acquire = || self.raw.try_acquire().then_some(());
        self.watcher.acquire_again(|| self.raw.is_owned(), try_acquire, || self.raw.acquire());
        self.guard()
    }

    /// Takes the lock if it is free or ours at this moment.
    #[inline]
    #[track_caller]
    pub fn try_lock(&self) -> Option<RLockGuard<'_, T>> {
        self.watcher.try_acquire(|| self.raw.try_acquire().then(|| self.guard()))
    }

    /// Takes the lock, waiting for another owner until `timeout` at most.
    #[inline]
    #[track_caller]
    pub fn lock_timeout(&self, timeout: impl Into<Deadline>) -> Option<RLockGuard<'_, T>> {
        let guarded = |taken: bool| taken.then(|| self.guard());
        let timed = || guarded(self.raw.acquire_timeout(timeout));
        self.watcher.acquire_timed(|| guarded(self.raw.try_acquire()), timed)
    }

    /// The data, without locking: who has the only reference needs none.
    pub fn get_mut(&mut self) -> &mut T {
        // SAFETY: `&mut self` says that there is no guard, and none can be had while the result lives.
        self.data.with_mut(|data| unsafe { &mut *data })
    }

    /// For a level that this thread has just taken.
    fn guard(&self) -> RLockGuard<'_, T> {
        RLockGuard { lock: self, stays: PhantomData }
    }
}

impl<T: Default> Default for RLock<T> {
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T> From<T> for RLock<T> {
    fn from(value: T) -> Self {
        Self::new(value)
    }
}

impl<T: ?Sized> RLockGuard<'_, T> {
    /// How many guards of this lock the thread has, this one included.
    ///
    /// Called as `RLockGuard::recursion_count(&guard)`, so as not to hide a method of the data.
    pub fn recursion_count(guard: &Self) -> usize {
        guard.lock.raw.recursion_count()
    }
}

/// The algorithm under a guard, whose thread owns it and is about to wait.
#[track_caller]
pub(crate) fn to_wait_with<'a, T: ?Sized>(guard: &RLockGuard<'a, T>) -> &'a RawRLock {
    guard.lock.watcher.before_wait();
    &guard.lock.raw
}

impl<T: ?Sized> Deref for RLockGuard<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: this thread owns the lock, and guards give shared access only: nobody has a &mut T.
        self.lock.data.with(|data| unsafe { &*data })
    }
}

impl<T: ?Sized> Drop for RLockGuard<'_, T> {
    #[inline]
    fn drop(&mut self) {
        self.lock.watcher.before_release();
        // An execution of the model that fails in the middle of a wait unwinds without the lock.
        if cfg!(loom) && !self.lock.raw.is_owned() {
            return assert!(std::thread::panicking(), "a guard is its thread's level");
        }
        // SAFETY: a guard stays on its thread and is one of its levels, which only a wait gives back, and takes again.
        unsafe { self.lock.raw.release_owned() };
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for RLockGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for RLock<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rlock = f.debug_struct("RLock");
        #[cfg(all(feature = "counters", not(loom)))]
        rlock.field("state", &crate::Watch::state(self));
        #[cfg(not(all(feature = "counters", not(loom))))]
        rlock.field("state", &self.raw);
        match self.try_lock() {
            Some(guard) => rlock.field("data", &&*guard),
            None => rlock.field("data", &format_args!("<locked>")),
        };
        rlock.finish()
    }
}

#[cfg(not(loom))]
impl<T: ?Sized> crate::Watch for RLock<T> {
    fn set_name(&self, name: &str) {
        self.watcher.set_name(name);
    }

    #[cfg(feature = "counters")]
    fn counters(&self) -> crate::Counters {
        self.watcher.counters()
    }

    #[cfg(feature = "counters")]
    fn state(&self) -> crate::State<'_> {
        crate::State { owner: self.raw.owner(), ..self.watcher.state(&self.raw) }
    }
}

#[cfg(all(feature = "serde", not(loom)))]
impl<T: ?Sized + serde::Serialize> serde::Serialize for RLock<T> {
    /// As the data is, waiting for the lock.
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.lock().serialize(serializer)
    }
}

#[cfg(all(feature = "serde", not(loom)))]
impl<'de, T: serde::Deserialize<'de>> serde::Deserialize<'de> for RLock<T> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::deserialize(deserializer).map(Self::new)
    }
}
