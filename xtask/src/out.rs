//! Where does a line go?
//!
//! Results go to stdout, and with `--json` nothing else does; progress then goes to stderr. Whoever reads
//! stdout may close it early (`| head`): that is no error, and the exit code still tells the verdict.

use std::fmt::Display;
use std::fs::File;
use std::io::{self, Write};
use std::process::Stdio;

use serde_json::Value;

use crate::failure::Failure;

/// Prints a line on stdout. A closed stdout is accepted.
pub(crate) fn say(line: impl Display) -> Result<(), Failure> {
    forgive_closed_pipe(writeln!(io::stdout(), "{line}"))
}

/// Prints a line on stderr; there is nowhere to say that this failed.
pub(crate) fn note(line: impl Display) {
    let _ = writeln!(io::stderr(), "{line}");
}

/// Prints the one document of a verb that was given `--json`.
pub(crate) fn json(document: &Value) -> Result<(), Failure> {
    say(format_args!("{document:#}"))
}

fn forgive_closed_pipe(written: io::Result<()>) -> Result<(), Failure> {
    match written {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        Err(error) => Err(Failure::Failed(format!("cannot write to stdout: {error}"))),
        Ok(()) => Ok(()),
    }
}

/// What is said while a verb works: on stdout for a person, on stderr when stdout is for one JSON document.
#[derive(Clone, Copy)]
pub(crate) struct Progress {
    to_stderr: bool,
}

impl Progress {
    pub(crate) fn new(json: bool) -> Self {
        Self { to_stderr: json }
    }

    /// Prints a whole line.
    pub(crate) fn line(self, text: impl Display) -> Result<(), Failure> {
        if self.to_stderr {
            note(text);
            return Ok(());
        }
        say(text)
    }
}

/// Where the output of the programs that a verb starts is shown.
pub(crate) enum Sink {
    /// On our stderr, as it comes.
    Stderr,
    /// In a log file, for a verb that shows it only on failure.
    Log(File),
}

impl Sink {
    /// The sink as a child's stdout or stderr.
    pub(crate) fn stdio(&self) -> io::Result<Stdio> {
        Ok(match self {
            Self::Stderr => Stdio::from(io::stderr()),
            Self::Log(file) => Stdio::from(file.try_clone()?),
        })
    }

    /// Writes a line of our own. A closed stderr is accepted; a log that cannot be written is not.
    pub(crate) fn line(&mut self, text: impl Display) -> io::Result<()> {
        match self {
            Self::Stderr => note(text),
            Self::Log(file) => writeln!(file, "{text}")?,
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_closed_stdout_is_forgiven_and_a_full_disk_is_not() {
        assert!(forgive_closed_pipe(Err(io::ErrorKind::BrokenPipe.into())).is_ok());
        assert!(forgive_closed_pipe(Err(io::ErrorKind::StorageFull.into())).is_err());
    }
}
