//! A lock for many readers or one writer, where who waits stands in a line.
//!
//! # Promise
//! A writer is alone; readers are together; what a writer wrote is seen by who comes after it, and a writer
//! comes after the readers before it are done. Newcomers walk in while they may, which is what makes the lock
//! fast; who may not goes into the line, and only the one at its head has to be let in. A writer at the head
//! keeps new readers out; anybody who has been at the head for a millisecond in vain keeps new writers out as
//! well. So neither readers nor writers starve. Nobody waiting: no system call.
//!
//! # Source
//! Count, writer and flags in one futex word is Rust's `std`. A lock that writers take first, to wait one at
//! a time for the readers to leave, is Go's `sync.RWMutex`. That readers stand in the same line, so that
//! there is only ever one sleeper on the word and each flag is that sleeper's own, is ours.
//!
//! # State
//! | field | meaning |
//! |---|---|
//! | `line` | a [`RawLock`]: its holder is at the head, who waits for it stands in line |
//! | `state`, `READERS` | how many readers hold it |
//! | `state`, `WRITER` | a writer holds it |
//! | `state`, `ASLEEP` | the head may sleep on `state`: the release that may let it in must wake it |
//! | `state`, `NO_READERS` | the head is a writer: newcomers may not read |
//! | `state`, `NO_WRITERS` | the head has waited too long: newcomers may not write |
//!
//! # Protocol
//! 1. Enter: add a reader, or the writer, if neither the holders nor the head's flag forbid it. Done.
//! 2. Else spin a bounded while, as long as nobody waits, and try step 1 once more.
//! 3. Else acquire `line`: we are the head. The head's flags do not bind us, for they are ours:
//!    - the holders let us in: add a reader, or the writer, and take all the flags away;
//!    - otherwise set `ASLEEP` and the flags that keep newcomers out, and sleep while `state` is that.
//! 4. Release `line`, which wakes the next one in it.
//! 5. Release: take a reader, or the writer, away. If no reader is left and the head may sleep, take `ASLEEP`
//!    away in the same exchange, and wake it. A downgrade turns the writer into a reader, and wakes the head
//!    too.
//! 6. A head whose deadline comes takes all the flags away, and does step 4. Who was kept out by the flags
//!    stands in line, so that step is what wakes it.
//!
//! # Invariants
//! - I1. `WRITER` is set by an exchange that finds neither it nor a reader; a reader is added by one that
//!   does not find `WRITER`.
//! - I2. A flag is set by the holder of `line` only, and taken away before it releases `line`; another thread
//!   takes away `ASLEEP`, and wakes.
//! - I3. While the head sleeps, either `ASLEEP` is set and the holders forbid it to enter, or a wake is on
//!   its way: a sleeping reader is forbidden by a writer, a sleeping writer by either, and the exchange that
//!   ends this takes `ASLEEP` away (5). The head looks again, and sets it again, before it sleeps again.
//! - I4. Nobody sleeps on `state` but the head; everybody else sleeps on `line`, whose own invariants see to
//!   them.
//!
//! # Memory orderings
//! One edge: the Release of the exchange that releases to the Acquire of those that enter. All changes of
//! `state` are read-modify-writes, so a later Acquire is ordered after every release before it, not only
//! after the last: a writer after all the readers. Flags need no order: `state` guards itself by being one
//! word.
//!
//! # Proofs
//! `tests/loom/rwlock.rs`; what loom does not run (the spin) changes nothing: it only loads the word.

use crate::lock::RawLock;
use crate::sync::{
    Acquire, AtomicU32, Deadline, Patience, Private, Relaxed, Release, Scope, Spin, Wait, const_fn, wait,
    wake,
};
use core::fmt;

const FREE: u32 = 0;
const READERS: u32 = (1 << 28) - 1;
const WRITER: u32 = 1 << 28;
const ASLEEP: u32 = 1 << 29;
const NO_READERS: u32 = 1 << 30;
const NO_WRITERS: u32 = 1 << 31;
/// What the head has set (I2).
const FLAGS: u32 = ASLEEP | NO_READERS | NO_WRITERS;

/// What differs between reading and writing.
#[derive(Clone, Copy)]
struct Way {
    /// What holding it this way adds to the state.
    share: u32,
    /// The holders that forbid it.
    forbidden_by: u32,
    /// The flag that keeps newcomers out.
    kept_out_by: u32,
    /// The flag that the head sets.
    keeps_out: u32,
}

