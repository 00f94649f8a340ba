//! What can go wrong, an enum an operation; what could not be put is given back.

use core::{error::Error, fmt};

/// The queue was shut down; carries the item that was not put, if there was one.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ShutDown<T = ()>(pub T);

/// Why an item was not put; it is given back.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum PutError<T> {
    /// There was no room, at once or until the deadline.
    Full(T),
    /// The queue was shut down.
    ShutDown(T),
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
            Self::Full(item) | Self::ShutDown(item) => item,
        }
    }
}

// Debug does not ask for `T: Debug`: an error must be printable whatever was in the queue.
impl<T> fmt::Debug for ShutDown<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ShutDown(..)")
    }
}

impl<T> fmt::Debug for PutError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Full(_) => "Full(..)",
            Self::ShutDown(_) => "ShutDown(..)",
        })
    }
}

impl<T> fmt::Display for ShutDown<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the queue is shut down")
    }
}

impl<T> fmt::Display for PutError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Full(_) => "the queue is full",
            Self::ShutDown(_) => "the queue is shut down",
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

impl<T> Error for ShutDown<T> {}
impl<T> Error for PutError<T> {}
impl Error for GetError {}
impl Error for NotInWork {}
