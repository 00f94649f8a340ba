//! Why a task has no result.

use std::{error::Error, fmt};

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
    },
    /// The worker process ended while it had the task, which may have run in part. The next task gets a new
    /// worker.
    WorkerDied {
        /// The process that ended.
        pid: u32,
        /// The signal that ended it.
        signal: Option<i32>,
        /// The code with which it ended by itself: also 0, if the task called `exit(0)`.
        exit_code: Option<i32>,
    },
    /// The function is not marked `#[task]`; carries its name. A closure never is.
    NotATask(&'static str),
    /// The argument or the result could not be made into bytes, or has too many of them.
    Encode(String),
    /// The argument or the result could not be made from the bytes that arrived.
    Decode(String),
    /// No worker could be started for the task, which has not run. The next task tries again.
    Start(String),
    /// The task was taken back before it ran.
    Cancelled,
}

impl fmt::Display for TaskError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Panicked { message, location } => write!(f, "the task panicked at {location}: {message}"),
            Self::WorkerDied { pid, signal, exit_code } => {
                write!(
                    f,
                    "the worker (process {pid}) {} during the task",
                    Ending { signal: *signal, code: *exit_code }
                )
            }
            Self::NotATask(name) => write!(f, "`{name}` is not marked #[task]"),
            Self::Encode(text) => write!(f, "a value could not be encoded: {text}"),
            Self::Decode(text) => write!(f, "a value could not be decoded: {text}"),
            Self::Start(text) => write!(f, "no worker could be started: {text}"),
            Self::Cancelled => f.write_str("the task was cancelled before it ran"),
        }
    }
}

impl Error for TaskError {}

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

/// The signals that have the same number on every Unix.
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
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_death_names_its_signal_or_its_exit_code() {
        let died = |signal, exit_code| TaskError::WorkerDied { pid: 7, signal, exit_code }.to_string();
        assert_eq!(
            died(Some(9), None),
            "the worker (process 7) was ended by signal 9 (SIGKILL) during the task"
        );
        assert_eq!(died(Some(64), None), "the worker (process 7) was ended by signal 64 during the task");
        assert_eq!(died(None, Some(0)), "the worker (process 7) ended with exit code 0 during the task");
    }
}
