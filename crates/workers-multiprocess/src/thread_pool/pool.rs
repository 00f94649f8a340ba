//! `ThreadPool`: closures, run by a fixed number of threads.

use super::{ThreadPoolBuilder, task::Task, worker::Shared};
use crate::{
    Future, Results, Unordered,
    chunk::Meter,
    future::{Canceller, promise_with},
    panic,
    results::Batch,
    sync::Handle,
};
use locks::Deadline;
use queue::Shutdown;
use std::{fmt, io, sync::Arc, time::Instant};

/// A fixed number of threads that run closures: Python's `ThreadPoolExecutor`.
///
/// Submitting never waits: what no thread is free for waits in a queue without a bound. A task that submits
/// others puts them in its own thread's queue, from which idle threads steal. Tasks begin in about the order in
/// which they were submitted.
///
/// A panic fails its own task only, and is not printed. A task may wait for futures of its own pool: if nobody
/// has begun the task that it waits for, it runs it itself.
///
/// Dropping the pool runs what was submitted and waits for it, except when one of the pool's own tasks drops it:
/// a thread cannot wait for itself, so the threads end on their own.
///
/// ```
/// use workers_multiprocess::{TaskError, ThreadPool};
///
/// let pool = ThreadPool::new(4)?;
/// let greeting = String::from("hello");
/// let length = pool.submit(move |times| greeting.repeat(times).len(), 3);
/// assert_eq!(length.result(), Ok(15));
///
/// let parsed: Vec<_> = pool.map(|text: &str| text.parse::<u32>().unwrap(), ["1", "two", "3"]).collect();
/// assert_eq!(parsed[0], Ok(1));
/// assert!(matches!(&parsed[1], Err(TaskError::Panicked { message, .. }) if message.contains("InvalidDigit")));
/// assert_eq!(parsed[2], Ok(3));
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct ThreadPool {
    pub(super) shared: Arc<Shared>,
    pub(super) threads: Vec<Handle<()>>,
}

impl ThreadPool {
    /// Starts `workers` threads.
    ///
    /// # Errors
    /// [`io::ErrorKind::InvalidInput`] for no workers; whatever the system says when it cannot start a
    /// thread.
    pub fn new(workers: usize) -> io::Result<Self> {
        Self::builder(workers).start()
    }

    /// A pool of `workers` threads that is not started yet: for a name and an initializer.
    pub fn builder(workers: usize) -> ThreadPoolBuilder {
        ThreadPoolBuilder::new(workers)
    }

    /// Has a thread call `f(argument)`.
    ///
    /// After a [`shutdown`](Self::shutdown), and where an initializer has panicked, the future fails with
    /// [`TaskError::Start`](crate::TaskError::Start).
    pub fn submit<F, A, R>(&self, f: F, argument: A) -> Future<R>
    where
        F: FnOnce(A) -> R + Send + 'static,
        A: Send + 'static,
        R: Send + 'static,
    {
        let task = Arc::new(Task::new(self.shared.id()));
        let (promise, future) = promise_with(Arc::clone(&task) as Arc<dyn Canceller>, 0);
        task.fill(Box::new(move |verdict| {
            promise.complete(verdict.and_then(|()| panic::catch(|| f(argument))));
        }));
        self.shared.push(task);
        future
    }

