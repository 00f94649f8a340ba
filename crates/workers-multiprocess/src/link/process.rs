//! Processes by descriptors that stay their own: a worker of ours, and the pool's process.

use super::{
    super::{
        Listener, Signal,
        message::{FromWorker, ToWorker},
        system,
    },
    File, Region, Socket,
};
use locks::Lock;
use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    fs::{OFlags, fcntl_getfl, fcntl_setfl},
    io::Errno,
    process::{Pid, PidfdFlags, WaitId, WaitIdOptions, getppid, pidfd_open, pidfd_send_signal, waitid},
};
use std::{
    io::{self, ErrorKind, PipeReader, Read},
    os::fd::{AsFd, BorrowedFd, OwnedFd},
    process::Child,
    time::Instant,
};

/// The bytes that a pipe holds at most, unless the system's administrator has said otherwise.
const MAX_PIPE: usize = 1 << 20;

/// A process that was started.
#[derive(Debug)]
pub(crate) struct Process {
    pub(crate) pid: u32,
    pidfd: OwnedFd,
    /// Gone when it was waited for.
    child: Lock<Option<Child>>,
}

impl Process {
    /// It is ended if there is no descriptor for it.
    pub(super) fn new(mut child: Child) -> io::Result<Self> {
        let pid = child.id();
        let raw = i32::try_from(pid).ok().and_then(Pid::from_raw).expect("a child has a number");
        match pidfd_open(raw, PidfdFlags::empty()) {
            Ok(pidfd) => Ok(Self { pid, pidfd, child: Lock::new(Some(child)) }),
            Err(error) => {
                let _ = child.kill();
                let _ = child.wait();
                Err(error.into())
            }
        }
    }

    /// This process, for which nobody waits.
    #[cfg(test)]
    pub(super) fn this() -> Self {
        let pidfd = pidfd_open(rustix::process::getpid(), PidfdFlags::empty()).unwrap();
        Self { pid: std::process::id(), pidfd, child: Lock::new(None) }
    }

    pub(crate) fn signal(&self, signal: Signal) {
        // The only error is that it has ended, which is told elsewhere.
        let _ = pidfd_send_signal(&self.pidfd, signal);
    }

    pub(crate) fn kill(&self) {
        self.signal(Signal::KILL);
    }

