//! `Queue<T>`: the public face; its critical sections are in `state.rs`.

mod state;

use crate::sync::{Condition, Deadline, Lock, LockGuard};
use crate::{GetError, NotInWork, PutError, ShutDown};
use core::fmt;
use state::State;

/// A first-in first-out queue for any number of putters and getters: Python's `queue.Queue`.
///
/// One lock around a ring buffer, and three conditions, as in CPython: so every operation is one critical
/// section, the order is global, and a thread that waits is woken only for a reason, in order of arrival. No
/// user code (`Drop`, `Clone`) runs under the lock.
pub struct Queue<T> {
    state: Lock<State<T>>,
    not_empty: Condition,
    not_full: Condition,
    all_done: Condition,
}

/// How a queue ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shutdown {
    /// Nothing more is put; what is there can still be taken.
    Drain,
    /// Nothing more is put, and what is there is taken out at once and counts as done.
    Discard,
}

impl<T> Queue<T> {
    /// A queue of at most `maxsize` items; 0 means no bound, as in Python.
    ///
    /// ```
    /// use queue::Queue;
    /// assert_eq!(Queue::<u8>::new(0).capacity(), None);
    /// assert_eq!(Queue::<u8>::new(3).capacity(), Some(3));
    /// ```
    pub fn new(maxsize: usize) -> Self {
        Self {
            state: Lock::new(State::new((maxsize > 0).then_some(maxsize))),
            not_empty: Condition::new(),
            not_full: Condition::new(),
            all_done: Condition::new(),
        }
    }

    /// A queue of at most `capacity` items.
    ///
    /// # Panics
    /// If `capacity` is 0: a queue that hands over without room for an item is not built yet.
    pub fn bounded(capacity: usize) -> Self {
        assert!(capacity > 0, "a bounded queue has room for one item at least");
        Self::new(capacity)
    }

    /// A queue without a bound: putting never waits.
    pub fn unbounded() -> Self {
        Self::new(0)
    }

    /// Puts an item at the end, waiting for room.
    ///
    /// # Errors
    /// [`ShutDown`] with the item, also when the shutdown comes while it waits.
    pub fn put(&self, item: T) -> Result<(), ShutDown<T>> {
        self.put_timeout(item, Deadline::NEVER).map_err(|error| ShutDown(error.into_inner()))
    }

    /// Puts an item at the end if there is room now.
    ///
    /// # Errors
    /// [`PutError`] with the item.
    ///
    /// ```
    /// use queue::{PutError, Queue};
    /// let queue = Queue::bounded(1);
    /// assert_eq!(queue.try_put(1), Ok(()));
    /// assert_eq!(queue.try_put(2), Err(PutError::Full(2)));
    /// ```
    pub fn try_put(&self, item: T) -> Result<(), PutError<T>> {
        self.put_locked(self.state.lock(), item)
    }

    /// Puts an item at the end, waiting for room until `timeout` at most.
    ///
    /// # Errors
    /// [`PutError`] with the item.
    pub fn put_timeout(&self, item: T, timeout: impl Into<Deadline>) -> Result<(), PutError<T>> {
        let mut state = self.state.lock();
        if state.must_wait_to_put() {
            self.not_full.wait_for_timeout(&mut state, timeout, |state| !state.must_wait_to_put());
        }
        self.put_locked(state, item)
    }

    /// Takes the oldest item, waiting for one.
    ///
    /// # Errors
    /// [`ShutDown`] when the queue is shut down and empty.
    pub fn get(&self) -> Result<T, ShutDown> {
        self.get_timeout(Deadline::NEVER).map_err(|_| ShutDown(()))
    }

    /// Takes the oldest item if there is one now.
    ///
    /// # Errors
    /// [`GetError`]: empty, or empty and shut down.
    pub fn try_get(&self) -> Result<T, GetError> {
        self.get_locked(self.state.lock())
    }

    /// Takes the oldest item, waiting for one until `timeout` at most.
    ///
    /// # Errors
    /// [`GetError`]: empty until then, or empty and shut down.
    ///
    /// ```
    /// use queue::{GetError, Queue};
    /// use std::time::Duration;
    /// let queue = Queue::<u8>::unbounded();
    /// assert_eq!(queue.get_timeout(Duration::from_millis(1)), Err(GetError::Empty));
    /// ```
    pub fn get_timeout(&self, timeout: impl Into<Deadline>) -> Result<T, GetError> {
        let mut state = self.state.lock();
        if state.must_wait_to_get() {
            self.not_empty.wait_for_timeout(&mut state, timeout, |state| !state.must_wait_to_get());
        }
        self.get_locked(state)
    }

