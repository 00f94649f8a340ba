//! The side that receives.

use super::error::{RecvError, RecvTimeoutError, TryRecvError};
use super::iter::{IntoIter, Iter, TryIter};
use super::shared::Shared;
use crate::error::{GetError, ShutDown};
use crate::queue::Queue;
use core::fmt;
use core::panic::{RefUnwindSafe, UnwindSafe};
use core::time::Duration;
use std::sync::Arc;
use std::time::Instant;

/// The side of a channel that receives. It can be cloned, and shared: each item is received once. When the
/// last one has gone, what is in the channel is dropped, and senders get their items back.
///
/// ```
/// use queue::channel::{self, SendError};
/// let (sender, receiver) = channel::unbounded();
/// let another = receiver.clone();
/// drop(receiver);
/// assert_eq!(sender.send(1), Ok(()));
/// assert_eq!(another.recv(), Ok(1));
/// drop(another);
/// assert_eq!(sender.send(2), Err(SendError(2)));
/// ```
pub struct Receiver<T> {
    shared: Arc<Shared<T>>,
}

// An item that is half received cannot be seen: a receive that panics has not begun, or is done.
impl<T> UnwindSafe for Receiver<T> {}
impl<T> RefUnwindSafe for Receiver<T> {}

impl<T> Receiver<T> {
    pub(super) fn first(shared: Arc<Shared<T>>) -> Self {
        Self { shared }
    }

    pub(super) fn queue(&self) -> &Queue<T> {
        &self.shared.queue
    }

    /// Receives the next item, waiting for one.
    ///
    /// # Errors
    /// [`RecvError`] when there is no item and no sender any more.
    ///
    /// ```
    /// use queue::channel::{self, RecvError};
    /// let (sender, receiver) = channel::bounded(1);
    /// sender.send(1).unwrap();
    /// drop(sender);
    /// assert_eq!(receiver.recv(), Ok(1));
    /// assert_eq!(receiver.recv(), Err(RecvError));
    /// ```
    #[inline]
    pub fn recv(&self) -> Result<T, RecvError> {
        self.queue().get().map_err(|ShutDown| RecvError)
    }

    /// Receives the next item if there is one now. For a [rendezvous](super::rendezvous) there is if a sender
    /// waits.
    ///
    /// # Errors
    /// [`TryRecvError`]: empty, or empty and without a sender.
    ///
    /// ```
    /// use queue::channel::{self, TryRecvError};
    /// let (sender, receiver) = channel::unbounded::<u8>();
    /// assert_eq!(receiver.try_recv(), Err(TryRecvError::Empty));
    /// drop(sender);
    /// assert_eq!(receiver.try_recv(), Err(TryRecvError::Disconnected));
    /// ```
    pub fn try_recv(&self) -> Result<T, TryRecvError> {
        self.queue().try_get().map_err(|error| match error {
            GetError::Empty => TryRecvError::Empty,
            GetError::ShutDown => TryRecvError::Disconnected,
        })
    }

    /// Receives the next item, waiting for one so long at most; a time that no clock can hold is for ever.
    ///
    /// # Errors
    /// [`RecvTimeoutError`]: empty until then, or empty and without a sender.
    ///
    /// ```
    /// use queue::channel::{self, RecvTimeoutError};
    /// use std::time::Duration;
    /// let (sender, receiver) = channel::unbounded::<u8>();
    /// let soon = Duration::from_millis(1);
    /// assert_eq!(receiver.recv_timeout(soon), Err(RecvTimeoutError::Timeout));
    /// drop(sender);
    /// assert_eq!(receiver.recv_timeout(Duration::MAX), Err(RecvTimeoutError::Disconnected));
    /// ```
    pub fn recv_timeout(&self, timeout: Duration) -> Result<T, RecvTimeoutError> {
        self.queue().get_timeout(timeout).map_err(late)
    }

    /// Receives the next item, waiting for one until `deadline` at most.
    ///
    /// # Errors
    /// [`RecvTimeoutError`]: empty until then, or empty and without a sender.
    pub fn recv_deadline(&self, deadline: Instant) -> Result<T, RecvTimeoutError> {
        self.queue().get_timeout(deadline).map_err(late)
    }

    /// Receives items, waiting for each, until there is no item and no sender any more.
    ///
    /// ```
    /// let (sender, receiver) = queue::channel::unbounded();
    /// (1..=3).for_each(|item| sender.send(item).unwrap());
    /// drop(sender);
    /// assert_eq!(receiver.iter().sum::<u32>(), 6);
    /// ```
    pub fn iter(&self) -> Iter<'_, T> {
        Iter { receiver: self }
    }

    /// Receives the items that are there, without waiting.
    ///
    /// ```
    /// let (sender, receiver) = queue::channel::unbounded();
    /// (1..=3).for_each(|item| sender.send(item).unwrap());
    /// assert_eq!(receiver.try_iter().collect::<Vec<_>>(), [1, 2, 3]);
    /// ```
    pub fn try_iter(&self) -> TryIter<'_, T> {
        TryIter { receiver: self }
    }

    /// Whether no item is in the channel at this moment. Always so for a [rendezvous](super::rendezvous).
    pub fn is_empty(&self) -> bool {
        self.queue().is_empty()
    }

    /// Whether there is no room at this moment. Always so for a [rendezvous](super::rendezvous).
    pub fn is_full(&self) -> bool {
        self.queue().is_full()
    }

    /// How many items are in the channel at this moment. Without a bound it takes a lock.
    pub fn len(&self) -> usize {
        self.queue().len()
    }

    /// How many items there is room for; `None` without a bound.
    pub fn capacity(&self) -> Option<usize> {
        self.queue().capacity()
    }

    /// Whether both receive from the same channel.
    ///
    /// ```
    /// let (sender, receiver) = queue::channel::unbounded::<u8>();
    /// assert!(receiver.same_channel(&receiver.clone()));
    /// # drop(sender);
    /// ```
    pub fn same_channel(&self, other: &Receiver<T>) -> bool {
        Arc::ptr_eq(&self.shared, &other.shared)
    }
}

/// What a receive says that had a deadline.
fn late(error: GetError) -> RecvTimeoutError {
    match error {
        GetError::Empty => RecvTimeoutError::Timeout,
        GetError::ShutDown => RecvTimeoutError::Disconnected,
    }
}

impl<T> Clone for Receiver<T> {
    fn clone(&self) -> Self {
        // The part of the Arc first: it guards the count (C3 of `shared.rs`).
        let shared = Arc::clone(&self.shared);
        shared.receiver_comes();
        Self { shared }
    }
}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        self.shared.receiver_goes();
    }
}

impl<T> fmt::Debug for Receiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.shared.describe("Receiver", f)
    }
}

impl<'a, T> IntoIterator for &'a Receiver<T> {
    type Item = T;
    type IntoIter = Iter<'a, T>;

    fn into_iter(self) -> Iter<'a, T> {
        self.iter()
    }
}

impl<T> IntoIterator for Receiver<T> {
    type Item = T;
    type IntoIter = IntoIter<T>;

    fn into_iter(self) -> IntoIter<T> {
        IntoIter { receiver: self }
    }
}
