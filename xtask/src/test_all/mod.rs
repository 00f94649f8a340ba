//! `cargo xtask test-all`: is everything as it should be?
//!
//! [`steps`] is the table of what is checked. A step has passed, has failed, or did not run; a step that
//! lacks its tool did not run, and is never counted as passed.

mod figures;
mod lanes;
mod links;
mod proof_table;
mod report;
mod steps;
mod text;

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::OnceLock;
use std::time::Instant;

use lexopt::prelude::*;
use serde_json::{Value, json};

use crate::cargo::{self, Workspace};
use crate::failure::{Failure, verdict};
use crate::out::{self, Progress, Sink};
use crate::{Verb, table};
use report::{Outcome, Status};
use steps::{Context, STEPS, Step};

pub(crate) const VERB: Verb = Verb {
    name: "test-all",
    what: "check everything: one table, one verdict",
    help: "\
Usage: cargo xtask test-all [--only STEP]… [--fast] [--list] [--json]

Runs every check that there is, and goes on after a failure. The steps of the model world, and all others with a
build of their own, run beside the rest, in the time that it leaves. Needs nothing but the Rust toolchain;
cargo-nextest is used where it is installed. The output of a step goes to target/test-all/STEP.log; when it fails,
the end of the log is shown. A step that lacks its tool did not run; it never counts as passed.

  --only STEP   only this step; may be repeated
  --fast        leave out the long ones: clippy-model, prove, mutants, shuttle, tsan, average, chaos, book
  --list        say what the steps are, and run none
  --json        {\"steps\": [{\"name\", \"status\": \"passed\"|\"failed\"|\"not_run\", \"seconds\", \"detail\"}],
                 \"passed\", \"failed\", \"not_run\", \"seconds\", \"ok\"}

The last line is `N passed, N failed, N skipped`. The exit code is 1 if a step failed or none passed.
",
    run,
};

/// How much of a failed step's log is shown.
const TAIL: usize = 60;

/// What to run and how to tell it.
#[derive(Debug, Default)]
struct Options {
    only: Vec<&'static str>,
    fast: bool,
    list: bool,
    json: bool,
}

fn run(arguments: Vec<OsString>) -> Result<ExitCode, Failure> {
    let options = parse(arguments)?;
    if options.list {
        list(options.json)?;
        return Ok(ExitCode::SUCCESS);
    }
    let progress = Progress::new(options.json);
    let started = Instant::now();
    let context =
        Context { workspace: Workspace::read()?, nextest: cargo::has("nextest"), records: OnceLock::new() };
    if !context.nextest && STEPS.iter().any(|step| step.uses_nextest && options.selects(step)) {
        progress.line("cargo-nextest is not installed: the tests run with `cargo test`.")?;
        progress.line("To have it: cargo install cargo-nextest --locked\n")?;
    }
    let chosen: Vec<&Step> = STEPS.iter().filter(|step| options.selects(step)).collect();
    let perform = |step: &'static Step| match options.fast && step.long {
        true => Ok(left_out(step)),
        false => perform(step, &context),
    };
    let tell = |step: &'static Step, outcome: &Outcome| {
        progress.line(outcome.line())?;
        match outcome.status {
            Status::Failed => show_tail(&log_path(&context.workspace, step), progress),
            Status::Passed | Status::NotRun => Ok(()),
        }
    };
    let outcomes = lanes::walk(&chosen, perform, tell)?;
    let seconds = started.elapsed().as_secs_f64();
    if options.json {
        out::json(&report::to_json(&outcomes, seconds))?;
    } else {
        for line in report::lines(&outcomes, seconds) {
            out::say(line)?;
        }
    }
    Ok(verdict(report::ok(&outcomes)))
}

fn parse(arguments: Vec<OsString>) -> Result<Options, Failure> {
    let mut options = Options::default();
    let mut parser = lexopt::Parser::from_args(arguments);
    while let Some(argument) = parser.next()? {
        match argument {
            Long("json") => options.json = true,
            Long("fast") => options.fast = true,
            Long("list") => options.list = true,
            Long("only") => options.only.push(step_name(&parser.value()?.string()?)?),
            _ => return Err(argument.unexpected().into()),
        }
    }
    if options.fast && !options.only.is_empty() {
        return Err(Failure::Usage("--fast and --only cannot be combined".to_owned()));
    }
    Ok(options)
}

