//! A thread that is not started yet, and the first and last things that a started one does.

use crate::handle::{Handle, Outcome, Shared};
use crate::identity::{self, ThreadRef, check_name};
use crate::live::{self, Kind, Place};
use crate::panic::{self, Panic};
use crate::scope::Scope;
use platform::spans::{What, span};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, atomic::AtomicBool};
use std::{fmt, io, thread};

/// A thread that is not started yet: Python's `Thread(target, name=…, daemon=…)`.
///
/// ```
/// use threads::Thread;
///
/// let handle = Thread::new(|| "done").name("worker-1").daemon(true).stack_size(256 << 10).start()?;
/// assert_eq!(handle.name().as_deref(), Some("worker-1"));
/// assert!(handle.is_daemon());
/// assert_eq!(handle.join(), Ok("done"));
/// # Ok::<(), std::io::Error>(())
/// ```
#[must_use = "a thread runs once it is started"]
pub struct Thread<F> {
    function: F,
    name: Option<String>,
    daemon: bool,
    stack_size: Option<usize>,
}

/// Starts a thread that runs `function`: `Thread::new(function).start()` for short.
///
/// # Errors
/// As [`Thread::start`].
///
/// ```
/// let double = threads::spawn(|| 2 * 21)?;
/// assert_eq!(double.join(), Ok(42));
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn spawn<F, T>(function: F) -> io::Result<Handle<T>>
where
    F: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    Thread::new(function).start()
}

impl<F, T> Thread<F>
where
    F: FnOnce() -> T + Send,
    T: Send,
{
    /// A thread that will run `function`, without a name.
    ///
    /// It is a daemon if the thread that makes it is a daemon of this crate, as in Python.
    pub fn new(function: F) -> Self {
        Self { function, name: None, daemon: live::current() == Kind::Daemon, stack_size: None }
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

    /// The size of its stack in bytes, which the system rounds up, to what it needs at least. Without it 2 MiB, or
    /// what the environment's `RUST_MIN_STACK` says. Only what is used takes memory.
    pub fn stack_size(mut self, bytes: usize) -> Self {
        self.stack_size = Some(bytes);
        self
    }

    /// Starts it.
    ///
    /// # Errors
    /// [`io::ErrorKind::InvalidInput`] if the name contains a NUL, or if the stack is to have no byte or more than
    /// there are addresses; otherwise what the system answers when it has no room for a thread, with the thread's
    /// name. The function is dropped without having run.
    ///
    /// ```
    /// use std::io::ErrorKind;
    /// use threads::Thread;
    ///
    /// let error = Thread::new(|| ()).name("half\0name").start().unwrap_err();
    /// assert_eq!(error.kind(), ErrorKind::InvalidInput);
    /// let error = Thread::new(|| ()).stack_size(1 << 46).name("big").start().unwrap_err();
    /// assert!(error.to_string().starts_with("thread 'big' cannot be started: "), "{error}");
    /// ```
    pub fn start(self) -> io::Result<Handle<T>>
    where
        F: 'static,
        T: 'static,
    {
        let Prepared { builder, body, thread, shared } = self.prepare(None)?;
        started(thread, shared, builder.spawn(body).map(Some))
    }

    /// Starts it in a [`scope`](fn@crate::scope), where it may borrow what outlives the scope.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub fn start_in<'scope, 'env>(self, scope: &Scope<'scope, 'env>) -> io::Result<Handle<T>>
    where
        F: 'scope,
        T: 'scope,
    {
        let Prepared { builder, body, thread, shared } = self.prepare(Some(scope.panicked()))?;
        // The system's thread is the scope's to join.
        started(thread, shared, builder.spawn_scoped(scope.threads(), body).map(|_| None))
    }

    /// Puts it on the roll.
    fn prepare(
        self,
        panicked: Option<Arc<AtomicBool>>,
    ) -> io::Result<Prepared<impl FnOnce() + Send + use<F, T>, T>> {
        let builder = self.builder()?;
        let Self { function, name, daemon, .. } = self;
        let thread = ThreadRef::new(name.map(Arc::from), daemon);
        let (shared, place) = (Arc::new(Shared::new(panicked)), Place::of(&thread));
        let body = {
            let (shared, thread) = (Arc::clone(&shared), thread.clone());
            move || {
                place.occupy();
                thread.settle();
                let _lives = span(What::Thread);
                shared.end(run(function), place);
                identity::leave();
            }
        };
        panic::watch();
        Ok(Prepared { builder, body, thread, shared })
    }

    /// What `std` is asked for, where it would not panic.
    fn builder(&self) -> io::Result<thread::Builder> {
        let mut builder = thread::Builder::new();
        if let Some(name) = &self.name {
            check_name(name)?;
            builder = builder.name(name.clone());
        }
        if let Some(bytes) = self.stack_size {
            if bytes == 0 || isize::try_from(bytes).is_err() {
                let text = format!("a thread cannot have a stack of {bytes} bytes");
                return Err(io::Error::new(io::ErrorKind::InvalidInput, text));
            }
            builder = builder.stack_size(bytes);
        }
        Ok(builder)
    }
}

/// What a start needs of `std`, which wants the body as it is, and what is left behind then.
struct Prepared<B, T> {
    builder: thread::Builder,
    body: B,
    thread: ThreadRef,
    shared: Arc<Shared<T>>,
}

/// The handle, or the system's answer.
fn started<T>(
    thread: ThreadRef,
    shared: Arc<Shared<T>>,
    os: io::Result<Option<thread::JoinHandle<()>>>,
) -> io::Result<Handle<T>> {
    match os {
        Ok(os) => Ok(Handle::new(thread, shared, os)),
        Err(error) => Err(refused(&thread, error)),
    }
}

/// The system's answer, with the name of the thread that it did not start.
fn refused(thread: &ThreadRef, error: io::Error) -> io::Error {
    // Who saw it on the roll and waits for its number learns that there is none.
    thread.begin(0);
    let name = thread.name();
    let name = name.as_deref().unwrap_or("<unnamed>");
    io::Error::new(error.kind(), format!("thread '{name}' cannot be started: {error}"))
}

/// Runs a thread's function. What the function captured is dropped within, so that a panic of its `drop` is
/// the thread's.
fn run<T>(function: impl FnOnce() -> T) -> Outcome<T> {
    // The function is gone after a panic: nobody sees what it left half done, but through what others share
    // with it, which is theirs to protect.
    catch_unwind(AssertUnwindSafe(function)).map_err(Panic::caught)
}

impl<F> fmt::Debug for Thread<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Thread")
            .field("name", &self.name)
            .field("daemon", &self.daemon)
            .field("stack_size", &self.stack_size)
            .finish_non_exhaustive()
    }
}
