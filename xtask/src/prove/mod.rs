//! `cargo xtask prove`: do the loom proofs hold, and do their refutations die?
//!
//! The proofs are tests of the model world. [`select`] finds those that a filter names, [`run`] runs them,
//! and each leaves a record of what it explored, which [`record`] reads and [`report`] shows. A run without
//! records proves nothing, so it fails.

mod record;
mod report;
mod run;
mod select;

use std::env;
use std::ffi::OsString;
use std::process::ExitCode;

use lexopt::prelude::*;
use serde_json::{Value, json};

use crate::cargo::Workspace;
use crate::failure::{Failure, verdict};
use crate::out::{self, Sink};
use crate::{Verb, table};
pub(crate) use record::Folder;
use record::Record;
pub(crate) use run::{BOUND, ENDING_EARLY, RECORDS};
pub(crate) use select::{PACKAGES, Program, programs};

pub(crate) const VERB: Verb = Verb {
    name: "prove",
    what: "run the loom proofs and their refutations",
    help: "\
Usage: cargo xtask prove [FILTER] [--bound 2|3|none] [--json]

Explores the interleavings of every proof, and runs its refutations, which must fail for their stated reason.
Prints for each proof: its claim, threads, bound on preemptions, complete or bounded, executions, seconds,
refutations that died. When a proof fails, the trace of the failing execution is shown.

  FILTER    only the proofs whose name, as in `locks::lock::excludes`, contains it
  --bound   preemptions a thread may suffer, instead of each proof's own bound
  --json    {\"proofs\": [{\"name\", \"claim\", \"threads\", \"bound\", \"complete\", \"executions\", \"seconds\", \"outcomes\",
             \"refutations\": [{\"name\", \"fault\", \"expected\", \"died_at\"}]}], \"failed\": [names of failed tests], \"ok\"}
",
    run: prove,
};

/// The harness's variable that makes one place in the code misbehave; then it also leaves the refutations
/// out.
pub(crate) const FAULT: &str = "SELVEDGE_FAULT";

/// Which proofs, and how far.
#[derive(Debug, Default, PartialEq)]
struct Options {
    filter: Option<String>,
    bound: Option<String>,
    json: bool,
}

/// What a run of proofs left.
struct Proved {
    records: Vec<Record>,
    /// The tests that failed, as `locks::loom lock::excludes`.
    failed: Vec<String>,
}

fn prove(arguments: Vec<OsString>) -> Result<ExitCode, Failure> {
    let options = parse(arguments)?;
    if env::var_os(FAULT).is_some() {
        out::note(format_args!(
            "note: {FAULT} is set: this run shows what that fault does, and proves nothing"
        ));
    }
    let workspace = Workspace::read()?;
    let folder = Folder::create(&workspace)?;
    let proved = run_proofs(&workspace, &options, &folder, &mut Sink::Stderr)?;
    if options.json {
        let proofs: Vec<&Value> = proved.records.iter().map(|record| &record.document).collect();
        out::json(&json!({"proofs": proofs, "failed": proved.failed, "ok": proved.ok()}))?;
    } else {
        for line in report::lines(&proved) {
            out::say(line)?;
        }
        out::say(report::verdict(&proved))?;
    }
    Ok(verdict(proved.ok()))
}

/// Runs all proofs for another verb, with everything in its log; their records are in the folder.
pub(crate) fn check(workspace: &Workspace, sink: &mut Sink) -> Result<(String, Folder), Failure> {
    if env::var_os(FAULT).is_some() {
        return Err(Failure::Failed(format!(
            "{FAULT} is set: with a fault in the code a run proves nothing"
        )));
    }
    let folder = Folder::create(workspace)?;
    let proved = run_proofs(workspace, &Options::default(), &folder, sink)?;
    for line in report::lines(&proved) {
        sink.line(line)?;
    }
    match proved.ok() {
        true => Ok((report::totals(&proved.records), folder)),
        false => Err(Failure::Failed(report::verdict(&proved))),
    }
}

fn parse(arguments: Vec<OsString>) -> Result<Options, Failure> {
    let mut options = Options::default();
    let mut parser = lexopt::Parser::from_args(arguments);
    while let Some(argument) = parser.next()? {
        match argument {
            Long("json") => options.json = true,
            Long("bound") => options.bound = Some(bound(parser.value()?.string()?)?),
            Value(filter) if options.filter.is_none() => options.filter = Some(filter.string()?),
            _ => return Err(argument.unexpected().into()),
        }
    }
    Ok(options)
}

fn bound(text: String) -> Result<String, Failure> {
    match text.as_str() {
        "2" | "3" | "none" => Ok(text),
        _ => Err(Failure::Usage(format!("--bound is 2, 3 or none, not '{text}'"))),
    }
}

fn run_proofs(
    workspace: &Workspace,
    options: &Options,
    folder: &Folder,
    sink: &mut Sink,
) -> Result<Proved, Failure> {
    let mut programs = select::programs(workspace, &select::arguments(workspace)?, sink)?;
    if options.bound.is_some() {
        // It tests what the harness makes of bounds, and chooses its own.
        programs.retain(|program| program.target != "harness");
    }
    let selected = match &options.filter {
        Some(filter) => select::matching(programs, filter)?,
        None => programs,
    };
    let failed = run::run(workspace, &selected, options, folder.path(), sink)?;
    let records = record::read_all(folder.path())?;
    if env::var_os(FAULT).is_some() && failed.is_empty() {
        return Err(Failure::Failed(format!("{FAULT} is set, and no proof noticed: the fault survives")));
    }
    if records.is_empty() && failed.is_empty() {
        let count = selected.iter().map(|program| program.tests.len()).sum();
        return Err(Failure::Failed(format!(
            "{} passed, but left no record: a run without records proves nothing",
            table::counted(count, "test")
        )));
    }
    let silent = unrecorded(&selected, &records);
    if let (Some(test), true) = (silent.first(), failed.is_empty()) {
        return Err(Failure::Failed(format!("{test} passed, but left no record: it proves nothing")));
    }
    Ok(Proved { records, failed })
}

/// The proofs proper, those of the `loom` programs, that left no record; a record's name begins with that of
/// its test.
fn unrecorded(programs: &[select::Program], records: &[Record]) -> Vec<String> {
    let proofs = programs.iter().filter(|program| program.target == "loom");
    let names =
        proofs.flat_map(|program| program.tests.iter().map(|test| format!("{}::{test}", program.package)));
    names.filter(|name| !records.iter().any(|record| record.name.starts_with(name))).collect()
}

impl Proved {
    fn ok(&self) -> bool {
        self.failed.is_empty() && self.records.iter().all(Record::stands)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proof_without_a_record_is_found() {
        let programs = [select::tests::program("locks", &["lock::excludes", "lock::wakes"])];
        let records = [record::tests::record(|_| ()).unwrap()];
        assert_eq!(unrecorded(&programs, &records), ["locks::lock::wakes"]);
    }

    fn parsed(arguments: &[&str]) -> Result<Options, Failure> {
        parse(arguments.iter().map(OsString::from).collect())
    }

    #[test]
    fn a_filter_and_a_bound_are_taken() {
        let options = parsed(&["locks", "--bound", "none"]).unwrap();
        let expected = Options { filter: Some("locks".into()), bound: Some("none".into()), json: false };
        assert_eq!(options, expected);
    }

    #[test]
    fn a_second_filter_and_a_strange_bound_are_usage_errors() {
        for wrong in [&["locks", "queue"][..], &["--bound", "4"], &["--bound"]] {
            assert!(matches!(parsed(wrong), Err(Failure::Usage(_))), "{wrong:?}");
        }
    }
}
