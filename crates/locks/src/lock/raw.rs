//! A mutual exclusion lock of one word, that lets nobody wait for long.
//!
//! # Promise
//! At most one holder at a time; what a holder wrote is seen by the next; a release with sleepers wakes one of
//! them; no system call while nobody has to sleep. A newcomer may take the lock before a sleeper that was woken
//! for it, which is what makes a contended lock fast; but a sleeper that has waited for a millisecond in vain is
//! given the lock by the next release, and no newcomer can come before it.
//!
//! # Source
//! Ulrich Drepper, "Futexes Are Tricky" (2004), its second mutex, in the form that Rust's `std` gave it. Handing
//! over after a millisecond is that of Go's `sync.Mutex` and of CPython's `PyMutex`; the two words below for it
//! are ours.
//!
//! # State
//! | word | meaning |
//! |---|---|
//! | `FREE` | nobody holds it, and no sleeper depends on the next release |
//! | `HELD` | somebody holds it, nobody sleeps |
//! | `RELEASED` | as `FREE`: what a release leaves of `CONTENDED` |
//! | `CONTENDED` | somebody holds it, somebody may sleep: the release must wake |
//! | `HANDED` | nobody holds it yet; it is for those who have waited already, and one of them is on its way |
//! | `STARVING` | as `CONTENDED`, and somebody has waited too long: the release must hand over |
//!
//! Held is odd, and a release subtracts one: then who knows that it holds the lock, as a guard does, releases it without a look
//! at what the word was, which is the cheapest exchange that there is.
//!
//! # Protocol
//! 1. Acquire: exchange `FREE` for `HELD`. Done, if it was `FREE`. Likewise `RELEASED`, at the second attempt.
//! 2. Else spin a bounded while, as long as nobody sleeps, and try step 1 again when the word is `FREE`.
//! 3. Else look at the word, again and again:
//!    - `FREE` or `RELEASED`: exchange it for `CONTENDED`, and hold the lock. Our release will wake one too many, which is the
//!      price of not knowing whether others sleep.
//!    - `HANDED`, and we have slept or tried to: exchange it for `CONTENDED`, and hold the lock.
//!    - `HANDED`, and we have only just come: sleep while it is `HANDED`.
//!    - otherwise exchange it for `CONTENDED`, or for `STARVING` if we have waited too long, and sleep while it is
//!      that.
//! 4. Release: subtract one: `HELD` becomes `FREE`. Where it was not `HELD`, `CONTENDED` has become `RELEASED`, or
//!    `STARVING` `HANDED`: wake one sleeper.
//! 5. A waiter whose deadline comes leaves nothing behind that others would wait for: it exchanges `STARVING` for
//!    `CONTENDED`, or, finding `HANDED`, takes the lock after all.
//!
//! # Invariants
//! - I1. Only the exchange that finds `FREE`, `RELEASED` or `HANDED` makes a holder: so there is one.
//! - I2. While a thread sleeps, or is woken and has not yet exchanged the word, either the word says that the
//!   release must wake or a wake is on its way to one of them. A sleeper sees to that first (3); only a release
//!   takes it away, and that release wakes (4); the one who is woken sees to it again (3) before it may sleep or
//!   hold, for the sake of the others.
//! - I3. Who finds the word `HANDED` and goes to sleep is woken too: the one who takes it writes `CONTENDED`.
//! - I4. While the word is `STARVING`, a thread that has waited is about to look at the word or asleep and does
//!   not leave without doing 5. So is somebody while it is `HANDED`: that thread, or the sleeper that the release
//!   woke instead. Hence `HANDED` does not last.
//!
//! # Memory orderings
//! One edge: the Release of the exchange in [`RawLock::release`], or a guard's, to the Acquire of the exchange that
//! finds `FREE`, `RELEASED` or `HANDED`. It carries the holder's writes to the next holder. The word guards itself by being one word:
//! sleeping and waking need no order of their own.
//!
//! # Proofs
//! `tests/loom/lock.rs`, and `guard.rs` for the guard's release; what loom does not run (the spin) changes nothing: it only loads the word.

