//! `Barrier`: the waits and the guard of a party; the algorithm is in `raw.rs`, its states are in `state.rs`.

mod raw;
mod state;

use crate::sync::{Deadline, Private, Scope};
use core::{convert::Infallible, error::Error, fmt, mem, ops::Deref};
pub use raw::{Arrival, Barrier, BrokenBarrier, Last};

/// Why a wait with an action did not pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ActionError<E> {
    /// The barrier is broken, by somebody else.
    Broken,
    /// We came last, and our action failed with this; the barrier is broken now.
    Failed(E),
}

impl<E: fmt::Display> fmt::Display for ActionError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Broken => raw::BrokenBarrier.fmt(f),
            Self::Failed(error) => write!(f, "the barrier's action failed: {error}"),
        }
    }
}

impl<E: Error + 'static> Error for ActionError<E> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Broken => None,
            Self::Failed(error) => Some(error),
        }
    }
}

impl<E> From<BrokenBarrier> for ActionError<E> {
    fn from(BrokenBarrier: BrokenBarrier) -> Self {
        Self::Broken
    }
}

impl<S: Scope> Barrier<S> {
    /// Waits until all have come, and says as how many-th we came: 0 the first, `parties - 1` the last.
    ///
    /// Who passes sees what all wrote before they came.
    ///
    /// # Errors
    /// [`BrokenBarrier`], if it is broken or reset before all have come; at once, if it is broken.
    pub fn wait(&self) -> Result<usize, BrokenBarrier> {
        self.wait_timeout(Deadline::NEVER)
    }

    /// As [`wait`](Self::wait), until `timeout` at most: who waits no longer breaks the barrier for all.
    ///
    /// ```
    /// use locks::{Barrier, BrokenBarrier};
    /// use std::time::Duration;
    ///
    /// let barrier = Barrier::new(2);
    /// assert_eq!(barrier.wait_timeout(Duration::from_millis(1)), Err(BrokenBarrier), "nobody else came");
    /// assert_eq!(barrier.wait(), Err(BrokenBarrier), "and it stays broken");
    /// barrier.reset();
    /// assert!(!barrier.broken());
    /// ```
    ///
    /// # Errors
    /// [`BrokenBarrier`], as for [`wait`](Self::wait); and if the deadline comes first.
    pub fn wait_timeout(&self, timeout: impl Into<Deadline>) -> Result<usize, BrokenBarrier> {
        self.wait_with_timeout(timeout, || Ok::<_, Infallible>(())).map_err(|error| match error {
            ActionError::Broken => BrokenBarrier,
            ActionError::Failed(never) => match never {},
        })
    }

    /// As [`wait`](Self::wait); the last to come runs its `action` before anybody passes. The others drop
    /// theirs.
    ///
    /// The action sees what all wrote before they came, and all see what it wrote. If it fails, or panics,
    /// the barrier is broken and nobody passes. It runs without a lock, and may use the barrier: to wait
    /// at it, too, but that would wait for ever.
    ///
    /// ```
    /// use locks::{ActionError, Barrier};
    ///
    /// let barrier = Barrier::new(1);
    /// let mut sum = 0;
    /// let index = barrier.wait_with(|| Ok::<_, String>(sum += 1));
    /// assert_eq!((index, sum), (Ok(0), 1));
    /// assert_eq!(barrier.wait_with(|| Err("no")), Err(ActionError::Failed("no")));
    /// assert!(barrier.broken());
    /// ```
    ///
    /// # Errors
    /// [`ActionError::Failed`] for the one whose action failed; [`ActionError::Broken`] as for
    /// [`wait`](Self::wait).
    pub fn wait_with<E>(&self, action: impl FnOnce() -> Result<(), E>) -> Result<usize, ActionError<E>> {
        self.wait_with_timeout(Deadline::NEVER, action)
    }

    /// As [`wait_with`](Self::wait_with), until `timeout` at most. The deadline is for the others to come:
    /// once all are there, the wait lasts as long as the action does.
    ///
    /// # Errors
    /// As for [`wait_with`](Self::wait_with); and [`ActionError::Broken`] if the deadline comes first.
    pub fn wait_with_timeout<E>(
        &self,
        timeout: impl Into<Deadline>,
        action: impl FnOnce() -> Result<(), E>,
    ) -> Result<usize, ActionError<E>> {
        match self.arrive(timeout)? {
            Arrival::Passed(index) => Ok(index),
            Arrival::Last(last) => {
                // Whether it returns an error or panics: `last` is dropped then, and breaks the barrier.
                action().map_err(ActionError::Failed)?;
                Ok(last.complete()?)
            }
        }
    }

    /// Takes part in the barrier until dropped.
    pub fn party(&self) -> Party<'_, S> {
        Party { barrier: self }
    }
}

/// One who takes part in a [`Barrier`], and breaks it by going away: the others are told, where they would
/// wait for ever.
///
/// Dropped, by a panic or by an early return, it [aborts](Barrier::abort) the barrier. A cycle that was
/// completed before passes all the same. Who goes away in good order says [`finish`](Self::finish).
///
/// ```
/// use locks::{Barrier, BrokenBarrier};
///
/// let barrier = Barrier::new(2);
/// std::thread::scope(|scope| {
///     let gone = scope.spawn(|| {
///         let _party = barrier.party();
///         panic!("on purpose");
///     });
///     assert_eq!(barrier.wait(), Err(BrokenBarrier), "told, not left waiting");
///     assert!(gone.join().is_err());
/// });
/// ```
#[derive(Debug)]
#[must_use = "dropped, it aborts the barrier"]
pub struct Party<'a, S: Scope = Private> {
    barrier: &'a Barrier<S>,
}

impl<S: Scope> Party<'_, S> {
    /// Goes away in good order: the barrier stays as it is.
    pub fn finish(self) {
        mem::forget(self);
    }
}

impl<S: Scope> Deref for Party<'_, S> {
    type Target = Barrier<S>;

    fn deref(&self) -> &Barrier<S> {
        self.barrier
    }
}

impl<S: Scope> Drop for Party<'_, S> {
    fn drop(&mut self) {
        self.barrier.abort();
    }
}
