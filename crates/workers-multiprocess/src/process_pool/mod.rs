//! `ProcessPool`: the public face, and the threads that stand between the queue of tasks and the worker
//! processes.

mod mark;
mod serve;
mod worker;

pub use serve::init;

use crate::{
    Executor, Future, Results, TaskError, Unordered,
    chunk::Meter,
    future::promise,
    panic,
    registry::{Entry, Registry, id_of},
    results::Batch,
    wire,
};
use queue::{Queue, Shutdown};
use serde::{Serialize, de::DeserializeOwned};
use std::{
    any::type_name,
    fmt, io,
    panic::{AssertUnwindSafe, catch_unwind},
    process,
    sync::Arc,
};
use threads::{Handle, Thread};
use worker::{CallError, Worker};

/// A fixed number of worker processes that run functions marked [`#[task]`](crate::task): Python's
/// `ProcessPoolExecutor`.
///
/// A worker is this executable, started anew; [`init`] must be the first line of its `main`. Submitting never
/// waits for a worker: what none is free for waits in a queue without a bound, as bytes. A task's panic and a
/// worker's death fail that one task; the next task gets a new worker. Dropping the pool has what was
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
    registry: &'static Registry,
    jobs: Arc<Queue<Job>>,
    threads: Vec<Handle<()>>,
}

/// A task in the queue; dropped there, it fails as cancelled.
struct Job {
    request: Vec<u8>,
    /// Decodes the reply and completes the future.
    deliver: Box<dyn FnOnce(Result<Vec<u8>, TaskError>) + Send>,
}

impl ProcessPool {
    /// Starts `workers` processes, and waits until they are ready.
    ///
    /// # Errors
    /// [`io::ErrorKind::InvalidInput`] for no workers, if [`init`] was not called, and if two tasks have the
    /// same path; whatever the system says when it cannot start a process or a thread; and a text if a
    /// worker ends before it is ready. No process is left behind.
    ///
    /// In a worker process whose `main` has not called [`init`] first, there is nobody to return an error to:
    /// one line on standard error says so, and the process ends with exit code 2.
    pub fn new(workers: usize) -> io::Result<Self> {
        let invalid = |text| io::Error::new(io::ErrorKind::InvalidInput, text);
        if !mark::is_initialized() {
            if mark::is_worker() {
                eprintln!("worker process {}: {}", process::id(), mark::INIT_MISSING);
                process::exit(2);
            }
            return Err(invalid(mark::INIT_MISSING));
        }
        if workers == 0 {
            return Err(invalid("a pool needs at least one worker"));
        }
        let registry = Registry::get().map_err(invalid)?;
        // All are launched before the first is waited for: they get ready side by side.
        let mut started = (0..workers).map(|_| Worker::launch()).collect::<io::Result<Vec<_>>>()?;
        started.iter_mut().try_for_each(|worker| worker.greet(registry))?;
        let mut pool = Self { registry, jobs: Arc::new(Queue::unbounded()), threads: Vec::new() };
        for (number, worker) in started.into_iter().enumerate() {
            let jobs = Arc::clone(&pool.jobs);
            let thread = Thread::new(move || Seat { registry, worker: Some(worker) }.serve(&jobs));
            pool.threads.push(thread.name(format!("pool-process-{number}")).daemon(true).start()?);
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
        let (promise, future) = promise();
        let entry = self.registry.by_id(id_of(task)).ok_or(TaskError::NotATask(type_name::<F>()));
        match entry.and_then(|Entry { path, .. }| wire::request(path, &argument)) {
            Err(error) => promise.complete(Err(error)),
            Ok(request) => {
                let deliver = Box::new(move |answer: Result<Vec<u8>, TaskError>| {
                    // The result's own `Deserialize` may panic.
                    promise
                        .complete(answer.and_then(|reply| panic::catch(|| wire::result(&reply)).flatten()));
                });
                if self.jobs.put(Job { request, deliver }).is_err() {
                    unreachable!("the queue is shut down only by drop");
                }
            }
        }
        future
    }

    /// Calls `task` for each item, and returns the results in the order of the items, as they are asked for.
    pub fn map<'p, F, I, R>(&'p self, task: F, items: I) -> Results<'p, R>
    where
        F: Fn(I::Item) -> R + Copy + 'static,
        I: IntoIterator,
        I::IntoIter: 'p,
        I::Item: Serialize + 'p,
        R: DeserializeOwned + Send + 'static,
    {
        Results::new(self.threads.len(), items.into_iter(), self.one_by_one(task)).chunk_size(1)
    }

