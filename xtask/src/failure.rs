//! How can a verb end without a verdict of its own?

use std::io;
use std::process::ExitCode;

/// Why a verb stopped. A verb that came to a verdict returns an exit code instead.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The command line is wrong; the report says where help is.
    Usage(String),
    /// The command line is well formed, but asks for what is not there.
    Input(String),
    /// Something that should have worked did not.
    Failed(String),
}

impl Failure {
    /// Says on one line of stderr what went wrong, and gives the exit code: 2 for bad usage or input, else 1.
    pub(crate) fn report(&self, help: &str) -> ExitCode {
        match self {
            Self::Usage(text) => {
                crate::out::note(format_args!("error: {text} (`{help}` says what can be asked)"));
                ExitCode::from(2)
            }
            Self::Input(text) => {
                crate::out::note(format_args!("error: {text}"));
                ExitCode::from(2)
            }
            Self::Failed(text) => {
                crate::out::note(format_args!("error: {text}"));
                ExitCode::from(1)
            }
        }
    }

    /// The reason alone.
    pub(crate) fn text(&self) -> &str {
        match self {
            Self::Usage(text) | Self::Input(text) | Self::Failed(text) => text,
        }
    }
}

impl From<lexopt::Error> for Failure {
    fn from(error: lexopt::Error) -> Self {
        Self::Usage(error.to_string())
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Failed(error.to_string())
    }
}

/// The exit code of a verb whose checks have all been made.
pub(crate) fn verdict(ok: bool) -> ExitCode {
    if ok { ExitCode::SUCCESS } else { ExitCode::from(1) }
}
