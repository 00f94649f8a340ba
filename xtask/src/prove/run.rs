//! How are the proofs run, and which of them failed?

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use super::Options;
use super::select::{self, Program};
use crate::cargo::{self, Workspace};
use crate::child;
use crate::failure::Failure;
use crate::out::Sink;

/// Where the harness writes the record of each proof.
pub(crate) const RECORDS: &str = "SELVEDGE_PROOFS";
/// The bound that replaces each proof's own.
pub(crate) const BOUND: &str = "SELVEDGE_BOUND";
/// They end an exploration early and let it pass: no proof may inherit them.
pub(crate) const ENDING_EARLY: [&str; 2] = ["LOOM_MAX_PERMUTATIONS", "LOOM_MAX_DURATION"];

/// Runs the selected tests, with their records in `records`; returns the names of those that failed.
pub(super) fn run(
    workspace: &Workspace,
    selected: &[Program],
    options: &Options,
    records: &Path,
    sink: &mut Sink,
) -> Result<Vec<String>, Failure> {
    let filtered = options.filter.is_some();
    let environment = |command: &mut Command| {
        command.env(RECORDS, records);
        ENDING_EARLY.iter().for_each(|name| _ = command.env_remove(name));
        match &options.bound {
            Some(bound) => command.env(BOUND, bound),
            None => command.env_remove(BOUND),
        };
    };
    if cargo::has("nextest") {
        let mut command = workspace.model_cargo();
        command.args(["nextest", "run", "--cargo-profile", "proof", "--no-fail-fast"]);
        command.args(select::arguments(workspace)?);
        if filtered {
            command.args(["--filterset", &filterset(selected)]);
        }
        environment(&mut command);
        return Ok(failures(command, sink, nextest_failure, "cargo nextest")?);
    }
    let mut failed = Vec::new();
    for program in selected {
        let id = program.id();
        let mut command = workspace.model_cargo();
        command.args([
            "test",
            "--profile",
            "proof",
            "--package",
            &program.package,
            "--test",
            &program.target,
        ]);
        if filtered {
            command.args(["--", "--exact"]).args(&program.tests);
        }
        environment(&mut command);
        failed.extend(failures(command, sink, |line| libtest_failure(&id, line), &id)?);
    }
    Ok(failed)
}

/// Runs one test runner; what failed, or the runner itself when it failed without naming a test.
fn failures(
    command: Command,
    sink: &mut Sink,
    name_of: impl Fn(&str) -> Option<String>,
    runner: &str,
) -> std::io::Result<Vec<String>> {
    let mut failed = BTreeSet::new();
    let ended = child::watched(command, sink, |line| failed.extend(name_of(line)))?;
    if !ended.is_well() && failed.is_empty() {
        failed.insert(format!("{runner} ({ended})"));
    }
    Ok(failed.into_iter().collect())
}

/// `FAIL [   0.133s] (3/3) locks::loom lock::excludes`: status, time, place, program, test.
fn nextest_failure(line: &str) -> Option<String> {
    let line = line.trim_start();
    let status = line.split(' ').next()?;
    if !(matches!(status, "FAIL" | "ABORT" | "TIMEOUT") || status.starts_with("SIG")) {
        return None;
    }
    let (_, place) = line[status.len()..].trim_start().strip_prefix('[')?.split_once("] ")?;
    let words: Vec<&str> =
        place.split_whitespace().filter(|word| !word.starts_with('(') && !word.ends_with(')')).collect();
    let [program, test] = words[..] else { return None };
    Some(format!("{program} {test}"))
}

/// `test lock::excludes ... FAILED`
fn libtest_failure(id: &str, line: &str) -> Option<String> {
    let test = line.strip_prefix("test ")?.strip_suffix(" ... FAILED")?;
    Some(format!("{id} {test}"))
}

/// The selected tests in nextest's language.
fn filterset(selected: &[Program]) -> String {
    let program = |program: &Program| {
        let tests: Vec<_> = program.tests.iter().map(|test| format!("test(={test})")).collect();
        format!("(binary_id(={}) & ({}))", program.id(), tests.join(" | "))
    };
    selected.iter().map(program).collect::<Vec<_>>().join(" | ")
}

impl Program {
    /// What nextest calls this program.
    fn id(&self) -> String {
        format!("{}::{}", self.package, self.target)
    }
}

#[cfg(test)]
mod tests {
    use super::super::select::tests::program;
    use super::*;

    #[test]
    fn a_failed_test_is_named_by_both_runners() {
        for line in [
            "        FAIL [   0.133s] (3/3) locks::loom lock::excludes",
            "     SIGABRT [   0.133s] ( 3/12) locks::loom lock::excludes",
            "     TIMEOUT [  60.001s] locks::loom lock::excludes",
        ] {
            assert_eq!(nextest_failure(line).as_deref(), Some("locks::loom lock::excludes"), "{line}");
        }
        let line = "test lock::excludes ... FAILED";
        assert_eq!(libtest_failure("locks::loom", line).as_deref(), Some("locks::loom lock::excludes"));
    }

    #[test]
    fn lines_about_other_things_name_no_failure() {
        for line in
            ["        PASS [   0.006s] (1/3) locks::loom lock::excludes", "    FAIL is a word", "FAIL [x", ""]
        {
            assert_eq!(nextest_failure(line), None, "{line}");
        }
        assert_eq!(libtest_failure("locks::loom", "test result: FAILED. 0 passed; 1 failed"), None);
    }

    #[test]
    fn a_filterset_names_each_test_exactly() {
        let expected =
            "(binary_id(=locks::loom) & (test(=a) | test(=b::c))) | (binary_id(=queue::loom) & (test(=d)))";
        assert_eq!(filterset(&[program("locks", &["a", "b::c"]), program("queue", &["d"])]), expected);
    }
}
