//! Does any proof notice a mutant?
//!
//! Only a proof that comes by the place can: in all others the fault is never met. Each is run in a process
//! of its own, first those that a refutation names, up to the first that fails; and as many mutants at once as there are cores.

use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use super::sites::Mutant;
use crate::cargo::Workspace;
use crate::child::{self, Captured, Ended, Errors};
use crate::failure::Failure;
use crate::out::Sink;
use crate::prove::{self, Program};

/// Where the harness would write failing executions.
const TRACE: &str = "SELVEDGE_TRACE";
/// All proofs of a package without a fault.
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
    /// A proof ended in a way that says nothing of the mutant, and no other noticed it.
    Unclear { by: String, ended: String },
}

/// Hands `work` each of `items`, on as many threads as there are cores, and `done` each result as it comes,
/// with the number of its item. The first failure is returned when what has begun is done.
pub(super) fn at_once<T: Sync, R: Send>(
    items: &[T],
    work: impl Fn(&T) -> Result<R, Failure> + Sync,
    mut done: impl FnMut(usize, R) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let next = AtomicUsize::new(0);
    let (sender, results) = mpsc::channel();
    let worker = |sender: mpsc::Sender<_>| {
        loop {
            // Relaxed: each number is given once.
            let number = next.fetch_add(1, Relaxed);
            // Nobody listens any more after a failure.
            let Some(item) = items.get(number) else { return };
            if sender.send((number, work(item))).is_err() {
                return;
            }
        }
    };
    let cores = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 0..cores {
            let sender = sender.clone();
            scope.spawn(|| worker(sender));
        }
        drop(sender);
        results.into_iter().try_for_each(|(number, result)| done(number, result?))
    })
}

/// Builds the loom proofs of `package`.
pub(super) fn build(workspace: &Workspace, package: &str, sink: &Sink) -> Result<Program, Failure> {
    let built = prove::programs(workspace, &["--package", package, "--test", "loom"], sink)?;
    let wanted = built.into_iter().find(|program| program.package == package);
    wanted.ok_or_else(|| Failure::Failed(format!("package {package} has no test called loom")))
}

/// Runs all proofs without a fault; they leave their records, with what they came by, in `records`.
///
/// Each in a process of its own: in one they would take turns at its memory map, which loom changes for every
/// execution.
pub(super) fn baseline(workspace: &Workspace, program: &Program, records: &Path) -> Result<(), Failure> {
    let end = Instant::now() + BASELINE_LIMIT;
    let prove = |test: &String| {
        let mut command = command(workspace, program)?;
        command.args(["--exact", test]).env(prove::RECORDS, records);
        let left = end.saturating_duration_since(Instant::now());
        let captured = child::capture(command, Errors::Merged, left)?;
        if captured.ended.is_well() {
            return Ok(());
        }
        let (package, ended, lines) = (&program.package, captured.ended, captured.lines.join("\n"));
        Err(Failure::Failed(format!(
            "{package}::{test} does not hold without any fault ({ended}): nothing to audit\n{lines}"
        )))
    };
    at_once(&program.tests, prove, |_, ()| Ok(()))
}

/// Runs the proofs that come by a mutant, up to the first that fails; each within its own bound on preemptions, or
/// within `bound`.
pub(super) fn attack(
    workspace: &Workspace,
    program: &Program,
    mutant: &Mutant,
    bound: Option<&str>,
) -> Result<Fate, Failure> {
    if mutant.unreached > 0 {
        return Ok(Fate::Unreached);
    }
    let end = Instant::now() + MUTANT_LIMIT;
    let mut fate = Fate::Survived;
    for test in &mutant.proofs {
        let mut command = command(workspace, program)?;
        command.args(["--exact", test]).env(prove::FAULT, mutant.name());
        bound.map(|bound| command.env(prove::BOUND, bound));
        let left = end.saturating_duration_since(Instant::now());
        match of_one(&child::capture(command, Errors::Merged, left)?, test) {
            Fate::Survived => {}
            unclear @ Fate::Unclear { .. } => fate = unclear,
            known => return Ok(known),
        }
    }
    Ok(fate)
}

/// The program as `cargo test` would run it, with nothing in its environment that changes a proof.
fn command(workspace: &Workspace, program: &Program) -> Result<Command, Failure> {
    let package = &program.package;
    let folder = workspace.folder(package);
    let folder = folder.ok_or_else(|| Failure::Failed(format!("there is no package {package}")))?;
    let mut command = Command::new(&program.path);
    command.current_dir(folder).env("CARGO_MANIFEST_DIR", folder).env("CARGO_PKG_NAME", package);
    let others = [prove::FAULT, prove::RECORDS, prove::BOUND, TRACE, "RUST_BACKTRACE"];
    others.iter().chain(&prove::ENDING_EARLY).for_each(|name| _ = command.env_remove(name));
    Ok(command)
}

