//! What the models ask of a thread pool, and the twin: a queue behind a lock, with one flaw.

use locks::{Condition, Lock};
use platform::atomic::{AtomicU32, Ordering::Relaxed};
use platform::thread::{JoinHandle, spawn};
use std::collections::VecDeque;
use std::sync::Arc;
use workers_multiprocess::raw::{Promise, promise};
use workers_multiprocess::{Future, Shutdown, TaskError, ThreadPool};

pub(crate) type Work = Box<dyn FnOnce() -> u32 + Send>;

/// A thread pool: the real one, or a twin.
pub(crate) trait Pool: Send + Sync + 'static {
    fn submit(&self, work: Work) -> Future<u32>;
    /// Has each counter counted up by a task that borrows it, and waits for them.
    fn count(&self, counters: &[Arc<AtomicU32>]);
    fn shutdown(&self, how: Shutdown);
    fn join(&self);
}

impl Pool for ThreadPool {
    fn submit(&self, work: Work) -> Future<u32> {
        Self::submit(self, |()| work(), ())
    }

    fn count(&self, counters: &[Arc<AtomicU32>]) {
        self.scope(|scope| {
            for counter in counters {
                scope.submit(|| counter.fetch_add(1, Relaxed));
            }
        });
    }

    fn shutdown(&self, how: Shutdown) {
        Self::shutdown(self, how);
    }

    fn join(&self) {
        Self::join(self);
    }
}

#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Flaw {
    /// Who submits wakes nobody.
    SilentSubmit,
    /// A worker looks, and then lies down.
    LooksAndSleeps,
    /// The end wakes one worker.
    EndWakesOne,
    /// A worker goes home from what is left to do.
    GoesHomeAtOnce,
    /// Who discards forgets what was submitted.
    ForgetsTheDiscarded,
    /// The last task of a scope tells nobody.
    SilentScope,
    /// A scope does not wait.
    HastyScope,
}

type Job = (Work, Promise<u32>);

struct State {
    jobs: VecDeque<Job>,
    is_closed: bool,
    /// What nobody will ever do.
    forgotten: Vec<Job>,
}

struct Shared {
    state: Lock<State>,
    changed: Condition,
    flaw: Flaw,
}

pub(crate) struct Twin {
    shared: Arc<Shared>,
    workers: Lock<Vec<JoinHandle<()>>>,
}

impl Twin {
    pub(crate) fn new(workers: usize, flaw: Flaw) -> Self {
        let state = State { jobs: VecDeque::new(), is_closed: false, forgotten: Vec::new() };
        let shared = Arc::new(Shared { state: Lock::new(state), changed: Condition::new(), flaw });
        let start = |_| {
            let shared = Arc::clone(&shared);
            spawn(move || while shared.serve() {})
        };
        let workers = Lock::new((0..workers).map(start).collect());
        Self { shared, workers }
    }
}

impl Shared {
    /// Does the next task; says whether to go on.
    fn serve(&self) -> bool {
        let mut state = self.state.lock();
        if self.flaw == Flaw::LooksAndSleeps && state.jobs.is_empty() && !state.is_closed {
            drop(state);
            state = self.state.lock();
            self.changed.wait(&mut state);
        }
        self.changed.wait_for(&mut state, |state| !state.jobs.is_empty() || state.is_closed);
        if self.flaw == Flaw::GoesHomeAtOnce && state.is_closed {
            return false;
        }
        let job = state.jobs.pop_front();
        drop(state);
        let Some((work, promise)) = job else { return false };
        promise.complete(Ok(work()));
        true
    }
}

impl Pool for Twin {
    fn submit(&self, work: Work) -> Future<u32> {
        let (promise, future) = promise();
        let mut state = self.shared.state.lock();
        if state.is_closed {
            drop(state);
            promise.complete(Err(TaskError::Closed));
            return future;
        }
        state.jobs.push_back((work, promise));
        drop(state);
        if self.shared.flaw != Flaw::SilentSubmit {
            self.shared.changed.notify_one();
        }
        future
    }

    fn count(&self, counters: &[Arc<AtomicU32>]) {
        let left = Arc::new((Lock::new(counters.len()), Condition::new()));
        for counter in counters {
            let (left, flaw) = (Arc::clone(&left), self.shared.flaw);
            let counter = Arc::clone(counter);
            self.submit(Box::new(move || {
                counter.fetch_add(1, Relaxed);
                *left.0.lock() -= 1;
                if flaw != Flaw::SilentScope {
                    left.1.notify_one();
                }
                0
            }));
        }
        if self.shared.flaw != Flaw::HastyScope {
            left.1.wait_for(&mut left.0.lock(), |left| *left == 0);
        }
    }

    fn shutdown(&self, how: Shutdown) {
        let mut state = self.shared.state.lock();
        state.is_closed = true;
        let discarded =
            if how == Shutdown::Discard { std::mem::take(&mut state.jobs) } else { VecDeque::new() };
        if self.shared.flaw == Flaw::ForgetsTheDiscarded {
            state.forgotten.extend(discarded);
            drop(state);
        } else {
            drop(state);
            drop(discarded);
        }
        match self.shared.flaw {
            Flaw::EndWakesOne => _ = self.shared.changed.notify_one(),
            _ => _ = self.shared.changed.notify_all(),
        }
    }

    fn join(&self) {
        let workers = std::mem::take(&mut *self.workers.lock());
        workers.into_iter().for_each(|worker| worker.join().unwrap());
    }
}
