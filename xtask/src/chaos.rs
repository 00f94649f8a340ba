//! `cargo xtask chaos`: does the process pool keep its promise while workers and whole programs are killed?
//!
//! The load is an example of the crate whose pool it is, and parses its arguments itself; this verb only builds and
//! runs it.

use std::ffi::OsString;
use std::process::{Command, ExitCode};
use std::time::Duration;

use serde_json::Value;

use crate::Verb;
use crate::cargo::{self, Workspace};
use crate::child::{self, Errors};
use crate::failure::Failure;
use crate::out::Sink;
use crate::table::grouped;

pub(crate) const VERB: Verb = Verb {
    name: "chaos",
    what: "try the process pool while its workers, and whole programs, are killed at random",
    help: "\
Usage: cargo xtask chaos [--minutes N] [--seconds N] [--tasks N] [--seed S] [--json]

Runs tasks through process pools: single ones and maps, with shared bytes, time limits, retries and cancels; some
panic, abort, exit, overflow the stack or ask for too much memory. Meanwhile workers get SIGKILL, SIGSEGV and
SIGSTOP, and programs with a pool are killed. Every future must end once, in a way that it may; no task is begun
twice unasked; and nothing may be left: no process, descriptor, thread or mapping. A line a second goes to stderr. If
nothing happens for a minute it says what hangs, and ends.

  --minutes N, --seconds N  how long; together, their sum
  --tasks N                 how many tasks; 100000 where it is not given, and without end where a time is
  --seed S                  for the same choices again; what they meet depends on the time
  --json                    {\"kills\": {SIGNAL: count}, \"parents\", \"tasks\", \"values\", \"panics\", \"deaths\",
                             \"timed_out\", \"cancelled\", \"not_started\", \"retried\", \"lost\", \"duplicated\", \"left\",
                             \"failures\", \"seed\", \"seconds\", \"ok\"}
",
    run,
};

/// Whose load it is, and what it is called.
const PACKAGE: &str = "workers-multiprocess";
const EXAMPLE: &str = "chaos";

/// How long the step of `test-all` tries.
const SECONDS: &str = "30";

/// It ends by itself, a minute after nothing happens any more.
const LIMIT: Duration = Duration::from_secs(300);

fn run(arguments: Vec<OsString>) -> Result<ExitCode, Failure> {
    let stderr = Sink::Stderr.stdio()?;
    let program = cargo::build_release(&Workspace::read()?, PACKAGE, "example", EXAMPLE, stderr)?;
    Ok(child::pass_through(Command::new(program).args(arguments))?.into())
}

/// Tries for a short while, for another verb: the program as the tests are built, with debug assertions.
pub(crate) fn check(workspace: &Workspace, sink: &mut Sink) -> Result<String, Failure> {
    let program = cargo::build_with_tests(workspace, PACKAGE, EXAMPLE, sink.stdio()?)?;
    let mut command = Command::new(program);
    command.args(["--seconds", SECONDS, "--json"]);
    let captured = child::capture(command, Errors::Apart(sink.stdio()?), LIMIT)?;
    captured.lines.iter().try_for_each(|line| sink.line(line))?;
    if !captured.ended.is_well() {
        return Err(Failure::Failed(captured.ended.to_string()));
    }
    totals(&captured.lines.join("\n"))
}

/// `31,207 tasks, 812 kills, 14 parents killed; 0 lost, 0 duplicated, 0 left`
fn totals(document: &str) -> Result<String, Failure> {
    let document: Value = serde_json::from_str(document)
        .map_err(|error| Failure::Failed(format!("not one JSON document: {error}")))?;
    let count = |name: &str| {
        let count = document[name].as_u64();
        count.map(grouped).ok_or_else(|| Failure::Failed(format!("there is no count of {name}")))
    };
    let kills = document["kills"].as_object().into_iter().flatten();
    let kills = grouped(kills.filter_map(|(_, count)| count.as_u64()).sum());
    Ok(format!(
        "{} tasks, {kills} kills, {} parents killed; {} lost, {} duplicated, {} left",
        count("tasks")?,
        count("parents")?,
        count("lost")?,
        count("duplicated")?,
        count("left")?
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_counts_make_a_line() {
        let document = r#"{"kills": {"SIGKILL": 1000, "SIGSEGV": 30, "SIGSTOP": 4}, "parents": 14, "tasks": 31207,
            "lost": 0, "duplicated": 0, "left": 0}"#;
        let expected = "31,207 tasks, 1,034 kills, 14 parents killed; 0 lost, 0 duplicated, 0 left";
        assert_eq!(totals(document).unwrap(), expected);
    }

    #[test]
    fn a_document_without_a_count_is_refused_by_its_name() {
        for (document, reason) in [("{}", "no count of tasks"), ("31,207 tasks", "not one JSON document")] {
            let failure = totals(document).unwrap_err();
            assert!(failure.text().contains(reason), "{failure:?}");
        }
    }
}
