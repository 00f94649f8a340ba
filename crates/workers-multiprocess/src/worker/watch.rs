//! A worker's second thread: it listens to what the pool says beside the rings, and notices when there is no pool any
//! more.
//!
//! The pool's process may be killed at any moment, and a task may run for hours. So this thread waits for either of
//! two signs: the other end of the socket is closed, or the process that started us has ended (`pidfd`). A descriptor
//! alone could be held open by a process that the pool's has forked. (`PR_SET_PDEATHSIG` would tell of the end of the
//! *thread* that started us.) Then it kills the process group, which is this process and what its tasks have started.

use crate::link::{message::ToWorker, socket::Socket};
use locks::{Cancel, Condition, Lock};
use rustix::{
    event::{PollFd, PollFlags, poll},
    io::Errno,
    process::{Pid, PidfdFlags, Signal, getpgrp, getpid, getppid, kill_current_process_group, pidfd_open},
};
use std::{
    collections::HashMap,
    io,
    os::fd::{AsFd, OwnedFd},
    process,
    sync::{Arc, OnceLock},
    thread,
};

/// What the two threads of a worker share.
pub(super) struct Watch {
    socket: Socket,
    /// Files that have come and that no request has asked for yet.
    files: Lock<HashMap<u64, Vec<OwnedFd>>>,
    arrived: Condition,
    current: Lock<Current>,
}

/// The task that runs.
#[derive(Default)]
struct Current {
    ticket: Option<u64>,
    /// Made when somebody asks for it.
    cancel: Option<Cancel>,
    is_cancelled: bool,
}

/// This process's, if it is a worker.
static WATCH: OnceLock<Arc<Watch>> = OnceLock::new();

/// The token of the task that runs in this worker: cancelled when [`Future::cancel`](crate::Future::cancel) was called
/// for it, a grace before the worker is killed. Elsewhere a token that nobody cancels.
///
/// A task that ends soon after that spares its worker. A `&Cancel` ends every wait of `threads`, `locks` and `queue`.
///
/// ```
/// let cancel = workers_multiprocess::current_cancel();
/// assert!(!cancel.is_cancelled(), "this is no task of a process pool");
/// ```
pub fn current_cancel() -> Cancel {
    let Some(watch) = WATCH.get() else { return Cancel::new() };
    let mut current = watch.current.lock();
    let cancel = current.cancel.get_or_insert_with(Cancel::new).clone();
    if current.is_cancelled {
        cancel.cancel();
    }
    cancel
}

impl Watch {
    /// Starts the thread. `parent` is the pool's process.
    pub(super) fn start(socket: Socket, parent: u32) -> io::Result<Arc<Self>> {
        let (files, arrived, current) = (Lock::default(), Condition::new(), Lock::default());
        let watch = Arc::new(Self { socket, files, arrived, current });
        let Some(parent) = i32::try_from(parent).ok().and_then(Pid::from_raw) else { end() };
        let pidfd = pidfd_open(parent, PidfdFlags::empty());
        // Asked after the descriptor is there: it is our parent's then, and not one's that got its number.
        if getppid() != Some(parent) {
            end();
        }
        let pidfd = pidfd?;
        let _ = WATCH.set(Arc::clone(&watch));
        let watching = Arc::clone(&watch);
        thread::Builder::new().name("pool-watch".into()).spawn(move || watching.listen(&pidfd))?;
        Ok(watch)
    }

    pub(super) fn socket(&self) -> &Socket {
        &self.socket
    }

    /// The files of a request, which were sent before it.
    pub(super) fn files(&self, ticket: u64) -> Vec<OwnedFd> {
        let mut files = self.files.lock();
        self.arrived.wait_for(&mut files, |files| files.contains_key(&ticket));
        files.remove(&ticket).unwrap_or_default()
    }

    pub(super) fn begin(&self, ticket: u64) {
        *self.current.lock() = Current { ticket: Some(ticket), ..Current::default() };
    }

    pub(super) fn end(&self) {
        *self.current.lock() = Current::default();
    }

    fn cancel(&self, ticket: u64) {
        let mut current = self.current.lock();
        if current.ticket == Some(ticket) {
            current.is_cancelled = true;
            if let Some(cancel) = &current.cancel {
                cancel.cancel();
            }
        }
    }

    fn listen(&self, parent: &OwnedFd) -> ! {
        loop {
            let mut fds = [
                PollFd::new(&self.socket, PollFlags::IN),
                PollFd::from_borrowed_fd(parent.as_fd(), PollFlags::IN),
            ];
            match poll(&mut fds, None) {
                Err(Errno::INTR) => continue,
                Err(_) => end(),
                Ok(_) => {}
            }
            let [socket, parent] = fds.map(|fd| fd.revents());
            if !parent.is_empty() {
                end();
            }
            if socket.is_empty() {
                continue;
            }
            match self.socket.receive() {
                Ok(Some((ToWorker::Files { ticket }, files))) => {
                    self.files.lock().insert(ticket, files);
                    self.arrived.notify_all();
                }
                Ok(Some((ToWorker::Cancel { ticket }, _))) => self.cancel(ticket),
                Ok(Some((ToWorker::Config(_), _)) | None) | Err(_) => end(),
            }
        }
    }
}

/// There is no pool any more: ends this process and what its tasks have started.
fn end() -> ! {
    if getpgrp() == getpid() {
        let _ = kill_current_process_group(Signal::KILL);
    }
    process::abort()
}
