//! What ends the program early, and with which exit code?

use super::text::one_line;
use std::fmt::Display;
use std::io::{self, Write};
use std::process::ExitCode;

/// Why there is no answer.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The arguments or the file are at fault: exit code 2.
    Input(String),
    /// The program or the system is: exit code 1.
    Run(String),
}

impl Failure {
    /// Tells the user on one line of standard error, and gives the exit code.
    pub(crate) fn report(&self) -> ExitCode {
        let (message, code) = match self {
            Self::Input(message) => (message, 2),
            Self::Run(message) => (message, 1),
        };
        // Where nobody listens there is nobody to tell.
        let _ = writeln!(io::stderr(), "average: {}", one_line(message));
        ExitCode::from(code)
    }
}

/// Bad input that has to do with a file.
pub(crate) fn bad_file(path: &std::path::Path, problem: impl Display) -> Failure {
    Failure::Input(format!("{}: {problem}", path.display()))
}
