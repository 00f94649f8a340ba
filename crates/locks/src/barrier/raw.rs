//! A barrier that can break, in one word.
//!
//! # Promise
//! Nobody passes before all parties have come and the last one's action has succeeded; then all of them pass.
//! If one gives up, aborts, panics or fails in its action before that, none of them passes, and every one is
//! told. A cycle begins only when everybody has left the one before. Nothing of the user's runs while others
//! are kept from looking at the barrier.
//!
//! # Source
//! The states are those of Python's `threading.Barrier` (Kristján Valur Jónsson, 2010), which keeps them
//! under a lock. One word that is state and futex at once is ours; that the sleepers look after their own bit
//! is Drepper's.
//!
//! # State
//! | part of the word | meaning |
//! |---|---|
//! | phase `Filling` | those inside wait for the rest |
//! | phase `Acting` | all have come, and the last one acts |
//! | phase `Passing` | those inside leave, having passed |
//! | phase `Failing` | those inside leave, having failed |
//! | `BROKEN` | who comes is refused |
//! | `SLEEPERS` | somebody may sleep on the word |
//! | the count | how many are inside: have come and not left |
//!
//! Python's four: *filling* is `Filling` and `Acting`, *draining* is `Passing`, *resetting* is `Failing`,
//! *broken* is `BROKEN` with whatever phase.
//!
//! # Protocol
//! Every step exchanges the whole word; one that takes `SLEEPERS` away then wakes all.
//! 1. Come. `BROKEN`: refused. `Filling`: in, as the count says; the last to come makes it `Acting`.
//!    Otherwise the cycle before is still there: say `SLEEPERS`, sleep, look again; at the deadline say
//!    `BROKEN`.
//! 2. Stay, if not the last. `Filling` or `Acting`: say `SLEEPERS`, sleep, look again. At the deadline, if it
//!    is `Filling`: make it `Failing` and `BROKEN`. `Passing` or `Failing`: leave.
//! 3. The last acts. Then, if it is still `Acting`: make it `Passing`, or, the action having failed,
//!    `Failing` and `BROKEN`. Leave.
//! 4. Leave: one less. The last to leave makes it `Filling`.
//! 5. Abort: say `BROKEN`; `Filling` or `Acting` with anybody inside becomes `Failing`. Reset: the same, but
//!    say that it is not `BROKEN`.
//!
//! # Invariants
//! - I1. In a phase other than `Filling` nobody comes in; `Filling` comes back only when the count is 0. So
//!   the phase that decides over a thread lasts until that thread has looked and left, and no sleeper can
//!   miss it, however late it runs: no cycle has to be told from another by a number, and nothing wraps.
//! - I2. A cycle is decided once: `Filling` to `Acting` to `Passing`, or either of the first two to
//!   `Failing`. So all of its parties are told the same.
//! - I3. While a thread sleeps, the word says `SLEEPERS` or a wake of all is on its way. Each step that ends
//!   a wait (a decision, the last to leave, `BROKEN`) takes the bit away and wakes; who must go on waiting
//!   says it again.
//! - I4. During `Acting` the last is inside, so the action never runs twice in a cycle, nor in two cycles at
//!   once.
//!
//! # Memory orderings
//! Every exchange is AcqRel and at one place. Coming is the Release, the last one's coming the Acquire: it
//! and its action see what all wrote. The decision is the Release, leaving the Acquire: who passes sees what
//! all and the action wrote, who fails sees what was written before the barrier was broken. Between two such
//! exchanges there are exchanges only, so the later sees what any of the earlier released. Who is refused
//! makes no exchange: the load before it is Acquire for that.
//!
//! # Proofs
//! `tests/loom/barrier.rs`.

use super::state::{MAX_PARTIES, Phase, State};
use crate::sync::{
    AcqRel, Acquire, AtomicU32, Deadline, Private, Relaxed, Scope, Spin, Wait, const_fn, wait, wake,
};
use core::{fmt, marker::PhantomData, mem};

/// Python's `Barrier`: a number of threads wait until all of them have come, again and again.
///
/// `std`'s barrier waits for ever for a party that panicked. This one can break: by a timeout, by [`abort`],
/// by an action that fails, by a [`Party`] that goes away. Then all who wait, and all who come, get
/// [`BrokenBarrier`], until somebody calls [`reset`]. Eight bytes.
///
/// [`abort`]: Self::abort
/// [`reset`]: Self::reset
/// [`Party`]: crate::Party
///
/// ```
/// use locks::Barrier;
///
/// let barrier = Barrier::new(3);
/// let mut indices = std::thread::scope(|scope| {
///     [0; 3].map(|_| scope.spawn(|| barrier.wait())).map(|party| party.join().unwrap().unwrap())
/// });
/// indices.sort();
/// assert_eq!(indices, [0, 1, 2], "each was told when it came: the last is 2");
/// ```
///
/// Wherever it differs from Python's, it is in these:
/// - A cycle passes or fails as a whole: an `abort` while the parties of a cycle that was completed are still
///   on their way out refuses the next ones only.
/// - An action runs without a lock: the barrier can be aborted or reset meanwhile, and the cycle then fails,
///   also for the one that acts. The others are told at once, while the action may still be at work.
/// - The time spent waiting for the cycle before to be left counts.
#[repr(C)]
pub struct Barrier<S: Scope = Private> {
    word: AtomicU32,
    parties: u32,
    scope: PhantomData<S>,
}

