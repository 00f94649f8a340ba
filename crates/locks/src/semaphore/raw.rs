//! A counting semaphore of one word, and a second word to sleep on for those who need several permits at once.
//!
//! # Promise
//! A permit has at most one holder, who sees what the holder before it wrote; several are taken all at once or
//! not at all; what is given back wakes as many sleepers as can use it; no system call while nobody has to
//! sleep. A newcomer may take permits before a sleeper that was woken for them, which is what makes a contended
//! semaphore fast; but for a waiter of a millisecond what comes back is set aside, until it has all that it
//! needs.
//!
//! # Source
//! Edsger Dijkstra, "Cooperating sequential processes" (1965). Value and "somebody waits" in one futex word are
//! glibc's `sem_t` (Torvald Riegel, 2015). Passing a wake on, the round for those who need several, and the
//! reservation are ours.
//!
//! # State
//! | in `word` | meaning |
//! |---|---|
//! | value | permits that nobody holds; above `MAX_PERMITS` as many more as somebody is about to take back |
//! | `WAITING` | somebody who needs one permit may sleep on `word` |
//! | `GATHERING` | somebody may sleep on `round`: it needs several permits, or has the reservation |
//! | `RESERVED` | one waiter has waited too long: until it has its permits, nobody else gets any |
//!
//! `round` counts, modulo 2³², how often those who sleep on it were told to look again.
//!
//! # Protocol
//! Acquire `n`:
//! 1. The value is `n` or more, and not `RESERVED`: exchange it for `n` less. Done.
//! 2. Else spin a bounded while, as long as nobody sleeps, for that to become true.
//! 3. Else read `round`, then `word`, again and again:
//!    - The permits are there, and not reserved for somebody else: take them. Who was woken on `word` sees to the
//!      others that may sleep there: it sets `WAITING` when it leaves no permit, and wakes one when it leaves some.
//!      Who has the reservation ends it (5).
//!    - Else set the flag, and sleep: for one permit `WAITING`, on `word`; for several `GATHERING`, on `round`. Who
//!      has waited too long, while nobody has the reservation, sets all three, and sleeps on `round` from now on.
//! 4. Release several, or one of a bounded semaphore: exchange the value for `n` more and the flags for none, and
//!    wake: as many on `word` as there are permits if it was `WAITING`; everybody on `round`, after counting it, if it
//!    was `GATHERING`. Under `RESERVED` only the second. With one permit too many do nothing, and say so.
//!
//!    Release one: add it, without a look. If there were no flags before, and not `MAX_PERMITS`, that is all. If there
//!    were `MAX_PERMITS`, say so, and take one away if there are more than that now. Else, unless the value is 0
//!    again, exchange the flags for none, and wake as above.
//! 5. A reservation ends when its waiter has its permits, or when its deadline comes: exchange `RESERVED` for
//!    nothing. If permits are left, clear the other flags too, and wake as in 4.
//!
//! # Invariants
//! - I1. Permits are taken only by an exchange that finds them: the value never falls below zero.
//! - I2. `WAITING` says that the value is 0, or `RESERVED`, or that a release of one has added its permit and is about
//!   to look at the word once more. It is set only then; several are added only with clearing it.
//! - I3. While a thread sleeps on `word`, it is `WAITING`, or a wake is on its way to one of those who sleep there,
//!   or one of them is awake and about to look. It sets the flag first (3). Who clears it wakes (4, 5): as many as
//!   there are permits, one at least. Who was woken sets it again or wakes the next (3); in particular it may not only
//!   take what it was woken for, as a release that found no flag has woken nobody.
//! - I4. Nobody but these sleeps on `word`: a wake for one permit never reaches a thread that needs two, which could
//!   neither use it nor know whom to give it to.
//! - I5. While a thread sleeps on `round`, there is not enough for it, or all is reserved, and it is `GATHERING`; or
//!   the round is about to be counted and everybody there woken. It reads the round before it looks at the word: if
//!   the round is counted after that, it does not sleep, and if before, it sees the word that it was counted for.
//! - I6. While it is `RESERVED`, one thread knows that it is for itself; it does not leave without 5.
//! - I7. A value of `MAX_PERMITS` and more counts as `MAX_PERMITS`: who takes `n` leaves `MAX_PERMITS - n`. So one that
//!   was added too many is nobody's, and its release failed, at the moment at which it was added. What is above
//!   `MAX_PERMITS` is at most as much as releases are about to look: each of them takes one away, if there is one.
//! - A waiter that times out was not woken: no wake is lost with it.
//!
//! # Memory orderings
//! - `word`: the Release of a release to the Acquire of every later taking: it carries what the holder wrote. Between
//!   them are exchanges only, which hand a Release on whatever their own ordering is.
//! - `round`: the Release of the count to the Acquire of the look: who sees the new round sees the word that it was
//!   counted for (I5).
//! - All else is Relaxed: one word is always in order with itself.
//!
//! # Proofs
//! `tests/loom/semaphore.rs`, `release.rs`, `reservation.rs`, `history.rs`; what loom does not run (the spin) changes nothing: it only loads the word.

