//! A thread that is not started yet, and the first and last things that a started one does.

use crate::handle::{Handle, Outcome, Shared};
use crate::live::{self, Kind, Place};
use crate::panic::Panic;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::{fmt, io, thread};

/// A thread that is not started yet: Python's `Thread(target, name=…, daemon=…)`.
///
/// ```
/// use threads::Thread;
///
/// let handle = Thread::new(|| "done").name("worker-1").daemon(true).start()?;
/// assert_eq!(handle.name(), Some("worker-1"));
/// assert!(handle.is_daemon());
/// assert_eq!(handle.join(), Ok("done"));
/// # Ok::<(), std::io::Error>(())
/// ```
#[must_use = "a thread runs once it is started"]
pub struct Thread<F> {
    function: F,
    name: Option<String>,
    daemon: bool,
}

impl<F, T> Thread<F>
where
    F: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    /// A thread that will run `function`, without a name.
    ///
    /// It is a daemon if the thread that makes it is a daemon of this crate, as in Python.
    pub fn new(function: F) -> Self {
        Self { function, name: None, daemon: live::current() == Kind::Daemon }
    }

    /// Gives the thread a name, which panics and debuggers show; Linux keeps its first 15 bytes for `ps` and
    /// `top`.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Whether the process may end before the thread does: [`main`](crate::main) and
    /// [`join_non_daemon`](crate::join_non_daemon) do not wait for daemons.
    pub fn daemon(mut self, daemon: bool) -> Self {
        self.daemon = daemon;
        self
    }

    /// Starts it.
    ///
    /// # Errors
    /// [`io::ErrorKind::InvalidInput`] if the name contains a NUL; otherwise what the system answers when it
    /// has no room for a thread. The function is dropped without having run.
    ///
    /// ```
    /// use std::io::ErrorKind;
    /// use threads::Thread;
    ///
    /// let error = Thread::new(|| ()).name("half\0name").start().unwrap_err();
    /// assert_eq!(error.kind(), ErrorKind::InvalidInput);
    /// ```
    pub fn start(self) -> io::Result<Handle<T>> {
        let Self { function, name, daemon } = self;
        let mut builder = thread::Builder::new();
        if let Some(name) = name {
            // `std` would panic.
            if name.contains('\0') {
                return Err(io::Error::new(
                    io::ErrorKind::InvalidInput,
                    "the name of a thread contains a NUL",
                ));
            }
            builder = builder.name(name);
        }
        let shared = Arc::new(Shared::new());
        let place = Place::new(daemon);
        let os = builder.spawn({
            let shared = Arc::clone(&shared);
            move || {
                place.occupy();
                shared.end(run(function), place);
            }
        })?;
        Ok(Handle::new(shared, os, daemon))
    }
}

/// Runs a thread's function. What the function captured is dropped within, so that a panic of its `drop` is
/// the thread's.
fn run<T>(function: impl FnOnce() -> T) -> Outcome<T> {
    // The function is gone after a panic: nobody sees what it left half done, but through what others share
    // with it, which is theirs to protect.
    catch_unwind(AssertUnwindSafe(function)).map_err(|payload| Panic::new(payload, thread::current().name()))
}

impl<F> fmt::Debug for Thread<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Thread")
            .field("name", &self.name)
            .field("daemon", &self.daemon)
            .finish_non_exhaustive()
    }
}
