//! `cargo xtask bench`: how fast are we, beside the others?

use std::ffi::OsString;
use std::process::{Command, ExitCode};

use crate::cargo::{self, Workspace};
use crate::failure::Failure;
use crate::out::Sink;
use crate::{Verb, child};

pub(crate) const VERB: Verb = Verb {
    name: "bench",
    what: "measure locks, queues and threads beside other crates",
    help: "\
Usage: cargo xtask bench [FILTER] [--json]

Measures the same workloads over this project's primitives and everybody else's: all in one process, in
rounds that rotate the order; medians, the ratio to the best, and whether the goal of the row is met. `lock`
and `sync` select the locks and the other primitives, `queue` the channels, in five minutes, `threads` threads
and timers. Run it on an idle machine.

  FILTER   only the workloads whose name contains it, from the beginning of a word on: lock, sync, queue,
           'queue transfer', 'queue ping-pong', 'queue one-core', 'queue task_done', 'queue idle',
           'queue memory', threads
  --json   one JSON document instead of the tables
",
    run,
};

fn run(arguments: Vec<OsString>) -> Result<ExitCode, Failure> {
    let path = cargo::build_release(&Workspace::read()?, "rivals", "bin", "rivals", Sink::Stderr.stdio()?)?;
    Ok(child::pass_through(Command::new(path).args(arguments))?.into())
}
