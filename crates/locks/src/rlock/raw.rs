//! A lock that its owner may take again.
//!
//! # Promise
//! At most one owner at a time, who may take the lock any number of times and has it until it has given all of
//! them back; what an owner wrote is seen by the next; only the owner can release. Taking it again, giving
//! such a level back, and asking make no atomic read-modify-write. Waiting, waking and the order among those
//! who wait are the inner lock's.
//!
//! # Source
//! `std`'s `ReentrantLock`: a lock, an owner and a count, with numbers of threads that are never used again.
//! All levels released and restored: Python's `RLock._release_save` and `_acquire_restore`.
//!
//! # State
//! | field | written by | meaning |
//! |---|---|---|
//! | `inner` | as [`RawLock`] | held while a thread owns us |
//! | `owner` | the holder of `inner` | `NOBODY`, or the number of the thread that owns us |
//! | `levels` | the owner | how often the owner has taken us and not given back: 1 or more |
//!
//! # Protocol
//! 1. Acquire: is `owner` our own number? Then add to `levels`.
//! 2. Else acquire `inner`, store our number in `owner`, set `levels`.
//! 3. Release: is `owner` our own number? If not, an error. Take one off `levels`.
//! 4. Was it the last, or are all to be given back: store `NOBODY` in `owner`, then release `inner`.
//!
//! # Invariants
//! - I1. `owner` is stored by the holder of `inner` only: 2 after the acquire, 4 before the release. So its
//!   stores are in one order, that in which threads hold `inner`, and each holder's last is `NOBODY`.
//! - I2. A thread finds its own number in `owner` exactly if it owns the lock. If it does own it: its own
//!   store (2) is the last in I1's order and happened before, so coherence forbids it an older value. If it
//!   does not: only it stores its number, and each time it has stored `NOBODY` over it since (4), so
//!   coherence forbids it that value too. What others store it may see early or late, and never is it its
//!   own number.
//! - I3. `levels` is touched only by a thread that has found itself the owner, or that holds `inner` and is
//!   about to be: one at a time, and `inner` orders one after the other.
//!
//! A thread that ends as the owner leaves the lock taken for ever, as in Python: its number is not used again,
//! so no later thread takes itself for the owner. In the scope `Shared` numbers are the kernel's, which may come
//! again when their thread has ended. Then I2 holds by the kernel's order: what a thread stored is in memory
//! before its number is free. A thread that gets the number of one that ended as the owner inherits the lock:
//! there is still one owner.
//!
//! # Memory orderings
//! One edge, which is the inner lock's. `owner` is Relaxed: a word is coherent with itself (I2), and an answer
//! about another thread is not asked of it.
//!
//! # Proofs
//! `tests/loom/rlock.rs`.

use crate::lock::RawLock;
use crate::sync::{AtomicUsize, Deadline, Private, Relaxed, Scope, UnsafeCell, const_fn, has_id, thread_id};
use core::fmt;
use core::panic::RefUnwindSafe;

/// `owner`: no thread's number.
const NOBODY: usize = 0;

/// Python's `RLock`: no data, no guard; its owner may take it again, and only its owner may release it.
///
/// Sixteen bytes, which may lie in memory shared by processes of one PID namespace (`RawRLock<Shared>`, where each
/// question who asks is a system call). Uncontended, the first `acquire` and the last `release` are one atomic exchange each; those
/// between them are a load and an addition. Works on threads that Rust did not start.
///
/// ```
/// use locks::{NotOwner, RawRLock};
///
/// let lock = RawRLock::new();
/// lock.acquire();
/// lock.acquire();
/// assert_eq!(lock.recursion_count(), 2);
/// std::thread::scope(|scope| {
///     scope.spawn(|| {
///         assert!(!lock.try_acquire());
///         assert_eq!(lock.release(), Err(NotOwner));
///         assert_eq!(lock.recursion_count(), 0, "it counts one's own levels");
///     });
/// });
/// assert_eq!((lock.release(), lock.release(), lock.release()), (Ok(()), Ok(()), Err(NotOwner)));
/// ```
#[repr(C)]
pub struct RawRLock<S: Scope = Private> {
    inner: RawLock<S>,
    levels: UnsafeCell<u32>,
    owner: AtomicUsize,
}

// SAFETY: `levels` is touched by one thread at a time, each ordered after the one before (I3).
unsafe impl<S: Scope> Sync for RawRLock<S> {}
// No code of the user's runs inside: a panic finds it between two calls.
impl<S: Scope> RefUnwindSafe for RawRLock<S> {}

