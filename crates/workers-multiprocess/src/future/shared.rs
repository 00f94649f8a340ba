//! What a future and its promise share: how it ends, exactly once.
//!
//! # What it promises
//! - The future ends once: with the promise's result, or as cancelled. Nobody ever sees two ends.
//! - Each callback is called once, in the order of their adding, before anybody has the result.
//! - Whoever waits is told. A result that comes after a cancel is dropped.
//! - Callbacks, wakers, watchers, cancellers and drops of results run with no lock held.
//!
//! # Whose idea
//! Python's `concurrent.futures.Future` (PEP 3148). That the canceller is asked with the future held open,
//! and a result that comes meanwhile is kept aside, is ours: a process pool can stop what is running.
//!
//! # State, under one lock
//! | stage | meaning | next |
//! |---|---|---|
//! | `Pending` | no end yet | `Asking`, `Ending` |
//! | `Asking(result)` | a cancel waits for the canceller's answer; the result that came meanwhile | `Pending`, `Ending` |
//! | `Ending(cancelled)` | the end is decided; who decided it calls the callbacks | `Done` |
//! | `Done(result)` | the result is there | `Lent`, `Taken` |
//! | `Lent(error)` | it is done; a late callback looks at the result | `Done` |
//! | `Taken` | the result was taken | |
//!
//! # Protocol
//! 1. `complete`: `Pending` becomes `Ending`, and the caller ends it (3). In `Asking` it leaves the result
//!    there. Otherwise the future was cancelled: the result comes back.
//! 2. `cancel`: `Pending` becomes `Asking`; the canceller is asked. Yes: `Ending`, the result that may have
//!    come is dropped, and the caller ends it as cancelled (3). No: `Ending` with the result that has come
//!    (3), else `Pending` again. A second cancel waits for the answer to the first.
//! 3. Ending: take the callbacks, call them, until there are none; in the step in which there are none the
//!    result is put into `Done`. Then wake who waits.
//! 4. A callback that is added before `Done` goes to the list; one that is added in `Done` takes the result
//!    out (`Lent`) and ends it as in 3. The future is borrowed by then, so that nobody takes the result.
//!
//! # Invariants
//! - I1: the result is in `Asking` or `Done`, or one thread has it: the one that put the stage to `Ending` or
//!   `Lent`.
//! - I2: `Pending` is left for `Ending` once; no stage but `Asking` leads back to `Pending`.
//! - I3: a callback is in the list only if a thread is to come that looks into the list before `Done`.
//!
//! # Memory orderings
//! Those of `locks`: all state is under the lock.
//!
//! # Proofs
//! `tests/loom/future.rs`.

use crate::{TaskError, panic, watch::Watch};
use locks::{Condition, Deadline, Lock};
use std::{mem, sync::Arc, task::Waker};

/// Who can take a task back, or stop it. Called with no lock held; must not panic.
pub trait Canceller: Send + Sync {
    /// Cancels the task if it may be cancelled now, also if it runs; says whether it did. The answer decides:
    /// after a yes, what its promise is completed with is dropped.
    fn cancel(&self, ticket: u64) -> bool;

    /// As [`cancel`](Self::cancel), but leaves a task alone that has begun.
    fn take_back(&self, ticket: u64) -> bool {
        self.cancel(ticket)
    }

    /// The calling thread is about to wait for the task: it may run it, if nobody has begun it.
    fn help(&self, _ticket: u64) {}
}

pub(super) type Callback<R> = Box<dyn FnOnce(&Result<R, TaskError>) + Send>;

pub(super) struct Shared<R> {
    state: Lock<State<R>>,
    /// Notified when the stage comes out of `Asking`, and when it becomes `Done`.
    changed: Condition,
    canceller: Option<(Arc<dyn Canceller>, u64)>,
}

struct State<R> {
    stage: Stage<R>,
    callbacks: Vec<Callback<R>>,
    watches: Vec<(Arc<Watch>, usize)>,
    waker: Option<Waker>,
}

enum Stage<R> {
    Pending,
    Asking(Option<Result<R, TaskError>>),
    Ending(bool),
    Done(Result<R, TaskError>),
    Lent(Option<TaskError>),
    Taken,
}

impl<R> Stage<R> {
    fn is_done(&self) -> bool {
        matches!(self, Self::Done(_) | Self::Lent(_) | Self::Taken)
    }

    fn error(&self) -> Option<&TaskError> {
        match self {
            Self::Done(result) => result.as_ref().err(),
            Self::Lent(error) => error.as_ref(),
            _ => None,
        }
    }

    fn is_cancelled(&self) -> bool {
        matches!(self, Self::Ending(true)) || self.error() == Some(&TaskError::Cancelled)
    }

    fn has_failed(&self) -> bool {
        self.error().is_some_and(|error| *error != TaskError::Cancelled)
    }

    /// Takes the result, if it is there.
    fn take(&mut self) -> Option<Result<R, TaskError>> {
        match mem::replace(self, Self::Taken) {
            Self::Done(result) => Some(result),
            other => {
                *self = other;
                None
            }
        }
    }
}

impl<R> Shared<R> {
    pub(super) fn new(canceller: Option<(Arc<dyn Canceller>, u64)>) -> Self {
        let state = State { stage: Stage::Pending, callbacks: Vec::new(), watches: Vec::new(), waker: None };
        Self { state: Lock::new(state), changed: Condition::new(), canceller }
    }

