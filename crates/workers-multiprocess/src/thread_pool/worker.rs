//! What the threads of a pool share, and where each looks for work.

use super::{idle::Idle, task::Task};
use crate::{TaskError, panic};
use crossbeam_deque::{Injector, Steal, Stealer, Worker as Deque};
use platform::spans::{What, span};
use std::{
    cell::{Cell, RefCell},
    iter,
    rc::Rc,
    sync::{Arc, OnceLock},
};

/// A pool's address: no two that live have the same.
pub(super) type PoolId = usize;

/// A worker looks first into the queue that all share once in so many times: a task that submits itself again
/// and again must not keep the others waiting.
const FAIRNESS: u32 = 61;

pub(super) type Initializer = Box<dyn Fn() + Send + Sync>;

pub(super) struct Shared {
    /// What threads outside the pool submitted, in order.
    injector: Injector<Arc<Task>>,
    /// The other ends of the workers' own queues.
    stealers: Vec<Stealer<Arc<Task>>>,
    pub(super) idle: Idle,
    initializer: Option<Initializer>,
    /// What an initializer that panicked said.
    broken: OnceLock<TaskError>,
}

/// One worker, on its own thread.
struct Worker {
    shared: Arc<Shared>,
    /// What its tasks submitted, in order.
    own: Deque<Arc<Task>>,
    looks: Cell<u32>,
}

crate::sync::local! {
    static WORKER: RefCell<Option<Rc<Worker>>> = const { RefCell::new(None) };
}

/// The worker that the calling thread is, if it is one of that pool.
fn current(pool: PoolId) -> Option<Rc<Worker>> {
    // While a thread's locals are destroyed it is no worker any more.
    let worker = WORKER.try_with(|worker| worker.borrow().clone()).ok().flatten();
    worker.filter(|worker| worker.shared.id() == pool)
}

/// Whether the calling thread, if it is of that pool, may run a task of it, or fails it.
pub(super) fn verdict_of(pool: PoolId) -> Option<Result<(), TaskError>> {
    current(pool).map(|worker| worker.shared.verdict())
}

impl Shared {
    /// The pool's part, and the queues that its workers bring with them.
    pub(super) fn new(
        workers: usize,
        initializer: Option<Initializer>,
    ) -> (Arc<Self>, Vec<Deque<Arc<Task>>>) {
        let queues: Vec<_> = iter::repeat_with(Deque::new_fifo).take(workers).collect();
        let stealers = queues.iter().map(Deque::stealer).collect();
        let (injector, idle, broken) = (Injector::new(), Idle::new(), OnceLock::new());
        (Arc::new(Self { injector, stealers, idle, initializer, broken }), queues)
    }

    pub(super) fn id(self: &Arc<Self>) -> PoolId {
        Arc::as_ptr(self).addr()
    }

    /// Whether the calling thread is one of the pool's.
    pub(super) fn is_ours(self: &Arc<Self>) -> bool {
        current(self.id()).is_some()
    }

    pub(super) fn workers(&self) -> usize {
        self.stealers.len()
    }

    /// About how many tasks no thread has begun.
    pub(super) fn pending(&self) -> usize {
        self.injector.len() + self.stealers.iter().map(Stealer::len).sum::<usize>()
    }

    /// Puts the task where a worker finds it; fails it if none will.
    pub(super) fn push(self: &Arc<Self>, task: Arc<Task>) {
        match current(self.id()) {
            Some(worker) => worker.own.push(Arc::clone(&task)),
            None => self.injector.push(Arc::clone(&task)),
        }
        if self.idle.pushed() {
            task.run(Err(TaskError::Closed));
        }
    }

    /// Takes a task out of any queue.
    pub(super) fn steal(&self, from: usize) -> Option<Arc<Task>> {
        let (before, after) = self.stealers.split_at(from);
        let stealers = after.iter().chain(before);
        let look = || {
            let others = stealers.clone().map(Stealer::steal);
            iter::once(self.injector.steal()).chain(others).collect::<Steal<_>>()
        };
        iter::repeat_with(look).find(|look| !look.is_retry())?.success()
    }

    pub(super) fn verdict(&self) -> Result<(), TaskError> {
        self.broken.get().cloned().map_or(Ok(()), Err)
    }

    fn initialize(&self) {
        if let Some(initializer) = &self.initializer
            && let Err(error) = panic::catch(initializer)
        {
            // The first one's error stands for all.
            let _ = self.broken.set(TaskError::Start(format!("the initializer failed: {error}")));
        }
    }
}

/// What a thread of the pool does all its life.
pub(super) fn serve(shared: Arc<Shared>, own: Deque<Arc<Task>>, number: usize) {
    let worker = Rc::new(Worker { shared, own, looks: Cell::new(0) });
    WORKER.with(|current| current.replace(Some(Rc::clone(&worker))));
    worker.shared.initialize();
    while let Some(task) = worker.shared.idle.next(|| worker.find(number)) {
        let _task = span(What::Task);
        task.run(worker.shared.verdict());
    }
    WORKER.with(|current| current.replace(None));
}

impl Worker {
    /// Its own oldest task, or one of all, or another worker's.
    fn find(&self, number: usize) -> Option<Arc<Task>> {
        self.looks.set(self.looks.get().wrapping_add(1));
        if self.looks.get().is_multiple_of(FAIRNESS)
            && let Steal::Success(task) = self.shared.injector.steal()
        {
            return Some(task);
        }
        self.own.pop().or_else(|| self.shared.steal(number))
    }
}
