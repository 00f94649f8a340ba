//! What is checked, in which order, and with which command?

use std::process::{Command, Stdio};
use std::sync::OnceLock;

use super::{figures, text};
use crate::cargo::{self, Workspace};
use crate::child;
use crate::failure::Failure;
use crate::out::Sink;
use crate::{chaos, mutants, prove, shuttle, table, tour, tsan};

/// What every step may use.
pub(super) struct Context {
    pub(super) workspace: Workspace,
    pub(super) nextest: bool,
    /// What the step `prove` left for the step `mutants`.
    pub(super) records: OnceLock<prove::Folder>,
}

/// One check. `run` writes to the step's log, and returns what it counted or why it failed.
pub(super) struct Step {
    pub(super) name: &'static str,
    pub(super) what: &'static str,
    /// Left out by `--fast`.
    pub(super) long: bool,
    /// It builds into a folder that the others do not use, so it may run beside them.
    pub(super) apart: bool,
    /// Faster where cargo-nextest is installed.
    pub(super) uses_nextest: bool,
    /// Beside Cargo and rustc.
    pub(super) needs: &'static [Tool],
    pub(super) run: fn(&Context, &mut Sink) -> Result<String, Failure>,
}

/// A program that may be missing.
pub(super) struct Tool {
    pub(super) name: &'static str,
    pub(super) install: &'static str,
    pub(super) is_there: fn() -> bool,
}

const RUSTFMT: Tool =
    Tool { name: "rustfmt", install: "rustup component add rustfmt", is_there: || cargo::has("fmt") };
const CLIPPY: Tool =
    Tool { name: "clippy", install: "rustup component add clippy", is_there: || cargo::has("clippy") };
const TSAN: Tool = Tool {
    name: "ThreadSanitizer",
    install: "an x86-64 Linux with glibc, where Rust's stable toolchain brings it along",
    is_there: tsan::is_there,
};
const PROCESSES: Tool = Tool {
    name: "/proc, in which the load counts",
    install: "Linux",
    is_there: || cfg!(target_os = "linux"),
};
const MDBOOK: Tool = Tool { name: "mdbook", install: "cargo install mdbook", is_there: has_mdbook };

/// What most steps are like.
const PLAIN: Step = Step {
    name: "",
    what: "",
    long: false,
    apart: false,
    uses_nextest: false,
    needs: &[],
    run: |_, _| Ok(String::new()),
};

pub(super) const STEPS: [Step; 17] = [
    Step { name: "format", what: "the sources are formatted", needs: &[RUSTFMT], run: format, ..PLAIN },
    Step { name: "clippy", what: "clippy has no warning", needs: &[CLIPPY], run: clippy, ..PLAIN },
    Step {
        name: "clippy-model",
        what: "clippy has no warning in the model world and in the shuttled one",
        long: true,
        apart: true,
        needs: &[CLIPPY],
        run: clippy_model,
        ..PLAIN
    },
    Step {
        name: "test",
        what: "unit and integration tests pass, and the examples compile",
        uses_nextest: true,
        run: test,
        ..PLAIN
    },
    Step { name: "doc-test", what: "the examples in the documentation pass", run: doc_test, ..PLAIN },
    Step { name: "props", what: "random histories agree with plain references", run: props, ..PLAIN },
    Step {
        name: "prove",
        what: "the loom proofs hold, and their refutations die",
        long: true,
        apart: true,
        uses_nextest: true,
        run: prove,
        ..PLAIN
    },
    Step {
        name: "mutants",
        what: "a proof notices the loss of any ordering, fence or wake",
        long: true,
        apart: true,
        run: |context, sink| mutants::check(&context.workspace, context.records.get(), sink),
        ..PLAIN
    },
    Step {
        name: "shuttle",
        what: "with eight threads, random schedules find the flawed twins and nothing else",
        long: true,
        apart: true,
        run: |context, sink| shuttle::check(&context.workspace, sink),
        ..PLAIN
    },
    Step {
        name: "tsan",
        what: "ThreadSanitizer reports the races on purpose and no other",
        long: true,
        apart: true,
        needs: &[TSAN],
        run: |context, sink| tsan::check(&context.workspace, sink),
        ..PLAIN
    },
    Step {
        name: "features",
        what: "the crates build with any of their features, and pass their tests with all",
        uses_nextest: true,
        needs: &[CLIPPY],
        run: features,
        ..PLAIN
    },
    Step { name: "docs", what: "the documentation builds without a warning", run: docs, ..PLAIN },
    Step {
        name: "tour",
        what: "the article's programs show their faults and cures",
        run: |context, sink| tour::check(&context.workspace, sink),
        ..PLAIN
    },
    Step {
        name: "average",
        what: "every pool gives the same average of the real data, to the last bit",
        long: true,
        run: |context, sink| figures::check(&context.workspace, sink),
        ..PLAIN
    },
    Step {
        name: "chaos",
        what: "the process pool keeps its promise while workers and programs are killed",
        long: true,
        needs: &[PROCESSES],
        run: |context, sink| chaos::check(&context.workspace, sink),
        ..PLAIN
    },
    Step {
        name: "text",
        what: "files are short, links lead somewhere, every proof is in the book, no access is SeqCst",
        run: |context, sink| text::check(&context.workspace.root, sink),
        ..PLAIN
    },
    Step { name: "book", what: "the book builds", long: true, needs: &[MDBOOK], run: book, ..PLAIN },
];

