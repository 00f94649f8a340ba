//! The side that sends.

use super::error::{SendError, SendTimeoutError, TrySendError};
use super::shared::Shared;
use crate::error::PutError;
use crate::queue::Queue;
use core::fmt;
use core::panic::{RefUnwindSafe, UnwindSafe};
use core::time::Duration;
use std::sync::Arc;
use std::time::Instant;

/// The side of a channel that sends. It can be cloned, and shared; when the last one has gone, receivers get
/// what is there, and then an error.
///
/// ```
/// let (sender, receiver) = queue::channel::unbounded();
/// let another = sender.clone();
/// sender.send(1).unwrap();
/// drop(sender);
/// another.send(2).unwrap();
/// drop(another);
/// assert_eq!((receiver.recv(), receiver.recv()), (Ok(1), Ok(2)));
/// assert!(receiver.recv().is_err());
/// ```
pub struct Sender<T> {
    shared: Arc<Shared<T>>,
}

// An item that is half sent cannot be seen: a send that panics has not begun, or is done.
impl<T> UnwindSafe for Sender<T> {}
impl<T> RefUnwindSafe for Sender<T> {}

impl<T> Sender<T> {
    pub(super) fn first(shared: Arc<Shared<T>>) -> Self {
        Self { shared }
    }

    pub(super) fn queue(&self) -> &Queue<T> {
        &self.shared.queue
    }

    /// Sends an item, waiting for room.
    ///
    /// # Errors
    /// [`SendError`] with the item if there is no receiver any more, also when the last one goes while it
    /// waits.
    ///
    /// ```
    /// use queue::channel::{self, SendError};
    /// let (sender, receiver) = channel::bounded(1);
    /// assert_eq!(sender.send("first"), Ok(()));
    /// drop(receiver);
    /// assert_eq!(sender.send("second"), Err(SendError("second")));
    /// ```
    #[inline]
    pub fn send(&self, msg: T) -> Result<(), SendError<T>> {
        self.queue().put(msg).map_err(|error| SendError(error.into_inner()))
    }

    /// Sends an item if there is room now. For a [rendezvous](super::rendezvous) there is if a receiver
    /// waits.
    ///
    /// # Errors
    /// [`TrySendError`] with the item.
    ///
    /// ```
    /// use queue::channel::{self, TrySendError};
    /// let (sender, receiver) = channel::rendezvous();
    /// assert_eq!(sender.try_send(1), Err(TrySendError::Full(1)), "nobody waits for it");
    /// drop(receiver);
    /// assert_eq!(sender.try_send(1), Err(TrySendError::Disconnected(1)));
    /// ```
    pub fn try_send(&self, msg: T) -> Result<(), TrySendError<T>> {
        self.queue().try_put(msg).map_err(|error| match error {
            PutError::Full(msg) => TrySendError::Full(msg),
            // A channel's queue rejects nothing.
            PutError::ShutDown(msg) | PutError::Rejected(msg) => TrySendError::Disconnected(msg),
        })
    }

    /// Sends an item, waiting for room so long at most; a time that no clock can hold is for ever.
    ///
    /// # Errors
    /// [`SendTimeoutError`] with the item.
    ///
    /// ```
    /// use queue::channel::{self, SendTimeoutError};
    /// use std::time::Duration;
    /// let (sender, receiver) = channel::bounded(1);
    /// assert_eq!(sender.send_timeout(1, Duration::MAX), Ok(()));
    /// assert_eq!(sender.send_timeout(2, Duration::from_millis(1)), Err(SendTimeoutError::Timeout(2)));
    /// # drop(receiver);
    /// ```
    pub fn send_timeout(&self, msg: T, timeout: Duration) -> Result<(), SendTimeoutError<T>> {
        self.queue().put_timeout(msg, timeout).map_err(late)
    }

    /// Sends an item, waiting for room until `deadline` at most.
    ///
    /// # Errors
    /// [`SendTimeoutError`] with the item.
    pub fn send_deadline(&self, msg: T, deadline: Instant) -> Result<(), SendTimeoutError<T>> {
        self.queue().put_timeout(msg, deadline).map_err(late)
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

    /// Whether both send into the same channel.
    ///
    /// ```
    /// let (sender, receiver) = queue::channel::unbounded::<u8>();
    /// assert!(sender.same_channel(&sender.clone()));
    /// # drop(receiver);
    /// ```
    pub fn same_channel(&self, other: &Sender<T>) -> bool {
        Arc::ptr_eq(&self.shared, &other.shared)
    }
}

/// What a send says that had a deadline.
fn late<T>(error: PutError<T>) -> SendTimeoutError<T> {
    match error {
        PutError::Full(msg) => SendTimeoutError::Timeout(msg),
        // A channel's queue rejects nothing.
        PutError::ShutDown(msg) | PutError::Rejected(msg) => SendTimeoutError::Disconnected(msg),
    }
}

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Self {
        // The part of the Arc first: it guards the count (C3 of `shared.rs`).
        let shared = Arc::clone(&self.shared);
        shared.sender_comes();
        Self { shared }
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        self.shared.sender_goes();
    }
}

impl<T> fmt::Debug for Sender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.shared.describe("Sender", f)
    }
}