/// The barrier was broken or reset before all had come, or is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BrokenBarrier;

impl fmt::Display for BrokenBarrier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the barrier is broken")
    }
}

impl core::error::Error for BrokenBarrier {}

/// What became of one who came to a [`Barrier`].
#[derive(Debug)]
#[must_use = "the others wait for the last"]
pub enum Arrival<'a, S: Scope = Private> {
    /// It was not the last, and all have passed; its index.
    Passed(usize),
    /// It is the last, and the others wait for what it does now.
    Last(Last<'a, S>),
}

/// The last to come, while the others wait: it lets them go with [`complete`](Self::complete). Dropped
/// without that, in a panic for example, it breaks the barrier.
#[must_use = "dropped, it breaks the barrier"]
pub struct Last<'a, S: Scope = Private> {
    barrier: &'a Barrier<S>,
}

impl Barrier {
    const_fn! {
        /// A barrier for `parties` threads of this process.
        ///
        /// # Panics
        /// If `parties` is 0 or more than 268 435 455.
        pub const fn new(parties: usize) -> Self {
            Self::in_scope(parties)
        }
    }
}

impl<S: Scope> Barrier<S> {
    const_fn! {
        /// A barrier for `parties` threads, in any scope: `Barrier::<Shared>::in_scope(3)` for memory that
        /// processes share.
        ///
        /// # Panics
        /// If `parties` is 0 or more than 268 435 455.
        pub const fn in_scope(parties: usize) -> Self {
            assert!(parties > 0, "a barrier for nobody would never open");
            assert!(parties <= MAX_PARTIES, "more parties than a barrier can count");
            Self { word: AtomicU32::new(State::NEW.0), parties: parties as u32, scope: PhantomData }
        }
    }