use crate::sync::{
    Acquire, AtomicU32, Deadline, Patience, Private, Relaxed, Release, Scope, Spin, Wait, const_fn, wait,
    wake,
};
use crate::watched::note_hand_over;
use core::fmt;
use core::marker::PhantomData;

const FREE: u32 = 0;
const HELD: u32 = 1;
const RELEASED: u32 = 2;
const CONTENDED: u32 = 3;
const HANDED: u32 = 4;
const STARVING: u32 = 5;

/// Python's `Lock`: no data, no guard, and any thread may release it.
///
/// Four bytes, which may lie in memory shared by processes (`RawLock<Shared>`). Uncontended, `acquire` and `release`
/// are one atomic exchange each.
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
#[repr(C)]
pub struct RawLock<S: Scope = Private> {
    word: AtomicU32,
    scope: PhantomData<S>,
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
        /// A lock that nobody holds, for the threads of this process.
        pub const fn new() -> Self {
            Self::in_scope()
        }
    }
}

impl<S: Scope> RawLock<S> {
    const_fn! {
        /// A lock that nobody holds, for whom the scope says.
        ///
        /// ```
        /// use locks::{RawLock, Shared};
        ///
        /// let lock = RawLock::<Shared>::in_scope(); // To be put into memory that processes share.
        /// assert!(lock.try_acquire());
        /// ```
        pub const fn in_scope() -> Self {
            Self { word: AtomicU32::new(FREE), scope: PhantomData }
        }
    }

    /// Makes the lock free, whoever holds it: for the child of a `fork`, where the thread that held it is not.
    ///
    /// # Safety
    /// Only in the child of a `fork`, before another thread of it uses the lock; and who holds it on paper (a guard
    /// that was alive at the fork) must neither use the data nor release the lock.
    pub unsafe fn reinit_after_fork(&self) {
        // Relaxed: this is the only thread.
        self.word.swap(FREE, Relaxed);
    }

    /// Takes the lock, waiting for it as long as it takes.
    ///
    /// Not recursive: a second `acquire` by the holder waits for its own release, for ever unless another
    /// thread releases.
    #[inline]
    pub fn acquire(&self) {
        if self.take_free().is_err() {
            self.acquire_slowly(&Deadline::NEVER);
        }
    }

    /// Takes the lock if it is free at this moment, and says whether it did.
    #[inline]
    pub fn try_acquire(&self) -> bool {
        match self.take_free() {
            Ok(_) => true,
            Err(seen) => seen == RELEASED && self.take_released(),
        }
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
        self.take_free().is_ok() || self.acquire_slowly(&timeout.into())
    }

    /// Gives the lock back, whoever took it, and wakes one sleeper if there may be any.
    ///
    /// # Errors
    /// [`NotLocked`] if nobody held it.
    #[inline]
    pub fn release(&self) -> Result<(), NotLocked> {
        // Release: pairs with the Acquire of the exchange that finds what we leave: it sees what we wrote.
        // Relaxed on failure: release_slowly() decides by an exchange of its own.
        match self.word.compare_exchange(HELD, FREE, Release, Relaxed) {
            Ok(_) => Ok(()),
            Err(seen) => self.release_slowly(seen),
        }
    }

    /// The release of one that holds the lock, so that no look is needed at whether somebody does.
    ///
    /// # Safety
    /// The lock is held, and whoever holds it neither releases it otherwise, nor goes on as the holder.
    #[inline]
    pub(crate) unsafe fn release_held(&self) {
        // Release: as in release(). The word is odd, as the lock is held: one less is what step 4 asks for.
        if self.word.fetch_sub(1, Release) != HELD {
            self.wake_one();
        }
    }

    /// Whether somebody holds the lock at this moment; stale as soon as it is said.
    pub fn locked(&self) -> bool {
        // Relaxed: an answer that may be stale promises no view of the data.
        !matches!(self.word.load(Relaxed), FREE | RELEASED)
    }

