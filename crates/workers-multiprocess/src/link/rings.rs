//! By rings in shared memory, and a socket for what is rare: Linux only.

#[path = "mapping.rs"]
mod mapping;
#[path = "process.rs"]
mod process;
#[path = "progress.rs"]
mod progress;
#[path = "region.rs"]
mod region;
#[path = "sealed.rs"]
mod sealed;
#[path = "socket.rs"]
mod socket;

pub(crate) use super::claims::SLOTS;
pub(crate) use {
    process::{Parent, Process},
    progress::{Progress, Unsent},
    region::{INLINE, Incoming, Outgoing, Region},
    sealed::{Sealed, spill},
    socket::{MAX_FILES, Socket},
};

use super::{
    Ended, Out, Refusal, Started, claims,
    message::{Config, PROTOCOL, ToWorker},
    system,
};
use locks::Deadline;
use queue::ring::{End, PopError, WriteError};
use std::{
    io::{self, ErrorKind},
    os::fd::{AsFd, BorrowedFd, OwnedFd},
    path::PathBuf,
    process::Command,
    sync::Arc,
};

/// What goes beside a message.
pub(crate) type File = OwnedFd;
pub(crate) type FileRef<'a> = BorrowedFd<'a>;

pub(crate) fn lend(file: &File) -> FileRef<'_> {
    file.as_fd()
}

/// This executable, also when there is a newer one on the disk.
pub(crate) fn program() -> io::Result<PathBuf> {
    Ok("/proc/self/exe".into())
}

/// Starts a worker.
pub(crate) fn start(mut command: Command, mut config: Config, stdout: Out) -> io::Result<Started> {
    let (ours, theirs) = Socket::pair()?;
    let (region, file) = Region::create()?;
    let mut files = vec![file.as_fd(), stdout.as_fd()];
    let mut long = None;
    if let Some((_, argument)) = &mut config.initializer {
        long = spill(argument)?;
        if long.is_some() {
            argument.clear();
        }
    }
    files.extend(long.iter().map(lend));
    ours.send(&ToWorker::Config(config), &files)?;
    system::give_socket(&mut command, theirs.into_fd())?;
    let process = Process::new(command.spawn()?)?;
    Ok(Started { process, socket: ours, region })
}

/// The worker: what its pool has for it.
pub(crate) fn arrive() -> io::Result<(Config, Socket, Arc<Region>)> {
    let socket = Socket::from_fd(system::take_socket()?);
    match socket.receive()? {
        Some((ToWorker::Config(mut config), mut files))
            if files.len() >= 2 && config.protocol == PROTOCOL =>
        {
            let long = files.drain(2..).next().map(Sealed::open).transpose()?.flatten();
            if let (Some(long), Some((_, argument))) = (long, &mut config.initializer) {
                *argument = long.bytes().to_vec();
            }
            let [region, output]: [OwnedFd; 2] = files.try_into().expect("there are two");
            system::take_output(output)?;
            let region = Region::open(&region)?;
            Ok((config, socket, region))
        }
        _ => Err(io::Error::other("the pool is another program, or another version of this one")),
    }
}

impl Region {
    /// The worker: begins a task, if the pool has not withdrawn it.
    pub(crate) fn take(&self, ticket: u64) -> bool {
        self.common().claims.take(ticket)
    }

    /// The pool: has a task back, if the worker has not begun it.
    pub(crate) fn withdraw(&self, ticket: u64) -> bool {
        self.common().claims.withdraw(ticket)
    }

    /// Whether the worker has begun a task.
    pub(crate) fn is_taken(&self, ticket: u64) -> bool {
        self.common().claims.is_taken(ticket)
    }

    /// Whether the worker, which is dead, has not begun a task.
    pub(crate) fn is_untouched(&self, ticket: u64) -> bool {
        self.common().claims.is_untouched(ticket)
    }

    /// The results that the worker, which is dead, has not sent.
    pub(crate) fn rest(&self) -> (Unsent, Vec<u8>) {
        self.common().progress.rest()
    }

    /// Nobody reads any more what the worker answers.
    pub(crate) fn hang_up(&self) {}

    #[cfg(test)]
    pub(crate) fn pretend_taken(&self, ticket: u64) -> bool {
        self.take(ticket)
    }
}

impl Outgoing {
    /// The pool: sends a request, if there is room, and what goes beside it.
    pub(crate) fn post(
        &mut self,
        ticket: u64,
        message: &[u8],
        files: &[FileRef<'_>],
        socket: &Socket,
    ) -> Result<(), Refusal> {
        // Looked at first: files that were sent go with the next request, whichever that is.
        if !self.has_room(message.len()) {
            return Err(Refusal::Full);
        }
        if !files.is_empty() {
            match socket.try_send(&ToWorker::Files { ticket }, files) {
                Err(error) if matches!(error.kind(), ErrorKind::BrokenPipe | ErrorKind::ConnectionReset) => {
                    return Err(Refusal::Dead);
                }
                // It has not taken what was sent before.
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Err(Refusal::Full),
                sent => sent.map_err(Refusal::Failed)?,
            }
        }
        self.region().common().claims.offer(ticket);
        match self.try_write(message) {
            Ok(()) => Ok(()),
            Err(WriteError::Full) => Err(Refusal::Full),
            Err(WriteError::Ended(_)) => Err(Refusal::Dead),
            Err(error @ WriteError::TooLong { .. }) => Err(Refusal::Failed(io::Error::other(error))),
        }
    }
}

impl Incoming {
    /// Appends the next message; waits for it.
    pub(crate) fn next(&mut self, message: &mut Vec<u8>) -> Result<(), Ended> {
        self.read_into(message, Deadline::NEVER).map(drop).map_err(|error| match error {
            PopError::Ended(End::Closed) => Ended::Closed,
            PopError::Ended(End::Corrupt) => Ended::Corrupt,
            PopError::Ended(End::PeerDied) | PopError::Empty => Ended::Dead,
        })
    }
}

/// What a pool has of a worker, without one.
#[cfg(test)]
pub(crate) fn alone() -> (Process, Socket, Arc<Region>) {
    let (region, _file) = Region::create().unwrap();
    (Process::this(), Socket::pair().unwrap().0, region)
}
