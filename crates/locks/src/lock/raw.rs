//! A mutual exclusion lock of one word.
//!
//! # Promise
//! At most one holder at a time; what a holder wrote is seen by the next; a release with sleepers wakes one
//! of them; no system call while nobody has to sleep. No order among those who wait: a newcomer may take the
//! lock before a sleeper that was woken for it.
//!
//! # Source
//! Ulrich Drepper, "Futexes Are Tricky" (2004), its second mutex, in the form that Rust's `std` gave it:
//! release by one exchange.
//!
//! # State
//! | word | meaning |
//! |---|---|
//! | `FREE` | nobody holds it, and no sleeper depends on the next release |
//! | `HELD` | somebody holds it, nobody sleeps |
//! | `CONTENDED` | somebody holds it, somebody may sleep: the release must wake |
//!
//! # Protocol
//! 1. Acquire: exchange `FREE` for `HELD`. Done, if it was `FREE`.
//! 2. Else spin a bounded while, as long as nobody sleeps, and try step 1 again when the word is `FREE`.
//! 3. Else exchange the word for `CONTENDED`. If it was `FREE`, we hold the lock (and our release will wake
//!    one too many, which is the price of not knowing whether others sleep).
//! 4. Else sleep while the word is `CONTENDED`; then go to 2, without its attempt: who has slept takes the
//!    lock as `CONTENDED` only.
//! 5. Release: exchange the word for `FREE`; if it was `CONTENDED`, wake one sleeper.
//!
//! # Invariants
//! - I1. Only the exchange that finds `FREE` makes a holder: so there is one.
//! - I2. While a thread sleeps, or is woken and has not yet exchanged the word, either the word is
//!   `CONTENDED` or a wake is on its way to one of them. A sleeper sets `CONTENDED` first (3); only a release
//!   takes it away, and that release wakes (5); the one who is woken sets it again (4) before it may sleep or
//!   hold, for the sake of the others.
//!
//! # Memory orderings
//! One edge: the Release of the exchange in [`RawLock::release`] to the Acquire of the exchange that finds
//! `FREE`. It carries the holder's writes to the next holder. The word guards itself by being one word:
//! sleeping and waking need no order of their own.
//!
//! # Proofs
//! `tests/loom/lock.rs`; what loom does not run (the spin) changes nothing: it only loads the word.

use crate::sync::{
    Acquire, AtomicU32, Deadline, Private, Relaxed, Release, Spin, Wait, const_fn, wait, wake,
};
use core::fmt;

const FREE: u32 = 0;
const HELD: u32 = 1;
const CONTENDED: u32 = 2;

/// Python's `Lock`: no data, no guard, and any thread may release it.
///
/// Four bytes. Uncontended, `acquire` and `release` are one atomic exchange each.
///
/// ```
/// use locks::{NotLocked, RawLock};
///
/// let lock = RawLock::new();
/// lock.acquire();
/// assert!(!lock.try_acquire());
/// std::thread::scope(|scope| {
///     scope.spawn(|| assert_eq!(lock.release(), Ok(()), "another thread may release it"));
/// });
/// assert_eq!(lock.release(), Err(NotLocked));
/// ```
pub struct RawLock {
    word: AtomicU32,
}

/// The lock was released while nobody held it; nothing was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotLocked;

impl fmt::Display for NotLocked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the lock is not locked")
    }
}

impl core::error::Error for NotLocked {}

impl RawLock {
    const_fn! {
        /// A lock that nobody holds.
        pub const fn new() -> Self {
            Self { word: AtomicU32::new(FREE) }
        }
    }

    /// Takes the lock, waiting for it as long as it takes.
    ///
    /// Not recursive: a second `acquire` by the holder waits for its own release, for ever unless another
    /// thread releases.
    #[inline]
    pub fn acquire(&self) {
        if !self.try_acquire() {
            self.acquire_slowly(Deadline::NEVER);
        }
    }

    /// Takes the lock if it is free at this moment, and says whether it did.
    #[inline]
    pub fn try_acquire(&self) -> bool {
        // Acquire: pairs with the Release in release(): the holder before us is done with its data (I1).
        // Relaxed on failure: nothing is touched without the lock.
        self.word.compare_exchange(FREE, HELD, Acquire, Relaxed).is_ok()
    }

    /// Takes the lock, waiting until `timeout` at most, and says whether it did.
    ///
    /// A timeout that has passed already still takes a lock that is free.
    ///
    /// ```
    /// # use std::time::Duration;
    /// let lock = locks::RawLock::new();
    /// assert!(lock.acquire_timeout(Duration::ZERO));
    /// assert!(!lock.acquire_timeout(Duration::from_millis(1)));
    /// ```
    #[inline]
    pub fn acquire_timeout(&self, timeout: impl Into<Deadline>) -> bool {
        self.try_acquire() || self.acquire_slowly(timeout.into())
    }

    /// Gives the lock back, whoever took it, and wakes one sleeper if there may be any.
    ///
    /// # Errors
    /// [`NotLocked`] if nobody held it.
    #[inline]
    pub fn release(&self) -> Result<(), NotLocked> {
        // Release: pairs with the Acquire of the next exchange that finds FREE: it sees what we wrote.
        match self.word.swap(FREE, Release) {
            FREE => Err(NotLocked),
            HELD => Ok(()),
            _ => {
                self.wake_one();
                Ok(())
            }
        }
    }

    /// Whether somebody holds the lock at this moment; stale as soon as it is said.
    pub fn locked(&self) -> bool {
        // Relaxed: an answer that may be stale promises no view of the data.
        self.word.load(Relaxed) != FREE
    }

    #[cold]
    fn acquire_slowly(&self, deadline: Deadline) -> bool {
        let mut seen = self.spin();
        if seen == FREE {
            // Acquire and Relaxed: as in try_acquire().
            match self.word.compare_exchange(FREE, HELD, Acquire, Relaxed) {
                Ok(_) => return true,
                Err(now) => seen = now,
            }
        }
        loop {
            // Acquire: as in try_acquire(), where the exchange finds FREE. We may not be the only one who
            // waits (I2): never HELD.
            if seen != CONTENDED && self.word.swap(CONTENDED, Acquire) == FREE {
                return true;
            }
            // A sleeper that timed out was not woken: no wake is lost with it.
            if wait::<Private>(&self.word, CONTENDED, deadline) == Wait::TimedOut {
                return false;
            }
            seen = self.spin();
        }
    }

    /// Looks at the word until it is free, or somebody sleeps, or it has been long enough.
    fn spin(&self) -> u32 {
        let mut spin = Spin::new();
        loop {
            // Relaxed: a hint; the exchange that follows decides.
            let seen = self.word.load(Relaxed);
            if seen != HELD || !spin.turn() {
                return seen;
            }
        }
    }

    // The lock may be gone: who takes it after our exchange may free it. wake() uses the address only.
    #[cold]
    fn wake_one(&self) {
        wake::<Private>(&raw const self.word, 1);
    }
}

impl Default for RawLock {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for RawLock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawLock").field("locked", &self.locked()).finish()
    }
}