    #[inline]
    fn take_free(&self) -> Result<u32, u32> {
        // Acquire: pairs with the Release of whoever left it FREE: the holder before us is done with its data (I1).
        // Relaxed on failure: nothing is touched without the lock.
        self.word.compare_exchange(FREE, HELD, Acquire, Relaxed)
    }

    #[cold]
    fn take_released(&self) -> bool {
        // Acquire: as in take_free(). Relaxed on failure: somebody else was there first.
        self.word.compare_exchange(RELEASED, HELD, Acquire, Relaxed).is_ok()
    }

    #[cold]
    fn acquire_slowly(&self, deadline: &Deadline) -> bool {
        let (mut spin, mut patience) = (Spin::beside_a_holder(), Patience::new());
        // Who has waited may not be the only one who does (I2): it never takes the lock as HELD.
        let (mut has_waited, mut take_as) = (false, HELD);
        // Relaxed, here and below: a hint; the exchange that follows decides.
        let mut seen = self.word.load(Relaxed);
        loop {
            let takes = matches!(seen, FREE | RELEASED) || seen == HANDED && has_waited;
            if seen == HELD && spin.turn() {
                seen = self.word.load(Relaxed);
                continue;
            }
            let sleep_on = match seen {
                HANDED | STARVING => seen,
                _ if !takes && patience.is_over() => STARVING,
                _ => CONTENDED,
            };
            let next = if takes { take_as } else { sleep_on };
            if next != seen {
                // Acquire: pairs with the Release of the release that left FREE, RELEASED or HANDED; where it only says
                // that we sleep, nothing is needed.
                if let Err(now) = self.word.compare_exchange(seen, next, Acquire, Relaxed) {
                    seen = now;
                    continue;
                }
                if takes {
                    if seen == HANDED {
                        note_hand_over();
                    }
                    return true;
                }
            }
            if wait::<S>(&self.word, sleep_on, deadline) == Wait::TimedOut {
                // A sleeper that timed out was not woken: no wake is lost with it.
                return self.leave();
            }
            (has_waited, take_as, spin) = (true, CONTENDED, Spin::beside_a_holder());
            seen = self.word.load(Relaxed);
        }
    }

    /// The last thing that a waiter does whose deadline has come (I4); whether it has the lock after all.
    fn leave(&self) -> bool {
        // Relaxed: the exchange decides.
        let mut seen = self.word.load(Relaxed);
        while matches!(seen, STARVING | HANDED) {
            // Acquire: as in acquire_slowly(), for HANDED; from STARVING to CONTENDED nothing is needed.
            match self.word.compare_exchange(seen, CONTENDED, Acquire, Relaxed) {
                Ok(HANDED) => {
                    note_hand_over();
                    return true;
                }
                Ok(_) => return false,
                Err(now) => seen = now,
            }
        }
        false
    }

    #[cold]
    fn release_slowly(&self, mut seen: u32) -> Result<(), NotLocked> {
        loop {
            let next = match seen {
                FREE | RELEASED | HANDED => return Err(NotLocked),
                held => held - 1,
            };
            // Release: pairs with the Acquire of the exchange that finds `next`: it sees what we wrote.
            match self.word.compare_exchange(seen, next, Release, Relaxed) {
                Ok(_) => break,
                Err(now) => seen = now,
            }
        }
        self.wake_one();
        Ok(())
    }

    #[cold]
    fn wake_one(&self) {
        // The lock may be gone: who takes it after our exchange may free it. wake() uses the address only.
        wake::<S>(&raw const self.word, 1);
    }
}

impl<S: Scope> Default for RawLock<S> {
    fn default() -> Self {
        Self::in_scope()
    }
}

impl<S: Scope> fmt::Debug for RawLock<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Relaxed: an answer that may be stale promises nothing.
        let state = match self.word.load(Relaxed) {
            FREE | RELEASED => "free",
            HELD => "held",
            CONTENDED => "contended",
            STARVING => "starving",
            _ => "handed over",
        };
        f.debug_struct("RawLock").field("state", &format_args!("{state}")).finish()
    }
}
