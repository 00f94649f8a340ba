//! A process for one task: a pool of one worker that is not replaced.

use super::{
    board::Board,
    builder::{Builder, Output},
    call::Terms,
    crew::Crew,
    job::Job,
    launch,
    launch::Worker,
};
use crate::{
    Callable, Future, TaskError,
    error::{Death, Ending},
    future::promise,
    link::{self, Signal, message::item},
    panic,
    registry::{Registry, id_of},
    shared_bytes::{self, SharedBytes},
};
use locks::{Deadline, Event, Lock};
use serde::{Serialize, de::DeserializeOwned};
#[cfg(unix)]
use std::os::fd::{AsFd, BorrowedFd};
use std::{
    any::type_name,
    ffi::OsString,
    fmt, io,
    marker::PhantomData,
    ops::Deref,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};
use threads::Thread;

/// How long a daemon may take to end by itself when its handle is dropped.
const GRACE: Duration = Duration::from_secs(1);

/// A process that is to run one task: Python's `multiprocessing.Process`.
///
/// It is this executable, started anew, so [`init`](crate::init) must be the first line of `main`. When the task has
/// returned the process ends, with the threads that the task has left and the processes that it has started.
///
/// A panic of the task is printed to its standard error, and is what [`result`](ProcessHandle::result) returns.
///
/// It never outlives this one: whatever ends us, it is killed within a second. To wait for it in the end, as Python
/// does for what is no daemon, wrap `main` in [`threads::main`].
///
/// ```no_run
/// use workers_multiprocess::{Process, task};
///
/// #[task]
/// fn divide(a: u32, b: u32) -> u32 {
///     a / b
/// }
///
/// fn main() -> std::io::Result<()> {
///     workers_multiprocess::init();
///     let process = Process::new(divide, (42, 6)).name("divider").start()?;
///     process.join();
///     assert_eq!(process.exit_code(), Some(0));
///     assert_eq!(process.result(), Ok(7));
///
///     let process = Process::new(divide, (1, 0)).start()?;
///     process.join();
///     assert_eq!(process.exit_code(), Some(1), "it has panicked");
///     Ok(())
/// }
/// ```
#[must_use = "a process runs once it is started"]
pub struct Process<R> {
    call: Result<(u32, Vec<u8>, Vec<SharedBytes>), TaskError>,
    options: Builder,
    name: Option<String>,
    is_daemon: bool,
    kind: PhantomData<fn() -> R>,
}