/// The lock was released by a thread that does not own it; nothing was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotOwner;

impl fmt::Display for NotOwner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("this thread does not own the lock")
    }
}

impl core::error::Error for NotOwner {}

/// The levels that a thread gave back with [`RawRLock::release_all`].
#[derive(Debug)]
#[must_use = "acquire_restore() takes them again"]
pub struct Levels(u32);

impl RawRLock {
    const_fn! {
        /// A lock that nobody owns, for the threads of this process.
        pub const fn new() -> Self {
            Self::in_scope()
        }
    }
}

impl<S: Scope> RawRLock<S> {
    const_fn! {
        /// A lock that nobody owns, for whom the scope says.
        pub const fn in_scope() -> Self {
            Self { inner: RawLock::in_scope(), levels: UnsafeCell::new(0), owner: AtomicUsize::new(NOBODY) }
        }
    }

    /// Takes the lock, or takes it once more, waiting for another owner as long as it takes.
    ///
    /// # Panics
    /// If the thread has taken it 4,294,967,295 times already.
    #[inline]
    pub fn acquire(&self) {
        self.enter(1, |inner| {
            inner.acquire();
            true
        });
    }

    /// Takes the lock if it is free or ours at this moment, and says whether it did.
    ///
    /// # Panics
    /// As [`acquire`](Self::acquire).
    #[inline]
    pub fn try_acquire(&self) -> bool {
        self.enter(1, RawLock::try_acquire)
    }

    /// Takes the lock, waiting for another owner until `timeout` at most, and says whether it did.
    ///
    /// A timeout that has passed already still takes a lock that is free or ours.
    ///
    /// # Panics
    /// As [`acquire`](Self::acquire).
    ///
    /// ```
    /// # use std::time::Duration;
    /// let lock = locks::RawRLock::new();
    /// assert!(lock.acquire_timeout(Duration::ZERO));
    /// assert!(lock.acquire_timeout(Duration::ZERO), "it is ours");
    /// std::thread::scope(|scope| {
    ///     scope.spawn(|| assert!(!lock.acquire_timeout(Duration::from_millis(1))));
    /// });
    /// ```
    #[inline]
    pub fn acquire_timeout(&self, timeout: impl Into<Deadline>) -> bool {
        self.enter(1, |inner| inner.acquire_timeout(timeout))
    }

    /// Gives one level back; with the last one the lock is free, and a sleeper is woken if there may be any.
    ///
    /// # Errors
    /// [`NotOwner`] if another thread owns the lock, or nobody.
    #[inline]
    pub fn release(&self) -> Result<(), NotOwner> {
        if !self.is_owned() {
            return Err(NotOwner);
        }
        // SAFETY: we are the owner.
        unsafe { self.release_owned() };
        Ok(())
    }

    /// The release of one that owns the lock, so that no look is needed at who does.
    ///
    /// # Safety
    /// The calling thread owns the lock.
    #[inline]
    pub(crate) unsafe fn release_owned(&self) {
        // SAFETY: we are the owner.
        let left = unsafe { self.levels() } - 1;
        // SAFETY: as above.
        unsafe { self.set_levels(left) };
        if left == 0 {
            self.let_go();
        }
    }

    /// Gives all levels back, however many: Python's `_release_save`.
    ///
    /// # Errors
    /// [`NotOwner`] if another thread owns the lock, or nobody.
    ///
    /// ```
    /// let lock = locks::RawRLock::new();
    /// lock.acquire();
    /// lock.acquire();
    /// let levels = lock.release_all()?;
    /// assert!(!lock.locked());
    /// lock.acquire_restore(levels);
    /// assert_eq!(lock.recursion_count(), 2);
    /// # Ok::<(), locks::NotOwner>(())
    /// ```
    pub fn release_all(&self) -> Result<Levels, NotOwner> {
        if !self.is_owned() {
            return Err(NotOwner);
        }
        // SAFETY: we are the owner.
        let levels = Levels(unsafe { self.levels() });
        self.let_go();
        Ok(levels)
    }

    /// Takes the lock, waiting for another owner as long as it takes, with all of `levels` at once, beside
    /// those that the thread has: Python's `_acquire_restore`.
    ///
    /// # Panics
    /// As [`acquire`](Self::acquire).
    pub fn acquire_restore(&self, levels: Levels) {
        self.enter(levels.0, |inner| {
            inner.acquire();
            true
        });
    }

    /// Whether some thread owns the lock at this moment; stale as soon as it is said.
    pub fn locked(&self) -> bool {
        self.inner.locked()
    }

