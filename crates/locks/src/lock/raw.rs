//! A mutual exclusion lock of one word, that lets nobody wait for long.
//!
//! # Promise
//! At most one holder at a time; what a holder wrote is seen by the next; a release wakes one of those who sleep, unless one
//! is awake already; no system call while nobody has to sleep. A newcomer may take the lock before one that was woken
//! for it, which is what makes a contended lock fast; but who has waited for a millisecond in vain, or was woken and has not
//! come for a quarter of one, is given the lock by the next release, and no newcomer can come before it.
//!
//! # Source
//! Ulrich Drepper, "Futexes Are Tricky" (2004), for sleeping on the word itself; Go's `sync.Mutex` for a count of those
//! who wait and one bit that says that one of them is awake, and, with CPython's `PyMutex`, for handing over after a
//! millisecond. Go sleeps on a second word, and touches the first after a release; what makes one word enough, and the
//! release the last touch, is ours, as are the stamp and who looks at it.
//!
//! # State
//! What the word says is in `word.rs`: `HELD`, `HANDED`, `STARVING`, `CALLED` with a stamp, and how many are in line.
//!
//! # Protocol
//! 1. Acquire: set `HELD`. Done, if it was clear.
//! 2. Else spin a bounded while, as long as the lock is held and nobody is in line, or one is `CALLED`, and try step 1 again
//!    when `HELD` is clear.
//! 3. Else join the line: add one to it, clear the call, and sleep while the word is what we made of it; for a millisecond
//!    at most, if that is `HANDED`.
//! 4. Who is in line and awake looks at the word:
//!    - `HELD` is clear, or `HANDED` set: leave of it `HELD` and a line that is shorter by one, and hold the lock;
//!    - otherwise spin as in 2; then clear the call, set `STARVING` if we have waited too long, and sleep while the word is
//!      that.
//! 5. Release: clear `HELD`. Where somebody is in line and none is `CALLED`, set that with the stamp, and wake one after it.
//!    But where one is `STARVING`, or the stamp is old, set `HANDED` and leave `HELD` as it is; and wake one, unless
//!    one is `CALLED`.
//! 6. A waiter whose deadline comes leaves nothing behind that others would wait for: if the lock is open, as in 4, it takes
//!    it after all; else it takes itself out of the line, clears the call, and if nobody is left, `STARVING`.
//!
//! A guard, which knows that it holds the lock, looks at the word and then subtracts `HELD`, the cheapest exchange that
//! there is. What it finds there tells it of those who joined the line in between: it wakes one, and cannot set
//! `CALLED`, so that the next release may wake one too many.
//!
//! # Invariants
//! - I1. Only who finds `HELD` clear, or is in line and finds `HANDED`, becomes a holder: so there is one.
//! - I2. Who falls asleep has seen to it that the word is `HELD` and not `CALLED`, and the word has stayed so: the next
//!   release wakes one. (Or it joined where the word was `HANDED`: then I4, and who takes the lock leaves it not `CALLED`.)
//! - I3. While `CALLED` is set one of those in line is awake, or about to be woken, and will do 4 or 6: a release sets it, and
//!   then wakes one of those who sleep; if none sleeps they are awake, as what they wanted to sleep on has changed.
//!   Whatever one in line does to the word clears it, and so does who joins.
//! - I4. While the word is `HANDED` one in line is on its way: the line was not empty, as it counts; one was `CALLED` (I3) or
//!   is woken now, and none leaves the line without taking the lock. Only who joined while the word was `HANDED` sleeps
//!   on such a word. Before it does so the lock may have been taken, released, and handed over again, to it alone,
//!   and the word be the same as before, if others have joined. So it sleeps for a millisecond, and then takes the
//!   lock like any other in line. Hence `HANDED` does not last.
//!
//! In memory that processes share one in line may have been killed. The line then stays too long by one, which costs each
//! release some nanoseconds, and I3 may be wrong: so there nobody looks at the stamp. A lock that was handed to one that
//! is no more, as it starved, is taken by the next newcomer, after its millisecond.
//!
//! # Memory orderings
//! One edge: the Release of the exchange that releases, to the Acquire of the exchange that takes the lock. It
//! carries the holder's writes to the next holder; what others do to the word in between are exchanges too, which pass it on.
//! The word guards itself by being one word: sleeping, waking, the line and the call need no order of their own.
//!
//! # Proofs
//! `tests/loom/lock.rs` and `late.rs`; `guard.rs` for the guard's release; what loom does not run (the spin) changes
//! nothing: it only loads the word.

