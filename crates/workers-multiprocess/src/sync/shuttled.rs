//! A double of what the thread pool asks of `threads`, whose threads are the system's: here they are shuttle's.

use locks::{Deadline, Event};
use platform::thread::{JoinHandle, spawn};
use std::{io, sync::Arc};

pub(crate) struct Thread<F>(F);

impl<F: FnOnce() + Send + 'static> Thread<F> {
    pub(crate) fn new(function: F) -> Self {
        Self(function)
    }

    pub(crate) fn name(self, _: String) -> Self {
        self
    }

    pub(crate) fn daemon(self, _: bool) -> Self {
        self
    }

    pub(crate) fn start(self) -> io::Result<Handle<()>> {
        let ended = Arc::new(Event::new());
        let ending = Arc::clone(&ended);
        let thread = spawn(move || {
            self.0();
            ending.set();
        });
        Ok(Handle { ended, thread })
    }
}

pub(crate) struct Handle<T> {
    ended: Arc<Event>,
    thread: JoinHandle<T>,
}

impl<T> Handle<T> {
    pub(crate) fn join(self) -> std::thread::Result<T> {
        self.thread.join()
    }

    pub(crate) fn join_timeout(&self, timeout: impl Into<Deadline>) -> bool {
        self.ended.wait_timeout(timeout)
    }
}
