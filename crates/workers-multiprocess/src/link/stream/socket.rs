//! The connection for what must be heard while a task runs.

use super::{
    super::message::{FromWorker, ToWorker},
    AT_ONCE, File, FileRef, Parent, Process, Region,
    frames::{self, Frames, MESSAGE},
};
use crate::wire;
use locks::{Deadline, Lock};
use serde::{Serialize, de::DeserializeOwned};
use std::{
    io::{self, ErrorKind},
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

/// One end.
#[derive(Debug)]
pub(crate) struct Socket {
    region: Arc<Region>,
    frames: Lock<Frames>,
}

impl Socket {
    pub(super) fn new(region: Arc<Region>) -> Self {
        Self { region, frames: Lock::default() }
    }

    /// Sends a message.
    pub(crate) fn send<T: Serialize>(&self, message: &T, _: &[FileRef<'_>]) -> io::Result<()> {
        let links = self.region.links().ok_or(ErrorKind::NotConnected)?;
        links.control.write(&encoded(message)?)
    }

    /// As [`send`](Self::send): the pool waits for nobody who should read and does not.
    pub(crate) fn try_send<T: Serialize>(&self, message: &T, files: &[FileRef<'_>]) -> io::Result<()> {
        self.send(message, files)
    }

    /// Nothing more comes than is asked for.
    pub(crate) fn try_receive<T: DeserializeOwned>(&self) -> io::Result<Option<(T, Vec<File>)>> {
        Err(ErrorKind::WouldBlock.into())
    }

    /// The next message; `None` at the end. It is an error if none comes while the connection may wait.
    pub(super) fn receive<T: DeserializeOwned>(&self) -> io::Result<Option<T>> {
        let links = self.region.links().ok_or(ErrorKind::NotConnected)?;
        let mut frames = self.frames.lock();
        loop {
            match frames.next() {
                Ok(Some((MESSAGE, bytes))) => {
                    return wire::read_last(bytes).map(Some).map_err(io::Error::other);
                }
                Ok(None) => {
                    if frames.fill(&mut &links.control.stream)? == 0 {
                        return Ok(None);
                    }
                }
                Ok(Some(_)) | Err(_) => return Err(io::Error::other("a message that cannot be")),
            }
        }
    }

    fn wait_at_most(&self, time: Option<Duration>) -> io::Result<()> {
        let links = self.region.links().ok_or(ErrorKind::NotConnected)?;
        links.control.stream.set_read_timeout(time)
    }

    /// What a worker that was started says first; `None` if it ends before.
    ///
    /// # Errors
    /// [`ErrorKind::TimedOut`] when it is too late.
    pub(crate) fn greeting(&self, _: &Process, until: Instant) -> io::Result<Option<FromWorker>> {
        if !self.region.has_come.wait_timeout(Deadline::from(until)) {
            return Err(ErrorKind::TimedOut.into());
        }
        if self.region.links().is_none() {
            return Ok(None);
        }
        loop {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(ErrorKind::TimedOut.into());
            }
            self.wait_at_most(Some(left))?;
            match self.receive() {
                Err(error) if is_nothing_yet(&error) => {}
                said => return said,
            }
        }
    }

    /// The worker: what the pool says while a task runs; `None` when there is no pool any more.
    pub(crate) fn listen(&self, parent: &Parent) -> Option<(ToWorker, Vec<File>)> {
        self.wait_at_most(Parent::LOOK).ok()?;
        loop {
            match self.receive() {
                Ok(said) => {
                    if let Some(ToWorker::Cancel { ticket }) = said {
                        self.region.is_cancelled(ticket);
                    }
                    return said.map(|said| (said, Vec::new()));
                }
                Err(error) if is_nothing_yet(&error) && parent.is_there() => {}
                Err(_) => return None,
            }
        }
    }
}

/// Sends what a worker is to be, of any length.
pub(super) fn send_config(region: &Arc<Region>, config: super::Config) -> io::Result<()> {
    let (region, frame) = (Arc::clone(region), encoded(&ToWorker::Config(config))?);
    let is_short = frame.len() <= AT_ONCE;
    let write = move || {
        // If it cannot be written, the worker is dead, which is told elsewhere.
        let _ = region.links().map(|links| links.control.write_patiently(&frame));
    };
    match is_short {
        true => write(),
        false => thread::Builder::new().name("pool-long-config".into()).spawn(write).map(drop)?,
    }
    Ok(())
}

fn encoded<T: Serialize>(message: &T) -> io::Result<Vec<u8>> {
    frames::frame(MESSAGE, &wire::encode(message).map_err(io::Error::other)?)
}

fn is_nothing_yet(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
}