/// What one proof's run means for the mutant.
fn of_one(captured: &Captured, test: &str) -> Fate {
    let by = test.to_owned();
    match captured.ended {
        Ended::Well => Fate::Survived,
        Ended::TimedOut(_) | Ended::LeftProcess(_) => Fate::TimedOut,
        Ended::Badly(_) => match reason(&captured.lines) {
            Some(reason) => Fate::Killed { by, reason },
            None if explored_less(&captured.lines) => Fate::Survived,
            None => Fate::Unclear { by, ended: captured.ended.to_string() },
        },
    }
}

/// Of what a proof's run died, as the harness says it.
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
    let strange =
        |line: &String| line.contains(": outcomes [") && line.ends_with("] were reached, and not stated");
    lines.iter().any(strange).then(|| "outcome".to_owned())
}

/// Whether a proof failed only because it explored less than it states: the mutant did no harm.
fn explored_less(lines: &[String]) -> bool {
    let says = |text: &str| lines.iter().any(|line| line.contains(text));
    says("executions explored, at least")
        || says("] were stated, and not reached")
        || says(": the model's threads")
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn ended(script: &str, said: &str) -> Fate {
        let mut command = Command::new("sh");
        command.args(["-c", script]).env("SAID", said);
        of_one(&child::capture(command, Errors::Merged, Duration::from_secs(60)).unwrap(), "lock::a")
    }

    fn says(text: &str) -> Fate {
        ended("printf '%s\\n' \"$SAID\"; exit 101", &format!("lock::a with f:1=relaxed{text}"))
    }

    fn killed(reason: &str) -> Fate {
        Fate::Killed { by: "lock::a".to_owned(), reason: reason.to_owned() }
    }

    #[test]
    fn the_reason_of_a_death_is_in_the_failure() {
        let fails = |with: &str| says(&format!(" fails in execution 3: {with}"));
        assert_eq!(fails("deadlock; threads = [(Id(0), …)]"), killed("deadlock"));
        assert_eq!(fails("Causality violation: Concurrent write"), killed("causality"));
        assert_eq!(fails("Model exceeded maximum number of branches."), killed("livelock"));
        assert_eq!(fails("each counted once"), killed("assertion: each counted once"));
        assert_eq!(says(": outcomes [\"both\"] were reached, and not stated"), killed("outcome"));
    }

    #[test]
    fn a_proof_that_holds_or_only_explores_less_does_not_kill() {
        assert_eq!(ended("exit 0", ""), Fate::Survived);
        for less in [
            ": 7 executions explored, at least 50 stated",
            ": outcomes [\"both\"] were stated, and not reached",
            ": the model's threads",
        ] {
            assert_eq!(says(less), Fate::Survived, "{less}");
        }
    }

    #[test]
    fn an_end_that_says_nothing_of_the_mutant_is_no_death() {
        for (script, end) in [("kill -ABRT $$", "signal: 6"), ("exit 101", "101")] {
            let Fate::Unclear { by, ended } = ended(script, "SELVEDGE_FAULT is `x`") else {
                panic!("{script}")
            };
            assert!(by == "lock::a" && ended.contains(end), "{script}: {ended}");
        }
    }

    #[test]
    fn a_proof_that_does_not_end_has_not_killed() {
        let mut command = Command::new("sh");
        command.args(["-c", "exec sleep 600"]);
        let captured = child::capture(command, Errors::Merged, Duration::from_millis(50)).unwrap();
        assert_eq!(of_one(&captured, "lock::a"), Fate::TimedOut);
    }

    #[test]
    fn all_items_are_done_once_and_each_result_has_its_number() {
        let items: Vec<usize> = (10..60).collect();
        let mut doubled = vec![0; items.len()];
        let noted = |number: usize, double| {
            assert_eq!(std::mem::replace(&mut doubled[number], double), 0);
            Ok(())
        };
        at_once(&items, |item| Ok(2 * item), noted).unwrap();
        assert!(doubled.iter().zip(10..).all(|(double, item)| *double == 2 * item), "{doubled:?}");
    }

    #[test]
    fn after_a_failure_nothing_more_is_begun() {
        let begun = AtomicUsize::new(0);
        let work = |_: &()| {
            begun.fetch_add(1, Relaxed);
            Err::<(), _>(Failure::Failed("the first".to_owned()))
        };
        let ended = at_once(&[(); 100_000], work, |_, ()| Ok(()));
        assert!(matches!(ended, Err(Failure::Failed(text)) if text == "the first"));
        assert!(begun.into_inner() < 100_000);
    }
}
