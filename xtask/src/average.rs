//! `cargo xtask average`: the article's last program at full size.
//!
//! The program is an example of its crate and parses its arguments itself; this verb only builds and runs it.

use std::ffi::OsString;
use std::process::{Command, ExitCode};

use crate::cargo::{self, Workspace};
use crate::failure::Failure;
use crate::out::Sink;
use crate::{Verb, child};

pub(crate) const VERB: Verb = Verb {
    name: "average",
    what: "average a column of a CSV file over a pool of workers",
    help: "\
Usage: cargo xtask average [FILE] --column NAME [--by NAME] [--pool threads|processes|rayon] [--workers N] [--json]

Counts, sums and averages a column of a CSV file, in chunks shared out to a pool; the answer is the same to the
last bit for any pool and any number of workers. Without FILE it uses the flights that come with the repository,
for instance

  cargo xtask average --column dep_delay --by carrier

  --column NAME    the column of numbers; empty cells and NA count as missing
  --by NAME        one result for each value of this column, beside the overall one
  --pool POOL      who works: threads, processes, or rayon to compare with
  --workers N      how many of them
  --json           {\"column\", \"by\", \"pool\", \"workers\", \"rows\", \"overall\": {\"count\", \"missing\", \"sum\", \"mean\",
                    \"min\", \"max\"}, \"groups\": {KEY: the same}}
",
    run,
};

/// The package and the example that this verb runs.
pub(crate) const PROGRAM: (&str, &str) = ("workers-multiprocess", "average");

fn run(arguments: Vec<OsString>) -> Result<ExitCode, Failure> {
    let (package, example) = PROGRAM;
    let path = cargo::build_release(&Workspace::read()?, package, "example", example, Sink::Stderr.stdio()?)?;
    Ok(child::pass_through(Command::new(path).args(arguments))?.into())
}