const READ: Way = Way { share: 1, forbidden_by: WRITER, kept_out_by: NO_READERS, keeps_out: 0 };
const WRITE: Way =
    Way { share: WRITER, forbidden_by: WRITER | READERS, kept_out_by: NO_WRITERS, keeps_out: NO_READERS };

impl Way {
    /// Whether the holders let the head in. The last reader for whom there is room counts as one that
    /// forbids.
    fn admits_head(self, state: u32) -> bool {
        state & self.forbidden_by == 0 && state & READERS != READERS
    }

    fn admits_newcomer(self, state: u32) -> bool {
        self.admits_head(state) && state & self.kept_out_by == 0
    }
}

/// A lock for many readers or one writer: no data, no guard, and any thread may release it.
///
/// Eight bytes, which may lie in memory shared by processes (`RawRwLock<Shared>`). Uncontended, acquiring and
/// releasing are one atomic exchange each, for reading and for writing.
///
/// Not recursive, not even for reading: a second `acquire_read` on one thread waits for the writer that waits
/// for the first to end, if there is one.
///
/// ```
/// use locks::{NotHeld, RawRwLock};
///
/// let lock = RawRwLock::new();
/// lock.acquire_read();
/// assert!(lock.try_acquire_read(), "readers are together");
/// assert!(!lock.try_acquire_write(), "a writer is alone");
/// assert_eq!((lock.readers(), lock.release_write()), (2, Err(NotHeld)));
/// std::thread::scope(|scope| {
///     scope.spawn(|| assert_eq!(lock.release_read(), Ok(()), "another thread may release it"));
/// });
/// assert_eq!(lock.release_read(), Ok(()));
/// assert!(lock.try_acquire_write());
/// ```
#[repr(C)]
pub struct RawRwLock<S: Scope = Private> {
    state: AtomicU32,
    line: RawLock<S>,
}

/// The lock was released, or downgraded, while nobody held it in that way; nothing was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotHeld;

impl fmt::Display for NotHeld {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the lock is not held in this way")
    }
}

impl core::error::Error for NotHeld {}

impl RawRwLock {
    const_fn! {
        /// A lock that nobody holds, for the threads of this process.
        pub const fn new() -> Self {
            Self::in_scope()
        }
    }
}

impl<S: Scope> RawRwLock<S> {
    const_fn! {
        /// A lock that nobody holds, for whom the scope says.
        ///
        /// ```
        /// use locks::{RawRwLock, Shared};
        ///
        /// let lock = RawRwLock::<Shared>::in_scope(); // To be put into memory that processes share.
        /// assert!(lock.try_acquire_write());
        /// ```
        pub const fn in_scope() -> Self {
            Self { state: AtomicU32::new(FREE), line: RawLock::in_scope() }
        }
    }

    /// Takes the lock for reading, waiting for it as long as it takes.
    ///
    /// # Panics
    /// If 268 435 455 readers hold it.
    #[inline]
    pub fn acquire_read(&self) {
        if !self.try_acquire_read() {
            self.acquire_read_slowly(&Deadline::NEVER);
        }
    }

    /// Takes the lock for reading if no writer holds it, or waits for it, at this moment; says whether it
    /// did.
    #[inline]
    pub fn try_acquire_read(&self) -> bool {
        self.try_enter(READ, FREE)
    }

    /// Takes the lock for reading, waiting until `timeout` at most, and says whether it did.
    ///
    /// A timeout that has passed already still takes a lock that is free.
    ///
    /// # Panics
    /// If 268 435 455 readers hold it.
    #[inline]
    pub fn acquire_read_timeout(&self, timeout: impl Into<Deadline>) -> bool {
        self.try_acquire_read() || self.acquire_read_slowly(&timeout.into())
    }

    /// Takes the lock for writing, waiting for it as long as it takes.
    #[inline]
    pub fn acquire_write(&self) {
        if !self.try_acquire_write() {
            self.acquire_slowly(WRITE, &Deadline::NEVER);
        }
    }

    /// Takes the lock for writing if nobody holds it at this moment, and says whether it did.
    #[inline]
    pub fn try_acquire_write(&self) -> bool {
        self.try_enter(WRITE, FREE)
    }

