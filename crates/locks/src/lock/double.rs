//! The guards' double in the model world: the methods that `queue` and the proofs use, with every access to
//! the data checked.

use super::raw::RawLock;
use crate::sync::UnsafeCell;
use core::ops::{Deref, DerefMut};

/// [`crate::Lock`] in the model world.
pub struct Lock<T> {
    raw: RawLock,
    data: UnsafeCell<T>,
}

/// [`crate::LockGuard`] in the model world.
pub struct LockGuard<'a, T> {
    lock: &'a Lock<T>,
}

// SAFETY: the data is reached through guards only, of which there is one at a time: sharing the lock moves T
// between threads, no more.
unsafe impl<T: Send> Sync for Lock<T> {}

impl<T> Lock<T> {
    /// A lock that nobody holds, around `value`.
    pub fn new(value: T) -> Self {
        Self { raw: RawLock::new(), data: UnsafeCell::new(value) }
    }

    /// Takes the lock.
    #[track_caller]
    pub fn lock(&self) -> LockGuard<'_, T> {
        self.raw.acquire();
        LockGuard { lock: self }
    }

    /// The data of a lock that nobody else knows.
    pub fn get_mut(&mut self) -> &mut T {
        // SAFETY: the exclusive reference to the lock is one to its data.
        self.data.with_mut(|data| unsafe { &mut *data })
    }

    /// The data, out of its lock.
    pub fn into_inner(self) -> T {
        self.data.into_inner()
    }
}

impl<T: Default> Default for Lock<T> {
    fn default() -> Self {
        Self::new(T::default())
    }
}

pub(crate) fn taken_again<T>(_: &LockGuard<'_, T>) {}

pub(crate) fn to_wait_with<'a, T>(guard: &LockGuard<'a, T>) -> &'a RawLock {
    &guard.lock.raw
}

impl<T> Deref for LockGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: we hold the lock, so nobody writes; loom checks at this access that it is ordered after
        // every write.
        self.lock.data.with(|data| unsafe { &*data })
    }
}

impl<T> DerefMut for LockGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: we hold the lock exclusively; loom checks at this access that it is ordered after every
        // other.
        self.lock.data.with_mut(|data| unsafe { &mut *data })
    }
}

impl<T> Drop for LockGuard<'_, T> {
    fn drop(&mut self) {
        // SAFETY: a guard holds its lock; a condition that releases it for a while takes it again.
        unsafe { self.lock.raw.release_held() };
    }
}