use super::state::{MAX_PERMITS, ONE, State};
use crate::sync::{
    Acquire, AtomicU32, Deadline, Patience, Private, Relaxed, Release, Scope, Spin, Wait, const_fn, wait,
    wake,
};
use core::{fmt, marker::PhantomData};

/// Python's `Semaphore`: a number of permits, taken and given back by any thread.
///
/// Eight bytes. Uncontended, `acquire` and `release` are one atomic exchange each. A `Semaphore` may be given more
/// permits than it began with; where that would be a mistake, a [`BoundedSemaphore`](crate::BoundedSemaphore) says
/// so.
///
/// # Several at once
/// `acquire_many` takes all of its permits at once or none, so two that each need several cannot block each other
/// with half of them. It does not starve: after a millisecond, what comes back is set aside for it. The price: a
/// thread that holds permits and waits for more may wait for one that waits for those it holds, though there would
/// be enough for itself. Take at once what is needed at once.
///
/// # Panics
/// To ask for more than [`MAX_PERMITS`] at once is a mistake in the program, and panics.
///
/// ```
/// use locks::{MAX_PERMITS, OverRelease, Semaphore};
/// use std::time::Duration;
///
/// static SEATS: Semaphore = Semaphore::new(2);
///
/// SEATS.acquire();
/// assert!(!SEATS.try_acquire_many(2), "all or nothing");
/// assert!(SEATS.try_acquire());
/// assert!(!SEATS.acquire_timeout(Duration::from_millis(1)));
/// std::thread::scope(|scope| {
///     scope.spawn(|| SEATS.acquire_many(3));
///     assert_eq!(SEATS.release_many(4), Ok(()), "any thread may release, and more than there were");
/// });
/// assert_eq!(SEATS.value(), 1);
/// assert_eq!(SEATS.release_many(MAX_PERMITS), Err(OverRelease));
/// ```
#[repr(C)]
pub struct Semaphore<S: Scope = Private> {
    word: AtomicU32,
    round: AtomicU32,
    scope: PhantomData<S>,
}

/// More permits were released than may be; nothing was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OverRelease;

impl fmt::Display for OverRelease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("more permits were released than the semaphore may have")
    }
}

impl core::error::Error for OverRelease {}

impl Semaphore {
    const_fn! {
        /// A semaphore with `value` permits.
        ///
        /// # Panics
        /// If `value` is more than [`MAX_PERMITS`].
        pub const fn new(value: u32) -> Self {
            Self::in_scope(value)
        }
    }
}

impl<S: Scope> Semaphore<S> {
    const_fn! {
        /// A semaphore with `value` permits, for the threads of a [`Scope`].
        ///
        /// # Panics
        /// If `value` is more than [`MAX_PERMITS`].
        pub const fn in_scope(value: u32) -> Self {
            assert!(value <= MAX_PERMITS, "a semaphore of more than MAX_PERMITS");
            let word = AtomicU32::new(State::of_value(value).word());
            Self { word, round: AtomicU32::new(0), scope: PhantomData }
        }
    }

    /// Takes a permit, waiting for it as long as it takes.
    #[inline]
    pub fn acquire(&self) {
        self.acquire_many(1);
    }

    /// Takes a permit if there is one at this moment, and says whether it did.
    #[inline]
    pub fn try_acquire(&self) -> bool {
        self.try_acquire_many(1)
    }

    /// Takes a permit, waiting until `timeout` at most, and says whether it did.
    ///
    /// A timeout that has passed already still takes a permit that is there.
    #[inline]
    pub fn acquire_timeout(&self, timeout: impl Into<Deadline>) -> bool {
        self.acquire_many_timeout(1, timeout)
    }

    /// Takes `n` permits at once, waiting for them as long as it takes. No permits are always there.
    ///
    /// # Panics
    /// If `n` is more than [`MAX_PERMITS`].
    #[inline]
    pub fn acquire_many(&self, n: u32) {
        if !self.try_acquire_many(n) {
            self.acquire_slowly(n, &Deadline::NEVER);
        }
    }

