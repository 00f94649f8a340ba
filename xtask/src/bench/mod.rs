//! `cargo xtask bench`: how fast are we, beside the others?

mod average;
mod average_report;
mod python;

use std::ffi::OsString;
use std::process::{Command, ExitCode};

use crate::cargo::{self, Workspace};
use crate::failure::Failure;
use crate::out::Sink;
use crate::{Verb, child};

pub(crate) const VERB: Verb = Verb {
    name: "bench",
    what: "measure locks, queues, threads, pools and the real job beside others",
    help: "\
Usage: cargo xtask bench [FILTER] [--json]
       cargo xtask bench average [--rows N] [--rounds N] [--install] [--json]

Measures the same workloads over this project's primitives and everybody else's: all in one process, in
rounds that rotate the order; medians, the ratio to the best, and whether the goal of the row is met. `lock`
and `sync` select the locks and the other primitives, `queue` the channels, in five minutes, `threads` threads
and timers, `pool` the process pool. Run it on an idle machine.

  FILTER   only the workloads whose name contains it, from the beginning of a word on: lock, sync, queue,
           'queue transfer', 'queue ping-pong', 'queue one-core', 'queue task_done', 'queue idle',
           'queue memory', threads, pool
  --json   one JSON document instead of the tables

`average` is the real job: `cargo xtask average` on the file that `cargo xtask data` writes, with each pool and
with one worker and two, beside DuckDB and Polars where python3 has them; answers are compared. It is run only
when it is named.

  --rows N    how many rows; 45000000 where it is not given, which is 2 GB
  --rounds N  how often each is run; 5 where it is not given
  --install   first make target/python, a virtual environment, with duckdb and polars from PyPI
",
    run,
};

fn run(mut arguments: Vec<OsString>) -> Result<ExitCode, Failure> {
    if arguments.first().is_some_and(|first| first == "average") {
        return average::run(arguments.split_off(1));
    }
    let path = cargo::build_release(&Workspace::read()?, "rivals", "bin", "rivals", Sink::Stderr.stdio()?)?;
    Ok(child::pass_through(Command::new(path).args(arguments))?.into())
}