    /// Comes to the barrier, and waits for the rest until `timeout` at most; the last to come returns at
    /// once, as the one who lets the others go. What the [`wait`](Self::wait)s are made of.
    ///
    /// ```
    /// use locks::{Arrival, Barrier, BrokenBarrier};
    ///
    /// let barrier = Barrier::new(1);
    /// let Ok(Arrival::Last(last)) = barrier.arrive(None::<std::time::Instant>) else { unreachable!() };
    /// assert_eq!(last.complete(), Ok(0));
    ///
    /// drop(barrier.arrive(None::<std::time::Instant>));
    /// assert!(barrier.broken(), "the last came, and completed nothing");
    /// ```
    ///
    /// # Errors
    /// [`BrokenBarrier`], as for [`wait_timeout`](Self::wait_timeout).
    pub fn arrive(&self, timeout: impl Into<Deadline>) -> Result<Arrival<'_, S>, BrokenBarrier> {
        let deadline = timeout.into();
        let inside = self.come(&deadline)?;
        if inside.phase() == Phase::Acting {
            return Ok(Arrival::Last(Last { barrier: self }));
        }
        self.stay(inside, deadline)?;
        Ok(Arrival::Passed(inside.inside() as usize - 1))
    }

    /// Breaks the barrier: who waits and who comes gets [`BrokenBarrier`], until it is reset.
    pub fn abort(&self) {
        self.step(self.look(), |state| state.failing().refusing());
    }

    /// Makes the barrier as new: who waits gets [`BrokenBarrier`], who comes waits for the rest of a new
    /// cycle. Those of a cycle that was completed pass.
    pub fn reset(&self) {
        self.step(self.look(), |state| state.failing().admitting());
    }

    /// Whether it is broken at this moment.
    pub fn broken(&self) -> bool {
        // Relaxed: an answer that may be stale promises nothing.
        State(self.word.load(Relaxed)).is_broken()
    }

    /// How many have come and wait for the rest at this moment.
    pub fn n_waiting(&self) -> usize {
        // Relaxed: an answer that may be stale promises nothing.
        let state = State(self.word.load(Relaxed));
        if state.is_undecided() { state.inside() as usize } else { 0 }
    }

    /// How many it waits for.
    pub fn parties(&self) -> usize {
        self.parties as usize
    }

    /// Makes it as new in the child of a fork, where nobody waits.
    ///
    /// # Safety
    /// Only in the child, before it has a second thread that uses this barrier; and not for a barrier that
    /// other processes use too.
    pub unsafe fn reinit_after_fork(&self) {
        // Relaxed: we are alone. A swap, since a word that takes exchanges takes no plain stores.
        self.word.swap(State::NEW.0, Relaxed);
    }

    /// Step 1 of the protocol; the state with us inside.
    fn come(&self, deadline: &Deadline) -> Result<State, BrokenBarrier> {
        let (mut late, mut spin) = (false, Spin::new());
        loop {
            let seen = self.look();
            if seen.phase() != Phase::Filling && !seen.is_broken() && !late && spin.turn() {
                continue;
            }
            let before = self.step(seen, |state| match state.phase() {
                _ if state.is_broken() => state,
                Phase::Filling => state.entered(self.parties),
                _ if late => state.refusing(),
                _ => state.sleeping(),
            });
            if before.is_broken() {
                return Err(BrokenBarrier);
            }
            if before.phase() == Phase::Filling {
                return Ok(before.entered(self.parties));
            }
            if late {
                return Err(BrokenBarrier);
            }
            late = self.sleep(before, deadline);
        }
    }

    /// Step 2 of the protocol, from the state that we have seen last.
    fn stay(&self, mut seen: State, mut deadline: Deadline) -> Result<(), BrokenBarrier> {
        let (mut late, mut spin) = (false, Spin::new());
        loop {
            if matches!(seen.phase(), Phase::Filling | Phase::Acting) && !late && spin.turn() {
                seen = self.look();
                continue;
            }
            let before = self.step(seen, |state| match state.phase() {
                Phase::Passing | Phase::Failing => state.left(),
                Phase::Filling if late => state.failing().refusing().left(),
                _ => state.sleeping(),
            });
            match before.phase() {
                Phase::Passing => return Ok(()),
                Phase::Failing => return Err(BrokenBarrier),
                Phase::Filling if late => return Err(BrokenBarrier),
                // All have come in time: what is left is the action.
                Phase::Acting if late => deadline = Deadline::NEVER,
                _ => {}
            }
            late |= self.sleep(before, &deadline);
            seen = self.look();
        }
    }

    /// Step 3 of the protocol, when the action is over.
    fn decide(&self, passes: bool) -> Result<(), BrokenBarrier> {
        let before = self.step(self.look(), |state| match state.phase() {
            Phase::Acting if passes => state.passing().left(),
            Phase::Acting => state.failing().refusing().left(),
            _ => state.left(),
        });
        if passes && before.phase() == Phase::Acting { Ok(()) } else { Err(BrokenBarrier) }
    }

    /// The word at this moment; what follows from it is for [`step`](Self::step) to decide, but for who is
    /// refused.
    fn look(&self) -> State {
        // Acquire: pairs with the Release of the exchange that said BROKEN: who is refused sees what came
        // before it.
        State(self.word.load(Acquire))
    }

    /// Exchanges the word, `before` when we looked last, for the one that `next` makes of it, and wakes those
    /// who slept if that may end their wait (I3); the state before.
    fn step(&self, mut before: State, next: impl Fn(State) -> State) -> State {
        loop {
            let after = next(before);
            if after == before {
                return before;
            }
            // AcqRel: pairs with itself, as the header says. Acquire when refused, as in look().
            match self.word.compare_exchange(before.0, after.0, AcqRel, Acquire) {
                Ok(_) => {
                    if before.has_sleepers() && !after.has_sleepers() {
                        // Who saw the exchange may have freed the barrier: wake() uses the address only.
                        wake::<S>(&raw const self.word, u32::MAX);
                    }
                    return before;
                }
                Err(now) => before = State(now),
            }
        }
    }

    /// Sleeps while the word is `before`, with its sleepers; whether the deadline came.
    fn sleep(&self, before: State, deadline: &Deadline) -> bool {
        wait::<S>(&self.word, before.sleeping().0, deadline) == Wait::TimedOut
    }
}

impl<S: Scope> Last<'_, S> {
    /// The index of the last to come.
    pub fn index(&self) -> usize {
        self.barrier.parties() - 1
    }

    /// Lets all pass; the index.
    ///
    /// # Errors
    /// [`BrokenBarrier`] if the barrier was aborted or reset since: nobody passes.
    pub fn complete(self) -> Result<usize, BrokenBarrier> {
        let (barrier, index) = (self.barrier, self.index());
        mem::forget(self);
        barrier.decide(true).map(|()| index)
    }
}

impl<S: Scope> Drop for Last<'_, S> {
    fn drop(&mut self) {
        // The one who drops it knows that it completed nothing.
        let _ = self.barrier.decide(false);
    }
}

impl<S: Scope> fmt::Debug for Last<'_, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Last").field("index", &self.index()).finish_non_exhaustive()
    }
}

impl<S: Scope> fmt::Debug for Barrier<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Relaxed: an answer that may be stale promises nothing.
        let state = State(self.word.load(Relaxed));
        f.debug_struct("Barrier")
            .field("parties", &self.parties)
            .field("phase", &state.phase())
            .field("inside", &state.inside())
            .field("broken", &state.is_broken())
            .finish()
    }
}
