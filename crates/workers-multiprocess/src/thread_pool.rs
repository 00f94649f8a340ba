//! `ThreadPool`: closures, run by a fixed number of threads.

use crate::{Future, Results, future::promise, panic};
use platform::spans::{What, span};
use queue::{Queue, Shutdown};
use std::{
    cell::Cell,
    fmt, io,
    panic::{AssertUnwindSafe, catch_unwind},
    ptr,
    sync::Arc,
};
use threads::{Handle, Thread};

type Job = Box<dyn FnOnce() + Send>;

thread_local! {
    /// The queue that this thread serves, if it is one of a pool.
    static SERVES: Cell<*const Queue<Job>> = const { Cell::new(ptr::null()) };
}

/// A fixed number of threads that run closures: Python's `ThreadPoolExecutor`.
///
/// Submitting never waits: what no thread is free for waits in a queue without a bound. A panic fails its own
/// task only, and is not printed. Dropping the pool runs what was submitted and waits for it, except when one
/// of the pool's own tasks drops it: a thread cannot wait for itself, so the threads end on their own.
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
    jobs: Arc<Queue<Job>>,
    threads: Vec<Handle<()>>,
}

impl ThreadPool {
    /// Starts `workers` threads.
    ///
    /// # Errors
    /// [`io::ErrorKind::InvalidInput`] for no workers; whatever the system says when it cannot start a
    /// thread.
    pub fn new(workers: usize) -> io::Result<Self> {
        if workers == 0 {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "a pool needs at least one worker"));
        }
        let mut pool = Self { jobs: Arc::new(Queue::unbounded()), threads: Vec::new() };
        for number in 0..workers {
            let jobs = Arc::clone(&pool.jobs);
            let thread = Thread::new(move || serve(&jobs)).name(format!("pool-worker-{number}")).daemon(true);
            pool.threads.push(thread.start()?);
        }
        Ok(pool)
    }

    /// Has a thread call `f(argument)`.
    pub fn submit<F, A, R>(&self, f: F, argument: A) -> Future<R>
    where
        F: FnOnce(A) -> R + Send + 'static,
        A: Send + 'static,
        R: Send + 'static,
    {
        let (promise, future) = promise();
        let job: Job = Box::new(move || promise.complete(panic::catch(|| f(argument))));
        if self.jobs.put(job).is_err() {
            unreachable!("the queue is shut down only by drop");
        }
        future
    }

    /// Submits `f` for each item, all at once, and returns the results in the order of the items.
    pub fn map<F, A, R>(&self, f: F, items: impl IntoIterator<Item = A>) -> Results<R>
    where
        F: Fn(A) -> R + Send + Sync + 'static,
        A: Send + 'static,
        R: Send + 'static,
    {
        let f = Arc::new(f);
        let one = |item| {
            let f = Arc::clone(&f);
            self.submit(move |item| f(item), item)
        };
        Results::new(items.into_iter().map(one).collect())
    }

    /// Takes back the tasks that no thread has begun, which fail with
    /// [`TaskError::Cancelled`](crate::TaskError::Cancelled); returns how many.
    pub fn cancel_pending(&self) -> usize {
        self.jobs.try_iter().map(drop).count()
    }
}

fn serve(jobs: &Arc<Queue<Job>>) {
    SERVES.set(Arc::as_ptr(jobs));
    for job in jobs.iter() {
        let _task = span(What::Task);
        // The task's own panic is caught inside. This is for a result that nobody wants any more, and that
        // panics when dropped.
        let _ = catch_unwind(AssertUnwindSafe(job));
    }
}

impl Drop for ThreadPool {
    fn drop(&mut self) {
        self.jobs.shutdown(Shutdown::Drain);
        if ptr::eq(SERVES.get(), Arc::as_ptr(&self.jobs)) {
            return;
        }
        for thread in self.threads.drain(..) {
            // Every panic of a job is caught, so there is none to report.
            let _ = thread.join();
        }
    }
}

impl fmt::Debug for ThreadPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ThreadPool")
            .field("workers", &self.threads.len())
            .field("pending", &self.jobs.len())
            .finish_non_exhaustive()
    }
}
