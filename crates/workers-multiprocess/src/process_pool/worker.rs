//! One worker process, as its pool sees it.

use super::mark::{self, INIT_MISSING};
use crate::{
    TaskError,
    error::Ending,
    frame::{self, MAX_MESSAGE},
    registry::Registry,
    wire::{self, Hello},
};
use std::{
    env,
    ffi::OsString,
    io::{self, BufReader, ErrorKind, Read, Write},
    net::Shutdown,
    os::{
        fd::{AsFd, OwnedFd},
        unix::{net::UnixStream, process::CommandExt, process::ExitStatusExt},
    },
    path::PathBuf,
    process::{Child, Command, ExitStatus},
    time::Duration,
};

/// How long a worker may take to come to `init()`; only a `main` that never comes there takes longer.
const START_LIMIT: Duration = Duration::from_secs(60);
/// How long a worker may take to end when told to, before it is killed.
const END_LIMIT: Duration = Duration::from_secs(5);

#[derive(Debug)]
pub(super) struct Worker {
    child: Child,
    socket: BufReader<UnixStream>,
}

/// Why a worker did not answer.
#[derive(Debug)]
pub(super) enum CallError {
    /// It ended before it had the whole request: no part of the task has run.
    BeforeTask(Worker),
    /// It ended while it had the task.
    InTask(Worker),
    /// It sent what is no answer.
    NoAnswer(Worker, io::Error),
}

impl Worker {
    /// Starts the process, which is not ready until [`greet`](Self::greet) returns.
    pub(super) fn launch() -> io::Result<Self> {
        let (ours, theirs) = UnixStream::pair()?;
        let mark = mark::of(theirs.as_fd())?;
        let child = Command::new(executable()?)
            .arg0(env::args_os().next().unwrap_or_else(|| OsString::from("worker")))
            .env(mark::VARIABLE, mark)
            .stdin(OwnedFd::from(theirs))
            .spawn()?;
        Ok(Self { child, socket: BufReader::new(ours) })
    }

    /// Waits until the worker is ready.
    pub(super) fn greet(&mut self, registry: &Registry) -> io::Result<()> {
        self.socket.get_ref().set_read_timeout(Some(START_LIMIT))?;
        let message = match frame::read(&mut self.socket, Hello::LIMIT) {
            Ok(Some(message)) => message,
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                let text =
                    format!("a worker was not ready after {} s: {INIT_MISSING}", START_LIMIT.as_secs());
                return Err(io::Error::new(ErrorKind::TimedOut, text));
            }
            Ok(None) | Err(_) => {
                let ending = ending(self.reap()?);
                return Err(io::Error::other(format!(
                    "a worker {ending} before it was ready: {INIT_MISSING}"
                )));
            }
        };
        if wire::read_last(&message) != Ok(Hello::new(registry.build_id())) {
            return Err(io::Error::other("a worker is another program, or another version of this one"));
        }
        self.socket.get_ref().set_read_timeout(None)
    }

    /// Whether the process was alive a moment ago.
    pub(super) fn is_alive(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Has the worker do what the frame asks for; returns it with its reply.
    pub(super) fn call(mut self, request: &[u8]) -> Result<(Self, Vec<u8>), CallError> {
        if self.socket.get_ref().write_all(request).is_err() {
            return Err(CallError::BeforeTask(self));
        }
        match frame::read(&mut self.socket, MAX_MESSAGE) {
            Ok(Some(reply)) => Ok((self, reply)),
            // What Linux says when the other end was closed with bytes in it that nobody has read.
            Err(error) if error.kind() == ErrorKind::ConnectionReset => Err(CallError::BeforeTask(self)),
            Err(error) if error.kind() == ErrorKind::InvalidData => Err(CallError::NoAnswer(self, error)),
            Ok(None) | Err(_) => Err(CallError::InTask(self)),
        }
    }

    /// The error of a task whose worker has closed its socket.
    pub(super) fn death(mut self) -> TaskError {
        let pid = self.child.id();
        let status = self.reap();
        let (signal, exit_code) = status.map_or((None, None), |status| (status.signal(), status.code()));
        TaskError::WorkerDied { pid, signal, exit_code }
    }

    /// Ends the process for good. One that is ending already keeps its own status: a signal cannot change
    /// that any more.
    fn reap(&mut self) -> io::Result<ExitStatus> {
        self.child.kill()?;
        self.child.wait()
    }
}

impl Drop for Worker {
    /// Lets the worker end by itself, and waits for it; kills it if it takes too long.
    fn drop(&mut self) {
        let mut socket = self.socket.get_ref();
        // None of these errors leaves the process behind: the killing comes in any case.
        let _ = socket.shutdown(Shutdown::Write);
        let _ = socket.set_read_timeout(Some(END_LIMIT));
        let _ = socket.read_exact(&mut [0]);
        let _ = self.reap();
    }
}

fn ending(status: ExitStatus) -> Ending {
    Ending { signal: status.signal(), code: status.code() }
}

/// This program's file. On Linux by a name that stays right when the file is moved, replaced or removed.
fn executable() -> io::Result<PathBuf> {
    if cfg!(any(target_os = "linux", target_os = "android")) {
        Ok(PathBuf::from("/proc/self/exe"))
    } else {
        env::current_exe()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a pool says to a process that says `hello`, and then ends.
    fn greet(hello: &[u8]) -> String {
        let (ours, mut theirs) = UnixStream::pair().unwrap();
        let child = Command::new("sleep").arg("60").spawn().unwrap();
        let mut worker = Worker { child, socket: BufReader::new(ours) };
        theirs.write_all(hello).unwrap();
        drop(theirs);
        match worker.greet(Registry::get().unwrap()) {
            Ok(()) => "welcome".into(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn only_a_worker_of_the_same_program_is_welcome() {
        let build = Registry::get().unwrap().build_id();
        let hello = |build| wire::message(&Hello::new(build)).unwrap();
        assert_eq!(greet(&hello(build)), "welcome");
        let other = "a worker is another program, or another version of this one";
        assert_eq!(greet(&hello(build ^ 1)), other);
        assert_eq!(greet(&[1, 0, 0, 0, 7]), other);
    }

    #[test]
    fn a_worker_that_says_something_else_is_ended_and_told_about_init() {
        for not_a_hello in [&b""[..], b"\x10", b"Usage: program FILE\n"] {
            let text = greet(not_a_hello);
            assert!(text.contains("before it was ready") && text.contains(INIT_MISSING), "{text}");
        }
    }
}
