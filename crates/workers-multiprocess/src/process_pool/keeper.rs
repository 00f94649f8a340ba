//! A thread for each worker process: it passes on what the process writes, notices its death, and says how it was.

use super::builder::{Line, Output, Stream};
use crate::{error::Death, link::region::Region, panic};
use rustix::{
    event::{PollFd, PollFlags, poll},
    fs::{OFlags, fcntl_getfl, fcntl_setfl},
    io::Errno,
    process::{Pid, Signal, kill_process_group, pidfd_send_signal},
};
use std::{
    collections::VecDeque,
    fs,
    io::{self, PipeReader, Read, Write},
    os::{
        fd::{AsFd, OwnedFd},
        unix::process::ExitStatusExt,
    },
    process::{Child, ChildStderr},
    sync::Arc,
};

/// How many of a worker's last lines are kept, and how many bytes of each.
const LAST_LINES: usize = 20;
const LINE: usize = 400;

/// The bytes that a pipe holds at most, unless the system's administrator has said otherwise.
const MAX_PIPE: usize = 1 << 20;

/// A process that was started, by a descriptor that stays its own.
#[derive(Debug)]
pub(super) struct Process {
    pub(super) pid: u32,
    pub(super) pidfd: OwnedFd,
}

impl Process {
    pub(super) fn signal(&self, signal: Signal) {
        // The only error is that it has ended, which is told elsewhere.
        let _ = pidfd_send_signal(&self.pidfd, signal);
    }

    pub(super) fn kill(&self) {
        self.signal(Signal::KILL);
    }
}

/// What the thread has of its process.
pub(super) struct Keeper {
    pub(super) name: Arc<str>,
    pub(super) process: Arc<Process>,
    pub(super) child: Child,
    /// Its standard output, where that is wanted line by line.
    pub(super) lines: Option<PipeReader>,
    pub(super) region: Arc<Region>,
    pub(super) stdout: Output,
    pub(super) stderr: Output,
}

impl Keeper {
    /// Until the process has ended.
    pub(super) fn keep(mut self) -> Death {
        let killed_before = oom_kills();
        let mut stdout = self.lines.take().map(|pipe| self.source(Pipe::Out(pipe)));
        let mut stderr = self.child.stderr.take().map(|pipe| self.source(Pipe::Err(pipe)));
        while !self.wait(&mut stdout, &mut stderr) {}
        // What its children may still write is theirs: what is there now is taken, and no more is waited for.
        let (last_lines, lacked_memory) = stderr.map(Source::finish).unwrap_or_default();
        drop(stdout.map(Source::finish));
        // The number is its own until it is waited for: so the group is.
        if let Some(group) = Pid::from_raw(self.process.pid as i32) {
            let _ = kill_process_group(group, Signal::KILL);
        }
        let status = self.child.wait().ok();
        let (signal, exit_code) = status.map_or((None, None), |status| (status.signal(), status.code()));
        let oom_killed = signal == Some(Signal::KILL.as_raw()) && oom_kills() > killed_before;
        let out_of_memory = oom_killed || (signal == Some(Signal::ABORT.as_raw()) && lacked_memory);
        Death { pid: self.process.pid, signal, exit_code, out_of_memory, last_lines, attempt: 1 }
    }

    fn source(&self, pipe: Pipe) -> Source {
        let (output, stream) = match pipe {
            Pipe::Out(_) => (&self.stdout, Stream::Stdout),
            Pipe::Err(_) => (&self.stderr, Stream::Stderr),
        };
        let _ = fcntl_getfl(&pipe).and_then(|flags| fcntl_setfl(&pipe, flags | OFlags::NONBLOCK));
        Source {
            pipe,
            output: output.clone(),
            stream,
            name: Arc::clone(&self.name),
            is_open: true,
            line: Vec::new(),
            last: VecDeque::new(),
            lacked_memory: false,
        }
    }