    /// Whether this thread owns the lock.
    #[inline]
    pub fn is_owned(&self) -> bool {
        // Relaxed: the partner is our own last store, which the word's coherence shows us (I2).
        has_id::<S>(self.owner.load(Relaxed))
    }

    /// How often this thread has taken the lock and not given it back: 0 if it does not own it.
    pub fn recursion_count(&self) -> usize {
        if !self.is_owned() {
            return 0;
        }
        // SAFETY: we are the owner.
        unsafe { self.levels() as usize }
    }

    /// The owner's number, or 0.
    #[cfg(all(feature = "counters", not(loom)))]
    pub(crate) fn owner(&self) -> usize {
        // Relaxed: as in Debug.
        self.owner.load(Relaxed)
    }

    /// Makes the lock free, whoever owns it: for the child of a `fork`, where the threads that owned it or waited
    /// for it are not. The thread that forked owns in the child what it owned in the parent, and need not ask for
    /// this.
    ///
    /// # Safety
    /// Only in the child of a `fork`, before another thread of it uses the lock; and who owns it on paper (a guard
    /// that was alive at the fork) must neither use the data nor release the lock.
    pub unsafe fn reinit_after_fork(&self) {
        // Relaxed: this is the only thread.
        self.owner.swap(NOBODY, Relaxed);
        // SAFETY: the caller promises that this is the child's only thread, and that nobody owns the lock.
        unsafe { self.inner.reinit_after_fork() };
    }

    /// Adds `more` levels to our own, or takes the inner lock for them.
    #[inline]
    fn enter(&self, more: u32, take: impl FnOnce(&RawLock<S>) -> bool) -> bool {
        if self.is_owned() {
            // SAFETY: we are the owner.
            let levels = unsafe { self.levels() }.checked_add(more);
            let levels = levels.expect("an RLock has no more than 4294967295 levels");
            // SAFETY: as above.
            unsafe { self.set_levels(levels) };
            return true;
        }
        if !take(&self.inner) {
            return false;
        }
        // Relaxed: we alone look for our number, and a thread sees its own stores (I2).
        self.owner.store(thread_id::<S>(), Relaxed);
        // SAFETY: we hold `inner`.
        unsafe { self.set_levels(more) };
        true
    }

    /// # Safety
    /// The calling thread owns the lock, or holds `inner`.
    #[inline]
    unsafe fn levels(&self) -> u32 {
        // SAFETY: nobody else touches `levels` (I3), and the pointer does not leave the closure.
        self.levels.with(|levels| unsafe { *levels })
    }

    /// # Safety
    /// As for `levels()`.
    #[inline]
    unsafe fn set_levels(&self, to: u32) {
        // SAFETY: as in levels().
        self.levels.with_mut(|levels| unsafe { *levels = to });
    }

    /// Frees the lock, of which we are the owner.
    #[inline]
    fn let_go(&self) {
        // Relaxed: as in enter(). Before the release: after it, the word is the next owner's (I1).
        self.owner.store(NOBODY, Relaxed);
        // SAFETY: the owner holds the inner lock, and is the owner no longer.
        unsafe { self.inner.release_held() };
    }
}

impl<S: Scope> Default for RawRLock<S> {
    fn default() -> Self {
        Self::in_scope()
    }
}

impl<S: Scope> fmt::Debug for RawRLock<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Relaxed: an answer about others may be stale, and promises nothing.
        let owner = match self.owner.load(Relaxed) {
            NOBODY => "nobody",
            owner if has_id::<S>(owner) => "this thread",
            _ => "another thread",
        };
        f.debug_struct("RawRLock")
            .field("inner", &self.inner)
            .field("owner", &format_args!("{owner}"))
            .field("our_levels", &self.recursion_count())
            .finish()
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use std::panic::{AssertUnwindSafe, catch_unwind};

    #[test]
    fn one_level_too_many_is_told_and_counted_nowhere() {
        let lock = RawRLock::new();
        lock.acquire();
        // As many acquisitions would take seconds.
        lock.acquire_restore(Levels(u32::MAX - 1));
        assert_eq!(lock.recursion_count(), u32::MAX as usize);
        assert!(catch_unwind(AssertUnwindSafe(|| lock.acquire())).is_err());
        assert!(catch_unwind(AssertUnwindSafe(|| lock.try_acquire())).is_err());
        assert_eq!((lock.release(), lock.recursion_count()), (Ok(()), u32::MAX as usize - 1));
    }
}