use super::word::{
    CALLED, FREE, HANDED, HELD, WAITER, before_sleep, in_words, is_contended, is_open, is_overdue, left,
    released, taken,
};
use crate::sync::{
    Acquire, AtomicU32, Deadline, Patience, Private, Relaxed, Release, Scope, Spin, Wait, const_fn, peek,
    wait, wake,
};
use crate::watched::note_hand_over;
use core::fmt;
use core::marker::PhantomData;
use core::time::Duration;

/// How long a newcomer leaves a lock that was handed over to those before it.
const FOR_OTHERS: Duration = Duration::from_millis(1);

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
        if !self.try_acquire() {
            self.acquire_slowly(&Deadline::NEVER);
        }
    }

    /// Takes the lock if it is free at this moment, and says whether it did.
    #[inline]
    pub fn try_acquire(&self) -> bool {
        // Acquire: pairs with the Release of whoever left it free: the holder before us is done with its data (I1).
        self.word.fetch_or(HELD, Acquire) & HELD == 0
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
        self.try_acquire() || self.acquire_slowly(&timeout.into())
    }

    /// Gives the lock back, whoever took it, and wakes one that sleeps, if nobody is awake who waits.
    ///
    /// The exchange that frees the lock is the last that it does with it: who takes the lock after that may free its memory,
    /// as a wake uses the address only.
    ///
    /// # Errors
    /// [`NotLocked`] if nobody held it.
    #[inline]
    pub fn release(&self) -> Result<(), NotLocked> {
        // Release: pairs with the Acquire of the exchange that finds what we leave: it sees what we wrote.
        // Relaxed on failure: release_slowly() decides by an exchange of its own.
        match self.word.compare_exchange(HELD, FREE, Release, Relaxed) {
            Ok(_) => Ok(()),
            Err(seen) => self.release_slowly(seen, is_overdue::<S>(seen)),
        }
    }

    /// The release of one that holds the lock, so that no exchange must be refused if nobody does.
    ///
    /// # Safety
    /// The lock is held, and whoever holds it neither releases it otherwise, nor goes on as the holder.
    #[inline]
    pub(crate) unsafe fn release_held(&self) {
        // Relaxed: a hint. Who joins the line between this and the exchange is found by it.
        let seen = peek(&self.word);
        // Release: as in release().
        if seen != HELD || self.word.fetch_sub(HELD, Release) != HELD {
            self.release_beside_a_line(seen);
        }
    }

    /// Whether somebody holds the lock at this moment; stale as soon as it is said.
    pub fn locked(&self) -> bool {
        // Relaxed: an answer that may be stale promises no view of the data.
        self.word.load(Relaxed) & HELD != 0
    }

    #[cold]
    fn acquire_slowly(&self, deadline: &Deadline) -> bool {
        let (mut spin, mut patience) = (Spin::beside_a_holder(), Patience::new());
        // Relaxed, here and below: a hint; the exchange that follows decides.
        let mut seen = self.word.load(Relaxed);
        loop {
            if seen & HELD == 0 {
                if self.try_acquire() {
                    return true;
                }
                seen = self.word.load(Relaxed);
            } else if !is_open(seen) && !is_contended(seen) && spin.turn() {
                seen = self.word.load(Relaxed);
            } else {
                let joined = before_sleep(seen + WAITER, &mut patience);
                // Relaxed: it only says that we wait.
                match self.word.compare_exchange(seen, joined, Relaxed, Relaxed) {
                    Ok(_) => return self.wait_in_line(joined, patience, deadline),
                    Err(now) => seen = now,
                }
            }
        }
    }

    /// The rest of the wait of one that stands in line, and has left the word as `asleep_on` says.
    fn wait_in_line(&self, mut asleep_on: u32, mut patience: Patience, deadline: &Deadline) -> bool {
        loop {
            // Who joins while the word is HANDED may find it so once more, and have to come itself (I4).
            let sooner = is_open(asleep_on).then(|| deadline.sooner(FOR_OTHERS));
            let waited = wait::<S>(&self.word, asleep_on, sooner.as_ref().unwrap_or(deadline));
            if waited == Wait::TimedOut && sooner.is_none() {
                return self.leave();
            }
            match self.look(&mut patience) {
                Ok(()) => return true,
                Err(asleep) => asleep_on = asleep,
            }
        }
    }

    /// What one in line does that is awake: it takes the lock; or says how it has left the word, to sleep on it.
    fn look(&self, patience: &mut Patience) -> Result<(), u32> {
        let mut spin = Spin::beside_a_holder();
        // Relaxed, here and below: as in acquire_slowly().
        let mut seen = self.word.load(Relaxed);
        loop {
            if is_open(seen) {
                match self.take_in_line(seen) {
                    Ok(()) => return Ok(()),
                    Err(now) => seen = now,
                }
            } else if !is_contended(seen) && spin.turn() {
                seen = self.word.load(Relaxed);
            } else {
                let asleep = before_sleep(seen, patience);
                if asleep == seen {
                    return Err(asleep);
                }
                // Relaxed: it only says that we wait.
                match self.word.compare_exchange(seen, asleep, Relaxed, Relaxed) {
                    Ok(_) => return Err(asleep),
                    Err(now) => seen = now,
                }
            }
        }
    }

    /// Takes the lock for one in line that has seen it open; or says what it is by now.
    fn take_in_line(&self, seen: u32) -> Result<(), u32> {
        // Acquire: as in try_acquire(); and pairs with the Release of whoever handed it over.
        self.word.compare_exchange(seen, taken(seen), Acquire, Relaxed)?;
        if seen & HANDED != 0 {
            note_hand_over();
        }
        Ok(())
    }

    /// The last thing that a waiter does whose deadline has come (I4); whether it has the lock after all.
    fn leave(&self) -> bool {
        // Relaxed: the exchange decides.
        let mut seen = self.word.load(Relaxed);
        loop {
            if is_open(seen) {
                match self.take_in_line(seen) {
                    Ok(()) => return true,
                    Err(now) => seen = now,
                }
            } else {
                // Relaxed: it only says that we do not wait.
                match self.word.compare_exchange(seen, left(seen), Relaxed, Relaxed) {
                    Ok(_) => return false,
                    Err(now) => seen = now,
                }
            }
        }
    }

    /// The rest of release_held(), where somebody waits; where only `HELD` was seen, the lock has been released.
    #[inline(never)]
    fn release_beside_a_line(&self, seen: u32) {
        let overdue = is_overdue::<S>(seen);
        if seen == HELD {
            wake::<S>(&raw const self.word, 1); // Somebody has just joined the line.
        } else if overdue || seen & CALLED == 0 {
            // Never an error, as the lock is held.
            let _ = self.release_slowly(seen, overdue);
        } else if is_contended(self.word.fetch_sub(HELD, Release)) {
            // Release: as in release().
            wake::<S>(&raw const self.word, 1); // Who was called has gone back to sleep.
        }
    }

    #[cold]
    fn release_slowly(&self, mut seen: u32, overdue: bool) -> Result<(), NotLocked> {
        loop {
            if is_open(seen) {
                return Err(NotLocked);
            }
            // Release: pairs with the Acquire of the exchange that finds what we leave: it sees what we wrote.
            match self.word.compare_exchange(seen, released(seen, overdue), Release, Relaxed) {
                Ok(_) => break,
                Err(now) => seen = now,
            }
        }
        if is_contended(seen) {
            wake::<S>(&raw const self.word, 1); // None was called.
        }
        Ok(())
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
        let state = in_words(self.word.load(Relaxed));
        f.debug_struct("RawLock").field("state", &format_args!("{state}")).finish()
    }
}

#[cfg(all(test, not(any(loom, shuttle))))]
mod tests {
    use super::*;
    use crate::Shared;

    #[test]
    fn a_lock_handed_to_one_that_was_killed_is_taken_by_the_next() {
        let word = AtomicU32::new(HELD + HANDED + WAITER);
        let lock = RawLock::<Shared> { word, scope: PhantomData };
        assert!(lock.locked() && !lock.try_acquire(), "it is for the one in line, who is no more");
        lock.acquire();
        assert_eq!(lock.release(), Ok(()));
        assert!(lock.try_acquire(), "it is a lock like any other");
    }
}