    /// Takes the lock for writing, waiting until `timeout` at most, and says whether it did.
    ///
    /// A timeout that has passed already still takes a lock that is free. A writer that gives up lets the
    /// readers in that it kept out.
    ///
    /// ```
    /// # use std::time::Duration;
    /// let lock = locks::RawRwLock::new();
    /// lock.acquire_read();
    /// assert!(!lock.acquire_write_timeout(Duration::from_millis(1)));
    /// assert!(lock.acquire_read_timeout(Duration::ZERO));
    /// ```
    #[inline]
    pub fn acquire_write_timeout(&self, timeout: impl Into<Deadline>) -> bool {
        self.try_acquire_write() || self.acquire_slowly(WRITE, &timeout.into())
    }

    /// Gives one reader's share back, whoever took it.
    ///
    /// # Errors
    /// [`NotHeld`] if no reader held it.
    #[inline]
    pub fn release_read(&self) -> Result<(), NotHeld> {
        self.release(
            READ.share,
            |state| if state & READERS == 0 { Err(NotHeld) } else { Ok(state - READ.share) },
        )
    }

    /// Gives the lock back after writing, whoever took it.
    ///
    /// # Errors
    /// [`NotHeld`] if no writer held it.
    #[inline]
    pub fn release_write(&self) -> Result<(), NotHeld> {
        self.release(WRITER, |state| if state & WRITER == 0 { Err(NotHeld) } else { Ok(state - WRITER) })
    }

    /// Turns the writer into a reader in one step: no writer comes between. Readers who wait may come in, in
    /// their turn.
    ///
    /// ```
    /// let lock = locks::RawRwLock::new();
    /// lock.acquire_write();
    /// assert_eq!(lock.downgrade(), Ok(()));
    /// assert!(lock.try_acquire_read() && !lock.try_acquire_write());
    /// assert_eq!(lock.downgrade(), Err(locks::NotHeld), "nobody writes");
    /// ```
    ///
    /// # Errors
    /// [`NotHeld`] if no writer held it.
    pub fn downgrade(&self) -> Result<(), NotHeld> {
        self.release(
            WRITER,
            |state| if state & WRITER == 0 { Err(NotHeld) } else { Ok(state - WRITER + READ.share) },
        )
    }

    /// Whether anybody holds the lock at this moment; stale as soon as it is said.
    pub fn locked(&self) -> bool {
        // Relaxed: an answer that may be stale promises no view of the data.
        self.state.load(Relaxed) & (READERS | WRITER) != 0
    }

    /// Whether a writer holds the lock at this moment; stale as soon as it is said.
    pub fn is_write_locked(&self) -> bool {
        // Relaxed: as in locked().
        self.state.load(Relaxed) & WRITER != 0
    }

    /// How many readers hold the lock at this moment; stale as soon as it is said.
    pub fn readers(&self) -> usize {
        // Relaxed: as in locked().
        (self.state.load(Relaxed) & READERS) as usize
    }

    /// Makes the lock free, whoever holds it: for the child of a `fork`, where the threads that held it or
    /// waited for it are not.
    ///
    /// # Safety
    /// Only in the child of a `fork`, before another thread of it uses the lock; and who holds it on paper (a
    /// guard that was alive at the fork) must neither use the data nor release the lock.
    pub unsafe fn reinit_after_fork(&self) {
        // Relaxed: this is the only thread.
        self.state.swap(FREE, Relaxed);
        // SAFETY: the caller promises that this is the child's only thread; and nobody is inside
        // wait_at_head() here, who would release the line.
        unsafe { self.line.reinit_after_fork() };
    }

    /// A newcomer's attempt. The first exchange guesses what the state is; where that is wrong, it says what
    /// it was.
    #[inline]
    fn try_enter(&self, way: Way, mut seen: u32) -> bool {
        while way.admits_newcomer(seen) {
            // Acquire: pairs with the Release in release(): who held it before us is done with the data (I1).
            // Relaxed on failure: nothing is touched without the lock.
            match self.state.compare_exchange(seen, seen + way.share, Acquire, Relaxed) {
                Ok(_) => return true,
                Err(now) => seen = now,
            }
        }
        false
    }

    #[cold]
    fn acquire_read_slowly(&self, deadline: &Deadline) -> bool {
        assert!(self.readers() < READERS as usize, "too many readers");
        self.acquire_slowly(READ, deadline)
    }

