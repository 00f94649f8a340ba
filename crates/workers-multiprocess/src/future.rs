//! The result of a task that may still be running, and the promise that brings it.

use crate::TaskError;
use locks::{Condition, Deadline, Lock};
use std::{fmt, sync::Arc};

/// The result of a task that was given to a pool.
///
/// Dropping it neither cancels the task nor waits for it. Waiting burns no processor time.
///
/// ```
/// use std::time::Duration;
/// use workers_multiprocess::ThreadPool;
///
/// let pool = ThreadPool::new(1)?;
/// let future = pool.submit(|x| x * 2, 21);
/// match future.result_timeout(Duration::from_secs(60)) {
///     Ok(result) => assert_eq!(result, Ok(42)),
///     Err(_future) => panic!("not done after a minute"),
/// }
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct Future<R> {
    shared: Arc<Shared<R>>,
}

/// The other end: completes the future once; dropped without that, the future fails as cancelled, so that nobody waits for ever.
pub(crate) struct Promise<R> {
    shared: Arc<Shared<R>>,
}

struct Shared<R> {
    result: Lock<Option<Result<R, TaskError>>>,
    done: Condition,
}

pub(crate) fn promise<R>() -> (Promise<R>, Future<R>) {
    let shared = Arc::new(Shared { result: Lock::new(None), done: Condition::new() });
    (Promise { shared: Arc::clone(&shared) }, Future { shared })
}

impl<R> Future<R> {
    /// Waits until the task is done, and returns its result.
    ///
    /// # Errors
    /// [`TaskError`] if the task has none.
    pub fn result(self) -> Result<R, TaskError> {
        match self.result_timeout(Deadline::NEVER) {
            Ok(result) => result,
            Err(_) => unreachable!("a wait without a deadline ends with a result"),
        }
    }

    /// Waits until the task is done, until `timeout` at most, and returns its result.
    ///
    /// # Errors
    /// The future itself on a time-out: the task goes on, and the future can be asked again.
    pub fn result_timeout(self, timeout: impl Into<Deadline>) -> Result<Result<R, TaskError>, Self> {
        let mut result = self.shared.result.lock();
        self.shared.done.wait_for_timeout(&mut result, timeout, |result| result.is_some());
        match result.take() {
            Some(result) => Ok(result),
            None => {
                drop(result);
                Err(self)
            }
        }
    }

    /// Whether the result is there: [`result`](Self::result) would not wait.
    pub fn is_done(&self) -> bool {
        self.shared.result.lock().is_some()
    }
}

impl<R> Promise<R> {
    pub(crate) fn complete(self, result: Result<R, TaskError>) {
        self.shared.complete_once(result);
    }
}

impl<R> Drop for Promise<R> {
    fn drop(&mut self) {
        self.shared.complete_once(Err(TaskError::Cancelled));
    }
}

impl<R> Shared<R> {
    fn complete_once(&self, new: Result<R, TaskError>) {
        let mut result = self.result.lock();
        // Taken results count as well: they were complete when the future let go of them.
        if result.is_none() {
            *result = Some(new);
        }
        drop(result);
        self.done.notify_all();
    }
}

impl<R> fmt::Debug for Future<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Future").field("is_done", &self.is_done()).finish_non_exhaustive()
    }
}