impl<R: DeserializeOwned + Send + 'static> Process<R> {
    /// One that will call `task(argument)`; [`Callable`] says how a task of several arguments is called.
    pub fn new<F, A, P>(task: F, argument: A) -> Self
    where
        F: Callable<A, P, Output = R> + 'static,
        A: Serialize,
    {
        let number = || {
            let registry = Registry::get().map_err(|text| TaskError::Start(text.into()))?;
            registry.number_of(id_of(task)).ok_or(TaskError::NotATask(type_name::<F>()))
        };
        let call = number().and_then(|number| {
            let mut files = Vec::new();
            // The argument's own `Serialize` may panic: `start` says so.
            let encoded = panic::catch(|| shared_bytes::outgoing(&mut files, || item(&argument)))?;
            Ok((number, encoded.map_err(TaskError::Encode)?, files))
        });
        let options = Builder::for_one_task();
        Self { call, options, name: None, is_daemon: false, kind: PhantomData }
    }

    /// Its name, for [`active_children`] and [`Line::worker`](crate::Line::worker); without this, `Process-1` and so on.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// A daemon is ended when its handle is dropped: by SIGTERM, and after a second by SIGKILL. One that is none goes on
    /// then, and [`threads::main`] waits for it; this is so without this.
    pub fn daemon(mut self, daemon: bool) -> Self {
        self.is_daemon = daemon;
        self
    }

    /// A variable of its environment, beside those of the program.
    pub fn env(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.options = self.options.env(name, value);
        self
    }

    /// Where its standard output goes.
    pub fn stdout(mut self, output: Output) -> Self {
        self.options = self.options.stdout(output);
        self
    }

    /// Where its standard error goes, which this process passes on.
    pub fn stderr(mut self, output: Output) -> Self {
        self.options = self.options.stderr(output);
        self
    }

    /// Starts it, and waits until it has come to [`init`](crate::init).
    ///
    /// # Errors
    /// [`io::ErrorKind::InvalidInput`] if [`init`](crate::init) was not called, if the function is no task, and if its
    /// argument cannot be encoded, or panics meanwhile; what the system says when it cannot start a process or a thread; and a text if the
    /// process ends before it is ready. Then none is left behind.
    pub fn start(self) -> io::Result<ProcessHandle<R>> {
        static LAST: AtomicU64 = AtomicU64::new(0);
        let invalid = |error: TaskError| io::Error::new(io::ErrorKind::InvalidInput, error.to_string());
        let (task, arguments, files) = self.call.map_err(invalid)?;
        let registry = launch::prepare()?;
        // Relaxed: a number that nobody else has, and no more.
        let name = self.name.unwrap_or_else(|| format!("Process-{}", LAST.fetch_add(1, Relaxed) + 1));
        let name: Arc<str> = name.into();
        let board = Board::new(self.options, registry);
        let mut worker = Worker::launch(&board.options.worker, &name)?;
        worker.greet(registry, &board.options.worker)?;

        let (promise, result) = promise();
        let terms = Terms { retries: 0, time_limit: None, chunk_size: None };
        board.submit(Job::new(0, task, arguments, files, 1, &terms, Box::new(promise)));
        board.close(false);
        let process = ProcessRef(Arc::new(Shared {
            name: Arc::clone(&name),
            is_daemon: self.is_daemon,
            process: Arc::clone(&worker.process),
            death: OnceLock::new(),
            ended: Event::new(),
        }));
        let attended = process.clone();
        let attend = move || {
            let crew = Crew { board, number: 0, name: Arc::clone(&attended.0.name) };
            attended.ended(crew.attend_one(worker));
        };
        CHILDREN.lock().push(process.clone());
        if let Err(error) = Thread::new(attend).name(&*name).daemon(self.is_daemon).start() {
            // The worker went with the thread that is none, and was ended so.
            process.forget();
            return Err(error);
        }
        Ok(ProcessHandle { process, result: Some(result) })
    }
}

/// Those that have not ended.
static CHILDREN: Lock<Vec<ProcessRef>> = Lock::new(Vec::new());

/// The processes that were started by [`Process::start`] and have not ended, in the order of their start: Python's
/// `active_children`. The workers of pools are not among them.
///
/// ```
/// assert_eq!(workers_multiprocess::active_children().len(), 0);
/// ```
pub fn active_children() -> Vec<ProcessRef> {
    let children = CHILDREN.lock().clone();
    children.into_iter().filter(ProcessRef::is_alive).collect()
}

/// A process that was started, with the right to its result.
///
/// It is a [`ProcessRef`] as well. Dropping it ends the process if that is a [daemon](Process::daemon), and detaches it if
/// not.
pub struct ProcessHandle<R> {
    process: ProcessRef,
    /// Gone when it was asked for.
    result: Option<Future<R>>,
}

impl<R> ProcessHandle<R> {
    /// Waits until the process has ended, and returns what its task has returned.
    ///
    /// # Errors
    /// [`TaskError::Panicked`], and [`TaskError::WorkerDied`] if the process has ended before its task has.
    pub fn result(mut self) -> Result<R, TaskError> {
        self.process.join();
        // It is there while the handle is, and there is a result when the process has ended.
        self.result.take().map_or(Err(TaskError::Cancelled), Future::result)
    }

    /// The process, without the result.
    pub fn process(&self) -> &ProcessRef {
        &self.process
    }
}

impl<R> Deref for ProcessHandle<R> {
    type Target = ProcessRef;

    fn deref(&self) -> &ProcessRef {
        &self.process
    }
}

