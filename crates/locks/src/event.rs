//! A flag to wait for, in one word.
//!
//! # Promise
//! `set` ends the wait of every thread that was waiting, even where `clear` follows before any of them has
//! run; who returns from a wait because of a `set` sees what was written before it; and so does a `clear`
//! that takes a `set` back. Waiting for a flag that is set: one load. `set` with nobody waiting: one
//! exchange, no system call.
//!
//! # Source
//! Python's `threading.Event`. Counting the changes in the word that is slept on is the eventcount's idea
//! (Reed and Kanodia, 1979); a bit that says whether anybody sleeps is Drepper's.
//!
//! # State
//! | bits of the word | meaning |
//! |---|---|
//! | `WAITERS` (bit 0) | somebody may sleep until the flag is set: the next `set` must wake |
//! | the phase (the rest) | how many times the flag has changed, modulo 2³¹; **odd: it is set** |
//!
//! # Protocol
//! 1. Wait: look at the word. Set: done. Else remember its phase, and again and again:
//!    - the phase is another one: done, somebody has set it since;
//!    - the deadline has come: done, in vain;
//!    - else see to it that the word says `WAITERS`, and sleep while the word is exactly that.
//! 2. Set: exchange the word, for the next phase without `WAITERS` if the flag was clear, for the same word
//!    if it was set. Wake all if `WAITERS` went.
//! 3. Clear: exchange a word that is set for the next phase.
//!
//! # Invariants
//! - I1. While a thread sleeps, the word says `WAITERS`, or a wake of all is on its way, or the phase is
//!   another than the one that the thread remembers. Who sleeps has seen to the first; only `set` takes it
//!   away, and that one changes the phase and wakes.
//! - I2. The phase changes at each `set` of a clear flag, so a waiter need not see the flag while it is set:
//!   it is enough that it looks at the word once, at any time after.
//! - I3. Each `set` is an exchange, also of a flag that is set: in the order of the word's changes it stands
//!   either before a given `clear` or after it. In the first case the `clear` sees what was written before
//!   the `set`, in the second the flag is set again. So who clears, then looks for work, then waits, misses
//!   no work.
//!
//! The phase comes round after 2³⁰ pairs of `set` and `clear`. A thread that did not run *once* during all of
//! them, and then finds exactly the phase that it remembers, takes them for none: it waits for the next
//! `set`, as if it had come that much later. A thread that sets and clears and does nothing else takes some
//! ten seconds for as many.
//!
//! # Memory orderings
//! - The Release of the exchange in [`Event::set`] to the Acquire of the loads in [`Event::is_set`] and the
//!   waits. Every later change of the word is an exchange too, so a load of any later phase has that edge as
//!   well.
//! - The same Release to the Acquire of the exchange in [`Event::clear`] (I3).
//! - Saying `WAITERS` is Relaxed: the kernel compares that very word, and one word is always in order with
//!   itself.
//!
//! # Proofs
//! `tests/loom/event.rs`.

use crate::sync::{
    Acquire, AtomicU32, Deadline, Private, Relaxed, Release, Scope, Spin, Wait, const_fn, wait, wake,
};
use core::{fmt, marker::PhantomData};

/// Somebody may sleep.
const WAITERS: u32 = 1;
/// What one change of the flag adds to the word; also the bit that is on in a word that is set.
const CHANGE: u32 = 2;

const fn is_set(word: u32) -> bool {
    word & CHANGE != 0
}

const fn phase(word: u32) -> u32 {
    word & !WAITERS
}

const fn next_phase(word: u32) -> u32 {
    phase(word).wrapping_add(CHANGE)
}

/// Python's `Event`: a flag that threads wait for, set and cleared as often as one likes.
///
/// Every thread that was waiting when `set` was called returns, also if `clear` is called at once; a
/// condition variable around a flag of one's own does not give that. Four bytes.
///
/// Who clears and then looks for work misses none: work that was given before a `set` is seen after the
/// `clear` that takes the `set` back, or else the flag is set again. Two *different* events promise no common
/// order: a thread that sets one and then asks whether the other is set may be told no, while another thread
/// does the same the other way round and is told no too. So call `set` without asking first; it costs one
/// exchange.
///
/// ```
/// use locks::Event;
/// use std::{thread, time::Duration};
///
/// let (open, event) = (std::sync::atomic::AtomicBool::new(false), Event::new());
/// assert!(!event.wait_timeout(Duration::from_millis(1)), "nobody has set it");
/// thread::scope(|scope| {
///     scope.spawn(|| {
///         event.wait();
///         assert!(open.load(std::sync::atomic::Ordering::Relaxed), "written before the set");
///     });
///     open.store(true, std::sync::atomic::Ordering::Relaxed);
///     event.set();
/// });
/// event.clear();
/// assert!(!event.is_set());
/// ```
///
/// Where there is nothing to clear, `std::sync::OnceLock` or a channel that is dropped may say it better.
#[repr(C)]
pub struct Event<S: Scope = Private> {
    word: AtomicU32,
    scope: PhantomData<S>,
}