    /// Takes `n` permits if there are so many at this moment, and says whether it did; if not, it takes none.
    ///
    /// # Panics
    /// If `n` is more than [`MAX_PERMITS`].
    #[inline]
    pub fn try_acquire_many(&self, n: u32) -> bool {
        assert!(n <= MAX_PERMITS, "more permits than any semaphore has");
        // Relaxed: the exchange decides.
        let mut seen = State::of_word(self.word.load(Relaxed));
        while let Some(rest) = seen.less(n) {
            // Acquire: pairs with the Release in release() and release_up_to(): the holders before us are done (I1).
            // Relaxed on failure: nothing is touched without a permit.
            match self.word.compare_exchange(seen.word(), rest.word(), Acquire, Relaxed) {
                Ok(_) => return true,
                Err(now) => seen = State::of_word(now),
            }
        }
        n == 0
    }

    /// Takes `n` permits at once, waiting until `timeout` at most, and says whether it did; if not, it takes none.
    ///
    /// # Panics
    /// If `n` is more than [`MAX_PERMITS`].
    #[inline]
    pub fn acquire_many_timeout(&self, n: u32, timeout: impl Into<Deadline>) -> bool {
        self.try_acquire_many(n) || self.acquire_slowly(n, &timeout.into())
    }

    /// Gives a permit back, whoever took it, and wakes a sleeper if there may be any.
    ///
    /// # Errors
    /// [`OverRelease`] if there are [`MAX_PERMITS`] already.
    #[inline]
    pub fn release(&self) -> Result<(), OverRelease> {
        // Release: pairs with the Acquire of whoever takes the permit later: it sees what we wrote.
        let seen = State::of_word(self.word.fetch_add(ONE, Release));
        if seen.plus_one().is_plain() { Ok(()) } else { self.release_slowly(seen) }
    }

    /// Gives `n` permits back in one step, and wakes as many sleepers as can use them. To give none back does nothing.
    ///
    /// # Errors
    /// [`OverRelease`] if there would be more than [`MAX_PERMITS`]; none is given back then.
    #[inline]
    pub fn release_many(&self, n: u32) -> Result<(), OverRelease> {
        if n == 1 { self.release() } else { self.release_up_to(n, MAX_PERMITS) }
    }

    /// Gives `n` permits back, if there are no more than `most` then.
    #[inline]
    pub(super) fn release_up_to(&self, n: u32, most: u32) -> Result<(), OverRelease> {
        if n == 0 {
            // It would clear the flags, and there is nobody whom it could wake (I3).
            return Ok(());
        }
        // Relaxed: the exchange decides. An error is decided by this load alone: who gives back what was taken
        // has the taking before it.
        let mut seen = State::of_word(self.word.load(Relaxed));
        loop {
            if n > most - seen.value() {
                return Err(OverRelease);
            }
            let next = seen.plus(n);
            // Release: pairs with the Acquire of whoever takes the permit later: it sees what we wrote.
            match self.word.compare_exchange(seen.word(), next.word(), Release, Relaxed) {
                Ok(_) => break self.wake_for(seen, next),
                Err(now) => seen = State::of_word(now),
            }
        }
        Ok(())
    }

    /// What is left to do for one that has added a permit to `found`, and found more than permits there.
    #[cold]
    fn release_slowly(&self, found: State) -> Result<(), OverRelease> {
        if found.is_full() {
            self.change(State::without_one_too_many);
            return Err(OverRelease);
        }
        self.change(State::announced);
        Ok(())
    }

    /// How many permits nobody holds at this moment; stale as soon as it is said.
    ///
    /// They may be set aside for one that has waited for long, so that `try_acquire` does not get them.
    pub fn value(&self) -> u32 {
        // Relaxed: an answer that may be stale promises nothing.
        State::of_word(self.word.load(Relaxed)).value()
    }

    /// Makes the semaphore as new, with `value` permits, in the child of a fork: whoever held a permit or waited
    /// was a thread of the parent.
    ///
    /// # Panics
    /// If `value` is more than [`MAX_PERMITS`].
    ///
    /// # Safety
    /// Only in the child of a fork, where no other thread exists that uses the semaphore; for one in shared memory
    /// that other processes use, never.
    pub unsafe fn reinit_after_fork(&self, value: u32) {
        assert!(value <= MAX_PERMITS, "a semaphore of more than MAX_PERMITS");
        // Relaxed, both: there is no other thread. A swap, as words that take exchanges take no plain stores.
        self.word.swap(State::of_value(value).word(), Relaxed);
        self.round.swap(0, Relaxed);
    }

