//! Where are the packages, their targets and what Cargo builds of them?

use std::collections::BTreeSet;
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::failure::Failure;

/// The workspace as Cargo describes it.
pub(crate) struct Workspace {
    pub(crate) root: PathBuf,
    /// The folder of all build outputs.
    pub(crate) target: PathBuf,
    packages: Vec<Package>,
}

struct Package {
    name: String,
    manifest: PathBuf,
    /// The names of the files and folders in `tests/`.
    tests: Vec<String>,
}

/// A program that Cargo built.
pub(crate) struct Executable {
    pub(crate) package: String,
    pub(crate) target: String,
    /// `bin`, `example`, `test`…
    pub(crate) kind: String,
    pub(crate) source: PathBuf,
    pub(crate) path: PathBuf,
}

impl Workspace {
    /// Asks Cargo for the workspace of the current folder.
    pub(crate) fn read() -> Result<Self, Failure> {
        let output = command()
            .args(["metadata", "--format-version=1", "--no-deps"])
            .stderr(Stdio::inherit())
            .output()?;
        if !output.status.success() {
            return Err(Failure::Failed(format!("cargo metadata: {}", output.status)));
        }
        let metadata: Value = serde_json::from_slice(&output.stdout)
            .map_err(|error| Failure::Failed(format!("cargo metadata is not JSON: {error}")))?;
        Self::from_metadata(&metadata)
            .ok_or_else(|| Failure::Failed("cargo metadata lacks a field".to_owned()))
    }

    fn from_metadata(metadata: &Value) -> Option<Self> {
        let mut packages = Vec::new();
        for package in metadata["packages"].as_array()? {
            let mut tests = Vec::new();
            for target in package["targets"].as_array()? {
                if target["kind"][0] == "test" {
                    tests.push(target["name"].as_str()?.to_owned());
                }
            }
            let (name, manifest) = (package["name"].as_str()?, package["manifest_path"].as_str()?);
            packages.push(Package { name: name.to_owned(), manifest: manifest.into(), tests });
        }
        Some(Self {
            root: metadata["workspace_root"].as_str()?.into(),
            target: metadata["target_directory"].as_str()?.into(),
            packages,
        })
    }

    /// The packages that have an integration test called `test`.
    pub(crate) fn packages_with_test(&self, test: &str) -> Vec<&str> {
        let has_it = |package: &&Package| package.tests.iter().any(|name| name == test);
        self.packages.iter().filter(has_it).map(|package| package.name.as_str()).collect()
    }

    /// The folder of `package`, in which Cargo runs its tests.
    pub(crate) fn folder(&self, package: &str) -> Option<&Path> {
        self.packages.iter().find(|known| known.name == package)?.manifest.parent()
    }

    /// The names of all integration tests of the workspace.
    pub(crate) fn tests(&self) -> BTreeSet<&str> {
        self.packages.iter().flat_map(|package| &package.tests).map(String::as_str).collect()
    }

    /// Cargo, in the root of the workspace.
    pub(crate) fn cargo(&self) -> Command {
        let mut command = command();
        command.current_dir(&self.root);
        command
    }

    /// Cargo for the model world.
    pub(crate) fn model_cargo(&self) -> Command {
        self.flagged_cargo("--cfg loom", "loom")
    }

    /// Cargo for the shuttled world.
    pub(crate) fn shuttled_cargo(&self) -> Command {
        self.flagged_cargo("--cfg shuttle", "shuttle")
    }

    /// Cargo for the real world under ThreadSanitizer, which a stable compiler offers only when told that it is no
    /// stable one. The standard library stays as it is, without the sanitizer: that is the mismatch allowed.
    pub(crate) fn sanitized_cargo(&self, target: &str) -> Command {
        let flags = "-Zsanitizer=thread -Cunsafe-allow-abi-mismatch=sanitizer --cfg tsan";
        let mut command = self.flagged_cargo(flags, "tsan");
        // With a target the flags are not those of build scripts and macros.
        command.env("RUSTC_BOOTSTRAP", "1").env("CARGO_BUILD_TARGET", target);
        // A report is of lines.
        command.env("CARGO_PROFILE_DEV_DEBUG", "line-tables-only");
        command
    }

    /// Cargo with flags that change every crate, so that its outputs have a folder of their own.
    fn flagged_cargo(&self, flags: &str, folder: &str) -> Command {
        let mut command = self.cargo();
        command.env("RUSTFLAGS", flags).env("CARGO_TARGET_DIR", self.target.join(folder));
        // It would take precedence over RUSTFLAGS.
        command.env_remove("CARGO_ENCODED_RUSTFLAGS");
        command
    }

    /// Runs `command`, a building Cargo command, with its messages on `stderr`; returns the programs it made.
    pub(crate) fn build(&self, mut command: Command, stderr: Stdio) -> Result<Vec<Executable>, Failure> {
        let output = command.arg("--message-format=json-render-diagnostics").stderr(stderr).output()?;
        if !output.status.success() {
            return Err(Failure::Failed("the build failed".to_owned()));
        }
        let messages = String::from_utf8_lossy(&output.stdout);
        Ok(messages.lines().filter_map(|line| self.executable(line)).collect())
    }

