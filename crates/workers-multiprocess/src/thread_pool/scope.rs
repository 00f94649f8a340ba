//! Tasks that borrow: a scope does not end before they do.

use super::{
    ThreadPool,
    task::{Task, Work},
    worker::Shared,
};
use crate::{
    Future, TaskError,
    future::{Canceller, Promise, promise_with},
    panic,
};
use locks::{Condition, Lock};
use std::{
    fmt,
    marker::PhantomData,
    mem,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    sync::Arc,
};

/// Where tasks are submitted that may borrow what outlives the scope; from [`ThreadPool::scope`].
pub struct Scope<'scope, 'env: 'scope> {
    pool: Arc<Shared>,
    tasks: Arc<Tasks>,
    // As in `std::thread::Scope`: neither lifetime may be shortened or lengthened.
    scope: PhantomData<&'scope mut &'scope ()>,
    env: PhantomData<&'env mut &'env ()>,
}

impl ThreadPool {
    /// Calls `f` with a [`Scope`], in which tasks may borrow what was there before, and waits until all of them
    /// have ended or were cancelled.
    ///
    /// In one of the pool's own tasks it runs those that no thread has begun.
    ///
    /// # Panics
    /// If `f` panics, after the tasks have ended. A panic of a task is in its future.
    ///
    /// ```
    /// use workers_multiprocess::ThreadPool;
    ///
    /// let pool = ThreadPool::new(2)?;
    /// let mut numbers = [3, 1, 2, 6, 5, 4];
    /// let (left, right) = numbers.split_at_mut(3);
    /// let sum = pool.scope(|scope| {
    ///     let sorted = scope.submit(|| left.sort());
    ///     scope.submit(|| right.sort());
    ///     sorted.result()
    /// });
    /// assert_eq!(sum, Ok(()));
    /// assert_eq!(numbers, [1, 2, 3, 4, 5, 6]);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn scope<'env, T>(&self, f: impl for<'scope> FnOnce(&'scope Scope<'scope, 'env>) -> T) -> T {
        let scope = Scope {
            pool: Arc::clone(&self.shared),
            tasks: Arc::new(Tasks::new(self.shared.is_ours())),
            scope: PhantomData,
            env: PhantomData,
        };
        // Nobody sees what a panic left half done: it goes on below.
        let result = catch_unwind(AssertUnwindSafe(|| f(&scope)));
        scope.tasks.wait(&scope.pool);
        result.unwrap_or_else(|payload| resume_unwind(payload))
    }
}

impl<'scope> Scope<'scope, '_> {
    /// Has a thread call `f`, before the scope ends. Tasks may submit others, through the reference to the scope.
    pub fn submit<F, R>(&'scope self, f: F) -> Future<R>
    where
        F: FnOnce() -> R + Send + 'scope,
        R: Send + 'scope,
    {
        let task = Arc::new(Task::new(self.pool.id()));
        let (promise, future) = promise_with(Arc::clone(&task) as Arc<dyn Canceller>, 0);
        let work = ScopedWork { f, promise, counted: Counted::new(&self.tasks) };
        let work: Box<dyn FnOnce(Result<(), TaskError>) + Send + 'scope> =
            Box::new(move |verdict| work.run(verdict));
        // SAFETY: the two types differ in a lifetime only. What the work borrows lives as long as the work: all
        // that it has of the scope's, `f`, the promise with its future's result, and what `f` captured, is gone
        // before its `Counted` is, whether it is run, dropped, or panics; and `scope` does not return, nor
        // unwind, before all of them are. A work that is leaked keeps the scope waiting. What may be left of
        // the work then, the box's memory, holds nothing; so does the task, as who runs or drops the work took
        // it out. The result may be left in the future, whose type keeps it within 'scope.
        let work =
            unsafe { mem::transmute::<Box<dyn FnOnce(Result<(), TaskError>) + Send + 'scope>, Work>(work) };
        task.fill(work);
        self.tasks.offer(&task);
        self.pool.push(task);
        future
    }
}

/// A scoped task. Dropped in this order.
struct ScopedWork<F, R> {
    f: F,
    promise: Promise<R>,
    counted: Counted,
}

impl<F: FnOnce() -> R, R> ScopedWork<F, R> {
    fn run(self, verdict: Result<(), TaskError>) {
        // Dropped last, also if the drop of a result panics.
        let _counted = self.counted;
        self.promise.complete(verdict.and_then(|()| panic::catch(self.f)));
    }
}

/// The tasks of a scope that have not ended.
struct Tasks {
    state: Lock<State>,
    /// Notified when the last one has ended, and when one is offered.
    changed: Condition,
    /// Whether the scope was opened by a thread of the pool, which must not only wait.
    helps: bool,
}

struct State {
    running: usize,
    /// Those that nobody may have begun, if the scope helps.
    offered: Vec<Arc<Task>>,
}

impl Tasks {
    fn new(helps: bool) -> Self {
        let state = State { running: 0, offered: Vec::new() };
        Self { state: Lock::new(state), changed: Condition::new(), helps }
    }

    fn offer(&self, task: &Arc<Task>) {
        if self.helps {
            self.state.lock().offered.push(Arc::clone(task));
            self.changed.notify_one();
        }
    }

    /// Waits until all have ended; runs what is offered meanwhile.
    fn wait(&self, pool: &Arc<Shared>) {
        let mut state = self.state.lock();
        loop {
            self.changed.wait_for(&mut state, |state| state.running == 0 || !state.offered.is_empty());
            if state.running == 0 {
                return;
            }
            if let Some(task) = state.offered.pop() {
                drop(state);
                task.run(pool.verdict());
                state = self.state.lock();
            }
        }
    }
}

/// One of the tasks that the scope waits for.
struct Counted(Arc<Tasks>);

impl Counted {
    fn new(tasks: &Arc<Tasks>) -> Self {
        tasks.state.lock().running += 1;
        Self(Arc::clone(tasks))
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        let mut state = self.0.state.lock();
        state.running -= 1;
        if state.running == 0 {
            drop(state);
            self.0.changed.notify_one();
        }
    }
}

impl fmt::Debug for Scope<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scope").field("running", &self.tasks.state.lock().running).finish_non_exhaustive()
    }
}