impl<R> Drop for ProcessHandle<R> {
    fn drop(&mut self) {
        if self.is_daemon() && self.is_alive() {
            self.terminate();
            if !self.join_timeout(GRACE) {
                self.kill();
            }
            self.join();
        }
    }
}

/// A process that was started, to ask after and to end. A clone is another name for the same process.
#[derive(Clone)]
pub struct ProcessRef(Arc<Shared>);

struct Shared {
    name: Arc<str>,
    is_daemon: bool,
    process: Arc<link::Process>,
    death: OnceLock<Death>,
    /// Set when `death` is there.
    ended: Event,
}

impl ProcessRef {
    fn ended(&self, death: Death) {
        let _ = self.0.death.set(death);
        self.forget();
        self.0.ended.set();
    }

    fn forget(&self) {
        CHILDREN.lock().retain(|child| child != self);
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// Its number in the system, also when it has ended.
    pub fn pid(&self) -> u32 {
        self.0.process.pid
    }

    /// Whether it is a [daemon](Process::daemon).
    pub fn is_daemon(&self) -> bool {
        self.0.is_daemon
    }

    /// Waits until it has ended. Nothing of it is left then, also no zombie, and the processes that it has started were killed.
    pub fn join(&self) {
        self.join_timeout(Deadline::NEVER);
    }

    /// Waits until it has ended, until `timeout` at most; says whether it has.
    pub fn join_timeout(&self, timeout: impl Into<Deadline>) -> bool {
        self.0.ended.wait_timeout(timeout)
    }

    /// Whether it has not ended.
    pub fn is_alive(&self) -> bool {
        self.exit_code().is_none()
    }

    /// How it ended, in Python's terms: `None` while it runs; 0 when its task has returned; 1 when that has panicked; `n`
    /// after `exit(n)`; `-n` when signal `n` has ended it.
    pub fn exit_code(&self) -> Option<i32> {
        if self.0.death.get().is_none() {
            match self.0.process.exit_code() {
                Ok(code) => return code,
                // It was taken a moment ago, and is put down in the next.
                Err(_) => self.join(),
            }
        }
        let death = self.0.death.get()?;
        death.signal.map(|signal| -signal).or(death.exit_code)
    }

    /// All that is known of its end, when [`join`](Self::join) has returned.
    pub fn death(&self) -> Option<&Death> {
        self.0.death.get()
    }

    /// Asks it to end, by SIGTERM; its task may have a handler. Nothing happens if it has ended, here and below. On Windows
    /// all three end it at once.
    pub fn terminate(&self) {
        self.0.process.signal(Signal::TERM);
    }

    /// Interrupts it, by SIGINT.
    pub fn interrupt(&self) {
        self.0.process.signal(Signal::INT);
    }

    /// Ends it, by SIGKILL.
    pub fn kill(&self) {
        self.0.process.kill();
    }

    /// A descriptor (on Linux a `pidfd`) that is readable when it has ended, for `poll` and its like. Do not read from it.
    /// On Windows there is none.
    #[cfg(unix)]
    pub fn sentinel(&self) -> BorrowedFd<'_> {
        self.0.process.sentinel()
    }
}

/// The [`sentinel`](ProcessRef::sentinel).
#[cfg(unix)]
impl AsFd for ProcessRef {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.sentinel()
    }
}

/// The same process.
impl PartialEq for ProcessRef {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for ProcessRef {}

impl fmt::Debug for ProcessRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let how = match self.death() {
            None => "runs".to_owned(),
            Some(&Death { signal, exit_code: code, .. }) => Ending { signal, code }.to_string(),
        };
        write!(f, "Process({:?}, {}, {how})", self.name(), self.pid())
    }
}

impl<R> fmt::Debug for ProcessHandle<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.process.fmt(f)
    }
}

impl<R> fmt::Debug for Process<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, is_daemon, .. } = self;
        f.debug_struct("Process").field("name", name).field("is_daemon", is_daemon).finish_non_exhaustive()
    }
}
