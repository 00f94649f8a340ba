//! A thread pool that is not started yet.

use super::{
    ThreadPool,
    worker::{self, Initializer, Shared},
};
use crate::sync::Thread;
use std::{fmt, io, iter, sync::Arc};

/// A [`ThreadPool`] that is not started yet.
///
/// ```
/// use workers_multiprocess::ThreadPool;
///
/// let pool = ThreadPool::builder(1).name("resizer").start()?;
/// let name = pool.submit(|()| std::thread::current().name().map(str::to_owned), ());
/// assert_eq!(name.result().unwrap().as_deref(), Some("resizer-0"));
/// # Ok::<(), std::io::Error>(())
/// ```
#[must_use = "a pool runs once it is started"]
pub struct ThreadPoolBuilder {
    workers: usize,
    name: String,
    initializer: Option<Initializer>,
}

impl ThreadPoolBuilder {
    pub(super) fn new(workers: usize) -> Self {
        Self { workers, name: "pool-worker".to_owned(), initializer: None }
    }

    /// What the threads are called, before a hyphen and their number: Python's `thread_name_prefix`.
    pub fn name(mut self, prefix: impl Into<String>) -> Self {
        self.name = prefix.into();
        self
    }

    /// Has each thread call `initializer` before its first task. If it panics, all tasks of the pool that have
    /// not begun fail with [`TaskError::Start`](crate::TaskError::Start), also later ones: Python's
    /// `BrokenThreadPool`.
    ///
    /// ```
    /// # use workers_multiprocess::{TaskError, ThreadPool};
    /// let pool = ThreadPool::builder(1).initializer(|| panic!("no licence")).start()?;
    /// match pool.submit(|n| n, 1).result() {
    ///     Err(TaskError::Start(text)) => assert!(text.contains("no licence")),
    ///     other => panic!("{other:?}"),
    /// }
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn initializer(mut self, initializer: impl Fn() + Send + Sync + 'static) -> Self {
        self.initializer = Some(Box::new(initializer));
        self
    }

    /// Starts its threads.
    ///
    /// # Errors
    /// [`io::ErrorKind::InvalidInput`] for no workers, and for a name with a NUL; whatever the system says when
    /// it cannot start a thread.
    pub fn start(self) -> io::Result<ThreadPool> {
        if self.workers == 0 {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "a pool needs at least one worker"));
        }
        let (shared, queues) = Shared::new(self.workers, self.initializer);
        let mut pool = ThreadPool { shared, threads: Vec::new() };
        for (number, own) in iter::zip(0.., queues) {
            let shared = Arc::clone(&pool.shared);
            let thread = Thread::new(move || worker::serve(shared, own, number));
            pool.threads.push(thread.name(format!("{}-{number}", self.name)).daemon(true).start()?);
        }
        Ok(pool)
    }
}

impl fmt::Debug for ThreadPoolBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ThreadPoolBuilder")
            .field("workers", &self.workers)
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}
