//! A thread for each worker process: it passes on what the process writes, notices its death, and says how it was.

use super::builder::{Line, Output, Stream};
use crate::{
    error::Death,
    link::{Listener, Process, Region},
    panic,
};
use std::{
    collections::VecDeque,
    fs,
    io::{self, PipeReader, Write},
    sync::Arc,
};

/// How many of a worker's last lines are kept, and how many bytes of each.
const LAST_LINES: usize = 20;
const LINE: usize = 400;

/// The signals of Unix by which the system's OOM killer ends a process, and a process itself for want of memory.
const KILLED: Option<i32> = Some(9);
const ABORTED: Option<i32> = Some(6);

/// What the thread has of its process.
pub(super) struct Keeper {
    pub(super) process: Arc<Process>,
    pub(super) region: Arc<Region>,
    /// Its standard error, and its standard output where that is wanted line by line.
    pub(super) streams: Vec<(PipeReader, Lines)>,
}

impl Keeper {
    /// Until the process has ended.
    pub(super) fn keep(mut self) -> Death {
        let killed_before = oom_kills();
        let heard = self.process.attend(&self.region, std::mem::take(&mut self.streams));
        let (mut last_lines, mut lacked_memory) = (Vec::new(), false);
        for lines in heard {
            if let (Stream::Stderr, said) = (lines.stream, lines.finish()) {
                (last_lines, lacked_memory) = said;
            }
        }
        let (signal, exit_code) = self.process.reap();
        let oom_killed = signal == KILLED && oom_kills() > killed_before;
        let out_of_memory = oom_killed || (signal == ABORTED && lacked_memory);
        Death { pid: self.process.pid, signal, exit_code, out_of_memory, last_lines, attempt: 1 }
    }
}

/// Also when there is no thread for it, or the thread panics: nothing of the process is left, and the region says so.
impl Drop for Keeper {
    fn drop(&mut self) {
        // If it was waited for already, these do nothing.
        self.process.kill();
        self.process.reap();
        self.region.worker_died();
    }
}

/// What a worker writes to one of its streams, line by line.
pub(super) struct Lines {
    output: Output,
    stream: Stream,
    /// Of the worker.
    name: Arc<str>,
    /// A line that has not ended yet.
    line: Vec<u8>,
    last: VecDeque<String>,
    /// It has told of an allocation that failed; a backtrace may have followed.
    lacked_memory: bool,
}

impl Lines {
    pub(super) fn new(name: &Arc<str>, stream: Stream, output: &Output) -> Self {
        let (line, last) = (Vec::new(), VecDeque::new());
        Self { output: output.clone(), stream, name: Arc::clone(name), line, last, lacked_memory: false }
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
        if !self.line.is_empty() {
            self.end_line();
        }
        (self.last.into(), self.lacked_memory)
    }
}

impl Listener for Lines {
    fn hear(&mut self, bytes: &[u8]) {
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
}

/// How often the system's OOM killer has killed something since it was started.
fn oom_kills() -> u64 {
    let counts = fs::read_to_string("/proc/vmstat").unwrap_or_default();
    counts.lines().find_map(|line| line.strip_prefix("oom_kill ")?.parse().ok()).unwrap_or(0)
}
