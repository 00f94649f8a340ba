//! Which tests are proofs, and which of them does a filter name?

use std::path::PathBuf;

use crate::cargo::{self, Workspace};
use crate::failure::Failure;
use crate::out::Sink;

/// The packages that can be built in the model world.
pub(crate) const PACKAGES: [&str; 5] = ["platform", "locks", "threads", "queue", "workers-multiprocess"];

/// The integration tests that run there: proofs, the model's own litmus suite, its contract with the real
/// world, and its harness.
const TESTS: [&str; 4] = ["loom", "litmus", "contract", "harness"];

/// A built test program and the names of its tests.
pub(crate) struct Program {
    pub(crate) package: String,
    pub(super) target: String,
    pub(crate) path: PathBuf,
    pub(crate) tests: Vec<String>,
}

/// `--package` and `--test` for all proofs that there are.
pub(super) fn arguments(workspace: &Workspace) -> Result<Vec<&'static str>, Failure> {
    let has = |package: &&str, test: &&str| workspace.packages_with_test(test).contains(package);
    let packages = PACKAGES.iter().filter(|package| TESTS.iter().any(|test| has(package, test)));
    let tests = TESTS.iter().filter(|test| PACKAGES.iter().any(|package| has(package, test)));
    let arguments: Vec<_> = packages
        .flat_map(|package| ["--package", package])
        .chain(tests.flat_map(|test| ["--test", test]))
        .collect();
    if arguments.is_empty() {
        return Err(Failure::Failed(format!("none of {} has proofs", PACKAGES.join(", "))));
    }
    Ok(arguments)
}

/// Builds the proofs that `arguments` name to Cargo, and asks each program for its tests.
pub(crate) fn programs(
    workspace: &Workspace,
    arguments: &[&str],
    sink: &Sink,
) -> Result<Vec<Program>, Failure> {
    let mut command = workspace.model_cargo();
    command.args(["test", "--no-run", "--profile", "proof"]).args(arguments);
    let mut programs = Vec::new();
    for built in workspace.build(command, sink.stdio()?)? {
        if built.kind != "test" {
            continue;
        }
        let tests = cargo::listed_tests(&built.path)?;
        let (package, target, path) = (built.package, built.target, built.path);
        programs.push(Program { package, target, path, tests });
    }
    Ok(programs)
}

/// Keeps the tests whose name contains `filter`, and the programs that have such tests.
pub(super) fn matching(mut programs: Vec<Program>, filter: &str) -> Result<Vec<Program>, Failure> {
    for program in &mut programs {
        let package = program.package.clone();
        program.tests.retain(|test| format!("{package}::{test}").contains(filter));
    }
    programs.retain(|program| !program.tests.is_empty());
    if programs.is_empty() {
        return Err(Failure::Input(format!("no proof's name contains '{filter}'")));
    }
    Ok(programs)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in crate::prove) fn program(package: &str, tests: &[&str]) -> Program {
        Program {
            package: package.to_owned(),
            target: "loom".to_owned(),
            path: PathBuf::from("loom"),
            tests: tests.iter().map(|&test| test.to_owned()).collect(),
        }
    }

    #[test]
    fn a_filter_may_name_the_package_the_test_or_both() {
        let kept = |filter: &str| {
            let programs =
                vec![program("locks", &["lock::excludes", "condition::wakes"]), program("queue", &["fifo"])];
            let kept = matching(programs, filter).unwrap();
            kept.into_iter().flat_map(|program| program.tests).collect::<Vec<_>>()
        };
        assert_eq!(kept("locks"), ["lock::excludes", "condition::wakes"]);
        assert_eq!(kept("locks::lock::"), ["lock::excludes"]);
        assert_eq!(kept("fifo"), ["fifo"]);
        assert_eq!(kept("e"), ["lock::excludes", "condition::wakes", "fifo"]);
    }

    #[test]
    fn a_filter_that_matches_nothing_is_bad_input() {
        let ended = matching(vec![program("locks", &["lock::excludes"])], "semaphore");
        assert!(matches!(ended, Err(Failure::Input(text)) if text.contains("semaphore")));
    }
}
