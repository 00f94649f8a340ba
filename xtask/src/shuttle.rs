//! `cargo xtask shuttle`: do the algorithms hold with eight threads, in random schedules?
//!
//! The trials are tests of the shuttled world. Each leaves a line with its record, which is shown; a run
//! without records has tried nothing, so it fails.

use std::ffi::OsString;
use std::process::ExitCode;

use lexopt::prelude::*;
use serde_json::{Value, json};

use crate::cargo::Workspace;
use crate::failure::{Failure, verdict};
use crate::out::{self, Sink};
use crate::table::{counted, grouped};
use crate::{Verb, child};

pub(crate) const VERB: Verb = Verb {
    name: "shuttle",
    what: "try the algorithms with eight threads, in random schedules",
    help: "\
Usage: cargo xtask shuttle [FILTER] [--json]

Runs every trial: a model of many threads in thousands of random schedules, the same ones each time, and its twins
with one flaw each, which must fail for their stated reason. For sizes that `prove` cannot enumerate; it knows no
weak memory, so it finds lost wake-ups and double entries, and no missing ordering.

  FILTER    only the tests whose name, as in `lock::one_of_eight`, contains it
  --json    {\"trials\": [{\"name\", \"claim\", \"threads\", \"schedules\", \"seed\", \"seconds\", \"outcomes\",
             \"twins\": [{\"name\", \"expected\", \"died_at\"}]}], \"ok\"}
",
    run,
};

/// The integration tests that consist of trials.
pub(crate) const TESTS: [&str; 2] = ["shuttle", "contract"];

/// What a trial's line begins with.
const MARK: &str = "trial: ";

fn run(arguments: Vec<OsString>) -> Result<ExitCode, Failure> {
    let (mut filter, mut json) = (None, false);
    let mut parser = lexopt::Parser::from_args(arguments);
    while let Some(argument) = parser.next()? {
        match argument {
            Long("json") => json = true,
            Value(value) if filter.is_none() => filter = Some(value.string()?),
            _ => return Err(argument.unexpected().into()),
        }
    }
    let (trials, ok) = run_trials(&Workspace::read()?, filter.as_deref(), &mut Sink::Stderr)?;
    if json {
        out::json(&json!({ "trials": trials, "ok": ok }))?;
        return Ok(verdict(ok));
    }
    trials.iter().flat_map(lines).try_for_each(out::say)?;
    out::say(if ok { totals(&trials) } else { "Not every trial passed: see above.".to_owned() })?;
    Ok(verdict(ok))
}

/// Runs all trials for another verb, with everything in its log.
pub(crate) fn check(workspace: &Workspace, sink: &mut Sink) -> Result<String, Failure> {
    match run_trials(workspace, None, sink)? {
        (trials, true) => Ok(totals(&trials)),
        (_, false) => Err(Failure::Failed("not every trial passed".to_owned())),
    }
}

/// The records of the trials that passed, by name, and whether all did.
fn run_trials(
    workspace: &Workspace,
    filter: Option<&str>,
    sink: &mut Sink,
) -> Result<(Vec<Value>, bool), Failure> {
    let mut command = workspace.shuttled_cargo();
    command.args(["test", "--profile", "proof", "--no-fail-fast"]);
    for test in TESTS {
        command.args(["--test", test]);
        command.args(workspace.packages_with_test(test).iter().flat_map(|package| ["--package", package]));
    }
    command.args(["--", "--nocapture"]).args(filter);
    let mut trials: Vec<Value> = Vec::new();
    let ended = child::watched(command, sink, |line| trials.extend(record(line)))?;
    trials.sort_by(|one, other| one["name"].as_str().cmp(&other["name"].as_str()));
    match (trials.is_empty(), ended.is_well(), filter) {
        (true, true, Some(filter)) => Err(Failure::Input(format!("no trial's name contains '{filter}'"))),
        (true, true, None) => {
            Err(Failure::Failed("no trial left a record: nothing has been tried".to_owned()))
        }
        _ => Ok((trials, ended.is_well())),
    }
}

/// The record in a line, wherever on it the test runner let it begin.
fn record(line: &str) -> Option<Value> {
    let (_, record) = line.split_once(MARK)?;
    serde_json::from_str(record).ok()
}

fn lines(trial: &Value) -> [String; 2] {
    let count = |name: &str| trial[name].as_u64().unwrap_or(0);
    let text = |name: &str| trial[name].as_str().unwrap_or("").to_owned();
    let twins: Vec<String> = twins(trial)
        .map(|twin| format!("{} ({})", twin["name"].as_str().unwrap_or(""), twin["died_at"]))
        .collect();
    let found = if twins.is_empty() { String::new() } else { format!("; found: {}", twins.join(", ")) };
    let ran = format!(
        "{} threads, {} schedules of seed {}, {:.1} s{found}",
        count("threads"),
        grouped(count("schedules")),
        text("seed"),
        trial["seconds"].as_f64().unwrap_or(0.0),
    );
    [format!("{}: {}", text("name"), text("claim")), format!("         {ran}")]
}

fn twins(trial: &Value) -> impl Iterator<Item = &Value> {
    trial["twins"].as_array().into_iter().flatten()
}

/// `12 trials, 60,000 schedules, 30 twins found`
fn totals(trials: &[Value]) -> String {
    let schedules = trials.iter().filter_map(|trial| trial["schedules"].as_u64()).sum();
    let found = trials.iter().flat_map(twins).count();
    let (trials, found) = (counted(trials.len(), "trial"), counted(found, "twin"));
    format!("{trials}, {} schedules, {found} found", grouped(schedules))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = r#"trial: {"name": "lock::one", "claim": "one", "threads": 8, "schedules": 20000, "seed": "0x5",
        "seconds": 1.25, "outcomes": ["in"], "twins": [{"name": "no wake", "expected": "deadlock", "died_at": 3}]}"#;

    #[test]
    fn a_record_is_found_in_a_line_that_begins_otherwise() {
        let trial = record(&format!("test lock::one ... {LINE}")).unwrap();
        let expected = "         8 threads, 20,000 schedules of seed 0x5, 1.2 s; found: no wake (3)";
        assert_eq!(lines(&trial), ["lock::one: one", expected]);
        assert_eq!(totals(&[trial]), "1 trial, 20,000 schedules, 1 twin found");
    }

    #[test]
    fn a_line_without_a_record_is_none() {
        for line in ["test lock::one ... ok", "trial: of patience", ""] {
            assert!(record(line).is_none(), "{line}");
        }
    }
}
