//! Why a task has no result.

#[cfg(not(any(loom, shuttle)))]
use serde::{Deserialize, Serialize};
use std::{error::Error, fmt, time::Duration};

/// Why a task has no result. It concerns one task: the pool goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TaskError {
    /// The task panicked; its worker goes on.
    Panicked {
        /// The panic's text; a stated sentence if its payload is no text.
        message: String,
        /// `file:line:column`; a stated sentence if something in the program has replaced the panic hook.
        location: String,
        /// Where backtraces are enabled (`RUST_BACKTRACE`).
        backtrace: Option<String>,
    },
    /// The worker process ended while it had the task, which may have run in part. Another takes its place.
    WorkerDied(Death),
    /// The task ran longer than its limit, which this is; its worker was killed.
    TimedOut(Duration),
    /// The function is not marked `#[task]`; carries its name. A closure never is.
    NotATask(&'static str),
    /// The argument or the result could not be made into bytes, or has too many of them.
    Encode(String),
    /// The argument or the result could not be made from the bytes that arrived, or its files did not arrive.
    Decode(String),
    /// No worker could be started for the task, which has not run. The next task tries again.
    Start(String),
    /// The task was taken back before it ran, or its worker was told to stop it.
    Cancelled,
    /// The pool was shut down before the task was given to it.
    Closed,
}

/// How a worker process ended.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(not(any(loom, shuttle)), derive(Serialize, Deserialize))]
pub struct Death {
    /// The process that ended.
    pub pid: u32,
    /// The signal that ended it; none on Windows.
    pub signal: Option<i32>,
    /// The code with which it ended by itself: also 0, if the task called `exit(0)`.
    pub exit_code: Option<i32>,
    /// Whether it seems to have been for want of memory: it was killed while the system's OOM killer was at work, or
    /// its last words are of an allocation that failed.
    pub out_of_memory: bool,
    /// The last lines that it wrote to its standard error.
    pub last_lines: Vec<String>,
    /// How many workers the task has cost: 1, and 1 more for each time that it was tried again.
    pub attempt: u32,
}

impl fmt::Display for TaskError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Panicked { message, location, .. } => {
                write!(f, "the task panicked at {location}: {message}")
            }
            Self::WorkerDied(death) => write!(f, "{death} during the task"),
            Self::TimedOut(limit) => write!(f, "the task ran longer than {limit:?}"),
            Self::NotATask(name) => write!(f, "`{name}` is not marked #[task]"),
            Self::Encode(text) => write!(f, "a value could not be encoded: {text}"),
            Self::Decode(text) => write!(f, "a value could not be decoded: {text}"),
            Self::Start(text) => write!(f, "no worker could be started: {text}"),
            Self::Cancelled => f.write_str("the task was cancelled"),
            Self::Closed => f.write_str("the pool is shut down"),
        }
    }
}

impl Error for TaskError {}

impl fmt::Display for Death {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { pid, signal, exit_code: code, .. } = *self;
        write!(f, "the worker (process {pid}) {}", Ending { signal, code })?;
        if self.out_of_memory {
            f.write_str(", probably for want of memory,")?;
        }
        match self.attempt {
            0 | 1 => Ok(()),
            attempt => write!(f, " (attempt {attempt})"),
        }
    }
}

/// How a process ended, as words.
pub(crate) struct Ending {
    pub(crate) signal: Option<i32>,
    pub(crate) code: Option<i32>,
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.signal, self.code) {
            (Some(signal), _) => match signal_name(signal) {
                Some(name) => write!(f, "was ended by signal {signal} ({name})"),
                None => write!(f, "was ended by signal {signal}"),
            },
            (None, Some(code)) => write!(f, "ended with exit code {code}"),
            (None, None) => f.write_str("ended"),
        }
    }
}

/// The signals that have the same number on every Unix (the last but on some old processors).
fn signal_name(signal: i32) -> Option<&'static str> {
    Some(match signal {
        1 => "SIGHUP",
        2 => "SIGINT",
        3 => "SIGQUIT",
        4 => "SIGILL",
        6 => "SIGABRT",
        8 => "SIGFPE",
        9 => "SIGKILL",
        11 => "SIGSEGV",
        13 => "SIGPIPE",
        15 => "SIGTERM",
        24 => "SIGXCPU",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_death_names_its_signal_or_its_exit_code() {
        let died = |signal, exit_code, attempt| {
            let (out_of_memory, last_lines) = (false, Vec::new());
            TaskError::WorkerDied(Death { pid: 7, signal, exit_code, out_of_memory, last_lines, attempt })
                .to_string()
        };
        assert_eq!(
            died(Some(9), None, 1),
            "the worker (process 7) was ended by signal 9 (SIGKILL) during the task"
        );
        assert_eq!(
            died(Some(64), None, 3),
            "the worker (process 7) was ended by signal 64 (attempt 3) during the task"
        );
        assert_eq!(died(None, Some(0), 1), "the worker (process 7) ended with exit code 0 during the task");
    }
}
