//! The queue's twins: the same critical sections in brief, each with one change that a fault at one place of
//! `locks` cannot make, because all the conditions of a queue share that place.

use locks::{Condition, Deadline, Lock};
use queue::{GetError, PutError, Queue, Shutdown};
use std::collections::VecDeque;
use std::time::Duration;

/// What a model asks of a queue: the real one, or a twin.
pub(crate) trait Fifo: Send + Sync + 'static {
    fn put(&self, item: u32) -> Result<(), u32>;
    fn get(&self) -> Option<u32>;
    fn get_timeout(&self, timeout: Duration) -> Option<u32>;
    fn task_done(&self);
    fn join(&self);
    fn shutdown(&self, how: Shutdown) -> Vec<u32>;
}

impl Fifo for Queue<u32> {
    fn put(&self, item: u32) -> Result<(), u32> {
        (**self).put(item).map_err(PutError::into_inner)
    }

    fn get(&self) -> Option<u32> {
        (**self).get().ok()
    }

    fn get_timeout(&self, timeout: Duration) -> Option<u32> {
        match (**self).get_timeout(timeout) {
            Ok(item) => Some(item),
            Err(GetError::Empty) => None,
            Err(GetError::ShutDown) => panic!("this model does not shut the queue down"),
        }
    }

    fn task_done(&self) {
        (**self).task_done().unwrap();
    }

    fn join(&self) {
        (**self).join();
    }

    fn shutdown(&self, how: Shutdown) -> Vec<u32> {
        let discarded = (**self).shutdown(how);
        assert!(matches!((**self).try_put(0), Err(PutError::ShutDown(0))), "nothing is put after a shutdown");
        discarded
    }
}

/// The one thing that a twin does wrong.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Flaw {
    /// `put` notifies nobody.
    SilentPut,
    /// `get` notifies nobody.
    SilentGet,
    /// Who was notified takes it that an item is there: an `if` where a `while` belongs.
    TrustingGet,
    /// `task_done` notifies nobody.
    SilentDone,
    /// `shutdown` notifies no getter.
    ShutdownForgetsGetters,
    /// `shutdown` notifies no putter.
    ShutdownForgetsPutters,
    /// Discarded items are not counted as done.
    DiscardCountsNothing,
    /// A `shutdown` that leaves nothing to be done notifies nobody who joins.
    ShutdownForgetsJoiners,
}

#[derive(Default)]
struct State {
    items: VecDeque<u32>,
    unfinished: usize,
    shut: bool,
}

pub(crate) struct Twin {
    state: Lock<State>,
    not_empty: Condition,
    not_full: Condition,
    all_done: Condition,
    capacity: usize,
    flaw: Flaw,
}

impl Twin {
    pub(crate) fn new(capacity: usize, flaw: Flaw) -> Self {
        let state = Lock::new(State::default());
        let [not_empty, not_full, all_done] = [(); 3].map(|()| Condition::new());
        Self { state, not_empty, not_full, all_done, capacity, flaw }
    }

    fn has(&self, flaw: Flaw) -> bool {
        self.flaw == flaw
    }

    fn get_until(&self, deadline: Deadline) -> Option<u32> {
        let mut state = self.state.lock();
        if self.has(Flaw::TrustingGet) {
            if state.items.is_empty() && !state.shut {
                self.not_empty.wait_timeout(&mut state, deadline);
                assert!(!state.items.is_empty() || state.shut, "there is an item for who was notified");
            }
        } else {
            self.not_empty
                .wait_for_timeout(&mut state, deadline, |state| !state.items.is_empty() || state.shut);
        }
        let item = state.items.pop_front();
        drop(state);
        if item.is_some() && !self.has(Flaw::SilentGet) {
            self.not_full.notify_one();
        }
        item
    }
}

impl Fifo for Twin {
    fn put(&self, item: u32) -> Result<(), u32> {
        let mut state = self.state.lock();
        self.not_full.wait_for(&mut state, |state| state.items.len() < self.capacity || state.shut);
        if state.shut {
            return Err(item);
        }
        state.items.push_back(item);
        state.unfinished += 1;
        drop(state);
        if !self.has(Flaw::SilentPut) {
            self.not_empty.notify_one();
        }
        Ok(())
    }

    fn get(&self) -> Option<u32> {
        self.get_until(Deadline::NEVER)
    }

    fn get_timeout(&self, timeout: Duration) -> Option<u32> {
        self.get_until(timeout.into())
    }

    fn task_done(&self) {
        let mut state = self.state.lock();
        state.unfinished -= 1;
        let done = state.unfinished == 0;
        drop(state);
        if done && !self.has(Flaw::SilentDone) {
            self.all_done.notify_all();
        }
    }

    fn join(&self) {
        let mut state = self.state.lock();
        self.all_done.wait_for(&mut state, |state| state.unfinished == 0);
    }

    fn shutdown(&self, how: Shutdown) -> Vec<u32> {
        let mut state = self.state.lock();
        state.shut = true;
        let mut discarded = Vec::new();
        if how == Shutdown::Discard {
            discarded.extend(state.items.drain(..));
        }
        if !self.has(Flaw::DiscardCountsNothing) {
            state.unfinished -= discarded.len();
        }
        drop(state);
        if !self.has(Flaw::ShutdownForgetsGetters) {
            self.not_empty.notify_all();
        }
        if !self.has(Flaw::ShutdownForgetsPutters) {
            self.not_full.notify_all();
        }
        if !self.has(Flaw::ShutdownForgetsJoiners) {
            self.all_done.notify_all();
        }
        discarded
    }
}