    /// Calls `f` for each item, and returns the results in the order of the items, as they are asked for.
    ///
    /// Of items that are tuples, `f` takes them apart: `pool.map(|(a, b)| a + b, [(1, 2), (3, 4)])` is Python's
    /// `starmap`.
    pub fn map<'p, F, I, R>(&'p self, f: F, items: I) -> Results<'p, R>
    where
        F: Fn(I::Item) -> R + Send + Sync + 'static,
        I: IntoIterator,
        I::IntoIter: 'p,
        I::Item: Send + 'static,
        R: Send + 'static,
    {
        Results::new(self.workers(), items.into_iter(), self.by_batches(f))
    }

    /// As [`map`](Self::map), but each result comes as soon as it is there: Python's `imap_unordered`.
    ///
    /// ```
    /// # use workers_multiprocess::ThreadPool;
    /// let pool = ThreadPool::new(2)?;
    /// let mut squares: Vec<u32> = pool.map_unordered(|n| n * n, 1..=4).map(Result::unwrap).collect();
    /// squares.sort();
    /// assert_eq!(squares, [1, 4, 9, 16]);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn map_unordered<'p, F, I, R>(&'p self, f: F, items: I) -> Unordered<'p, R>
    where
        F: Fn(I::Item) -> R + Send + Sync + 'static,
        I: IntoIterator,
        I::IntoIter: 'p,
        I::Item: Send + 'static,
        R: Send + 'static,
    {
        Unordered::new(self.workers(), items.into_iter(), self.by_batches(f))
    }

    /// Makes one task of several items, in which each has its own panic.
    fn by_batches<F, A, R>(&self, f: F) -> impl FnMut(Vec<A>, &Arc<Meter>) -> Batch<R>
    where
        F: Fn(A) -> R + Send + Sync + 'static,
        A: Send + 'static,
        R: Send + 'static,
    {
        let f = Arc::new(f);
        move |items, meter| {
            let (f, meter, len) = (Arc::clone(&f), Arc::clone(meter), items.len());
            let all = move |items: Vec<A>| {
                let begin = Instant::now();
                let results = items.into_iter().map(|item| panic::catch(|| f(item))).collect();
                meter.record(len, begin.elapsed());
                results
            };
            Batch::Many(self.submit(all, items), len)
        }
    }

    /// How many threads it has.
    pub fn workers(&self) -> usize {
        self.shared.workers()
    }

    /// Takes back the tasks that no thread has begun, which fail with
    /// [`TaskError::Cancelled`](crate::TaskError::Cancelled); returns how many.
    pub fn cancel_pending(&self) -> usize {
        let tasks = std::iter::from_fn(|| self.shared.steal(0));
        tasks.filter(|task| task.take_back()).count()
    }

    /// Closes the pool: what is submitted from now on fails. [`Shutdown::Drain`] leaves what was submitted to
    /// the threads, which end when it is done; [`Shutdown::Discard`] takes back what has not begun. Waits for
    /// nothing: [`join`](Self::join) does.
    ///
    /// ```
    /// # use workers_multiprocess::{Shutdown, TaskError, ThreadPool};
    /// let pool = ThreadPool::new(1)?;
    /// let before = pool.submit(|n| n + 1, 1);
    /// pool.shutdown(Shutdown::Drain);
    /// assert_eq!(before.result(), Ok(2));
    /// assert_eq!(pool.submit(|n| n + 1, 2).result(), Err(TaskError::Closed));
    /// pool.join();
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn shutdown(&self, how: Shutdown) {
        self.shared.idle.close();
        if how == Shutdown::Discard {
            self.cancel_pending();
        }
    }

    /// Waits until the pool is shut down and its threads have ended. One of the pool's own tasks does not wait:
    /// it would wait for itself.
    pub fn join(&self) {
        self.join_timeout(Deadline::NEVER);
    }

    /// As [`join`](Self::join), until `timeout` at most; says whether all threads have ended.
    pub fn join_timeout(&self, timeout: impl Into<Deadline>) -> bool {
        let deadline = timeout.into();
        !self.shared.is_ours() && self.threads.iter().all(|thread| thread.join_timeout(&deadline))
    }
}

impl Drop for ThreadPool {
    fn drop(&mut self) {
        self.shutdown(Shutdown::Drain);
        if self.shared.is_ours() {
            return;
        }
        for thread in self.threads.drain(..) {
            // Every panic of a task is caught, so there is none to report.
            let _ = thread.join();
        }
    }
}

impl fmt::Debug for ThreadPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ThreadPool")
            .field("workers", &self.workers())
            .field("pending", &self.shared.pending())
            .finish_non_exhaustive()
    }
}
