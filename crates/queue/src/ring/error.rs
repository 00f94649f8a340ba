//! What can go wrong at a ring; what could not be pushed is given back.

use super::raw::Stop;
use core::{error::Error, fmt};

/// Why nothing more will come through a ring, or go into it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The other side was dropped.
    Closed,
    /// The other side died without closing, says whoever noticed:
    /// [`writer_died`](super::Ring::writer_died), [`reader_died`](super::Ring::reader_died).
    PeerDied,
    /// The other side, or somebody else who can write there, has left positions or lengths that cannot be.
    /// Nothing was touched on their account.
    Corrupt,
}

/// Why an item was not pushed; it is given back.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum PushError<T> {
    /// There was no room, at once or until the deadline.
    Full(T),
    /// The reader has ended, and has not read it.
    Ended(T, End),
}

/// Not all of several items were pushed before the reader ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PushAllError {
    /// How many were; the reader may have left some of them unread.
    pub pushed: usize,
    /// How the reader ended.
    pub end: End,
}

/// Why there was nothing to pop or to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PopError {
    /// Nothing was there, at once or until the deadline.
    Empty,
    /// The writer has ended, and all that it had published was taken.
    Ended(End),
}

/// Why a frame was not written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WriteError {
    /// The ring takes no frame of that length, not even when it is empty.
    TooLong {
        /// The frame's length, in bytes.
        len: usize,
        /// The longest that the ring takes.
        max: usize,
    },
    /// There was no room, at once or until the deadline.
    Full,
    /// The reader has ended, and has not read it.
    Ended(End),
}

impl<T> PushError<T> {
    /// The item that was not pushed.
    ///
    /// ```
    /// use queue::ring::{End, PushError};
    /// assert_eq!(PushError::Full(7).into_inner(), 7);
    /// assert_eq!(PushError::Ended(7, End::Closed).into_inner(), 7);
    /// ```
    pub fn into_inner(self) -> T {
        match self {
            Self::Full(item) | Self::Ended(item, _) => item,
        }
    }

    pub(super) fn new(item: T, stop: Stop) -> Self {
        match stop {
            Stop::TimedOut => Self::Full(item),
            Stop::Ended(end) => Self::Ended(item, end),
        }
    }
}

impl From<Stop> for PopError {
    fn from(stop: Stop) -> Self {
        match stop {
            Stop::TimedOut => Self::Empty,
            Stop::Ended(end) => Self::Ended(end),
        }
    }
}

impl From<Stop> for WriteError {
    fn from(stop: Stop) -> Self {
        match stop {
            Stop::TimedOut => Self::Full,
            Stop::Ended(end) => Self::Ended(end),
        }
    }
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Closed => "the other side of the ring is closed",
            Self::PeerDied => "the other side of the ring died",
            Self::Corrupt => "the ring holds what cannot be: its memory was overwritten",
        })
    }
}

// Debug does not ask for `T: Debug`: an error must be printable whatever was to be pushed.
impl<T> fmt::Debug for PushError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Full(_) => f.write_str("Full(..)"),
            Self::Ended(_, end) => write!(f, "Ended(.., {end:?})"),
        }
    }
}

impl<T> fmt::Display for PushError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Full(_) => f.write_str("the ring is full"),
            Self::Ended(_, end) => end.fmt(f),
        }
    }
}

impl fmt::Display for PushAllError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; {} items were pushed before", self.end, self.pushed)
    }
}

impl fmt::Display for PopError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("the ring is empty"),
            Self::Ended(end) => end.fmt(f),
        }
    }
}

impl fmt::Display for WriteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong { len, max } => {
                write!(f, "a frame of {len} bytes is too long: the ring takes {max} at most")
            }
            Self::Full => f.write_str("the ring is full"),
            Self::Ended(end) => end.fmt(f),
        }
    }
}

impl Error for End {}
impl<T> Error for PushError<T> {}
impl Error for PushAllError {}
impl Error for PopError {}
impl Error for WriteError {}
