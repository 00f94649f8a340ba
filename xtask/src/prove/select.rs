//! Which tests are proofs, and which of them does a filter name?

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Command;

use crate::cargo::Workspace;
use crate::failure::Failure;
use crate::out::Sink;

/// The packages that can be built in the model world.
pub(crate) const PACKAGES: [&str; 3] = ["platform", "locks", "queue"];

/// The integration tests that run there: proofs, the model's own litmus suite, and its contract with the real world.
const TESTS: [&str; 3] = ["loom", "litmus", "contract"];

/// A built test program and the names of its tests.
pub(super) struct Program {
    pub(super) package: String,
    pub(super) target: String,
    pub(super) path: PathBuf,
    pub(super) tests: Vec<String>,
}

/// `--package` and `--test` for every proof that there is.
pub(super) fn arguments(workspace: &Workspace) -> Result<Vec<String>, Failure> {
    let mut packages = BTreeSet::new();
    let mut arguments = Vec::new();
    for test in TESTS {
        let with_it = workspace.packages_with_test(test);
        let provable = with_it.into_iter().filter(|package| PACKAGES.contains(package));
        let before = packages.len();
        let found = provable.inspect(|package| _ = packages.insert((*package).to_owned())).count();
        debug_assert!(packages.len() >= before);
        if found > 0 {
            arguments.extend(["--test".to_owned(), test.to_owned()]);
        }
    }
    if packages.is_empty() {
        return Err(Failure::Failed(format!("none of {} has proofs", PACKAGES.join(", "))));
    }
    arguments.extend(packages.into_iter().flat_map(|package| ["--package".to_owned(), package]));
    Ok(arguments)
}
