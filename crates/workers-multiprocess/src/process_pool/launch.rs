//! How is a worker process started?

use super::{
    builder::WorkerOptions,
    keeper::{Keeper, Process},
};
use crate::{
    error::{Death, Ending},
    link::{
        message::{Config, FromWorker, PROTOCOL, ToWorker},
        region::Region,
        socket::Socket,
    },
    registry::Registry,
    worker::mark::{self, INIT_MISSING},
};
use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    io::Errno,
    process::{Pid, PidfdFlags, pidfd_open},
};
use std::{
    env,
    ffi::OsString,
    io::{self, ErrorKind, PipeReader},
    os::{fd::AsFd, unix::process::CommandExt},
    process::{self, Command, Stdio},
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
        let (ours, theirs) = Socket::pair()?;
        let (region, file) = Region::create()?;
        let config = Config { protocol: PROTOCOL, parent: process::id(), ..options.config.clone() };
        let (stdout, lines) = options.stdout.open()?;
        ours.send(&ToWorker::Config(config), &[file.as_fd(), stdout.as_fd()])?;
        drop((file, stdout));
        let mark = mark::of(theirs.as_fd())?;
        let mut command = Command::new("/proc/self/exe");
        command
            .arg0(env::args_os().next().unwrap_or_else(|| OsString::from("worker")))
            .args(mark::arguments())
            .envs(options.environment.iter().map(|(name, value)| (name, value)))
            .env(mark::VARIABLE, mark)
            .stdin(theirs.into_fd())
            // It takes the one that was sent in `init`. What stands before that in `main` says nothing twice, and a
            // test harness nothing of its own.
            .stdout(Stdio::null())
            // Its last lines belong to the report of its death.
            .stderr(Stdio::piped())
            // Its children can be ended with it, and a signal from the keyboard reaches the program first.
            .process_group(0);
        let child = command.spawn()?;
        // The command holds the worker's end of the socket, whose end tells of a death at the start.
        drop(command);
        Self::keep(options, name, child, lines, ours, region)
    }

    fn keep(
        options: &WorkerOptions,
        name: &Arc<str>,
        mut child: process::Child,
        lines: Option<PipeReader>,
        socket: Socket,
        region: Arc<Region>,
    ) -> io::Result<Self> {
        let pid = child.id();
        let raw = i32::try_from(pid).ok().and_then(Pid::from_raw).expect("a child has a number");
        let pidfd = match pidfd_open(raw, PidfdFlags::empty()) {
            Ok(pidfd) => pidfd,
            Err(error) => {
                let _ = child.kill();
                let _ = child.wait();
                return Err(error.into());
            }
        };
        let process = Arc::new(Process { pid, pidfd });
        let keeper = Keeper {
            name: Arc::clone(name),
            process: Arc::clone(&process),
            child,
            lines,
            region: Arc::clone(&region),
            stdout: options.stdout.clone(),
            stderr: options.stderr.clone(),
        };
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
        let until = Instant::now() + options.start_limit;
        let answer = match self.await_answer(until) {
            Ok(true) => self.socket.try_receive::<FromWorker>(),
            Ok(false) => {
                self.process.kill();
                let text = format!("a worker was not ready after {:?}: {INIT_MISSING}", options.start_limit);
                return Err(io::Error::new(ErrorKind::TimedOut, text));
            }
            Err(error) => Err(error),
        };
        match answer {
            Ok(Some((FromWorker::Ready { protocol: PROTOCOL, build }, _)))
                if build == registry.build_id() =>
            {
                Ok(())
            }
            Ok(Some((FromWorker::Ready { .. } | FromWorker::Files { .. }, _))) => {
                Err(io::Error::other("a worker is another program, or another version of this one"))
            }
            Ok(Some((FromWorker::Refused(reason), _))) => Err(io::Error::other(reason)),
            Ok(None) | Err(_) => {
                let death = self.end();
                let ending = Ending { signal: death.signal, code: death.exit_code };
                let said = match death.last_lines.as_slice() {
                    [] => String::new(),
                    lines => format!("; its last words: {}", lines.join(" | ")),
                };
                let why = if death.out_of_memory { "probably for want of memory" } else { INIT_MISSING };
                Err(io::Error::other(format!("a worker {ending} before it was ready: {why}{said}")))
            }
        }
    }

    /// Until the worker has said something, or is dead; false when it is too late.
    fn await_answer(&self, until: Instant) -> io::Result<bool> {
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let left = Timespec::try_from(left).map_err(io::Error::other)?;
            let mut fds =
                [PollFd::new(&*self.socket, PollFlags::IN), PollFd::new(&self.process.pidfd, PollFlags::IN)];
            match poll(&mut fds, Some(&left)) {
                Err(Errno::INTR) => {}
                ready => return Ok(ready? > 0),
            }
        }
    }

    /// Ends it, and says how it ended: as it did by itself, if it has.
    pub(super) fn end(&mut self) -> Death {
        self.process.kill();
        self.death()
    }

    /// It has said that it ends: waits for that, for the grace at most, and says how it ended.
    pub(super) fn leave(&mut self, grace: Duration) -> Death {
        if self.keeper.as_ref().is_some_and(|keeper| !keeper.join_timeout(grace)) {
            self.process.kill();
        }
        self.death()
    }

    /// Waits until it has ended, and says how.
    pub(super) fn death(&mut self) -> Death {
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
