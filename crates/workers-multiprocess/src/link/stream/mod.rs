//! By two connections: what there is where two processes cannot share memory and descriptors as on Linux.
//!
//! # Protocol
//! One connection carries requests and answers, the other what must be heard while a task runs: "stop this", and the
//! end. On each a message is a frame: its kind, its length, its bytes ([`frames`]).
//! 1. A worker has one request at a time, so that nothing needs to be taken back from it.
//! 2. It says that it begins, before it begins; and sends the result of each item before the next one begins.
//! 3. What it has written arrives before the end of the connection. So when its pool comes to that end it knows what was
//!    begun and what was done, whenever the worker died.
//! 4. What was sent is not taken back. A worker that is told of a cancel before it begins passes the request over.
//! 5. There are no files: all bytes go in the message.

mod frames;
mod link;
mod process;
mod region;
mod socket;

#[cfg(all(unix, not(feature = "loopback")))]
#[path = "pair.rs"]
mod meeting;
#[cfg(any(not(unix), feature = "loopback"))]
#[path = "loopback.rs"]
mod meeting;

pub(crate) use {
    meeting::Parent,
    process::Process,
    region::{Incoming, Outgoing, Progress, Region, Unsent},
    socket::Socket,
};

use super::{
    Out, Started,
    message::{Config, PROTOCOL, ToWorker},
};
use meeting::Door;
use std::{env, io, path::PathBuf, process::Command, sync::Arc};

/// How many requests are on their way to a worker.
pub(crate) const SLOTS: usize = 1;

/// The longest frame that is written without a thread of its own: every system takes as much from who writes, if
/// everything before has been read.
const AT_ONCE: usize = 4 << 10;
/// The arguments of a batch.
pub(crate) const INLINE: usize = AT_ONCE - 64;

/// What would go beside a message: nothing.
#[derive(Debug)]
pub(crate) enum File {}
pub(crate) type FileRef<'a> = &'a File;
/// Any number would do.
pub(crate) const MAX_FILES: usize = 250;

pub(crate) fn lend(file: &File) -> FileRef<'_> {
    file
}

/// No bytes are too long to go in a message.
pub(crate) fn spill(_: &[u8]) -> io::Result<Option<File>> {
    Ok(None)
}

/// Files in memory: there are none.
#[derive(Debug)]
pub(crate) enum Sealed {}

impl Sealed {
    pub(crate) const EXIST: bool = false;

    pub(crate) fn build(_: usize, _: impl FnOnce(&mut [u8])) -> io::Result<Self> {
        Err(io::ErrorKind::Unsupported.into())
    }

    pub(crate) fn open(file: File) -> io::Result<Option<Self>> {
        match file {}
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        match *self {}
    }

    pub(crate) fn file(&self) -> FileRef<'_> {
        match *self {}
    }
}

/// This executable.
pub(crate) fn program() -> io::Result<PathBuf> {
    env::current_exe()
}

/// Starts a worker.
pub(crate) fn start(mut command: Command, config: Config, stdout: Out) -> io::Result<Started> {
    let region = Arc::new(Region::new());
    let door = Door::new(&mut command, stdout)?;
    let process = Process::new(command.spawn()?, config.is_process)?;
    // It holds the worker's end of the connection, whose end tells of a death at the start.
    drop(command);
    match door.open(&region, config) {
        Ok(()) => Ok(Started { process, socket: Socket::new(Arc::clone(&region)), region }),
        Err(error) => {
            process.kill();
            process.reap();
            Err(error)
        }
    }
}

/// The worker: what its pool has for it.
pub(crate) fn arrive() -> io::Result<(Config, Socket, Arc<Region>)> {
    let region = Arc::new(Region::new());
    region.connect(meeting::arrive()?);
    let socket = Socket::new(Arc::clone(&region));
    match socket.receive()? {
        Some(ToWorker::Config(config)) if config.protocol == PROTOCOL => Ok((config, socket, region)),
        _ => Err(io::Error::other("the pool is another program, or another version of this one")),
    }
}

/// What a pool has of a worker, without one.
#[cfg(test)]
pub(crate) fn alone() -> (Process, Socket, Arc<Region>) {
    let region = Arc::new(Region::new());
    let child = Command::new("true").spawn().unwrap();
    let process = Process::new(child, false).unwrap();
    process.reap();
    let (ours, theirs) = meeting::links().unwrap();
    region.connect(ours);
    // Nobody reads what it is sent: it takes three requests all the same.
    std::mem::forget(theirs);
    (process, Socket::new(Arc::clone(&region)), region)
}
