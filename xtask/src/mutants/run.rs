//! Does any proof notice a mutant?
//!
//! Only a proof that comes by the place can: in all others the fault is never met. Each is run alone, the
//! quickest first, up to the first that fails.

use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use super::sites::Mutant;
use crate::cargo::Workspace;
use crate::child::{self, Captured, Ended, Errors};
use crate::failure::Failure;
use crate::out::Sink;
use crate::prove::{self, Program};

/// Where the harness writes what each proof came by.
const SITES: &str = "SELVEDGE_SITES";
/// Where the harness would write failing executions.
const TRACE: &str = "SELVEDGE_TRACE";
/// All proofs of a package without a fault and without their refutations.
const BASELINE_LIMIT: Duration = Duration::from_secs(900);
/// All proofs that come by one mutant.
const MUTANT_LIMIT: Duration = Duration::from_secs(120);

/// What became of a mutant.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Fate {
    /// A proof noticed.
    Killed { by: String, reason: String },
    /// All that come by hold.
    Survived,
    /// No proof comes by, or not by all that it weakens.
    Unreached,
    /// The limit came before an answer.
    TimedOut,
}

/// Builds the loom proofs of `package`.
pub(super) fn build(workspace: &Workspace, package: &str, sink: &Sink) -> Result<Program, Failure> {
    let built = prove::programs(workspace, &["--package", package, "--test", "loom"], sink)?;
    let wanted = built.into_iter().find(|program| program.package == package);
    wanted.ok_or_else(|| Failure::Failed(format!("package {package} has no test called loom")))
}

/// Runs all proofs without a fault; they write what they came by into `sites`.
///
/// Each in a process of its own, and as many at once as there are cores: in one process they would take turns at
/// its memory map, which loom changes for every execution.
pub(super) fn baseline(workspace: &Workspace, program: &Program, sites: &Path) -> Result<(), Failure> {
    let end = Instant::now() + BASELINE_LIMIT;
    let next = AtomicUsize::new(0);
    let worker = || -> Result<(), Failure> {
        // Relaxed: each number is given once.
        while let Some(test) = program.tests.get(next.fetch_add(1, Relaxed)) {
            let mut command = command(workspace, program)?;
            command.args(["--exact", test]).env(SITES, sites);
            let captured =
                child::capture(command, Errors::Merged, end.saturating_duration_since(Instant::now()))?;
            if !captured.ended.is_well() {
                let (package, ended, lines) = (&program.package, captured.ended, captured.lines.join("\n"));
                return Err(Failure::Failed(format!(
                    "{package}::{test} does not hold without any fault ({ended}): nothing to audit\n{lines}"
                )));
            }
        }
        Ok(())
    };
    let cores = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        let workers: Vec<_> = (0..cores).map(|_| scope.spawn(worker)).collect();
        workers.into_iter().try_for_each(|worker| worker.join().expect("a worker does not panic"))
    })
}

/// Runs the proofs that come by a mutant, up to the first that fails.
pub(super) fn attack(workspace: &Workspace, program: &Program, mutant: &Mutant) -> Result<Fate, Failure> {
    if mutant.unreached > 0 {
        return Ok(Fate::Unreached);
    }
    let end = Instant::now() + MUTANT_LIMIT;
    for test in &mutant.proofs {
        let mut command = command(workspace, program)?;
        command.args(["--exact", test]).env(prove::FAULT, mutant.name());
        let left = end.saturating_duration_since(Instant::now());
        let captured = child::capture(command, Errors::Merged, left)?;
        if let Some(fate) = fate(&captured, test) {
            return Ok(fate);
        }
    }
    Ok(Fate::Survived)
}

/// The program as `cargo test` would run it, with nothing in its environment that changes a proof.
fn command(workspace: &Workspace, program: &Program) -> Result<Command, Failure> {
    let package = &program.package;
    let folder = workspace.folder(package);
    let folder = folder.ok_or_else(|| Failure::Failed(format!("there is no package {package}")))?;
    let mut command = Command::new(&program.path);
    command.current_dir(folder).env("CARGO_MANIFEST_DIR", folder).env("CARGO_PKG_NAME", package);
    let others = [prove::FAULT, prove::RECORDS, prove::BOUND, SITES, TRACE, "RUST_BACKTRACE"];
    others.iter().chain(&prove::ENDING_EARLY).for_each(|name| _ = command.env_remove(name));
    Ok(command)
}

/// What one proof's run means for the mutant; `None` if it did not notice.
fn fate(captured: &Captured, test: &str) -> Option<Fate> {
    match captured.ended {
        Ended::Well => None,
        Ended::TimedOut(_) | Ended::LeftProcess(_) => Some(Fate::TimedOut),
        Ended::Badly(_) => {
            let reason = reason(&captured.lines)?;
            Some(Fate::Killed { by: test.to_owned(), reason })
        }
    }
}

/// Why a proof failed. `None` where it only explored less than it states: the mutant does no harm that way.
fn reason(lines: &[String]) -> Option<String> {
    let said =
        lines.iter().find_map(|line| Some(line.split_once(" fails in execution ")?.1.split_once(": ")?.1));
    if let Some(said) = said {
        return Some(match said {
            said if said.contains("deadlock; threads") => "deadlock".to_owned(),
            said if said.contains("Causality violation") => "causality".to_owned(),
            said if said.contains("exceeded maximum number of branches") => "livelock".to_owned(),
            said => format!("assertion: {said}"),
        });
    }
    let has = |text: &str| lines.iter().any(|line| line.contains(text));
    if has("executions explored, at least") {
        return None;
    }
    Some(
        if has(": the outcomes that were reached, and those stated") { "outcomes" } else { "other" }
            .to_owned(),
    )
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn ended(script: &str) -> Option<Fate> {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        fate(&child::capture(command, Errors::Merged, Duration::from_secs(60)).unwrap(), "lock::a")
    }

    fn killed(reason: &str) -> Option<Fate> {
        Some(Fate::Killed { by: "lock::a".to_owned(), reason: reason.to_owned() })
    }

    #[test]
    fn the_reason_of_a_death_is_in_the_failure() {
        let fails = |with: &str| {
            ended(&format!("echo 'lock::a with f:1=relaxed fails in execution 3: {with}'; exit 101"))
        };
        assert_eq!(fails("deadlock; threads = [(Id(0), …)]"), killed("deadlock"));
        assert_eq!(fails("Causality violation: Concurrent write"), killed("causality"));
        assert_eq!(fails("Model exceeded maximum number of branches."), killed("livelock"));
        assert_eq!(fails("each counted once"), killed("assertion: each counted once"));
        assert_eq!(
            ended(
                "echo 'lock::a with f:1=no-wake: the outcomes that were reached, and those stated'; exit 101"
            ),
            killed("outcomes")
        );
        assert_eq!(ended("kill -ABRT $$"), killed("other"));
    }

    #[test]
    fn a_proof_that_holds_or_only_explores_less_does_not_kill() {
        assert_eq!(ended("exit 0"), None);
        assert_eq!(
            ended("echo 'lock::a with f:1=no-wake: 7 executions explored, at least 50 stated'; exit 101"),
            None
        );
    }

    #[test]
    fn a_proof_that_does_not_end_has_not_killed() {
        let mut command = Command::new("sh");
        command.args(["-c", "exec sleep 600"]);
        let captured = child::capture(command, Errors::Merged, Duration::from_millis(50)).unwrap();
        assert_eq!(fate(&captured, "lock::a"), Some(Fate::TimedOut));
    }
}