    /// As [`map`](Self::map), but each result comes as soon as it is there.
    pub fn map_unordered<'p, F, I, R>(&'p self, task: F, items: I) -> Unordered<'p, R>
    where
        F: Fn(I::Item) -> R + Copy + 'static,
        I: IntoIterator,
        I::IntoIter: 'p,
        I::Item: Serialize + 'p,
        R: DeserializeOwned + Send + 'static,
    {
        Unordered::new(self.threads.len(), items.into_iter(), self.one_by_one(task)).chunk_size(1)
    }

    /// Makes a task of each item.
    fn one_by_one<F, A, R>(&self, task: F) -> impl FnMut(Vec<A>, &Arc<Meter>) -> Batch<R>
    where
        F: Fn(A) -> R + Copy + 'static,
        A: Serialize,
        R: DeserializeOwned + Send + 'static,
    {
        move |mut items, _| {
            let Some(item) = items.pop() else { unreachable!("a task has an item") };
            Batch::One(self.submit(task, item))
        }
    }

    /// Takes back the tasks that no worker has begun, which fail with [`TaskError::Cancelled`]; returns how
    /// many.
    pub fn cancel_pending(&self) -> usize {
        self.jobs.try_iter().map(drop).count()
    }
}

impl Executor for ProcessPool {
    fn submit<F, A, R>(&self, task: F, argument: A) -> Future<R>
    where
        F: Fn(A) -> R + Copy + Send + Sync + 'static,
        A: Serialize + Send + 'static,
        R: DeserializeOwned + Send + 'static,
    {
        Self::submit(self, task, argument)
    }

    fn map<'p, F, I, R>(&'p self, task: F, items: I) -> Results<'p, R>
    where
        F: Fn(I::Item) -> R + Copy + Send + Sync + 'static,
        I: IntoIterator,
        I::IntoIter: 'p,
        I::Item: Serialize + Send + 'static,
        R: DeserializeOwned + Send + 'static,
    {
        Self::map(self, task, items)
    }

    fn map_unordered<'p, F, I, R>(&'p self, task: F, items: I) -> Unordered<'p, R>
    where
        F: Fn(I::Item) -> R + Copy + Send + Sync + 'static,
        I: IntoIterator,
        I::IntoIter: 'p,
        I::Item: Serialize + Send + 'static,
        R: DeserializeOwned + Send + 'static,
    {
        Self::map_unordered(self, task, items)
    }

    fn workers(&self) -> usize {
        self.threads.len()
    }

    fn cancel_pending(&self) -> usize {
        Self::cancel_pending(self)
    }
}

impl Drop for ProcessPool {
    fn drop(&mut self) {
        self.jobs.shutdown(Shutdown::Drain);
        for thread in self.threads.drain(..) {
            // Every panic of a delivery is caught, so there is none to report.
            let _ = thread.join();
        }
    }
}

impl fmt::Debug for ProcessPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProcessPool")
            .field("workers", &self.threads.len())
            .field("pending", &self.jobs.len())
            .finish_non_exhaustive()
    }
}

/// The place of one worker, taken by another process when one has died.
struct Seat {
    registry: &'static Registry,
    worker: Option<Worker>,
}

impl Seat {
    fn serve(mut self, jobs: &Queue<Job>) {
        for Job { request, deliver } in jobs.iter() {
            let answer = self.ask(request);
            // For a result that nobody wants any more, and that panics when dropped.
            let _ = catch_unwind(AssertUnwindSafe(|| deliver(answer)));
        }
    }

    fn ask(&mut self, request: Vec<u8>) -> Result<Vec<u8>, TaskError> {
        let mut second_try = false;
        loop {
            match self.ready_worker()?.call(&request) {
                Ok((worker, reply)) => {
                    self.worker = Some(worker);
                    return Ok(reply);
                }
                // It died while idle: that is not the task's doing, and no part of the task has run. A
                // request that ends a second worker before it is read may be what kills them.
                Err(CallError::BeforeTask(_)) if !second_try => second_try = true,
                Err(CallError::BeforeTask(worker) | CallError::InTask(worker)) => return Err(worker.death()),
                Err(CallError::NoAnswer(worker, error)) => {
                    // Nothing that it says can be trusted from here on.
                    worker.death();
                    return Err(TaskError::Decode(error.to_string()));
                }
            }
        }
    }

    /// The worker of this seat, alive a moment ago; it is out of the seat until it has answered.
    fn ready_worker(&mut self) -> Result<Worker, TaskError> {
        if let Some(mut worker) = self.worker.take()
            && worker.is_alive()
        {
            return Ok(worker);
        }
        let start = || {
            let mut worker = Worker::launch()?;
            worker.greet(self.registry)?;
            Ok(worker)
        };
        start().map_err(|error: io::Error| TaskError::Start(error.to_string()))
    }
}
