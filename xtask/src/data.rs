//! `cargo xtask data`: a file large enough to measure with.
//!
//! The program is an example of the crate whose data it writes, and parses its arguments itself; this verb only
//! builds and runs it.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::{Command, ExitCode};

use crate::cargo::{self, Workspace};
use crate::failure::Failure;
use crate::out::Sink;
use crate::{Verb, child};

pub(crate) const VERB: Verb = Verb {
    name: "data",
    what: "write the flights that come with the repository, repeated, as one large CSV file",
    help: "\
Usage: cargo xtask data [--rows N] [--folder FOLDER] [--json]

Writes the 336,776 flights that come with the repository again and again, until there are N rows, under one
header. A file of the right size that is there is left as it is; one that could not be finished never has the
name. Then for instance

  cargo xtask average target/data/flights-45000000.csv --column dep_delay

  --rows N         how many rows, from 1 on; 45000000 where it is not given, which is 2 GB
  --folder FOLDER  where flights-N.csv is written; target/data where it is not given
  --json           {\"path\", \"rows\", \"bytes\", \"written\"}: whether it was written now
",
    run,
};

fn run(arguments: Vec<OsString>) -> Result<ExitCode, Failure> {
    let mut program = program(&Workspace::read()?)?;
    Ok(child::pass_through(program.args(arguments))?.into())
}

/// The program that writes the data, with its folder.
pub(crate) fn program(workspace: &Workspace) -> Result<Command, Failure> {
    let stderr = Sink::Stderr.stdio()?;
    let path: PathBuf =
        cargo::build_release(workspace, "workers-multiprocess", "example", "flights", stderr)?;
    let mut command = Command::new(path);
    command.arg("--folder").arg(workspace.target.join("data"));
    Ok(command)
}
