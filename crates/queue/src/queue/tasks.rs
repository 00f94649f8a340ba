//! How much of the work is done: the count that `join` waits for.
//!
//! # Promise
//! A put pays nothing: how many were put is known from the queue's own position. `join` returns when as many
//! tasks are done as were put, and what was done for them before is seen after it.
//!
//! # Source
//! CPython's `unfinished_tasks`, as the difference of two counts that only grow.
//!
//! # State
//! `done`: how many are done, as a [`Position`] that joiners wait for. `known`: a number of puts that has
//! been seen, so that not every `task_done` looks at the position that putters change.
//!
//! # Invariants
//! - T1. `done` never exceeds the puts: who says "done" has seen so many puts, itself or by `known`; and so has
//!   who loads the count that it made.
//! - T2. Nobody who has an item is told that there is none in work: each put happened before its get, that
//!   before its `task_done`, and that before whoever loads the count that it made; so who loads a count, and
//!   then the puts, finds more of them than that, and its own.
//! - T3. The last `task_done` of all finds a joiner's mark, or the joiner finds its count (P2); that it is
//!   the last, it finds by T2.
//!
//! # Memory orderings
//! `done` is exchanged with Release and loaded with Acquire, by workers (T2), and by joiners: what was done
//! before a `task_done` is seen after the `join`. Marks in between are exchanges, which carry a release on.
//! `known` is stored with Release and loaded with Acquire, since whoever takes its word for a put has to see the put
//! (T1): who says "done" need not be who has got the item.
//!
//! # Proofs
//! `tests/loom/tasks.rs`.

use crate::error::NotInWork;
use crate::sync::{Acquire, AtomicUsize, Deadline, Relaxed, Release};
use crate::waiting::{Attempt, Hand, Position, STEP, Verdict, WAITED, Waiter, at, wait_until};

pub(crate) struct Tasks {
    done: Position<()>,
    known: AtomicUsize,
}

impl Tasks {
    pub(crate) fn new() -> Self {
        Self { done: Position::new(), known: AtomicUsize::new(0) }
    }

    fn count(word: usize) -> usize {
        at(word) / STEP
    }

    /// How many of the puts, which are counted by `puts`, are not done.
    pub(crate) fn unfinished(&self, puts: impl Fn() -> usize) -> usize {
        // Acquire: pairs with the Release in finish(): the puts of what is done are seen, so the difference
        // is no less than 0 (T1).
        let done = Self::count(self.done.word.load(Acquire));
        puts() - done
    }

    /// Counts one task as done.
    #[inline]
    pub(crate) fn finish_one(&self, puts: impl Fn() -> usize) -> Result<(), NotInWork> {
        // The common case of finish(): nobody waits, and it is known that more were put.
        // Relaxed: the exchange decides.
        let seen = self.done.word.load(Relaxed);
        if seen & WAITED == 0
            // Acquire: as in finish().
            && Self::count(seen) < self.known.load(Acquire)
            // Release: as in finish(). Relaxed on failure: finish() looks again.
            && self.done.word.compare_exchange(seen, seen + STEP, Release, Relaxed).is_ok()
        {
            return Ok(());
        }
        if self.finish(1, puts) == 1 { Ok(()) } else { Err(NotInWork) }
    }

    /// Counts up to `n` tasks as done, as many as there are; says how many.
    #[cold]
    pub(crate) fn finish(&self, n: usize, puts: impl Fn() -> usize) -> usize {
        // Acquire: pairs with the Release below: the puts of what is done are seen (T2).
        let mut seen = self.done.word.load(Acquire);
        loop {
            let done = Self::count(seen);
            // Acquire: pairs with the Release below: so many puts are seen, and by whoever sees our count (T1).
            let known = self.known.load(Acquire);
            let put = if done + n > known { puts() } else { known };
            if put != known {
                // Release: pairs with the Acquire of the loads: these puts are seen. Another may write an older number
                // over ours, which we do not read again.
                self.known.store(put, Release);
            }
            let n = n.min(put.saturating_sub(done));
            if n == 0 {
                return 0;
            }
            // Release: pairs with the Acquire of the loads: this work is seen, and its put.
            // Acquire on failure: as above.
            match self.done.word.compare_exchange(seen, seen + n * STEP, Release, Acquire) {
                Ok(_) => {
                    if seen & WAITED != 0 && done + n == puts() {
                        self.done.call(usize::MAX);
                    }
                    return n;
                }
                Err(now) => seen = now,
            }
        }
    }

    /// Waits until all puts are done; says whether they are.
    pub(crate) fn join(&self, puts: impl Fn() -> usize, deadline: &Deadline) -> bool {
        let mut join = Join { tasks: self, puts };
        join.poll().or_else(|| wait_until(&mut join, deadline)).is_some()
    }
}

struct Join<'a, P> {
    tasks: &'a Tasks,
    puts: P,
}

impl<P: Fn() -> usize> Attempt for Join<'_, P> {
    type Item = ();
    type Done = ();

    fn poll(&mut self) -> Option<()> {
        (self.tasks.unfinished(&self.puts) == 0).then_some(())
    }

    fn verdict(&self) -> Verdict {
        Verdict::Wait
    }

    fn over(&mut self) {}

    fn hold_out(&mut self, waiter: &Waiter) -> Hand<()> {
        Hand::of_several(waiter, None)
    }

    fn enter(&self, hand: &Hand<()>) -> bool {
        self.tasks.done.enter(hand, |done| Tasks::count(done) != (self.puts)())
    }

    fn leave(&self, hand: &Hand<()>) -> bool {
        self.tasks.done.leave(hand)
    }

    fn draw_back(&mut self, _: Option<()>) {}
}
