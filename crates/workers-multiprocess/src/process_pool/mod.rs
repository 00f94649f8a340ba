//! `ProcessPool`: the public face.

mod batches;
mod board;
mod builder;
mod call;
mod chaos;
mod clock;
mod crew;
mod deal;
mod interrupt;
mod job;
mod keeper;
mod launch;
mod process;
mod seat;
mod statistics;
mod waiting;

pub use batches::Map;
pub use builder::{Builder, Line, Output, Stream};
pub use call::Call;
pub use chaos::Chaos;
pub use process::{Process, ProcessHandle, ProcessRef, active_children};
pub use statistics::{Quarantined, Statistics, WorkerStatistics};

use crate::{Callable, Future};
use board::Board;
use crew::Crew;
use interrupt::Interrupt;
use launch::Worker;
use locks::Deadline;
use queue::Shutdown;
use serde::{Serialize, de::DeserializeOwned};
use std::{fmt, io, sync::Arc};
use threads::{Handle, Thread};

/// A fixed number of worker processes that run functions marked [`#[task]`](crate::task): Python's
/// `ProcessPoolExecutor`.
///
/// A worker is this executable, started anew; [`init`](crate::init) must be the first line of its `main`. Submitting
/// never waits for a worker: what none is free for waits in a queue without a bound, as bytes. A task's panic and a
/// worker's death fail that one task, and another worker takes the place of the dead one. Dropping the pool has what was
/// submitted done, and leaves no process behind.
///
/// ```no_run
/// use workers_multiprocess::{ProcessPool, TaskError, task};
///
/// #[task]
/// fn divide(a: u32, b: u32) -> u32 {
///     a / b
/// }
///
/// fn main() -> std::io::Result<()> {
///     workers_multiprocess::init();
///     let pool = ProcessPool::new(2)?;
///     let quotient = pool.submit(divide, (42, 6));
///     let fault = pool.submit(divide, (1, 0));
///     assert_eq!(quotient.result(), Ok(7));
///     assert!(matches!(fault.result(), Err(TaskError::Panicked { message, .. }) if message == "attempt to divide by zero"));
///     let squares: Result<Vec<_>, _> = pool.map(divide, [(4, 2), (9, 3)]).collect();
///     assert_eq!(squares, Ok(vec![2, 3]));
///     Ok(())
/// }
/// ```
pub struct ProcessPool {
    board: Arc<Board>,
    threads: Vec<Handle<()>>,
    _interrupt: Option<Interrupt>,
}

impl ProcessPool {
    /// Starts `workers` processes, and waits until they are ready: `ProcessPool::builder().workers(workers).build()`.
    ///
    /// # Errors
    /// As [`Builder::build`].
    pub fn new(workers: usize) -> io::Result<Self> {
        Self::builder().workers(workers).build()
    }

    /// A pool that is not started yet, with all that can be said of it.
    pub fn builder() -> Builder {
        Builder::new()
    }

    fn start(options: Builder) -> io::Result<Self> {
        let registry = launch::prepare()?;
        let board = Board::new(options, registry);
        // All are launched before the first is waited for: they get ready side by side.
        let names: Vec<Arc<str>> =
            (0..board.options.workers).map(|number| format!("worker-{number}").into()).collect();
        let options = &board.options.worker;
        let mut workers =
            names.iter().map(|name| Worker::launch(options, name)).collect::<io::Result<Vec<_>>>()?;
        workers.iter_mut().try_for_each(|worker| worker.greet(registry, options))?;
        let interrupt = if board.options.stop_on_interrupt { Some(Interrupt::new(&board)?) } else { None };
        let mut pool = Self { board, threads: Vec::new(), _interrupt: interrupt };
        for ((number, name), worker) in names.into_iter().enumerate().zip(workers) {
            let crew = Crew { board: Arc::clone(&pool.board), number, name };
            crew.seat(&worker);
            let thread = Thread::new(move || crew.attend(worker)).name(format!("pool-process-{number}"));
            pool.threads.push(thread.daemon(true).start()?);
        }
        if let Some(chaos) = pool.board.options.chaos.clone() {
            pool.threads.push(chaos.start(&pool.board)?);
        }
        Ok(pool)
    }

    /// Has a worker call `task(argument)`, or `task(a, b)` if `argument` is `(a, b)` and the task has two parameters: see
    /// [`Callable`].
    ///
    /// The argument is made into bytes before this returns. A function without [`#[task]`](crate::task), a
    /// closure, and an argument that cannot be made into bytes, also as that panics, give a future that has failed already.
    pub fn submit<F, A, P>(&self, task: F, argument: A) -> Future<F::Output>
    where
        F: Callable<A, P> + 'static,
        A: Serialize,
        F::Output: DeserializeOwned + Send + 'static,
    {
        self.call(task).submit(argument)
    }

