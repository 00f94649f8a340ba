//! The result of a task that may still be running, and the promise that brings it.

mod shared;

use crate::{TaskError, panic, watch::Watch};
use locks::Deadline;
pub use shared::Canceller;
use shared::Shared;
use std::{
    fmt,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

/// The result of a task that was given to a pool: Python's `concurrent.futures.Future`.
///
/// Wait for it here, or `.await` it in any runtime. Dropping it neither cancels the task nor waits for it.
/// Waiting burns no processor time.
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
pub struct Promise<R> {
    /// `None` once it is complete.
    shared: Option<Arc<Shared<R>>>,
}

/// A promise and its future, whose task cannot be cancelled.
pub fn promise<R>() -> (Promise<R>, Future<R>) {
    pair(None)
}

/// A promise and its future; `canceller` is asked, with `ticket`, when the future is cancelled.
pub fn promise_with<R>(canceller: Arc<dyn Canceller>, ticket: u64) -> (Promise<R>, Future<R>) {
    pair(Some((canceller, ticket)))
}

fn pair<R>(canceller: Option<(Arc<dyn Canceller>, u64)>) -> (Promise<R>, Future<R>) {
    let shared = Arc::new(Shared::new(canceller));
    (Promise { shared: Some(Arc::clone(&shared)) }, Future { shared })
}

impl<R> Future<R> {
    /// Waits until the task is done, and returns its result.
    ///
    /// In a task of the same [`ThreadPool`](crate::ThreadPool) it runs the task itself if no thread has begun
    /// it: a task may wait for another, however few threads there are.
    ///
    /// # Errors
    /// [`TaskError`] if the task has none.
    pub fn result(self) -> Result<R, TaskError> {
        self.shared.help();
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
        self.shared.wait_and_take(timeout.into()).ok_or(self)
    }

    /// Whether the result is there: [`result`](Self::result) would not wait.
    pub fn is_done(&self) -> bool {
        self.shared.is_done()
    }

    /// Whether the task was cancelled: by [`cancel`](Self::cancel), or with all that were pending.
    pub fn is_cancelled(&self) -> bool {
        self.error() == Some(TaskError::Cancelled)
    }

    /// Why the task has no result, if it is done and has none; does not wait.
    ///
    /// ```
    /// # use workers_multiprocess::{TaskError, ThreadPool, When, wait};
    /// let pool = ThreadPool::new(1)?;
    /// let (done, _) = wait([pool.submit(|n: u32| 1 / n, 0)], None::<std::time::Duration>, When::All);
    /// assert!(matches!(done[0].error(), Some(TaskError::Panicked { message, .. }) if message.contains("zero")));
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn error(&self) -> Option<TaskError> {
        self.shared.error()
    }

    /// Cancels the task, if it is not too late; says whether the task is cancelled, by this call or before.
    ///
    /// A thread's task can be cancelled until a thread begins it. A process's task also while it runs: its
    /// worker is killed, and replaced. The future ends as [`TaskError::Cancelled`] before this returns `true`,
    /// whatever result comes in then.
    ///
    /// ```
    /// # use workers_multiprocess::{TaskError, ThreadPool};
    /// # use std::sync::mpsc;
    /// let pool = ThreadPool::new(1)?;
    /// let (release, released) = mpsc::channel::<()>();
    /// let (begin, begun) = mpsc::channel();
    /// let busy = pool.submit(move |()| (begin.send(()), released.recv()).1.is_err(), ());
    /// let behind = pool.submit(|()| unreachable!("it is cancelled"), ());
    /// assert!(behind.cancel());
    /// assert_eq!(behind.result(), Err::<(), _>(TaskError::Cancelled));
    ///
    /// begun.recv().unwrap();
    /// assert!(!busy.cancel(), "a thread cannot be stopped");
    /// drop(release);
    /// assert_eq!(busy.result(), Ok(true));
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn cancel(&self) -> bool {
        self.shared.cancel(|canceller, ticket| canceller.cancel(ticket))
    }

    /// As [`cancel`](Self::cancel), of a task that has not begun only.
    pub(crate) fn take_back(&self) -> bool {
        self.shared.cancel(|canceller, ticket| canceller.take_back(ticket))
    }

    /// Has `callback` called once with the result: by the thread that completes the future, before anybody
    /// who waits has the result; or at once, if it is done.
    ///
    /// Callbacks are called in the order in which they were added. A panic of one is printed, and the others
    /// are called.
    ///
    /// ```
    /// # use workers_multiprocess::ThreadPool;
    /// # use std::sync::mpsc;
    /// let pool = ThreadPool::new(1)?;
    /// let (tell, told) = mpsc::channel();
    /// let future = pool.submit(|(a, b)| a + b, (3, 4));
    /// future.add_done_callback(move |result| tell.send(format!("{result:?}")).unwrap());
    /// assert_eq!(future.result(), Ok(7));
    /// assert_eq!(told.try_recv().unwrap(), "Ok(7)");
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn add_done_callback(&self, callback: impl FnOnce(&Result<R, TaskError>) + Send + 'static) {
        self.shared.add_callback(Box::new(callback));
    }
}

/// For who waits for several futures.
impl<R> Future<R> {
    pub(crate) fn watch(&self, watch: &Arc<Watch>, key: usize) {
        self.shared.watch(watch, key);
    }

    pub(crate) fn unwatch(&self, watch: &Arc<Watch>) {
        self.shared.unwatch(watch);
    }

    pub(crate) fn help(&self) {
        self.shared.help();
    }
}

/// Awaiting the result, in any runtime. Dropping it does not cancel the task.
///
/// # Panics
/// If it is polled again after it was ready.
impl<R> std::future::Future for Future<R> {
    type Output = Result<R, TaskError>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match self.shared.take_or_wake(context.waker()) {
            Some(result) => Poll::Ready(result),
            None => Poll::Pending,
        }
    }
}

impl<R> Promise<R> {
    /// Completes the future, and calls its callbacks. A future that was cancelled before keeps its end, and
    /// the result is dropped.
    pub fn complete(mut self, result: Result<R, TaskError>) {
        self.complete_once(result);
    }

    fn complete_once(&mut self, result: Result<R, TaskError>) {
        if let Some(shared) = self.shared.take()
            && let Err(unwanted) = shared.complete(result)
        {
            panic::discard(unwanted);
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
