//! `cargo xtask tsan`: does ThreadSanitizer see a race in the real code, on real threads?
//!
//! It watches what the processor is told to do, not a model of it: every access, the real futex, as many
//! threads as there are. It reports two accesses that nothing orders, whether or not they met. It is not told
//! of fences, so code that publishes by a fence would be reported although it is right.
//!
//! The standard library is not rebuilt, so what it does for itself goes unseen: its `Arc` ends with a fence,
//! its scoped threads and its channels order by atomics that nobody watches. The tests that run here keep
//! clear of all that; what the test runner itself does of it is suppressed, by name.
//!
//! A run that reports nothing may have watched nothing. So the same program, with the same settings, also
//! runs races on purpose, and each must be reported.

use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode};

use lexopt::prelude::*;
use serde_json::json;

use crate::cargo::{Executable, Workspace};
use crate::failure::{Failure, verdict};
use crate::out::{self, Sink};
use crate::table::counted;
use crate::{Verb, cargo, child};

pub(crate) const VERB: Verb = Verb {
    name: "tsan",
    what: "run the tests on real threads under ThreadSanitizer",
    help: "\
Usage: cargo xtask tsan [--json]

Runs the stress tests and the futex's contract under ThreadSanitizer, which must report nothing; then races on
purpose, each of which it must report. Needs x86-64 Linux and no other toolchain than the stable one; elsewhere it
does not run, which is no success.

  --json    {\"tests\": [{\"name\", \"race\": reported?, \"ok\"}], \"ok\"}
",
    run,
};

/// The one target for which the stable toolchain brings the sanitizer along.
const TARGET: &str = "x86_64-unknown-linux-gnu";

/// The integration tests that keep clear of what would be reported wrongly.
const TESTS: [&str; 2] = ["stress", "contract"];

/// The module of the races on purpose.
const RACES: &str = "races::";

/// What the test runner and the library's threads do for themselves, by the full names of it, which are on no
/// stack of ours: the runner's channel, and the ends of three `Arc`s, each of which is a fence.
const SUPPRESSED: &str = "\
race:std::sync::mpmc
race:Arc<std::sync::poison::mutex::Mutex<core::option::Option<test::run_test
race:Arc<std::thread::lifecycle::Packet
race:Arc<std::thread::thread::Inner
";

/// One program, or one race on purpose, that has run.
struct Watched {
    name: String,
    race: bool,
    ok: bool,
}

fn run(arguments: Vec<OsString>) -> Result<ExitCode, Failure> {
    let mut json = false;
    let mut parser = lexopt::Parser::from_args(arguments);
    while let Some(argument) = parser.next()? {
        match argument {
            Long("json") => json = true,
            _ => return Err(argument.unexpected().into()),
        }
    }
    if !is_there() {
        return Err(Failure::Failed(format!("not run: there is no ThreadSanitizer for {TARGET} here")));
    }
    let watched = run_all(&Workspace::read()?, &mut Sink::Stderr)?;
    let ok = watched.iter().all(|one| one.ok);
    if json {
        let tests = watched.iter().map(|one| json!({"name": one.name, "race": one.race, "ok": one.ok}));
        out::json(&json!({"tests": tests.collect::<Vec<_>>(), "ok": ok}))?;
        return Ok(verdict(ok));
    }
    watched.iter().map(Watched::line).try_for_each(out::say)?;
    out::say(if ok { totals(&watched) } else { "Not everything is as it should be.".to_owned() })?;
    Ok(verdict(ok))
}

/// Runs everything for another verb, with everything in its log.
pub(crate) fn check(workspace: &Workspace, sink: &mut Sink) -> Result<String, Failure> {
    let watched = run_all(workspace, sink)?;
    match watched.iter().find(|one| !one.ok) {
        None => Ok(totals(&watched)),
        Some(wrong) => Err(Failure::Failed(wrong.line())),
    }
}

/// Whether this system and its toolchain have the sanitizer.
pub(crate) fn is_there() -> bool {
    let runtime = |entry: fs::DirEntry| {
        let name = entry.file_name();
        name.to_string_lossy().starts_with("librustc") && name.to_string_lossy().ends_with("_rt.tsan.a")
    };
    let libraries = || {
        let output =
            Command::new("rustc").args(["--print", "target-libdir", "--target", TARGET]).output().ok()?;
        fs::read_dir(String::from_utf8(output.stdout).ok()?.trim()).ok()
    };
    cfg!(all(target_os = "linux", target_arch = "x86_64"))
        && libraries().is_some_and(|mut entries| entries.any(|entry| entry.is_ok_and(runtime)))
}

fn run_all(workspace: &Workspace, sink: &mut Sink) -> Result<Vec<Watched>, Failure> {
    let mut command = workspace.sanitized_cargo(TARGET);
    command.args(["test", "--no-run"]);
    for test in TESTS {
        command.args(["--test", test]);
        command.args(workspace.packages_with_test(test).iter().flat_map(|package| ["--package", package]));
    }
    let mut programs = workspace.build(command, sink.stdio()?)?;
    programs.retain(|program| program.kind == "test");
    let suppressions = workspace.target.join("tsan").join("suppressions.txt");
    fs::write(&suppressions, SUPPRESSED)?;
    let mut watched = Vec::new();
    for program in &programs {
        let name = format!("{}::{}", program.package, program.target);
        let race = reports_a_race(program, &["--skip", RACES], &suppressions, sink)?;
        watched.push(Watched { name, race, ok: !race });
    }
    for program in &programs {
        for test in cargo::listed_tests(&program.path)?.iter().filter(|test| test.starts_with(RACES)) {
            sink.line("A race on purpose: the report that follows is wanted.")?;
            let race = reports_a_race(program, &["--exact", test], &suppressions, sink)?;
            watched.push(Watched {
                name: format!("{}::{}::{test}", program.package, program.target),
                race,
                ok: race,
            });
        }
    }
    if !watched.iter().any(|one| one.name.contains(RACES)) {
        return Err(Failure::Failed(
            "there is no race on purpose: a run without a report shows nothing".to_owned(),
        ));
    }
    Ok(watched)
}

/// Runs some of a program's tests; fails if they fail otherwise than by the report of a race.
fn reports_a_race(
    program: &Executable,
    selection: &[&str],
    suppressions: &Path,
    sink: &mut Sink,
) -> Result<bool, Failure> {
    let mut command = Command::new(&program.path);
    command.args(selection).env("TSAN_OPTIONS", format!("suppressions=\"{}\"", suppressions.display()));
    sink.line(format_args!("$ {} {}", program.path.display(), selection.join(" ")))?;
    let (mut race, mut tests_passed) = (false, false);
    let ended = child::watched(command, sink, |line| {
        race |= line.contains("WARNING: ThreadSanitizer: data race");
        tests_passed |=
            line.starts_with("test result: ok. ") && !line.starts_with("test result: ok. 0 passed");
    })?;
    // A report makes the exit status that of the sanitizer.
    if !tests_passed || race == ended.is_well() {
        let what = if tests_passed { "but not a race was reported" } else { "and its tests did not pass" };
        return Err(Failure::Failed(format!("{} ended with {ended}, {what}", program.path.display())));
    }
    Ok(race)
}

impl Watched {
    fn line(&self) -> String {
        let ended = match (self.race, self.ok) {
            (false, true) => "no race",
            (true, true) => "the race on purpose was reported",
            (true, false) => "A RACE WAS REPORTED",
            (false, false) => "THE RACE ON PURPOSE WENT UNSEEN",
        };
        format!("{}: {ended}", self.name)
    }
}

/// `3 programs without a race, 2 races on purpose reported`
fn totals(watched: &[Watched]) -> String {
    let races = watched.iter().filter(|one| one.race).count();
    let programs = counted(watched.len() - races, "program");
    format!("{programs} without a race; on purpose: {} reported", counted(races, "race"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_race_on_purpose_that_is_not_reported_is_as_wrong_as_one_that_is_not_on_purpose() {
        let line = |race, ok| Watched { name: "locks::stress".to_owned(), race, ok }.line();
        assert_eq!(line(true, false), "locks::stress: A RACE WAS REPORTED");
        assert_eq!(line(false, false), "locks::stress: THE RACE ON PURPOSE WENT UNSEEN");
        assert_eq!(line(false, true), "locks::stress: no race");
    }
}