fn format(context: &Context, sink: &mut Sink) -> Result<String, Failure> {
    let mut command = context.workspace.cargo();
    command.args(["fmt", "--all", "--", "--check", "--color", "never"]);
    run(command, sink)
}

fn clippy(context: &Context, sink: &mut Sink) -> Result<String, Failure> {
    let mut command = context.workspace.cargo();
    command.args(["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]);
    run(command, sink)
}

fn clippy_model(context: &Context, sink: &mut Sink) -> Result<String, Failure> {
    // In the profile of the proofs and trials, so that the build scripts and macros of what these worlds depend on
    // are built once for both.
    let in_world = |mut command: Command, tests: &[&str]| {
        command.args(["clippy", "--profile", "proof", "--lib"]).args(tests);
        command.args(prove::PACKAGES.iter().flat_map(|package| ["--package", package]));
        command.args(["--", "-D", "warnings"]);
        command
    };
    run(in_world(context.workspace.model_cargo(), &["--tests"]), sink)?;
    let trials = shuttle::TESTS.map(|test| ["--test", test]);
    run(in_world(context.workspace.shuttled_cargo(), trials.as_flattened()), sink)
}

/// The test target that is a step of its own.
const PROPS: &str = "props";

fn test(context: &Context, sink: &mut Sink) -> Result<String, Failure> {
    let mut command = context.workspace.cargo();
    if context.nextest {
        let not_props = format!("not binary({PROPS})");
        command.args(["nextest", "run", "--workspace", "--no-fail-fast", "--filterset", &not_props]);
        return run_tests(command, sink, "test");
    }
    command.args(["test", "--workspace", "--no-fail-fast", "--lib", "--bins"]);
    let tests = context.workspace.tests();
    command.args(tests.into_iter().filter(|test| *test != PROPS).flat_map(|test| ["--test", test]));
    let counted = run_tests(command, sink, "test")?;
    let mut examples = context.workspace.cargo();
    examples.args(["build", "--workspace", "--examples"]);
    run(examples, sink)?;
    Ok(counted)
}

fn doc_test(context: &Context, sink: &mut Sink) -> Result<String, Failure> {
    let mut command = context.workspace.cargo();
    command.args(["test", "--workspace", "--doc", "--no-fail-fast"]);
    run_tests(command, sink, "doc test")
}

fn props(context: &Context, sink: &mut Sink) -> Result<String, Failure> {
    // Of the whole workspace, as in the step before: what is built depends on the packages chosen.
    let mut command = context.workspace.cargo();
    command.args(["test", "--workspace", "--no-fail-fast", "--test", PROPS]);
    run_tests(command, sink, "property")
}

fn prove(context: &Context, sink: &mut Sink) -> Result<String, Failure> {
    let (counted, records) = prove::check(&context.workspace, sink)?;
    // Nobody has set it before: a step runs once.
    let _ = context.records.set(records);
    Ok(counted)
}

/// What `locks` can be asked for and reads itself; `trace` is for `platform` alone.
const FEATURES: [&str; 4] = ["lock-order", "counters", "arc_lock", "serde"];

/// Of its tests, those that look at no feature and take longest, and those of other worlds.
const WITHOUT_FEATURES: [&str; 4] = [PROPS, "semaphore_histories", "loom", "shuttle"];

/// It has the most dependencies: beside it, those of others have nearly the features that they have in the workspace, and
/// need not be built once more.
const BESIDE: [&str; 2] = ["--package", "rivals"];

fn features(context: &Context, sink: &mut Sink) -> Result<String, Failure> {
    let all = format!("{},trace", FEATURES.join(","));
    let clippy = |arguments: &[&str]| {
        let mut command = context.workspace.cargo();
        command.args(["clippy", "--no-deps", "--lib"]).args(BESIDE).args(arguments);
        command.args(["--", "-D", "warnings"]);
        command
    };
    for set in 0..1_usize << FEATURES.len() {
        let chosen = (0..FEATURES.len()).filter(|bit| set >> bit & 1 == 1).map(|bit| FEATURES[bit]);
        run(clippy(&["--package", "locks", "--features", &chosen.collect::<Vec<_>>().join(",")]), sink)?;
    }
    // Without debug assertions, the order of locks is not checked; nothing else needs to be read anew for that.
    let without = "profile.dev.package.locks.debug-assertions=false";
    run(clippy(&["--package", "locks", "--features", &all, "--config", without]), sink)?;
    // The queue's tests, and all else, ask for its one feature; alone it is built without.
    run(clippy(&["--package", "queue"]), sink)?;
    let mut command = context.workspace.cargo();
    command.args(["test", "--package", "locks", "--no-fail-fast", "--features", &all, "--lib"]).args(BESIDE);
    let tests = context.workspace.tests().into_iter();
    let tests = tests.filter(|test| context.workspace.packages_with_test(test).contains(&"locks"));
    command.args(tests.filter(|test| !WITHOUT_FEATURES.contains(test)).flat_map(|test| ["--test", test]));
    run_tests(command, sink, "test")?;
    let mut command = context.workspace.cargo();
    command.args(["test", "--package", "locks", "--no-fail-fast", "--features", &all, "--doc"]).args(BESIDE);
    run_tests(command, sink, "doc test")?;
    // What lies between a pool and its workers elsewhere; and what is left of it without Unix, for its main promises.
    for feature in ["sockets", "loopback"] {
        run(clippy(&["--package", "workers-multiprocess", "--features", feature]), sink)?;
    }
    run(pool_tests(context, "sockets", &[]), sink)?;
    run(pool_tests(context, "loopback", &["results::", "deaths::each", "stream::"]), sink)?;
    // Spans are what the threads' timeline shows.
    let mut command = context.workspace.cargo();
    command.args(["test", "--package", "threads", "--features", "trace", "--test", "timeline"]).args(BESIDE);
    run_tests(command, sink, "test")?;
    Ok(format!("{} sets of features", 1 << FEATURES.len()))
}

/// The tests of the process pool with a feature: all, or those with one of these names.
fn pool_tests(context: &Context, feature: &str, names: &[&str]) -> Command {
    let mut command = context.workspace.cargo();
    command.args(if context.nextest { &["nextest", "run"][..] } else { &["test"] });
    command.args(["--package", "workers-multiprocess", "--no-fail-fast", "--features", feature]);
    command.args(BESIDE).args(["--lib", "--test", "process_pool", "--"]).args(names);
    command
}

fn docs(context: &Context, sink: &mut Sink) -> Result<String, Failure> {
    let mut command = context.workspace.cargo();
    command.env("RUSTDOCFLAGS", "-D warnings").args(["doc", "--workspace", "--no-deps"]);
    run(command, sink)
}

fn book(context: &Context, sink: &mut Sink) -> Result<String, Failure> {
    let workspace = &context.workspace;
    let mut command = Command::new("mdbook");
    command
        .arg("build")
        .arg(workspace.root.join("docs"))
        .arg("--dest-dir")
        .arg(workspace.target.join("book"));
    run(command, sink)
}

fn has_mdbook() -> bool {
    let mut command = Command::new("mdbook");
    command.arg("--version").stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

fn run(command: Command, sink: &mut Sink) -> Result<String, Failure> {
    run_watched(command, sink, |_| ())?;
    Ok(String::new())
}

/// Runs a command that runs tests; says how many passed.
fn run_tests(command: Command, sink: &mut Sink, noun: &str) -> Result<String, Failure> {
    let mut passed = 0;
    run_watched(command, sink, |line| passed += passed_in(line).unwrap_or(0))?;
    Ok(match noun {
        "property" if passed != 1 => format!("{passed} properties"),
        noun => table::counted(passed, noun),
    })
}

fn run_watched(command: Command, sink: &mut Sink, watch: impl FnMut(&str)) -> Result<(), Failure> {
    sink.line(shown(&command))?;
    let ended = child::watched(command, sink, watch)?;
    if ended.is_well() { Ok(()) } else { Err(Failure::Failed(ended.to_string())) }
}

/// The command as a person would type it, for the head of the log.
fn shown(command: &Command) -> String {
    let name = std::path::Path::new(command.get_program()).file_stem().unwrap_or(command.get_program());
    let set = command
        .get_envs()
        .filter_map(|(name, value)| Some((name.to_string_lossy(), value?.to_string_lossy())));
    let mut shown = String::from("$");
    set.for_each(|(name, value)| shown.push_str(&format!(" {name}={value:?}")));
    for word in std::iter::once(name).chain(command.get_args()) {
        shown.push_str(&format!(" {}", word.to_string_lossy()));
    }
    shown
}

/// How many tests the summary line of nextest or of a test program says to have passed.
fn passed_in(line: &str) -> Option<usize> {
    let line = line.trim_start();
    if !(line.starts_with("Summary [") || line.starts_with("test result: ")) {
        return None;
    }
    let words: Vec<&str> = line.split_whitespace().collect();
    let place = words.iter().position(|word| word.trim_end_matches([',', ';']) == "passed")?;
    words.get(place.checked_sub(1)?)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_runners_say_how_many_tests_passed() {
        assert_eq!(passed_in("     Summary [   0.135s] 3 tests run: 2 passed, 1 failed, 0 skipped"), Some(2));
        assert_eq!(passed_in("     Summary [   9.135s] 3 tests run: 3 passed (1 slow), 0 skipped"), Some(3));
        assert_eq!(passed_in("test result: ok. 12 passed; 0 failed; 0 ignored; 0 measured"), Some(12));
        assert_eq!(passed_in("test a_ticket_is_passed ... ok"), None);
    }

    #[test]
    fn the_names_of_the_steps_are_distinct() {
        for (index, step) in STEPS.iter().enumerate() {
            assert!(STEPS[..index].iter().all(|earlier| earlier.name != step.name), "{}", step.name);
        }
    }

    #[test]
    fn a_log_begins_with_the_command_that_was_run() {
        let mut command = Command::new("/opt/bin/cargo");
        command.env("RUSTFLAGS", "--cfg loom").env_remove("OTHER").args(["doc", "--no-deps"]);
        assert_eq!(shown(&command), "$ RUSTFLAGS=\"--cfg loom\" cargo doc --no-deps");
    }
}