fn step_name(name: &str) -> Result<&'static str, Failure> {
    let known = STEPS.iter().map(|step| step.name).find(|known| *known == name);
    known.ok_or_else(|| {
        let names: Vec<_> = STEPS.iter().map(|step| step.name).collect();
        Failure::Usage(format!("there is no step '{name}', only {}", names.join(", ")))
    })
}

impl Options {
    fn selects(&self, step: &Step) -> bool {
        self.only.is_empty() || self.only.contains(&step.name)
    }
}

fn list(json: bool) -> Result<(), Failure> {
    if json {
        let steps: Vec<Value> =
            STEPS.iter().map(|step| json!({"name": step.name, "what": step.what})).collect();
        return out::json(&json!({ "steps": steps }));
    }
    STEPS.iter().try_for_each(|step| out::say(format_args!("{:<13} {}", step.name, step.what)))
}

fn left_out(step: &'static Step) -> Outcome {
    Outcome { name: step.name, status: Status::NotRun, seconds: 0.0, detail: "left out by --fast".to_owned() }
}

/// Runs one step with its output in its log.
fn perform(step: &'static Step, context: &Context) -> Result<Outcome, Failure> {
    let started = Instant::now();
    if let Some(tool) = step.needs.iter().find(|tool| !(tool.is_there)()) {
        let detail = format!("{} is not installed; to have it: {}", tool.name, tool.install);
        return Ok(Outcome { name: step.name, status: Status::NotRun, seconds: 0.0, detail });
    }
    let path = log_path(&context.workspace, step);
    let mut sink = Sink::Log(create(&path)?);
    let (status, detail) = match (step.run)(context, &mut sink) {
        Ok(detail) => (Status::Passed, detail),
        Err(failure) => {
            sink.line(failure.text())?;
            (Status::Failed, failure.text().to_owned())
        }
    };
    Ok(Outcome { name: step.name, status, seconds: started.elapsed().as_secs_f64(), detail })
}

fn log_path(workspace: &Workspace, step: &Step) -> PathBuf {
    workspace.target.join("test-all").join(format!("{}.log", step.name))
}

fn create(path: &Path) -> Result<File, Failure> {
    let created = path.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| File::create(path));
    created.map_err(|error| Failure::Failed(format!("cannot write {}: {error}", path.display())))
}

fn show_tail(path: &Path, progress: Progress) -> Result<(), Failure> {
    let mut bytes = Vec::new();
    File::open(path)?.read_to_end(&mut bytes)?;
    let text = String::from_utf8_lossy(&bytes);
    let lines: Vec<&str> = text.lines().collect();
    let hidden = lines.len().saturating_sub(TAIL);
    if hidden > 0 {
        progress.line(format_args!(
            "  │ … {} before, in {}",
            table::counted(hidden, "line"),
            path.display()
        ))?;
    }
    lines[hidden..].iter().try_for_each(|line| progress.line(format_args!("  │ {line}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(arguments: &[&str]) -> Result<Options, Failure> {
        parse(arguments.iter().map(OsString::from).collect())
    }

    #[test]
    fn only_selects_the_named_steps() {
        let options = parsed(&["--only", "docs", "--only=text"]).unwrap();
        let selected: Vec<_> =
            STEPS.iter().filter(|step| options.selects(step)).map(|step| step.name).collect();
        assert_eq!(selected, ["docs", "text"]);
    }

    #[test]
    fn an_unknown_step_is_a_usage_error_that_lists_the_steps() {
        let error = parsed(&["--only", "lint"]).unwrap_err();
        assert!(
            matches!(&error, Failure::Usage(text) if text.contains("'lint'") && text.contains("clippy")),
            "{error:?}"
        );
    }

    #[test]
    fn a_missing_value_and_a_contradiction_are_usage_errors() {
        for wrong in [&["--only"][..], &["--fast", "--only", "docs"], &["docs"]] {
            assert!(matches!(parsed(wrong), Err(Failure::Usage(_))), "{wrong:?}");
        }
    }

    #[test]
    fn the_help_names_the_steps_that_fast_leaves_out() {
        let long: Vec<_> = STEPS.iter().filter(|step| step.long).map(|step| step.name).collect();
        assert!(VERB.help.contains(&format!("leave out the long ones: {}\n", long.join(", "))));
    }
}
