//! One place where the ends of many futures are told.

use locks::{Condition, Deadline, Lock};
use std::collections::VecDeque;

/// Who waits for several futures registers one of these at each, with a key. A future that ends costs O(1).
pub(crate) struct Watch {
    state: Lock<State>,
    enough: Condition,
}

struct State {
    /// The keys of those that have ended, in that order.
    ended: VecDeque<usize>,
    failed: bool,
    /// How many who waits wants; it is not woken before.
    wanted: usize,
    /// Whether one failure is enough.
    or_failed: bool,
}

impl State {
    fn is_enough(&self) -> bool {
        self.ended.len() >= self.wanted || (self.or_failed && self.failed)
    }
}

impl Watch {
    pub(crate) fn new() -> Self {
        let state = State { ended: VecDeque::new(), failed: false, wanted: 1, or_failed: false };
        Self { state: Lock::new(state), enough: Condition::new() }
    }

    /// The future that was given `key` has ended.
    pub(crate) fn tell(&self, key: usize, failed: bool) {
        let mut state = self.state.lock();
        state.ended.push_back(key);
        state.failed |= failed;
        let enough = state.is_enough();
        drop(state);
        if enough {
            self.enough.notify_all();
        }
    }

    /// Waits until `wanted` keys are there, or until one has failed if `or_failed`.
    pub(crate) fn wait(&self, wanted: usize, or_failed: bool, deadline: &Deadline) {
        let mut state = self.state.lock();
        (state.wanted, state.or_failed) = (wanted, or_failed);
        self.enough.wait_for_timeout(&mut state, deadline, |state| state.is_enough());
    }

    /// The key of the next that has ended.
    pub(crate) fn next(&self) -> Option<usize> {
        self.state.lock().ended.pop_front()
    }
}
