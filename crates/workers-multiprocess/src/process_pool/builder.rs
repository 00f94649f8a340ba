//! How is a pool to be?

use super::{Chaos, ProcessPool};
use crate::{
    Callable, TaskError,
    link::{
        self,
        message::{Config, item},
    },
    registry::id_of,
    worker::mark,
};
use serde::Serialize;
use std::{
    any::type_name,
    ffi::OsString,
    fmt,
    io::{self, PipeReader, pipe},
    sync::Arc,
    time::Duration,
};

/// A [`ProcessPool`] that is not started yet.
///
/// ```no_run
/// use std::time::Duration;
/// use workers_multiprocess::ProcessPool;
///
/// # fn main() -> std::io::Result<()> {
/// let pool = ProcessPool::builder()
///     .workers(4)
///     .time_limit(Duration::from_secs(10))
///     .retries(1)
///     .memory_limit(512 << 20)
///     .build()?;
/// # Ok(())
/// # }
/// ```
#[must_use = "a pool runs once it is built"]
#[derive(Debug)]
pub struct Builder {
    pub(super) workers: usize,
    pub(super) worker: WorkerOptions,
    pub(super) retries: u32,
    pub(super) time_limit: Option<Duration>,
    pub(super) max_tasks: Option<u64>,
    pub(super) idle_limit: Option<Duration>,
    pub(super) grace: Duration,
    pub(super) stop_on_interrupt: bool,
    pub(super) chaos: Option<Chaos>,
    initializer: Result<(), TaskError>,
}

/// What each worker process is started with.
#[derive(Debug)]
pub(super) struct WorkerOptions {
    pub(super) config: Config,
    pub(super) environment: Vec<(OsString, OsString)>,
    pub(super) stdout: Output,
    pub(super) stderr: Output,
    pub(super) start_limit: Duration,
}

/// Where what a worker writes goes.
#[derive(Clone, Default)]
pub enum Output {
    /// Where the program's own goes. In a [`test`](macro@crate::test), both streams go to standard error.
    #[default]
    Inherit,
    /// Nowhere.
    Null,
    /// Line by line to a function, which is called in a thread of the pool; a worker waits for who is slow.
    Lines(Arc<dyn Fn(&Line<'_>) + Send + Sync>),
}

/// A line that a worker has written.
#[derive(Clone, Copy, Debug)]
pub struct Line<'a> {
    /// The worker's name: `worker-0`, `worker-1`, ….
    pub worker: &'a str,
    /// Where it wrote to.
    pub stream: Stream,
    /// Without its end; what is no UTF-8 is replaced.
    pub text: &'a str,
}

/// One of the two streams that a process writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

impl fmt::Debug for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Inherit => "Inherit",
            Self::Null => "Null",
            Self::Lines(_) => "Lines(..)",
        })
    }
}

impl Output {
    /// Line by line to `tell`.
    ///
    /// ```
    /// use workers_multiprocess::Output;
    ///
    /// let output = Output::lines(|line| println!("[{}] {}", line.worker, line.text));
    /// assert!(matches!(output, Output::Lines(_)));
    /// ```
    pub fn lines(tell: impl Fn(&Line<'_>) + Send + Sync + 'static) -> Self {
        Self::Lines(Arc::new(tell))
    }

    /// What a worker gets as its standard output; and for lines, where they come out.
    pub(super) fn open(&self) -> io::Result<(link::Out, Option<PipeReader>)> {
        Ok(match self {
            // A test harness writes its report to our standard output.
            Self::Inherit if mark::is_test() => (link::standard_error()?, None),
            Self::Inherit => (link::standard_output()?, None),
            Self::Null => (link::nowhere()?, None),
            Self::Lines(_) => {
                let (lines, writer) = pipe()?;
                (writer.into(), Some(lines))
            }
        })
    }
}

impl Builder {
    pub(super) fn new() -> Self {
        Self {
            workers: std::thread::available_parallelism().map_or(1, usize::from),
            worker: WorkerOptions {
                config: Config::default(),
                environment: Vec::new(),
                stdout: Output::Inherit,
                stderr: Output::Inherit,
                start_limit: Duration::from_secs(60),
            },
            retries: 0,
            time_limit: None,
            max_tasks: None,
            idle_limit: None,
            grace: Duration::from_secs(1),
            stop_on_interrupt: false,
            chaos: None,
            initializer: Ok(()),
        }
    }

