//! One connection, to be written to.

use super::meeting::Stream;
use locks::Lock;
use std::{
    io::{self, ErrorKind, Write},
    net::Shutdown,
    time::Duration,
};

/// How long is waited for a worker that does not read though it should; and for one that is dead, to be read to its end.
pub(super) const PATIENCE: Duration = Duration::from_secs(1);

/// Two connections.
#[derive(Debug)]
pub(super) struct Links {
    pub(super) messages: Link,
    pub(super) control: Link,
}

/// One connection.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) stream: Stream,
    /// Held by whoever writes a frame.
    writing: Lock<()>,
}

impl Link {
    pub(super) fn new(stream: Stream) -> Self {
        Self { stream, writing: Lock::new(()) }
    }

    /// The pool's: who does not read does not keep it for ever.
    pub(super) fn impatient(stream: Stream) -> io::Result<Self> {
        stream.set_write_timeout(Some(PATIENCE))?;
        Ok(Self::new(stream))
    }

    /// Writes what fits into the connection if the other side has read what was sent before.
    pub(super) fn write(&self, frame: &[u8]) -> io::Result<()> {
        let _alone = self.writing.try_lock_for(PATIENCE).ok_or(ErrorKind::WouldBlock)?;
        (&self.stream).write_all(frame)
    }

    /// Writes a frame of any length, however long that takes.
    pub(super) fn write_patiently(&self, mut frame: &[u8]) -> io::Result<()> {
        let _alone = self.writing.lock();
        while !frame.is_empty() {
            match (&self.stream).write(frame) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(len) => frame = &frame[len..],
                Err(error) => match error.kind() {
                    ErrorKind::Interrupted | ErrorKind::WouldBlock | ErrorKind::TimedOut => {}
                    _ => return Err(error),
                },
            }
        }
        Ok(())
    }

    pub(super) fn shut_down(&self, how: Shutdown) {
        // The only error is that it is.
        let _ = self.stream.shutdown(how);
    }
}
