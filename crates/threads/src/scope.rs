//! Threads that may borrow, since they end before what they borrow does.

use crate::{Handle, Thread};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::{fmt, io, thread};

/// Where scoped threads are started: clones are the same scope, so that a thread of it can start others.
#[derive(Clone)]
pub struct Scope<'scope, 'env: 'scope> {
    threads: &'scope thread::Scope<'scope, 'env>,
    /// A thread has panicked, and nobody took that.
    panicked: Arc<AtomicBool>,
}

/// Runs `f`, which may start threads that borrow what is outside, and waits until they have ended.
///
/// The [`Handle`]s are those of any thread, with names, timeouts and panics as errors. It is `std`'s scope that
/// sees to the borrowing.
///
/// # Panics
/// If a thread has panicked that nobody joined, when all have ended; or as `f` does.
///
/// ```
/// use threads::Thread;
///
/// let mut words = vec!["one", "two"];
/// let longest = threads::scope(|scope| {
///     let longest = Thread::new(|| words.iter().map(|word| word.len()).max()).name("reader");
///     let longest = longest.start_in(&scope)?;
///     let count = scope.spawn(|| words.len())?;
///     assert_eq!(count.join(), Ok(2));
///     Ok::<_, std::io::Error>(longest.join())
/// })?;
/// words.push("they are ours again");
/// assert_eq!(longest, Ok(Some(3)));
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn scope<'env, R>(f: impl for<'scope> FnOnce(Scope<'scope, 'env>) -> R) -> R {
    let panicked = Arc::new(AtomicBool::new(false));
    let result = thread::scope(|threads| f(Scope { threads, panicked: Arc::clone(&panicked) }));
    // Relaxed: the scope has waited for all who could say so.
    assert!(!panicked.load(Relaxed), "a scoped thread panicked, and nobody joined it");
    result
}

impl<'scope, 'env> Scope<'scope, 'env> {
    /// Starts a thread that runs `function`: `Thread::new(function).start_in(&scope)` for short.
    ///
    /// # Errors
    /// As [`Thread::start`].
    pub fn spawn<F, T>(&self, function: F) -> io::Result<Handle<T>>
    where
        F: FnOnce() -> T + Send + 'scope,
        T: Send + 'scope,
    {
        Thread::new(function).start_in(self)
    }

    pub(crate) fn threads(&self) -> &'scope thread::Scope<'scope, 'env> {
        self.threads
    }

    pub(crate) fn panicked(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.panicked)
    }
}

impl fmt::Debug for Scope<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scope").finish_non_exhaustive()
    }
}