    #[cold]
    fn acquire_slowly(&self, n: u32, deadline: &Deadline) -> bool {
        let (mut patience, mut has_reserved, mut was_woken) = (Patience::new(), false, false);
        loop {
            // Acquire: pairs with the Release in wake_for(): the word that we look at next is no older (I5).
            let round = self.round.load(Acquire);
            let seen = self.spin(n);
            if seen.offers(n) || has_reserved && seen.value() >= n {
                if self.take(seen, n, has_reserved, was_woken) {
                    return true;
                }
                continue;
            }
            let reserves = has_reserved || !seen.is_reserved() && patience.is_over();
            let gathers = reserves || n > 1;
            let next = match (reserves && !has_reserved, gathers) {
                (true, _) => seen.reserved(),
                (false, true) => seen.gathered(),
                (false, false) => seen.waited_on(),
            };
            // Relaxed, both: it only says that we sleep, and a failure that we look again.
            if next != seen && self.word.compare_exchange(seen.word(), next.word(), Relaxed, Relaxed).is_err()
            {
                continue;
            }
            has_reserved = reserves;
            let slept = if gathers {
                wait::<S>(&self.round, round, deadline)
            } else {
                wait::<S>(&self.word, next.word(), deadline)
            };
            if slept == Wait::TimedOut {
                if has_reserved {
                    // The last thing that it does (I6).
                    self.change(State::unreserved);
                }
                return false;
            }
            was_woken = slept == Wait::Woken && !gathers;
        }
    }

    /// Takes `n` permits that were `seen`, after a wait, and sees to the others that wait.
    fn take(&self, seen: State, n: u32, has_reserved: bool, was_woken: bool) -> bool {
        let rest = seen.minus(n);
        let next = if has_reserved {
            rest.unreserved()
        } else if was_woken && rest.value() == 0 {
            rest.waited_on()
        } else {
            rest
        };
        // Acquire: as in try_acquire_many().
        if self.word.compare_exchange(seen.word(), next.word(), Acquire, Relaxed).is_err() {
            return false;
        }
        self.wake_for(seen, next);
        if was_woken && next.value() > 0 {
            // Passes the wake on (I3).
            wake::<S>(&raw const self.word, 1);
        }
        true
    }

    /// Changes what the word says of permits that are there already, and wakes those for whom that is better.
    fn change(&self, change: impl Fn(State) -> State) {
        // Relaxed: the exchange decides; and it carries nothing: what others released before it is handed on.
        let mut seen = State::of_word(self.word.load(Relaxed));
        loop {
            let next = change(seen);
            if next == seen {
                return;
            }
            match self.word.compare_exchange(seen.word(), next.word(), Relaxed, Relaxed) {
                Ok(_) => return self.wake_for(seen, next),
                Err(now) => seen = State::of_word(now),
            }
        }
    }

    /// Wakes those for whom things are better now that `next` has taken the place of `seen`.
    #[inline]
    fn wake_for(&self, seen: State, next: State) {
        if seen.somebody_waits() {
            self.wake_sleepers(seen, next);
        }
    }

    #[cold]
    fn wake_sleepers(&self, seen: State, next: State) {
        if seen.wakes_waiting(next) {
            // Nobody was woken for the permits that there are now (I2): each can be used by one of them.
            wake::<S>(&raw const self.word, next.value());
        }
        if seen.wakes_gathering(next) {
            // Release: pairs with the Acquire in acquire_slowly(): who sees this round sees our exchange (I5).
            self.round.fetch_add(1, Release);
            wake::<S>(&raw const self.round, u32::MAX);
        }
    }

    /// Looks at the word until it offers `n`, or somebody sleeps, or it has been long enough.
    fn spin(&self, n: u32) -> State {
        let mut spin = Spin::beside_a_holder();
        loop {
            // Relaxed: a hint; the exchange that follows decides.
            let seen = State::of_word(self.word.load(Relaxed));
            if seen.offers(n) || seen.somebody_waits() || !spin.turn() {
                return seen;
            }
        }
    }
}

impl<S: Scope> fmt::Debug for Semaphore<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Relaxed: an answer that may be stale promises nothing.
        let state = State::of_word(self.word.load(Relaxed));
        let waiters = format_args!("{}", state.waiters());
        f.debug_struct("Semaphore").field("value", &state.value()).field("waiters", &waiters).finish()
    }
}
