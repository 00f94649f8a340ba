//! Workers without work: when one sleeps, who wakes it, and when it goes home.
//!
//! # What it promises
//! - No task waits in a queue while a worker sleeps that nobody is waking.
//! - A task that is pushed is found by a worker, or its pusher is told that the pool is closed; the pusher
//!   then takes it back, if no worker was faster.
//! - Who pushes makes no system call unless a worker sleeps, and wakes one at most. A worker that sleeps costs
//!   nothing.
//!
//! # Whose idea
//! A count of sleepers that is looked at after a push, as in rayon's `sleep` and Tokio's `idle`, both after
//! Dekker; that a waker counts the sleeper off before it wakes it, so that the next one does not wake it
//! again, is Tokio's. Sleeping itself is a semaphore.
//!
//! # State
//! | field | meaning |
//! |---|---|
//! | `sleepers` | workers that sleep, or are about to, less the permits given or about to be given; it may be negative |
//! | `wakes` | the permits: each ends one sleep, whose ever |
//! | `closed` | 1: nothing more is pushed |
//!
//! The queues are the caller's: `find` looks into all of them. Whatever they are made of, a push that happened
//! before a look is found by it, unless another look took it.
//!
//! # Protocol
//! Next task, for a worker:
//! 1. Look, as often as a short spin says. Found: done.
//! 2. Count itself in; fence; read `closed`, and if it is closed, fence again; look again.
//! 3. Found, or closed: count itself off, and go with the task or go home. It never waits here. If it was counted
//!    off before, by a pusher, a permit is left over, or will be: then the count is less by one than there are
//!    workers, and the next that lies down takes that permit, looks, and lies down again.
//! 4. Otherwise take a permit, asleep until there is one, and begin again.
//!
//! After a push:
//! 5. Fence. If it is closed, say so. If there are sleepers, count one off and give a permit.
//!
//! Close:
//! 6. Set `closed`; fence; count off all sleepers, and give as many permits.
//!
//! # Invariants
//! - I1: `sleepers` and the permits given or about to be given are, together, the workers between 2 and the end
//!   of 3 or 4. So where `sleepers` is 0 or less each of these has a permit, and needs no other to wake it.
//! - I2: of a push, or a close, and a worker that lies down, one sees the other: the push is before its fence, the
//!   sleepers are read after it; the count is before the worker's fence, the look after it. Whichever fence is
//!   first, the other's reader sees what was written before it.
//! - I3: a worker goes home only after it saw `closed`, a fence, and a look that found nothing, in this order. Of
//!   that fence and a pusher's, as in I2: the look sees the push, or the pusher sees `closed`.
//!
//! # Memory orderings
//! I2 and I3 stand on the fences, and all else is Relaxed: what a pusher wrote comes with the task through the
//! queue, and who was woken for a push and does not see it yet lies down again, which is 2.
//!
//! # Proofs
//! `tests/loom/idle.rs`, without the spin, which is the first look again.

use crate::sync::{AtomicU32, Relaxed, Semaphore, SeqCst, Spin, fence};

/// Whether a count of sleepers, which wraps below 0, is more than 0.
fn is_some(sleepers: u32) -> bool {
    sleepers.cast_signed() > 0
}

/// The workers of a pool that have nothing to do.
pub struct Idle {
    sleepers: AtomicU32,
    wakes: Semaphore,
    closed: AtomicU32,
}

impl Idle {
    /// Of a pool that is open, and whose workers have not looked yet.
    #[expect(clippy::new_without_default, reason = "a pool has one, and makes it by name")]
    pub fn new() -> Self {
        Self { sleepers: AtomicU32::new(0), wakes: Semaphore::new(0), closed: AtomicU32::new(0) }
    }

    /// A task that `find` finds, at once or after a sleep; `None` if there is none and the pool is closed.
    pub fn next<T>(&self, find: impl Fn() -> Option<T>) -> Option<T> {
        loop {
            let mut spin = Spin::new();
            loop {
                if let Some(task) = find() {
                    return Some(task);
                }
                if !spin.turn() {
                    break;
                }
            }
            // Relaxed: the fence orders it.
            self.sleepers.fetch_add(1, Relaxed);
            // Pairs with the fences of pushed() and close() (I2).
            fence(SeqCst); // Of who lies down.
            let closed = self.is_closed();
            if closed {
                // Pairs with the fence of pushed() (I3): the one above may have been before its.
                fence(SeqCst); // Of who goes home.
            }
            let found = find();
            if found.is_some() || closed {
                // Relaxed: as in count_off(). Not by the permit that a pusher may be about to give: another worker
                // could take that one, and this one would sleep on its task.
                self.sleepers.fetch_sub(1, Relaxed);
                return found;
            }
            self.wakes.acquire();
        }
    }

    /// Wakes a worker for the task that the caller has pushed; says whether the pool is closed: then perhaps
    /// nobody comes.
    #[must_use]
    pub fn pushed(&self) -> bool {
        // Pairs with both fences of next() (I2, I3).
        fence(SeqCst); // Of who pushes.
        if self.is_closed() {
            return true;
        }
        // The fence orders its look.
        if self.count_off() {
            self.wake(1);
        }
        false
    }

    /// From now on who pushes is told, and workers that find nothing go home.
    pub fn close(&self) {
        // Relaxed: the fence orders it.
        self.closed.store(1, Relaxed);
        // Pairs with the first fence of next() (I2).
        fence(SeqCst); // Of who closes.
        // Relaxed: as in count_off(). Nobody is counted off after this: permits left over do no harm.
        let sleepers = self.sleepers.swap(0, Relaxed);
        if is_some(sleepers) {
            self.wake(sleepers);
        }
    }

    /// Whether it is closed.
    pub fn is_closed(&self) -> bool {
        // Relaxed: the fences order it; who only wants to know gets no order from it.
        self.closed.load(Relaxed) == 1
    }

    /// Counts one sleeper off, if there is one.
    fn count_off(&self) -> bool {
        // Relaxed, as in the exchange: the count is all there is.
        let mut sleepers = self.sleepers.load(Relaxed);
        while is_some(sleepers) {
            match self.sleepers.compare_exchange(sleepers, sleepers - 1, Relaxed, Relaxed) {
                Ok(_) => return true,
                Err(seen) => sleepers = seen,
            }
        }
        false
    }

    fn wake(&self, workers: u32) {
        let released = self.wakes.release_many(workers);
        debug_assert!(released.is_ok(), "a permit for each worker at most");
    }
}