    /// Of the process that a [`Process`](crate::Process) is.
    pub(super) fn for_one_task() -> Self {
        let mut builder = Self { workers: 1, ..Self::new() };
        builder.worker.config.is_process = true;
        builder
    }

    /// How many processes; without this, as many as there are cores.
    pub fn workers(mut self, workers: usize) -> Self {
        self.workers = workers;
        self
    }

    /// A task that each worker runs first, with this argument. If it panics, the worker is not started, and
    /// [`build`](Self::build) fails. It returns nothing, so that it cannot fail unseen.
    pub fn initializer<F, A, P>(mut self, task: F, argument: &A) -> Self
    where
        F: Callable<A, P, Output = ()> + 'static,
        A: Serialize,
    {
        let encode = || {
            let registry = crate::registry::Registry::get().map_err(|text| TaskError::Start(text.into()))?;
            let number = registry.number_of(id_of(task)).ok_or(TaskError::NotATask(type_name::<F>()))?;
            Ok((number, item(argument).map_err(TaskError::Encode)?))
        };
        match encode() {
            Ok(initializer) => self.worker.config.initializer = Some(initializer),
            Err(error) => self.initializer = Err(error),
        }
        self
    }

    /// A worker that has run so many tasks is replaced; one that has begun a batch of a `map` ends it before. Without this
    /// it is not.
    pub fn max_tasks(mut self, tasks: u64) -> Self {
        self.max_tasks = Some(tasks);
        self
    }

    /// Bytes of address space (`RLIMIT_AS`) that a worker may have: an allocation beyond fails, which aborts it.
    /// It holds from the initializer on. Where that needs more, or a worker has more mapped before it (some 10 to 200 MiB,
    /// of which it uses few), [`build`](Self::build) says so; a task that needs more fails with
    /// [`TaskError::WorkerDied`], whose [`Death::out_of_memory`](crate::Death::out_of_memory) is true.
    /// On Windows there is no such limit, and `build` refuses.
    pub fn memory_limit(mut self, bytes: u64) -> Self {
        self.worker.config.memory = Some(bytes);
        self
    }

    /// Processor time that a task may use. A worker that has used so much in all is replaced after its task; one that has
    /// used twice as much (`RLIMIT_CPU`, in whole seconds) is ended by SIGXCPU, and its task fails with
    /// [`TaskError::WorkerDied`]. So a task has `time` at least, twice that and a second at most, and none is ended for what
    /// others have used. The calls of a `map` cross one by one. What the initializer uses counts too. On Windows there is no such limit, and
    /// [`build`](Self::build) refuses.
    pub fn processor_limit(mut self, time: Duration) -> Self {
        self.worker.config.processor = Some(time);
        self
    }

    /// A variable of the workers' environment, beside those of the program.
    pub fn env(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.worker.environment.push((name.into(), value.into()));
        self
    }

    /// Where the workers' standard output goes.
    pub fn stdout(mut self, output: Output) -> Self {
        self.worker.stdout = output;
        self
    }

    /// Where the workers' standard error goes. The pool reads it in any case, and passes it on: so it may arrive a
    /// moment after a result.
    pub fn stderr(mut self, output: Output) -> Self {
        self.worker.stderr = output;
        self
    }

    /// A worker that has nothing to do for so long ends, and is started again when it is needed. Without this it stays.
    pub fn idle_limit(mut self, time: Duration) -> Self {
        self.idle_limit = Some(time);
        self
    }

    /// How often a task that has cost a worker is tried again; 0 without this. A task that was stopped for its time is
    /// not.
    pub fn retries(mut self, retries: u32) -> Self {
        self.retries = retries;
        self
    }

    /// How long a task may run: then its worker is killed, and the task fails with
    /// [`TaskError::TimedOut`]. Without this, as long as it likes.
    pub fn time_limit(mut self, limit: Duration) -> Self {
        self.time_limit = Some(limit);
        self
    }

