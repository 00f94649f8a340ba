//! What can go wrong, an enum an operation; what could not be put is given back.

use core::{error::Error, fmt};

/// The queue was shut down, and all that was in it has been taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShutDown;

/// Why an item was not put; it is given back.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum PutError<T> {
    /// There was no room, at once or until the deadline.
    Full(T),
    /// The queue was shut down.
    ShutDown(T),
    /// The [`Store`](crate::Store) of the queue refused it.
    Rejected(T),
}

/// Why there was no item to get.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GetError {
    /// Nothing was there, at once or until the deadline.
    Empty,
    /// The queue was shut down, and all that was in it has been taken.
    ShutDown,
}

/// `task_done` was called more often than items were put; nothing was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotInWork;

impl<T> PutError<T> {
    /// The item that was not put.
    ///
    /// ```
    /// let queue = queue::Queue::bounded(1);
    /// queue.put("first").unwrap();
    /// assert_eq!(queue.try_put("second").unwrap_err().into_inner(), "second");
    /// ```
    pub fn into_inner(self) -> T {
        match self {
            Self::Full(item) | Self::ShutDown(item) | Self::Rejected(item) => item,
        }
    }

    /// The same reason, with `change` made to the item.
    ///
    /// ```
    /// assert_eq!(queue::PutError::Full(2).map(|item| item + 1), queue::PutError::Full(3));
    /// ```
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> PutError<U> {
        match self {
            Self::Full(item) => PutError::Full(change(item)),
            Self::ShutDown(item) => PutError::ShutDown(change(item)),
            Self::Rejected(item) => PutError::Rejected(change(item)),
        }
    }
}

// Debug does not ask for `T: Debug`: an error must be printable whatever was in the queue.
impl<T> fmt::Debug for PutError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Full(_) => "Full(..)",
            Self::ShutDown(_) => "ShutDown(..)",
            Self::Rejected(_) => "Rejected(..)",
        })
    }
}

impl fmt::Display for ShutDown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the queue is shut down")
    }
}

impl<T> fmt::Display for PutError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Full(_) => "the queue is full",
            Self::ShutDown(_) => "the queue is shut down",
            Self::Rejected(_) => "the queue's store refused the item",
        })
    }
}

impl fmt::Display for GetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "the queue is empty",
            Self::ShutDown => "the queue is shut down",
        })
    }
}

impl fmt::Display for NotInWork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("task_done was called more often than items were put")
    }
}

impl Error for ShutDown {}
impl<T> Error for PutError<T> {}
impl Error for GetError {}
impl Error for NotInWork {}
