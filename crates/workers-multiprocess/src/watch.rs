//! One place where the ends of many futures are told.

use locks::{Condition, Deadline, Lock};
use std::collections::VecDeque;

/// Who waits for several futures registers one of these at each, with a key. A future that ends costs O(1), and
/// wakes nobody before it is enough.
pub(crate) struct Watch {
    state: Lock<State>,
    changed: Condition,
    /// How many ends are enough.
    wanted: usize,
    /// Whether one failure is enough.
    or_failed: bool,
}

struct State {
    /// The keys of those that have ended and were not taken, in that order.
    ended: VecDeque<usize>,
    failed: bool,
}

impl Watch {
    /// Of futures of which `wanted` ends are enough, or one failure if `or_failed`.
    pub(crate) fn new(wanted: usize, or_failed: bool) -> Self {
        let state = State { ended: VecDeque::new(), failed: false };
        Self { state: Lock::new(state), changed: Condition::new(), wanted, or_failed }
    }

    /// The future that was given `key` has ended.
    pub(crate) fn tell(&self, key: usize, failed: bool) {
        let mut state = self.state.lock();
        state.ended.push_back(key);
        state.failed |= failed;
        let enough = self.is_enough_in(&state);
        drop(state);
        if enough {
            self.changed.notify_all();
        }
    }

    /// Whether it is enough.
    pub(crate) fn is_enough(&self) -> bool {
        self.is_enough_in(&self.state.lock())
    }

    fn is_enough_in(&self, state: &State) -> bool {
        state.ended.len() >= self.wanted || (self.or_failed && state.failed)
    }

    /// Waits until it is enough, or until `deadline`.
    pub(crate) fn wait(&self, deadline: &Deadline) {
        let mut state = self.state.lock();
        self.changed.wait_for_timeout(&mut state, deadline, |state| self.is_enough_in(state));
    }

    /// The key of the next that has ended.
    pub(crate) fn next(&self) -> Option<usize> {
        self.state.lock().ended.pop_front()
    }
}
