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

/// The other end: completes the future once; dropped without that, the future fails as cancelled, so that
/// nobody waits for ever.
pub(crate) struct Promise<R> {
    /// `None` once it is complete.
    shared: Option<Arc<Shared<R>>>,
}

struct Shared<R> {
    result: Lock<Option<Result<R, TaskError>>>,
    done: Condition,
}

pub(crate) fn promise<R>() -> (Promise<R>, Future<R>) {
    let shared = Arc::new(Shared { result: Lock::new(None), done: Condition::new() });
    (Promise { shared: Some(Arc::clone(&shared)) }, Future { shared })
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
    pub(crate) fn complete(mut self, result: Result<R, TaskError>) {
        self.complete_once(result);
    }

    fn complete_once(&mut self, result: Result<R, TaskError>) {
        if let Some(shared) = self.shared.take() {
            *shared.result.lock() = Some(result);
            shared.done.notify_all();
        }
    }
}

impl<R> Drop for Promise<R> {
    fn drop(&mut self) {
        self.complete_once(Err(TaskError::Cancelled));
    }
}

impl<R> fmt::Debug for Future<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Future").field("is_done", &self.is_done()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_future_that_is_not_done_comes_back_from_a_time_out() {
        let (promise, future) = promise();
        let future = future.result_timeout(Duration::ZERO).expect_err("nobody has completed it");
        assert!(!future.is_done());
        promise.complete(Ok(7));
        assert!(future.is_done());
        assert_eq!(future.result_timeout(Duration::ZERO).expect("it is done"), Ok(7));
    }

    #[test]
    fn who_waits_is_woken_by_the_promise() {
        let (promise, future) = promise();
        let waiting = std::thread::spawn(|| future.result_timeout(Duration::from_secs(60)));
        promise.complete(Ok("done"));
        assert_eq!(waiting.join().unwrap().expect("it was completed"), Ok("done"));
    }

    #[test]
    fn a_promise_that_is_dropped_fails_its_future() {
        let (promise, future) = promise::<()>();
        drop(promise);
        assert_eq!(future.result(), Err(TaskError::Cancelled));
    }
}
