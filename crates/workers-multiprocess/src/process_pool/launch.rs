//! How is a worker process started?

use super::{
    builder::{Stream, WorkerOptions},
    keeper::{Keeper, Lines},
};
use crate::{
    error::{Death, Ending},
    link::{
        self, Process, Region, Socket, Started,
        message::{Config, FromWorker, PROTOCOL},
    },
    registry::Registry,
    worker::mark::{self, INIT_MISSING},
};
use std::{
    io::{self, ErrorKind, PipeReader, pipe},
    process::{self, Command},
    sync::Arc,
    time::{Duration, Instant},
};
use threads::{Handle, Thread, Timer};

/// What must be before the first process of a pool is started: the tasks of the program.
pub(super) fn prepare() -> io::Result<&'static Registry> {
    let invalid = |text| io::Error::new(ErrorKind::InvalidInput, text);
    mark::check_initialized().map_err(invalid)?;
    let registry = Registry::get().map_err(invalid)?;
    // So that the thread of the timers is there when one is needed.
    Timer::new(Duration::ZERO, || ()).daemon(true).start()?;
    Ok(registry)
}

/// Longer than any worker takes to start, and short enough to be added to the time.
const LONG: Duration = Duration::from_secs(1 << 32);

/// A worker process that was started, with what its pool has of it.
pub(super) struct Worker {
    pub(super) process: Arc<Process>,
    pub(super) socket: Arc<Socket>,
    pub(super) region: Arc<Region>,
    keeper: Option<Handle<Death>>,
}

impl Worker {
    /// Starts the process, which is not ready until [`greet`](Self::greet) returns.
    pub(super) fn launch(options: &WorkerOptions, name: &Arc<str>) -> io::Result<Self> {
        let config = Config { protocol: PROTOCOL, parent: process::id(), ..options.config.clone() };
        // Its last lines belong to the report of its death.
        let (errors, stderr) = pipe()?;
        let (stdout, lines) = options.stdout.open()?;
        let mut command = Command::new(link::program()?);
        command.args(mark::arguments()).envs(options.environment.iter().cloned()).stderr(stderr);
        let started = link::start(command, config, stdout)?;
        Self::keep(options, name, errors, lines, started)
    }

    fn keep(
        options: &WorkerOptions,
        name: &Arc<str>,
        errors: PipeReader,
        lines: Option<PipeReader>,
        started: Started,
    ) -> io::Result<Self> {
        let Started { process, socket, region } = started;
        let process = Arc::new(process);
        let mut streams = vec![(errors, Lines::new(name, Stream::Stderr, &options.stderr))];
        streams.extend(lines.map(|lines| (lines, Lines::new(name, Stream::Stdout, &options.stdout))));
        let keeper = Keeper { process: Arc::clone(&process), region: Arc::clone(&region), streams };
        // Should no thread be had, the keeper is dropped, which ends the child.
        let keeper =
            Thread::new(move || keeper.keep()).name(format!("{name}-keeper")).daemon(true).start()?;
        Ok(Self { process, socket: Arc::new(socket), region, keeper: Some(keeper) })
    }

    /// One whose process is somebody else's to end.
    #[cfg(test)]
    pub(super) fn of_parts(process: Arc<Process>, socket: Arc<Socket>, region: Arc<Region>) -> Self {
        Self { process, socket, region, keeper: None }
    }

    /// Waits until the worker is ready.
    pub(super) fn greet(&mut self, registry: &Registry, options: &WorkerOptions) -> io::Result<()> {
        let until = Instant::now() + options.start_limit.min(LONG);
        let mut said = self.socket.greeting(&self.process, until);
        // What it seems to be at, if it says no more.
        let mut at = INIT_MISSING;
        if let Ok(Some(FromWorker::Initializes)) = said {
            at = "that was in its initializer";
            said = self.socket.greeting(&self.process, until);
        }
        match said {
            Err(error) if error.kind() == ErrorKind::TimedOut => {
                self.process.kill();
                let text = format!("a worker was not ready after {:?}: {at}", options.start_limit);
                Err(io::Error::new(ErrorKind::TimedOut, text))
            }
            Ok(Some(FromWorker::Ready { protocol: PROTOCOL, build })) if build == registry.build_id() => {
                Ok(())
            }
            Ok(Some(FromWorker::Ready { .. } | FromWorker::Initializes | FromWorker::Files { .. })) => {
                Err(io::Error::other("a worker is another program, or another version of this one"))
            }
            Ok(Some(FromWorker::Refused(reason))) => Err(io::Error::other(reason)),
            Ok(None) | Err(_) => {
                let death = self.end();
                let ending = Ending { signal: death.signal, code: death.exit_code };
                let said = match death.last_lines.as_slice() {
                    [] => String::new(),
                    lines => format!("; its last words: {}", lines.join(" | ")),
                };
                let why = if death.out_of_memory { "probably for want of memory" } else { at };
                Err(io::Error::other(format!("a worker {ending} before it was ready: {why}{said}")))
            }
        }
    }

    /// Ends it, and says how it ended: as it did by itself, if it has.
    pub(super) fn end(&mut self) -> Death {
        self.process.kill();
        self.death()
    }

    /// It ends, or nobody hears of it any more: waits for its end, for the grace at most, and says how it ended.
    pub(super) fn leave(&mut self, grace: Duration) -> Death {
        self.region.hang_up();
        if self.keeper.as_ref().is_some_and(|keeper| !keeper.join_timeout(grace)) {
            self.process.kill();
        }
        self.death()
    }

    /// Waits until it has ended, and says how.
    fn death(&mut self) -> Death {
        self.region.hang_up();
        let ended = self.keeper.take().and_then(|keeper| keeper.join().ok());
        ended.unwrap_or(Death {
            pid: self.process.pid,
            signal: None,
            exit_code: None,
            out_of_memory: false,
            last_lines: Vec::new(),
            attempt: 1,
        })
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        if self.keeper.is_some() {
            self.end();
        }
    }
}

#[cfg(all(test, target_os = "linux", not(feature = "sockets")))]
mod tests {
    use super::*;
    use crate::process_pool::builder::Builder;

    #[test]
    fn a_worker_with_other_tasks_or_another_protocol_is_refused() {
        let registry = Registry::get().unwrap();
        let (protocol, build) = (PROTOCOL, registry.build_id());
        for (said, is_welcome) in [
            (FromWorker::Ready { protocol, build }, true),
            (FromWorker::Ready { protocol, build: build + 1 }, false),
            (FromWorker::Ready { protocol: protocol + 1, build }, false),
        ] {
            let (process, _, region) = link::alone();
            let (ours, theirs) = Socket::pair().unwrap();
            theirs.send(&said, &[]).unwrap();
            let mut worker = Worker::of_parts(Arc::new(process), Arc::new(ours), region);
            let greeted = worker.greet(registry, &Builder::new().worker).map_err(|error| error.to_string());
            match is_welcome {
                true => assert_eq!(greeted, Ok(())),
                false => assert!(greeted.unwrap_err().starts_with("a worker is another program")),
            }
        }
    }
}