impl Event {
    const_fn! {
        /// An event that is not set, for the threads of this process.
        pub const fn new() -> Self {
            Self::in_scope()
        }
    }
}

impl<S: Scope> Event<S> {
    const_fn! {
        /// An event that is not set, in any scope: `Event::<Shared>::in_scope()` for memory that processes
        /// share.
        pub const fn in_scope() -> Self {
            Self { word: AtomicU32::new(0), scope: PhantomData }
        }
    }

    /// Whether it is set at this moment. One load.
    ///
    /// Who is told `true` sees what was written before the `set`.
    #[inline]
    pub fn is_set(&self) -> bool {
        // Acquire: pairs with the Release in set(): what was written before it is seen.
        is_set(self.word.load(Acquire))
    }

    /// Sets it, and ends the wait of every thread that waits.
    #[inline]
    pub fn set(&self) {
        // Relaxed: the exchange decides.
        let mut seen = self.word.load(Relaxed);
        loop {
            let next = if is_set(seen) { seen } else { next_phase(seen) };
            // Release: pairs with the Acquire in is_set(), the waits and clear(): they see what we wrote.
            // Also where nothing changes (I3).
            match self.word.compare_exchange(seen, next, Release, Relaxed) {
                Ok(_) => break,
                Err(now) => seen = now,
            }
        }
        if seen & WAITERS != 0 {
            // Who saw the exchange may have freed the event: wake() uses the address only.
            wake::<S>(&raw const self.word, u32::MAX);
        }
    }

    /// Takes it back: waits that begin from now on wait for the next `set`.
    #[inline]
    pub fn clear(&self) {
        // Relaxed: the exchange decides. A flag that looks clear is left alone: a `set` that we do not see
        // yet comes after us.
        let mut seen = self.word.load(Relaxed);
        while is_set(seen) {
            // Acquire: pairs with the Release in set(): who clears sees what was written before the set (I3).
            match self.word.compare_exchange(seen, next_phase(seen), Acquire, Relaxed) {
                Ok(_) => return,
                Err(now) => seen = now,
            }
        }
    }

    /// Waits until it is set. One load, if it is already.
    #[inline]
    pub fn wait(&self) {
        self.wait_timeout(Deadline::NEVER);
    }

    /// Waits until it is set, until `timeout` at most; says whether it was set.
    ///
    /// `true` as soon as a `set` has come since the wait began, whatever came after it. A timeout that has
    /// passed already asks and does not wait.
    #[inline]
    pub fn wait_timeout(&self, timeout: impl Into<Deadline>) -> bool {
        // Acquire: pairs with the Release in set().
        let seen = self.word.load(Acquire);
        is_set(seen) || self.wait_slowly(phase(seen), &timeout.into())
    }

    #[cold]
    fn wait_slowly(&self, began_in: u32, deadline: &Deadline) -> bool {
        let (mut timed_out, mut spin) = (false, Spin::new());
        loop {
            // Acquire: pairs with the Release in set(), of whatever phase we see after ours (I2).
            let now = self.word.load(Acquire);
            if phase(now) != began_in {
                return true;
            }
            if timed_out {
                return false;
            }
            if spin.turn() {
                continue;
            }
            let asleep = now | WAITERS;
            // Relaxed: says that we sleep, no more (I1); when refused we look again.
            if now == asleep || self.word.compare_exchange(now, asleep, Relaxed, Relaxed).is_ok() {
                timed_out = wait::<S>(&self.word, asleep, deadline) == Wait::TimedOut;
            }
        }
    }

    /// Makes it usable in the child of a fork: nobody waits there. It stays set or clear, as Python's does.
    ///
    /// # Safety
    /// Only in the child, before it has a second thread that uses this event; and not for an event that other
    /// processes use too.
    pub unsafe fn reinit_after_fork(&self) {
        // Relaxed, both: we are alone. A swap, since a word that takes exchanges takes no plain stores.
        let inherited = self.word.load(Relaxed);
        self.word.swap(phase(inherited), Relaxed);
    }
}

impl Default for Event {
    fn default() -> Self {
        Self::new()
    }
}

impl<S: Scope> fmt::Debug for Event<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Relaxed: an answer that may be stale promises nothing.
        let word = self.word.load(Relaxed);
        f.debug_struct("Event")
            .field("set", &is_set(word))
            .field("waited_for", &(word & WAITERS != 0))
            .finish()
    }
}