    /// Has the workers call `task` for each item; the results come in the order of the items.
    ///
    /// The items are asked for as the results are taken, some batches ahead, so there may be any number of them. They
    /// cross in batches, and fail alone. A panic of the input's own iterator is the caller's, and its end: see [`Map`].
    pub fn map<F, A, P, I>(&self, task: F, items: I) -> Map<I::IntoIter, F::Output>
    where
        F: Callable<A, P> + 'static,
        A: Serialize,
        F::Output: DeserializeOwned + Send + 'static,
        I: IntoIterator<Item = A>,
    {
        self.call(task).map(items)
    }

    /// [`map`](Self::map) by Python's name for it where the items are tuples of a task's arguments.
    ///
    /// ```no_run
    /// # use workers_multiprocess::{ProcessPool, task};
    /// # #[task] fn power(base: u64, exponent: u32) -> u64 { base.pow(exponent) }
    /// # fn run(pool: &ProcessPool) {
    /// let powers: Result<Vec<_>, _> = pool.starmap(power, [(2, 10), (3, 4)]).collect();
    /// assert_eq!(powers, Ok(vec![1024, 81]));
    /// # }
    /// ```
    pub fn starmap<F, A, P, I>(&self, task: F, items: I) -> Map<I::IntoIter, F::Output>
    where
        F: Callable<A, P> + 'static,
        A: Serialize,
        F::Output: DeserializeOwned + Send + 'static,
        I: IntoIterator<Item = A>,
    {
        self.map(task, items)
    }

    /// As [`map`](Self::map), and the results come as they are there.
    pub fn map_unordered<F, A, P, I>(&self, task: F, items: I) -> Map<I::IntoIter, F::Output>
    where
        F: Callable<A, P> + 'static,
        A: Serialize,
        F::Output: DeserializeOwned + Send + 'static,
        I: IntoIterator<Item = A>,
    {
        self.call(task).map_unordered(items)
    }

    /// Calls of `task` on terms of their own: a time limit, retries, the size of batches.
    ///
    /// ```no_run
    /// # use workers_multiprocess::{ProcessPool, task};
    /// # use std::time::Duration;
    /// # #[task] fn parse(text: String) -> usize { text.len() }
    /// # fn run(pool: &ProcessPool) {
    /// let future = pool.call(parse).time_limit(Duration::from_secs(1)).retries(2).submit("text".into());
    /// # }
    /// ```
    pub fn call<F>(&self, task: F) -> Call<'_, F> {
        Call::new(self, task)
    }

    /// Takes back the tasks that no worker has begun, which fail with
    /// [`TaskError::Cancelled`](crate::TaskError::Cancelled); returns how many calls that are.
    pub fn cancel_pending(&self) -> usize {
        self.board.with(|state, after| {
            state.drop_waiting(after);
            after.gone.iter().map(|job| (job.calls - job.done) as usize).sum()
        })
    }

    /// Closes the pool: what is submitted from now on fails with [`TaskError::Closed`](crate::TaskError::Closed).
    /// [`Shutdown::Drain`] leaves what was submitted to the workers, which end when it is done; [`Shutdown::Discard`] takes
    /// back what has not begun. Waits for nothing: [`join`](Self::join) does.
    pub fn shutdown(&self, how: Shutdown) {
        self.board.close(how == Shutdown::Discard);
    }

    /// Closes the pool and stops everything: kills the workers, and all futures that are not done fail as
    /// [`TaskError::Cancelled`](crate::TaskError::Cancelled). Returns when no worker is left.
    pub fn terminate(&self) {
        self.board.stop();
        self.join();
    }

    /// Waits until the pool is shut down and no worker is left. A callback of one of its futures does not wait: it would
    /// wait for itself.
    pub fn join(&self) {
        self.join_timeout(Deadline::NEVER);
    }

    /// As [`join`](Self::join), until `timeout` at most; says whether no worker is left.
    pub fn join_timeout(&self, timeout: impl Into<Deadline>) -> bool {
        let (deadline, caller) = (timeout.into(), threads::current().ident());
        let is_ours = self.threads.iter().any(|thread| thread.ident() == caller);
        !is_ours && self.threads.iter().all(|thread| thread.join_timeout(&deadline))
    }

    /// How many workers it has, or may have.
    pub fn workers(&self) -> usize {
        self.board.options.workers
    }

    /// What it is doing, and what it has done.
    pub fn statistics(&self) -> Statistics {
        self.board.statistics()
    }

    /// The calls that were given up because they have cost as many workers as they were allowed: the last thousand.
    pub fn quarantined(&self) -> Vec<Quarantined> {
        let given_up = self.board.with(|state, _| state.given_up.clone());
        given_up.into_iter().filter_map(|call| call.show(self.board.registry)).collect()
    }
}

impl Drop for ProcessPool {
    fn drop(&mut self) {
        self.shutdown(Shutdown::Drain);
        self.join();
    }
}

impl fmt::Debug for ProcessPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProcessPool")
            .field("workers", &self.board.options.workers)
            .field("waiting", &self.board.with(|state, _| state.waiting.len()))
            .finish_non_exhaustive()
    }
}