    /// How long a task that is cancelled, or a worker at the pool's end, may take to end by itself before it is killed;
    /// a second without this.
    pub fn grace(mut self, grace: Duration) -> Self {
        self.grace = grace;
        self
    }

    /// Whether Ctrl-C ends the pool: the first SIGINT or SIGTERM then does what
    /// [`terminate`](ProcessPool::terminate) does, to every pool that asked for it, and the program goes on; its futures
    /// are [`TaskError::Cancelled`]. The second has its default effect, as has the first when no such pool is left: it
    /// ends the program. A new such pool waits for a first one again.
    ///
    /// Without this no signal is handled: it ends the program, and the workers end within a second, as whenever the
    /// pool's process does. With it, two handlers, a thread and three descriptors stay for the rest of the program. On
    /// Unix only: elsewhere [`build`](Self::build) refuses.
    ///
    /// ```no_run
    /// # use workers_multiprocess::{ProcessPool, TaskError, task};
    /// # #[task] fn work(n: u64) -> u64 { n }
    /// # fn main() -> std::io::Result<()> {
    /// # workers_multiprocess::init();
    /// let pool = ProcessPool::builder().stop_on_interrupt(true).build()?;
    /// for result in pool.map(work, 0..1_000_000) {
    ///     match result {
    ///         Ok(value) => println!("{value}"),
    ///         Err(TaskError::Cancelled | TaskError::Closed) => break,
    ///         Err(error) => eprintln!("{error}"),
    ///     }
    /// }
    /// println!("what was done so far is kept");
    /// # Ok(())
    /// # }
    /// ```
    pub fn stop_on_interrupt(mut self, stop: bool) -> Self {
        self.stop_on_interrupt = stop;
        self
    }

    /// How long a worker may take to come to [`init`](crate::init) and through its initializer; a minute without this.
    pub fn start_limit(mut self, limit: Duration) -> Self {
        self.worker.start_limit = limit;
        self
    }

    /// Kills workers at random while the pool works, with SIGKILL and SIGSEGV, and SIGSTOP too if there is a
    /// [`time_limit`](Self::time_limit): to see what becomes of one's own tasks. [`Statistics::kills`](super::Statistics)
    /// counts them.
    pub fn chaos(mut self, chaos: Chaos) -> Self {
        self.chaos = Some(chaos);
        self
    }

    /// Starts the processes, and waits until they are ready.
    ///
    /// # Errors
    /// [`io::ErrorKind::Unsupported`] for a limit, or for signals, where the system has none.
    /// [`io::ErrorKind::InvalidInput`] for no workers, if [`init`](crate::init) was not called, if two tasks have the
    /// same path, and for an initializer that is no task; whatever the system says when it cannot start a process or a
    /// thread; and a text if a worker ends before it is ready. No process is left behind.
    ///
    /// In a worker process whose `main` has not called [`init`](crate::init) first, there is nobody to return an error
    /// to: one line on standard error says so, and the process ends with exit code 2.
    pub fn build(mut self) -> io::Result<ProcessPool> {
        let invalid = |text: String| io::Error::new(io::ErrorKind::InvalidInput, text);
        if self.workers == 0 {
            return Err(invalid("a pool needs at least one worker".into()));
        }
        if self.max_tasks == Some(0) {
            return Err(invalid("a worker runs at least one task".into()));
        }
        let config = &self.worker.config;
        if !link::LIMITS && (config.memory.is_some() || config.processor.is_some()) {
            let text = "a worker's memory and processor time cannot be limited on this system";
            return Err(io::Error::new(io::ErrorKind::Unsupported, text));
        }
        std::mem::replace(&mut self.initializer, Ok(())).map_err(|error| invalid(error.to_string()))?;
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        if std::env::var_os(RAYON).is_none() {
            let share = (cores / self.workers).max(1);
            self.worker.environment.insert(0, (RAYON.into(), share.to_string().into()));
        }
        ProcessPool::start(self)
    }
}

/// What rayon takes the number of its threads from.
const RAYON: &str = "RAYON_NUM_THREADS";
