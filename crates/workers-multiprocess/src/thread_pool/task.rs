//! A task of the thread pool: it runs once, or is taken back.

use super::worker;
use crate::{TaskError, future::Canceller, panic};
use locks::Lock;

/// Does what the task is, or fails it with the error.
pub(super) type Work = Box<dyn FnOnce(Result<(), TaskError>) + Send>;

/// What lies in the queues. Who takes the work out has the task; the rest is an empty shell.
pub(super) struct Task {
    work: Lock<Option<Work>>,
    /// The pool whose threads may run it.
    pool: worker::PoolId,
}

impl Task {
    /// A shell: the work needs the future, which needs its canceller, which is the task.
    pub(super) fn new(pool: worker::PoolId) -> Self {
        Self { work: Lock::new(None), pool }
    }

    pub(super) fn fill(&self, work: Work) {
        *self.work.lock() = Some(work);
    }

    fn take(&self) -> Option<Work> {
        self.work.lock().take()
    }

    /// Runs the task, or fails it with the error of `verdict`; does nothing if somebody has taken it.
    pub(super) fn run(&self, verdict: Result<(), TaskError>) {
        if let Some(work) = self.take() {
            // The task's own panic is caught inside. This is for a result that nobody wants any more, and that
            // panics when dropped.
            panic::isolate(|| work(verdict));
        }
    }

    /// Takes the task back if nobody has begun it: its future is cancelled. Says whether it did.
    pub(super) fn take_back(&self) -> bool {
        self.take().map(panic::discard).is_some()
    }
}

impl Canceller for Task {
    fn cancel(&self, _ticket: u64) -> bool {
        self.take_back()
    }

    /// One of the pool's threads that would wait for the task runs it. Nothing else may run there meanwhile: it
    /// could wait for what the thread holds.
    fn help(&self, _ticket: u64) {
        if let Some(verdict) = worker::verdict_of(self.pool) {
            self.run(verdict);
        }
    }
}
