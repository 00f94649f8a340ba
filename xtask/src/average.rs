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
Usage: cargo xtask average [FILE] [--column NAME] [--by NAME] [--pool POOL] [--workers N]
                           [--watch] [--json]

Counts, sums and averages a column of a CSV file, in parts shared out to a pool of workers; the answer is the
same to the last bit for any pool and any number of workers. For instance

  cargo xtask average --column arr_delay --by carrier

  FILE             a CSV file whose first line names the columns; without it, the flights that come with the
                   repository, and their dep_delay unless --column is given
  --column NAME    the column of numbers; empty cells and NA are missing
  --by NAME        also one result for each text in this column
  --pool POOL      who works: processes (default), threads, or rayon to compare with
  --workers N      how many of them; the number of processors where it is not given
  --watch          show on stderr what is done and how fast: one screen on a terminal, elsewhere a line a second
  --json           {\"column\", \"by\", \"pool\", \"workers\", \"seconds\", \"rows\", \"overall\": {\"count\",
                    \"missing\", \"sum\", \"mean\", \"min\", \"max\"}, \"groups\": {KEY: the same}}
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

/// The text of the `overall` object, which holds numbers only: parsed numbers could hide a difference in the
/// last bit.
pub(crate) fn overall_text(document: &str) -> Option<String> {
    let compact: String = document.split_whitespace().collect();
    let (_, from) = compact.split_once("\"overall\":{")?;
    let (numbers, _) = from.split_once('}')?;
    Some(format!("{{{numbers}}}"))
}
