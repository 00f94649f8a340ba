//! `ProcessPool`: the public face.

mod batches;
mod board;
mod builder;
mod call;
mod clock;
mod crew;
mod job;
mod keeper;
mod launch;
mod seat;
mod statistics;
mod waiting;

pub use batches::Map;
pub use builder::{Builder, Line, Output, Stream};
pub use call::Call;
pub use statistics::{Quarantined, Statistics, WorkerStatistics};

use crate::{
    Future,
    registry::Registry,
    worker::mark::{self, INIT_MISSING},
};
use board::Board;
use crew::Crew;
use launch::Worker;
use locks::Lock;
use serde::{Serialize, de::DeserializeOwned};
use std::{fmt, io, process, sync::Arc, time::Duration};
use threads::{Handle, Thread, Timer};

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
/// fn divide((a, b): (u32, u32)) -> u32 {
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
    threads: Lock<Vec<Handle<()>>>,
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
        let invalid = |text| io::Error::new(io::ErrorKind::InvalidInput, text);
        if !mark::is_initialized() {
            if mark::is_worker() {
                eprintln!("worker process {}: {INIT_MISSING}", process::id());
                process::exit(2);
            }
            return Err(invalid(INIT_MISSING));
        }
        let registry = Registry::get().map_err(invalid)?;
        // So that the thread of the timers is there when one is needed.
        Timer::new(Duration::ZERO, || ()).daemon(true).start()?;
        let board = Board::new(options, registry);
        // All are launched before the first is waited for: they get ready side by side.
        let names: Vec<Arc<str>> =
            (0..board.options.workers).map(|number| format!("worker-{number}").into()).collect();
        let options = &board.options.worker;
        let mut workers =
            names.iter().map(|name| Worker::launch(options, name)).collect::<io::Result<Vec<_>>>()?;
        workers.iter_mut().try_for_each(|worker| worker.greet(registry, options))?;
        let pool = Self { board, threads: Lock::default() };
        for ((number, name), worker) in names.into_iter().enumerate().zip(workers) {
            let crew = Crew { board: Arc::clone(&pool.board), number, name };
            let thread = Thread::new(move || crew.attend(worker)).name(format!("pool-process-{number}"));
            let thread = thread.daemon(true).start()?;
            pool.threads.lock().push(thread);
        }
        Ok(pool)
    }

    /// Has a worker call `task(argument)`.
    ///
    /// The argument is made into bytes before this returns. A function without [`#[task]`](crate::task), a
    /// closure, and an argument that cannot be made into bytes give a future that has failed already.
    pub fn submit<F, A, R>(&self, task: F, argument: A) -> Future<R>
    where
        F: Fn(A) -> R + 'static,
        A: Serialize,
        R: DeserializeOwned + Send + 'static,
    {
        self.call(task).submit(argument)
    }

    /// Has the workers call `task` for each item; the results come in the order of the items.
    ///
    /// The items are asked for as the results are taken, some batches ahead, so there may be any number of them. They
    /// cross in batches, and fail alone.
    pub fn map<F, A, R, I>(&self, task: F, items: I) -> Map<I::IntoIter, R>
    where
        F: Fn(A) -> R + 'static,
        A: Serialize,
        R: DeserializeOwned + Send + 'static,
        I: IntoIterator<Item = A>,
    {
        self.call(task).map(items)
    }

    /// As [`map`](Self::map), and the results come as they are there.
    pub fn map_unordered<F, A, R, I>(&self, task: F, items: I) -> Map<I::IntoIter, R>
    where
        F: Fn(A) -> R + 'static,
        A: Serialize,
        R: DeserializeOwned + Send + 'static,
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

    /// Takes no more tasks: they fail with [`TaskError::Closed`](crate::TaskError::Closed). Those that were submitted
    /// are done, or taken back if they have not begun and `cancel_pending`. If `wait`, returns when all that is done and
    /// no worker is left.
    pub fn shutdown(&self, wait: bool, cancel_pending: bool) {
        self.board.close(cancel_pending);
        if wait {
            self.join();
        }
    }

    /// Stops everything: kills the workers, and all futures that are not done fail as
    /// [`TaskError::Cancelled`](crate::TaskError::Cancelled). Returns when no worker is left.
    pub fn terminate(&self) {
        self.board.stop();
        self.join();
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

    fn join(&self) {
        let threads = std::mem::take(&mut *self.threads.lock());
        for thread in threads {
            // A thread of the pool that gets here, as by a callback, is none to wait for. Every panic of a delivery is
            // caught, so there is none to report.
            let _ = thread.join();
        }
    }
}

impl Drop for ProcessPool {
    fn drop(&mut self) {
        self.shutdown(true, false);
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