    /// Waits for something to happen, and passes on what was written; says whether the process has ended.
    fn wait(&self, stdout: &mut Option<Source>, stderr: &mut Option<Source>) -> bool {
        let has_ended = {
            let open = |source: &Option<Source>| source.as_ref().is_some_and(|source| source.is_open);
            let (out, err) = (open(stdout), open(stderr));
            let pipes = [stdout.as_ref().filter(|_| out), stderr.as_ref().filter(|_| err)];
            let mut fds = vec![PollFd::new(&self.process.pidfd, PollFlags::IN)];
            fds.extend(pipes.into_iter().flatten().map(|source| PollFd::new(&source.pipe, PollFlags::IN)));
            match poll(&mut fds, None) {
                Ok(_) => !fds[0].revents().is_empty(),
                Err(Errno::INTR) => false,
                // Nothing can be waited for: then for the process alone, in wait().
                Err(_) => true,
            }
        };
        for source in [stdout, stderr].into_iter().flatten() {
            source.take();
        }
        has_ended
    }
}

/// Also when there is no thread for it, or the thread panics: nothing of the process is left, and the region says so.
impl Drop for Keeper {
    fn drop(&mut self) {
        // If it was waited for already, these do nothing.
        let _ = self.child.kill();
        let _ = self.child.wait();
        self.region.worker_died();
    }
}

enum Pipe {
    Out(PipeReader),
    Err(ChildStderr),
}

impl AsFd for Pipe {
    fn as_fd(&self) -> std::os::fd::BorrowedFd<'_> {
        match self {
            Self::Out(pipe) => pipe.as_fd(),
            Self::Err(pipe) => pipe.as_fd(),
        }
    }
}

/// One of the streams that a worker writes.
struct Source {
    pipe: Pipe,
    output: Output,
    stream: Stream,
    name: Arc<str>,
    is_open: bool,
    /// A line that has not ended yet.
    line: Vec<u8>,
    last: VecDeque<String>,
    /// It has told of an allocation that failed; a backtrace may have followed.
    lacked_memory: bool,
}

impl Source {
    /// What is there now, and no more than a pipe holds: who writes without end must not keep us from the other streams.
    fn take(&mut self) {
        let mut buffer = [0; 8 << 10];
        for _ in 0..MAX_PIPE / buffer.len() {
            if !self.is_open {
                return;
            }
            let read = match &mut self.pipe {
                Pipe::Out(pipe) => pipe.read(&mut buffer),
                Pipe::Err(pipe) => pipe.read(&mut buffer),
            };
            match read {
                Ok(0) => self.is_open = false,
                Ok(len) => self.pass_on(&buffer[..len]),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                Err(_) => self.is_open = false,
            }
        }
    }

    fn pass_on(&mut self, bytes: &[u8]) {
        if matches!(self.output, Output::Inherit) {
            // Where nobody reads our own streams, the worker's are lost likewise.
            let _ = match self.stream {
                Stream::Stdout => io::stdout().write_all(bytes),
                Stream::Stderr => io::stderr().write_all(bytes),
            };
        }
        for part in bytes.split_inclusive(|byte| *byte == b'\n') {
            // Of a line without end only the beginning is kept, and it is told in pieces.
            self.line.extend_from_slice(part);
            if part.ends_with(b"\n") || self.line.len() >= 64 << 10 {
                self.end_line();
            }
        }
    }

    fn end_line(&mut self) {
        let line = std::mem::take(&mut self.line);
        let line = line.strip_suffix(b"\n").unwrap_or(&line);
        if let Output::Lines(tell) = &self.output {
            let text = String::from_utf8_lossy(line);
            panic::isolate(|| tell(&Line { worker: &self.name, stream: self.stream, text: &text }));
        }
        self.lacked_memory |= line.starts_with(b"memory allocation of ");
        if self.last.len() == LAST_LINES {
            self.last.pop_front();
        }
        self.last.push_back(String::from_utf8_lossy(&line[..line.len().min(LINE)]).into_owned());
    }

    fn finish(mut self) -> (Vec<String>, bool) {
        self.take();
        if !self.line.is_empty() {
            self.end_line();
        }
        (self.last.into(), self.lacked_memory)
    }
}

/// How often the system's OOM killer has killed something since it was started.
fn oom_kills() -> u64 {
    let counts = fs::read_to_string("/proc/vmstat").unwrap_or_default();
    counts.lines().find_map(|line| line.strip_prefix("oom_kill ")?.parse().ok()).unwrap_or(0)
}