    /// Ends the future with `result`, unless it was cancelled: then the result comes back.
    pub(super) fn complete(&self, result: Result<R, TaskError>) -> Result<(), Result<R, TaskError>> {
        let mut state = self.state.lock();
        match &mut state.stage {
            Stage::Pending => {
                state.stage = Stage::Ending(result.as_ref().err() == Some(&TaskError::Cancelled));
                drop(state);
                self.end(result);
                Ok(())
            }
            Stage::Asking(aside) => {
                debug_assert!(aside.is_none(), "a promise completes once");
                *aside = Some(result);
                Ok(())
            }
            _ => Err(result),
        }
    }

    /// Asks the canceller by `ask`; says whether the future ended, or ends, as cancelled.
    pub(super) fn cancel(&self, ask: impl FnOnce(&dyn Canceller, u64) -> bool) -> bool {
        let mut state = self.state.lock();
        self.changed.wait_for(&mut state, |state| !matches!(state.stage, Stage::Asking(_)));
        let (Stage::Pending, Some((canceller, ticket))) = (&state.stage, &self.canceller) else {
            return state.stage.is_cancelled();
        };
        state.stage = Stage::Asking(None);
        drop(state);
        let cancelled = ask(&**canceller, *ticket);
        let mut state = self.state.lock();
        let Stage::Asking(aside) = mem::replace(&mut state.stage, Stage::Ending(cancelled)) else {
            unreachable!("only who asks ends the asking");
        };
        match (cancelled, aside) {
            (false, None) => {
                state.stage = Stage::Pending;
                drop(state);
                self.changed.notify_all();
            }
            (false, Some(result)) => {
                state.stage = Stage::Ending(result.as_ref().err() == Some(&TaskError::Cancelled));
                drop(state);
                self.changed.notify_all();
                self.end(result);
            }
            (true, unwanted) => {
                drop(state);
                self.changed.notify_all();
                panic::discard(unwanted);
                self.end(Err(TaskError::Cancelled));
            }
        }
        cancelled
    }

    /// Calls the callbacks, makes the future done, and tells everybody.
    fn end(&self, result: Result<R, TaskError>) {
        let mut state = self.state.lock();
        while !state.callbacks.is_empty() {
            let callbacks = mem::take(&mut state.callbacks);
            drop(state);
            for callback in callbacks {
                panic::isolate(|| callback(&result));
            }
            state = self.state.lock();
        }
        state.stage = Stage::Done(result);
        let failed = state.stage.has_failed();
        let (watches, waker) = (mem::take(&mut state.watches), state.waker.take());
        drop(state);
        self.changed.notify_all();
        for (watch, key) in watches {
            watch.tell(key, failed);
        }
        if let Some(waker) = waker {
            panic::isolate(|| waker.wake());
        }
    }

    pub(super) fn add_callback(&self, callback: Callback<R>) {
        let mut state = self.state.lock();
        state.callbacks.push(callback);
        if !matches!(state.stage, Stage::Done(_)) {
            return;
        }
        let error = state.stage.error().cloned();
        let Stage::Done(result) = mem::replace(&mut state.stage, Stage::Lent(error)) else {
            unreachable!("it was done in this step");
        };
        drop(state);
        self.end(result);
    }

    /// Waits until the result is there, or until `deadline`, and takes it. For the one that owns the future.
    pub(super) fn wait_and_take(&self, deadline: Deadline) -> Option<Result<R, TaskError>> {
        let mut state = self.state.lock();
        self.changed.wait_for_timeout(&mut state, deadline, |state| state.stage.is_done());
        state.stage.take()
    }

    /// Takes the result if it is there; otherwise has `waker` woken when it is.
    pub(super) fn take_or_wake(&self, waker: &Waker) -> Option<Result<R, TaskError>> {
        // What a waker does in its clone and its drop is its runtime's business, and not for our lock.
        let mut waker = Some(waker.clone());
        let mut state = self.state.lock();
        assert!(!matches!(state.stage, Stage::Taken), "a future was polled after it was ready");
        let result = state.stage.take();
        if result.is_none() {
            mem::swap(&mut state.waker, &mut waker);
        }
        drop(state);
        result
    }

    /// Has `watch` told `key` when the future is done; at once, if it is.
    pub(super) fn watch(&self, watch: &Arc<Watch>, key: usize) {
        let mut state = self.state.lock();
        if !state.stage.is_done() {
            state.watches.push((Arc::clone(watch), key));
            return;
        }
        let failed = state.stage.has_failed();
        drop(state);
        watch.tell(key, failed);
    }

    /// Lets go of `watch`, which may have been told.
    pub(super) fn unwatch(&self, watch: &Arc<Watch>) {
        self.state.lock().watches.retain(|(other, _)| !Arc::ptr_eq(other, watch));
    }

    /// Runs the task, if the pool lets the calling thread do so.
    pub(super) fn help(&self) {
        if let Some((canceller, ticket)) = &self.canceller {
            canceller.help(*ticket);
        }
    }

    pub(super) fn is_done(&self) -> bool {
        self.state.lock().stage.is_done()
    }

    pub(super) fn error(&self) -> Option<TaskError> {
        self.state.lock().stage.error().cloned()
    }
}
