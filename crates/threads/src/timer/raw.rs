//! The timers that are pending, and the one thread that sleeps until the first of them is due.
//!
//! # What it promises
//! - Each function that is started comes out once: to the timer thread, no sooner than its moment, or to who
//!   cancels it.
//! - Functions that are due come out by moment, those of one moment in the order in which they were started.
//! - The thread sleeps while nothing is due, and is woken only for a timer that is earlier than all for which it
//!   would have woken by itself. Nothing runs under the lock.
//!
//! # Whose idea
//! Doug Lea's `DelayQueue` (java.util.concurrent): one thread waits for the first, and a newcomer signals only if
//! it is earlier. Here it is compared with what the thread sleeps for, which a cancelled timer may have been.
//!
//! # State, under one lock
//! | field | meaning |
//! |---|---|
//! | `schedule` | the pending timers |
//! | `sleeps_until` | the moment at which the thread, if it is asleep, looks again by itself; `None`: it does not |
//!
//! # Protocol
//! 1. `start` inserts. If the new moment is before `sleeps_until`, it notifies, after the release.
//! 2. `cancel` removes, and leaves the thread asleep: at the moment of what was cancelled it wakes, finds nothing
//!    due, and sleeps again.
//! 3. `take`, the thread, takes the first if it is due. Else it notes the first moment in `sleeps_until`, sleeps
//!    until then or until notified, and looks again. That a sleep has timed out says that its moment has come:
//!    the clock is read only after a notification.
//!
//! # Invariants
//! - I1: a thread that sleeps looks again at the moment of each pending timer at the latest, or a notification is
//!   on its way. It noted the first moment in the step in which it lay down; what came later is not before that,
//!   or notified.
//! - I2: an entry is in the schedule or has been given out once: both ways out are under the lock.
//!
//! While the thread is awake, `sleeps_until` means nothing, and a notification reaches nobody and costs one load:
//! the thread looks before it sleeps.
//!
//! # Memory orderings
//! Those of `locks`: all state is under the lock.
//!
//! # Proofs
//! `tests/loom/timer.rs`; long histories on a clock that is not real: `tests/props/timer.rs`.

use super::schedule::{Key, Schedule};
use locks::{Condition, Deadline, Lock};

/// Pending timers: functions `F` and their moments `M`.
pub struct Timers<M, F> {
    state: Lock<State<M, F>>,
    earlier: Condition,
}

struct State<M, F> {
    schedule: Schedule<M, F>,
    sleeps_until: Option<M>,
}

impl<M: Ord + Copy + Into<Deadline>, F> Timers<M, F> {
    /// No timers, and nobody who waits for them.
    #[expect(clippy::new_without_default, reason = "there is one, and it is made by name")]
    pub fn new() -> Self {
        let state = State { schedule: Schedule::new(), sleeps_until: None };
        Self { state: Lock::new(state), earlier: Condition::new() }
    }

    /// Makes `function` come out at the moment `at`.
    pub fn start(&self, at: M, function: F) -> Key<M> {
        let mut state = self.state.lock();
        let key = state.schedule.insert(at, function);
        let is_earlier = state.sleeps_until.is_none_or(|until| at < until);
        drop(state);
        if is_earlier {
            self.earlier.notify_one();
        }
        key
    }

    /// Gives a function back that has not come out: nobody else gets it.
    pub fn cancel(&self, key: &Key<M>) -> Option<F> {
        self.state.lock().schedule.remove(key)
    }

    /// Whether a function has not come out.
    pub fn is_pending(&self, key: &Key<M>) -> bool {
        self.state.lock().schedule.contains(key)
    }

    /// Sleeps until a function is due, and takes it out. For one thread: of two, one would sleep too long.
    pub fn take(&self, clock: impl Fn() -> M) -> F {
        let mut state = self.state.lock();
        let mut now = clock();
        loop {
            if let Some(function) = state.schedule.pop_due(now) {
                return function;
            }
            let next = state.schedule.next();
            state.sleeps_until = next;
            let notified = self.earlier.wait_timeout(&mut state, next);
            now = match next {
                Some(next) if !notified => next,
                _ => clock(),
            };
        }
    }
}
