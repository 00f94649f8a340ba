//! What can go wrong, an enum an operation; what could not be sent is given back.

use core::{error::Error, fmt};

/// There is no receiver any more; the item is given back.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct SendError<T>(pub T);

/// Why an item was not sent at once; it is given back.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum TrySendError<T> {
    /// There was no room; for a [rendezvous](super::rendezvous), nobody waited for it.
    Full(T),
    /// There is no receiver any more.
    Disconnected(T),
}

/// Why an item was not sent in time; it is given back.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum SendTimeoutError<T> {
    /// There was no room until the deadline.
    Timeout(T),
    /// There is no receiver any more.
    Disconnected(T),
}

/// There is no item, and no sender any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecvError;

/// Why there was no item to receive at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TryRecvError {
    /// Nothing was there.
    Empty,
    /// There is no item, and no sender any more.
    Disconnected,
}

/// Why there was no item to receive in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecvTimeoutError {
    /// Nothing was there until the deadline.
    Timeout,
    /// There is no item, and no sender any more.
    Disconnected,
}

const FULL: &str = "the channel is full";
const EMPTY: &str = "the channel is empty";
const LATE: &str = "the channel was not ready in time";
const NO_RECEIVER: &str = "the channel has no receiver any more";
const NO_SENDER: &str = "the channel is empty and has no sender any more";

impl<T> SendError<T> {
    /// The item that was not sent.
    ///
    /// ```
    /// assert_eq!(queue::channel::SendError("letter").into_inner(), "letter");
    /// ```
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T> TrySendError<T> {
    /// The item that was not sent.
    ///
    /// ```
    /// assert_eq!(queue::channel::TrySendError::Full("letter").into_inner(), "letter");
    /// ```
    pub fn into_inner(self) -> T {
        match self {
            Self::Full(item) | Self::Disconnected(item) => item,
        }
    }

    /// Whether there was no room.
    pub fn is_full(&self) -> bool {
        matches!(self, Self::Full(_))
    }

    /// Whether there is no receiver any more.
    pub fn is_disconnected(&self) -> bool {
        matches!(self, Self::Disconnected(_))
    }
}

impl<T> SendTimeoutError<T> {
    /// The item that was not sent.
    ///
    /// ```
    /// assert_eq!(queue::channel::SendTimeoutError::Timeout("letter").into_inner(), "letter");
    /// ```
    pub fn into_inner(self) -> T {
        match self {
            Self::Timeout(item) | Self::Disconnected(item) => item,
        }
    }

    /// Whether the deadline came first.
    pub fn is_timeout(&self) -> bool {
        matches!(self, Self::Timeout(_))
    }

    /// Whether there is no receiver any more.
    pub fn is_disconnected(&self) -> bool {
        matches!(self, Self::Disconnected(_))
    }
}

impl TryRecvError {
    /// Whether nothing was there.
    pub fn is_empty(&self) -> bool {
        *self == Self::Empty
    }

    /// Whether there is no sender any more.
    pub fn is_disconnected(&self) -> bool {
        *self == Self::Disconnected
    }
}

impl RecvTimeoutError {
    /// Whether the deadline came first.
    pub fn is_timeout(&self) -> bool {
        *self == Self::Timeout
    }

    /// Whether there is no sender any more.
    pub fn is_disconnected(&self) -> bool {
        *self == Self::Disconnected
    }
}

impl<T> From<SendError<T>> for TrySendError<T> {
    fn from(SendError(item): SendError<T>) -> Self {
        Self::Disconnected(item)
    }
}

impl<T> From<SendError<T>> for SendTimeoutError<T> {
    fn from(SendError(item): SendError<T>) -> Self {
        Self::Disconnected(item)
    }
}

impl From<RecvError> for TryRecvError {
    fn from(RecvError: RecvError) -> Self {
        Self::Disconnected
    }
}

impl From<RecvError> for RecvTimeoutError {
    fn from(RecvError: RecvError) -> Self {
        Self::Disconnected
    }
}

// Debug does not ask for `T: Debug`: an error must be printable whatever was sent.
impl<T> fmt::Debug for SendError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SendError(..)")
    }
}

impl<T> fmt::Debug for TrySendError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_full() { "Full(..)" } else { "Disconnected(..)" })
    }
}

impl<T> fmt::Debug for SendTimeoutError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_timeout() { "Timeout(..)" } else { "Disconnected(..)" })
    }
}

impl<T> fmt::Display for SendError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(NO_RECEIVER)
    }
}

impl<T> fmt::Display for TrySendError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_full() { FULL } else { NO_RECEIVER })
    }
}

impl<T> fmt::Display for SendTimeoutError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_timeout() { LATE } else { NO_RECEIVER })
    }
}

impl fmt::Display for RecvError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(NO_SENDER)
    }
}

impl fmt::Display for TryRecvError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_empty() { EMPTY } else { NO_SENDER })
    }
}

impl fmt::Display for RecvTimeoutError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_timeout() { LATE } else { NO_SENDER })
    }
}

impl<T> Error for SendError<T> {}
impl<T> Error for TrySendError<T> {}
impl<T> Error for SendTimeoutError<T> {}
impl Error for RecvError {}
impl Error for TryRecvError {}
impl Error for RecvTimeoutError {}