    fn executable(&self, message: &str) -> Option<Executable> {
        let message: Value = serde_json::from_str(message).ok()?;
        let path = message["executable"].as_str()?;
        let manifest = Path::new(message["manifest_path"].as_str()?);
        let package = self.packages.iter().find(|package| package.manifest == manifest)?;
        let target = &message["target"];
        Some(Executable {
            package: package.name.clone(),
            target: target["name"].as_str()?.to_owned(),
            kind: target["kind"][0].as_str()?.to_owned(),
            source: target["src_path"].as_str()?.into(),
            path: path.into(),
        })
    }
}

/// The program `target` of `package` among those just built.
pub(crate) fn find<'a>(
    built: &'a [Executable],
    package: &str,
    kind: &str,
    target: &str,
) -> Result<&'a Executable, Failure> {
    let wanted = |made: &&Executable| made.package == package && made.kind == kind && made.target == target;
    built
        .iter()
        .find(wanted)
        .ok_or_else(|| Failure::Failed(format!("package {package} has no {kind} called {target}")))
}

/// The names of the tests in a test program.
pub(crate) fn listed_tests(program: &Path) -> Result<Vec<String>, Failure> {
    let output = Command::new(program).args(["--list", "--format", "terse"]).output()?;
    if !output.status.success() {
        return Err(Failure::Failed(format!("{} --list: {}", program.display(), output.status)));
    }
    Ok(listed(&String::from_utf8_lossy(&output.stdout)))
}

fn listed(output: &str) -> Vec<String> {
    output.lines().filter_map(|line| line.strip_suffix(": test")).map(str::to_owned).collect()
}

/// Builds one program with optimizations, quietly unless a person is looking on; returns its path.
pub(crate) fn build_release(
    workspace: &Workspace,
    package: &str,
    kind: &str,
    target: &str,
    stderr: Stdio,
) -> Result<PathBuf, Failure> {
    let mut command = workspace.cargo();
    command.args(["build", "--release", "--package", package, &format!("--{kind}"), target]);
    if !io::stderr().is_terminal() {
        command.arg("--quiet");
    }
    let built = workspace.build(command, stderr)?;
    Ok(find(&built, package, kind, target)?.path.clone())
}

/// The path of an example as the tests are built, beside which it is there already.
pub(crate) fn build_with_tests(
    workspace: &Workspace,
    package: &str,
    example: &str,
    stderr: Stdio,
) -> Result<PathBuf, Failure> {
    let mut command = workspace.cargo();
    // Of the whole workspace: what is built depends on the packages chosen.
    command.args(["build", "--workspace", "--example", example]);
    let built = workspace.build(command, stderr)?;
    Ok(find(&built, package, "example", example)?.path.clone())
}

/// Whether `cargo SUBCOMMAND` is installed.
pub(crate) fn has(subcommand: &str) -> bool {
    command()
        .args([subcommand, "--version"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

fn command() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    // Colours on a terminal only: where the output goes to a log or is read by us, they would be noise.
    command.env_remove("CARGO_TERM_COLOR").stdin(Stdio::null());
    // Most of what is built here is built once: what makes a second time quicker costs the first one a tenth.
    command.env("CARGO_INCREMENTAL", "0");
    // A panic names its line without it, and nobody debugs what is built here: a fifth of the time of a test program.
    command.env("CARGO_PROFILE_DEV_DEBUG", "0");
    command
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn example() -> Workspace {
        let test = |name: &str| json!({"kind": ["test"], "name": name});
        let metadata = json!({
            "workspace_root": "/w",
            "target_directory": "/w/target",
            "packages": [
                {"name": "locks", "manifest_path": "/w/locks/Cargo.toml", "targets": [test("loom"), test("props")]},
                {"name": "queue", "manifest_path": "/w/queue/Cargo.toml",
                 "targets": [{"kind": ["lib"], "name": "queue"}, test("props")]},
            ],
        });
        Workspace::from_metadata(&metadata).unwrap()
    }

    #[test]
    fn tests_are_found_by_package_and_by_name() {
        let workspace = example();
        assert_eq!(workspace.packages_with_test("loom"), ["locks"]);
        assert_eq!(workspace.packages_with_test("props"), ["locks", "queue"]);
        assert_eq!(workspace.packages_with_test("queue"), [""; 0]);
        assert_eq!(workspace.folder("queue"), Some(Path::new("/w/queue")));
        assert_eq!(workspace.tests().into_iter().collect::<Vec<_>>(), ["loom", "props"]);
    }

    #[test]
    fn only_a_message_with_an_executable_is_a_program() {
        let message = |executable: Value| {
            json!({"reason": "compiler-artifact", "manifest_path": "/w/locks/Cargo.toml", "executable": executable,
                   "target": {"kind": ["example"], "name": "counter", "src_path": "/w/locks/examples/counter.rs"}})
            .to_string()
        };
        let workspace = example();
        assert!(workspace.executable(&message(Value::Null)).is_none());
        let made = [workspace.executable(&message("/w/target/debug/examples/counter".into())).unwrap()];
        assert!(find(&made, "locks", "example", "counter").is_ok());
        assert!(find(&made, "queue", "example", "counter").is_err());
    }

    #[test]
    fn only_tests_are_taken_from_a_list() {
        assert_eq!(listed("a::b: test\nc: benchmark\n\n2 tests, 1 benchmark\n"), ["a::b"]);
    }

    #[test]
    fn metadata_without_packages_is_refused() {
        assert!(Workspace::from_metadata(&json!({"workspace_root": "/w"})).is_none());
    }
}
