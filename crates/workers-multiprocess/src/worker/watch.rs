//! A worker's second thread: it listens to what the pool says beside the rings, and notices when there is no pool any
//! more.
//!
//! The pool's process may be killed at any moment, and a task may run for hours. So this thread waits for either of
//! two signs: the other end of the socket is closed, or the process that started us has ended (`pidfd`). A descriptor
//! alone could be held open by a process that the pool's has forked. (`PR_SET_PDEATHSIG` would tell of the end of the
//! *thread* that started us.) Then it kills the process group, which is this process and what its tasks have started.

use crate::link::{File, Parent, Socket, end, message::ToWorker};
use locks::{Cancel, Condition, Lock};
use std::{
    collections::HashMap,
    io,
    sync::{Arc, OnceLock},
    thread,
};

/// What the two threads of a worker share.
pub(super) struct Watch {
    socket: Socket,
    /// Files that have come and that no request has asked for yet.
    files: Lock<HashMap<u64, Vec<File>>>,
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
    /// What was cancelled before it began.
    early: Option<u64>,
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
        let Some(parent) = Parent::new(parent)? else { end() };
        let _ = WATCH.set(Arc::clone(&watch));
        let watching = Arc::clone(&watch);
        thread::Builder::new().name("pool-watch".into()).spawn(move || watching.listen(&parent))?;
        Ok(watch)
    }

    pub(super) fn socket(&self) -> &Socket {
        &self.socket
    }

    /// The files of a request, which were sent before it.
    pub(super) fn files(&self, ticket: u64) -> Vec<File> {
        let mut files = self.files.lock();
        self.arrived.wait_for(&mut files, |files| files.contains_key(&ticket));
        files.remove(&ticket).unwrap_or_default()
    }

    pub(super) fn begin(&self, ticket: u64) {
        let mut current = self.current.lock();
        let is_cancelled = current.early == Some(ticket);
        *current = Current { ticket: Some(ticket), is_cancelled, ..Current::default() };
    }

    pub(super) fn end(&self) {
        *self.current.lock() = Current::default();
    }

    fn cancel(&self, ticket: u64) {
        let mut current = self.current.lock();
        if current.ticket != Some(ticket) {
            current.early = Some(ticket);
            return;
        }
        current.is_cancelled = true;
        if let Some(cancel) = &current.cancel {
            cancel.cancel();
        }
    }

    fn listen(&self, parent: &Parent) -> ! {
        loop {
            match self.socket.listen(parent) {
                Some((ToWorker::Files { ticket }, files)) => {
                    self.files.lock().insert(ticket, files);
                    self.arrived.notify_all();
                }
                Some((ToWorker::Cancel { ticket }, _)) => self.cancel(ticket),
                Some((ToWorker::Config(_), _)) | None => end(),
            }
        }
    }
}