    /// Readable when it has ended.
    pub(crate) fn sentinel(&self) -> BorrowedFd<'_> {
        self.pidfd.as_fd()
    }

    /// How it has ended, in Python's terms, if it has: asked without taking, as the system's account is for the thread
    /// that waits for it.
    ///
    /// # Errors
    /// If that has taken it a moment ago.
    pub(crate) fn exit_code(&self) -> io::Result<Option<i32>> {
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT | WaitIdOptions::NOHANG;
        match waitid(WaitId::PidFd(self.pidfd.as_fd()), options) {
            Ok(None) | Err(Errno::INTR) => Ok(None),
            Ok(Some(status)) => {
                Ok(status.terminating_signal().map(|signal| -signal).or(status.exit_status()))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Waits until it has ended; tells meanwhile what it writes, and in the end what is there.
    pub(crate) fn attend<L: Listener>(&self, _: &Region, pipes: Vec<(PipeReader, L)>) -> Vec<L> {
        let mut sources: Vec<_> =
            pipes.into_iter().map(|(pipe, listener)| Source::new(pipe, listener)).collect();
        while !self.wait(&mut sources) {}
        // What its children may still write is theirs: what is there now is taken, and no more is waited for.
        sources.iter_mut().for_each(Source::take);
        sources.into_iter().map(|source| source.listener).collect()
    }

    /// Waits for something to happen, and tells what was written; says whether the process has ended.
    fn wait<L: Listener>(&self, sources: &mut [Source<L>]) -> bool {
        let has_ended = {
            let open = sources.iter().filter(|source| source.is_open);
            let mut fds = vec![PollFd::new(&self.pidfd, PollFlags::IN)];
            fds.extend(open.map(|source| PollFd::new(&source.pipe, PollFlags::IN)));
            match poll(&mut fds, None) {
                Ok(_) => !fds[0].revents().is_empty(),
                Err(Errno::INTR) => false,
                // Nothing can be waited for: then for the process alone, in reap().
                Err(_) => true,
            }
        };
        sources.iter_mut().for_each(Source::take);
        has_ended
    }

    /// Waits for its end, once, and kills what it has started; the signal or the exit code.
    pub(crate) fn reap(&self) -> (Option<i32>, Option<i32>) {
        let Some(mut child) = self.child.lock().take() else { return (None, None) };
        // The number is its own until it is waited for: so the group is.
        system::kill_group(self.pid);
        let ending = child.wait().map_or((None, None), system::ending);
        system::take_group(self.pid);
        ending
    }
}

/// One of the streams that a worker writes.
struct Source<L> {
    pipe: PipeReader,
    listener: L,
    is_open: bool,
}

impl<L: Listener> Source<L> {
    fn new(pipe: PipeReader, listener: L) -> Self {
        let _ = fcntl_getfl(&pipe).and_then(|flags| fcntl_setfl(&pipe, flags | OFlags::NONBLOCK));
        Self { pipe, listener, is_open: true }
    }

    /// What is there now, and no more than a pipe holds: who writes without end must not keep us from the other streams.
    fn take(&mut self) {
        let mut buffer = [0; 8 << 10];
        for _ in 0..MAX_PIPE / buffer.len() {
            if !self.is_open {
                return;
            }
            match self.pipe.read(&mut buffer) {
                Ok(0) => self.is_open = false,
                Ok(len) => self.listener.hear(&buffer[..len]),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Err(_) => self.is_open = false,
            }
        }
    }
}

impl Socket {
    /// What a worker that was started says first; `None` if it ends before.
    ///
    /// # Errors
    /// [`ErrorKind::TimedOut`] when it is too late.
    pub(crate) fn greeting(&self, process: &Process, until: Instant) -> io::Result<Option<FromWorker>> {
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let left = Timespec::try_from(left).map_err(io::Error::other)?;
            let mut fds = [PollFd::new(self, PollFlags::IN), PollFd::new(&process.pidfd, PollFlags::IN)];
            match poll(&mut fds, Some(&left)) {
                Err(Errno::INTR) => {}
                Ok(0) => return Err(ErrorKind::TimedOut.into()),
                Ok(_) => return Ok(self.try_receive()?.map(|(said, _)| said)),
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// The worker: what the pool says beside the rings, with its files; `None` when there is no pool any more.
    pub(crate) fn listen(&self, parent: &Parent) -> Option<(ToWorker, Vec<File>)> {
        loop {
            let mut fds = [PollFd::new(self, PollFlags::IN), PollFd::new(&parent.0, PollFlags::IN)];
            match poll(&mut fds, None) {
                Err(Errno::INTR) => continue,
                Err(_) => return None,
                Ok(_) => {}
            }
            let [socket, parent] = fds.map(|fd| fd.revents());
            if !parent.is_empty() {
                return None;
            }
            if !socket.is_empty() {
                return self.receive().ok().flatten();
            }
        }
    }
}

/// The process that has started this one.
pub(crate) struct Parent(OwnedFd);

impl Parent {
    /// `None` if it is no more.
    pub(crate) fn new(pid: u32) -> io::Result<Option<Self>> {
        let Some(parent) = i32::try_from(pid).ok().and_then(Pid::from_raw) else { return Ok(None) };
        let pidfd = pidfd_open(parent, PidfdFlags::empty());
        // Asked after the descriptor is there: it is our parent's then, and not one's that got its number.
        if getppid() != Some(parent) {
            return Ok(None);
        }
        Ok(Some(Self(pidfd?)))
    }
}