    #[cold]
    fn acquire_slowly(&self, way: Way, deadline: &Deadline) -> bool {
        let seen = self.spin(|state| way.admits_newcomer(state) || state & FLAGS != 0);
        if self.try_enter(way, seen) {
            return true;
        }
        if !self.line.acquire_timeout(deadline) {
            return false;
        }
        let entered = self.wait_at_head(way, deadline);
        // SAFETY: we took it above.
        unsafe { self.line.release_held() };
        entered
    }

    /// Waits, with `line` held, until the holders let us in: `true`; or the deadline comes.
    fn wait_at_head(&self, way: Way, deadline: &Deadline) -> bool {
        let mut patience = Patience::new();
        loop {
            let seen = self.spin(|state| way.admits_head(state));
            let enters = way.admits_head(seen);
            let next = if enters {
                (seen & !FLAGS) + way.share
            } else {
                seen | ASLEEP | way.keeps_out | if patience.is_over() { NO_WRITERS } else { 0 }
            };
            // Acquire: as in try_enter(), where we enter; to say that we sleep nothing is needed.
            if next != seen && self.state.compare_exchange(seen, next, Acquire, Relaxed).is_err() {
                continue;
            }
            if enters {
                return true;
            }
            if wait::<S>(&self.state, next, deadline) == Wait::TimedOut {
                self.leave();
                return false;
            }
        }
    }

    /// The last thing that a head does whose deadline has come: newcomers are kept out no longer (I2).
    fn leave(&self) {
        // Relaxed: the exchange decides; and the flags carry nothing.
        let mut seen = self.state.load(Relaxed);
        while let Err(now) = self.state.compare_exchange(seen, seen & !FLAGS, Relaxed, Relaxed) {
            seen = now;
        }
    }

    /// Changes the holders to what `change` makes of them, and wakes the head if that may let it in. The
    /// first exchange guesses what the state is, as in `try_enter()`.
    #[inline]
    fn release(&self, mut seen: u32, change: impl Fn(u32) -> Result<u32, NotHeld>) -> Result<(), NotHeld> {
        loop {
            let holders = change(seen)?;
            let wakes = seen & ASLEEP != 0 && (seen & WRITER != 0 || holders & READERS == 0);
            let next = if wakes { holders & !ASLEEP } else { holders };
            // Release: pairs with the Acquire of the exchanges that enter: they see what we wrote, and come
            // after what we read.
            match self.state.compare_exchange(seen, next, Release, Relaxed) {
                Ok(_) if wakes => break,
                Ok(_) => return Ok(()),
                Err(now) => seen = now,
            }
        }
        // The lock may be gone: who takes it after our exchange may free it. wake() uses the address only.
        wake::<S>(&raw const self.state, 1);
        Ok(())
    }

    /// Looks at the state until it is as wanted, or it has been long enough.
    fn spin(&self, wanted: impl Fn(u32) -> bool) -> u32 {
        let mut spin = Spin::beside_a_holder();
        loop {
            // Relaxed: a hint; the exchange that follows decides.
            let seen = self.state.load(Relaxed);
            if wanted(seen) || !spin.turn() {
                return seen;
            }
        }
    }
}

impl<S: Scope> Default for RawRwLock<S> {
    fn default() -> Self {
        Self::in_scope()
    }
}

impl<S: Scope> fmt::Debug for RawRwLock<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Relaxed: an answer that may be stale promises nothing.
        let state = self.state.load(Relaxed);
        let kept_out = match (state & NO_READERS != 0, state & NO_WRITERS != 0) {
            (false, false) => "nobody",
            (true, false) => "readers",
            (false, true) => "writers",
            (true, true) => "everybody",
        };
        f.debug_struct("RawRwLock")
            .field("readers", &(state & READERS))
            .field("writer", &(state & WRITER != 0))
            .field("waited_for", &self.line.locked())
            .field("kept_out", &format_args!("{kept_out}"))
            .finish()
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn one_reader_too_many_is_told_and_counted_nowhere() {
        let lock = RawRwLock::new();
        // As many acquisitions would take seconds.
        lock.state.swap(READERS - 1, Relaxed);
        assert!(lock.try_acquire_read(), "the last one for whom there is room");
        assert!(!lock.try_acquire_read());
        assert!(std::panic::catch_unwind(|| lock.acquire_read()).is_err());
        assert!(!lock.try_acquire_write());
        assert_eq!((lock.readers(), lock.is_write_locked()), (READERS as usize, false));
        assert_eq!(lock.release_read(), Ok(()));
        assert!(lock.try_acquire_read(), "there is room again");
    }
}