    /// Says that the work on one item, taken earlier, is finished.
    ///
    /// # Errors
    /// [`NotInWork`] if that has been said for every item put so far.
    pub fn task_done(&self) -> Result<(), NotInWork> {
        let mut state = self.state.lock();
        let left = state.finish(1)?;
        drop(state);
        if left == 0 {
            self.all_done.notify_all();
        }
        Ok(())
    }

    /// Waits until the work on every item put so far is finished.
    ///
    /// ```
    /// let queue = queue::Queue::unbounded();
    /// queue.put("work").unwrap();
    /// std::thread::scope(|scope| {
    ///     scope.spawn(|| {
    ///         let _work = queue.get().unwrap();
    ///         queue.task_done().unwrap();
    ///     });
    ///     queue.join();
    /// });
    /// assert_eq!(queue.unfinished_tasks(), 0);
    /// ```
    pub fn join(&self) {
        self.join_timeout(Deadline::NEVER);
    }

    /// As [`join`](Self::join), until `timeout` at most; says whether all work is finished.
    pub fn join_timeout(&self, timeout: impl Into<Deadline>) -> bool {
        let mut state = self.state.lock();
        self.all_done.wait_for_timeout(&mut state, timeout, |state| state.unfinished() == 0)
    }

    /// Ends the queue: nothing more is put. Returns what [`Shutdown::Discard`] took out, in order; nothing
    /// for [`Shutdown::Drain`].
    ///
    /// Those who wait to put get their item back. Those who wait to get leave with an error once the queue is
    /// empty. A discarded item counts as done; [`join`](Self::join) still waits for items taken before.
    /// May be called again, and `Drain` may be followed by `Discard`.
    ///
    /// ```
    /// use queue::{GetError, Queue, Shutdown};
    /// let queue = Queue::unbounded();
    /// queue.put(1).unwrap();
    /// assert_eq!(queue.shutdown(Shutdown::Drain), []);
    /// assert!(queue.put(2).is_err());
    /// assert_eq!(queue.shutdown(Shutdown::Discard), [1]);
    /// assert_eq!(queue.try_get(), Err(GetError::ShutDown));
    /// ```
    pub fn shutdown(&self, how: Shutdown) -> Vec<T> {
        let mut state = self.state.lock();
        let (discarded, all_done) = state.shut(how);
        drop(state);
        self.not_empty.notify_all();
        self.not_full.notify_all();
        if all_done {
            self.all_done.notify_all();
        }
        discarded.into()
    }

    /// Whether [`shutdown`](Self::shutdown) has been called.
    pub fn is_shutdown(&self) -> bool {
        self.state.lock().is_shut()
    }

    /// How many items are in the queue at this moment.
    pub fn len(&self) -> usize {
        self.state.lock().len()
    }

    /// Whether no item is in the queue at this moment. A loop that ends on it ends too early: see
    /// [`iter`](Self::iter).
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether there is no room at this moment; never for a queue without a bound.
    pub fn is_full(&self) -> bool {
        self.state.lock().is_full()
    }

    /// How many items there is room for; `None` without a bound.
    pub fn capacity(&self) -> Option<usize> {
        self.state.lock().capacity()
    }

    /// How many items were put and are not done yet.
    pub fn unfinished_tasks(&self) -> usize {
        self.state.lock().unfinished()
    }

    fn put_locked(&self, mut state: LockGuard<'_, State<T>>, item: T) -> Result<(), PutError<T>> {
        state.push(item)?;
        drop(state);
        self.not_empty.notify_one();
        Ok(())
    }

    fn get_locked(&self, mut state: LockGuard<'_, State<T>>) -> Result<T, GetError> {
        let item = state.pop()?;
        drop(state);
        self.not_full.notify_one();
        Ok(item)
    }
}

impl<T> fmt::Debug for Queue<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.state.lock();
        f.debug_struct("Queue")
            .field("len", &state.len())
            .field("capacity", &state.capacity())
            .field("unfinished_tasks", &state.unfinished())
            .field("is_shutdown", &state.is_shut())
            .finish_non_exhaustive()
    }
}
