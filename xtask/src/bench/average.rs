//! How long does the average of a large file take: with each pool, with one worker and two, and with others?
//!
//! Each contestant is a program of its own, and says itself how long it took to read the file and answer. They
//! run in turn, in rounds that rotate the order; one worker and two of the same pool always one after the other.

use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::num::{NonZeroU64, NonZeroUsize};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::Duration;

use lexopt::prelude::{Long, ValueExt};
use serde_json::Value;

use super::average_report::{self, Absent, Run};
use super::python;
use crate::cargo::{self, Workspace};
use crate::child::{self, Errors};
use crate::failure::Failure;
use crate::out::{self, Progress, Sink};
use crate::{average, data, table};

const COLUMN: &str = "dep_delay";
pub(super) const POOLS: [&str; 3] = ["processes", "threads", "rayon"];
pub(super) const WORKERS: [usize; 2] = [1, 2];

/// How far the mean of others, who round each addition, may be from ours.
const TOLERANCE: f64 = 1e-9;

/// A run over 2 GB takes seconds.
const LIMIT: Duration = Duration::from_secs(600);

/// An odd number, so that there is a middle one.
const ROUNDS: NonZeroUsize = NonZeroUsize::new(5).unwrap();

struct Options {
    rows: Option<NonZeroU64>,
    rounds: NonZeroUsize,
    install: bool,
    json: bool,
}

/// The file, and what all runs are compared with.
pub(super) struct Job {
    pub(super) path: PathBuf,
    pub(super) rows: u64,
    pub(super) bytes: u64,
    pub(super) rounds: usize,
}

/// One who takes part, with so many workers.
struct Contestant {
    run: Run,
    command: Box<dyn Fn() -> Command>,
}

pub(super) fn run(arguments: Vec<OsString>) -> Result<ExitCode, Failure> {
    let Options { rows, rounds, install, json } = parse(arguments)?;
    let workspace = Workspace::read()?;
    let progress = Progress::new(json);
    if install {
        python::install(&workspace.target)?;
    }
    let job = prepare(&workspace, rows, rounds.get())?;
    progress.line(average_report::heading(&job))?;
    let (package, example) = average::PROGRAM;
    let program = cargo::build_release(&workspace, package, "example", example, Sink::Stderr.stdio()?)?;
    let mut contestants = ours(&program, &job.path);
    let absent = add_others(&mut contestants, &workspace.target, &job.path);
    io::copy(&mut File::open(&job.path)?, &mut io::sink())?;
    let mut overall = None;
    for round in 0..job.rounds {
        for place in 0..contestants.len() {
            let place = (place + round * WORKERS.len()) % contestants.len();
            contestants[place].take_turn(&mut overall)?;
        }
    }
    let runs: Vec<Run> = contestants.into_iter().map(|contestant| contestant.run).collect();
    if json {
        out::json(&average_report::json(&job, &runs, &absent))?;
    } else {
        average_report::show(&job, &runs, &absent)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn parse(arguments: Vec<OsString>) -> Result<Options, Failure> {
    let mut options = Options { rows: None, rounds: ROUNDS, install: false, json: false };
    let mut parser = lexopt::Parser::from_args(arguments);
    while let Some(argument) = parser.next()? {
        match argument {
            Long("rows") => options.rows = Some(parser.value()?.parse()?),
            Long("rounds") => options.rounds = parser.value()?.parse()?,
            Long("install") => options.install = true,
            Long("json") => options.json = true,
            _ => return Err(argument.unexpected().into()),
        }
    }
    Ok(options)
}

/// Writes the file, unless it is there.
fn prepare(workspace: &Workspace, rows: Option<NonZeroU64>, rounds: usize) -> Result<Job, Failure> {
    let mut command = data::program(workspace)?;
    command.arg("--json");
    if let Some(rows) = rows {
        command.arg("--rows").arg(rows.to_string());
    }
    let captured = child::capture(command, Errors::Apart(Sink::Stderr.stdio()?), LIMIT)?;
    let document: Value = serde_json::from_str(&captured.lines.join("\n")).unwrap_or_default();
    let job = || {
        let (rows, bytes) = (document["rows"].as_u64()?, document["bytes"].as_u64()?);
        Some(Job { path: document["path"].as_str()?.into(), rows, bytes, rounds })
    };
    job().ok_or_else(|| Failure::Failed(format!("the data cannot be written: {}", captured.ended)))
}

fn ours(program: &Path, file: &Path) -> Vec<Contestant> {
    let contestant = |pool: &'static str, workers: usize| {
        let (program, file) = (program.to_owned(), file.to_owned());
        let command = move || {
            let mut command = Command::new(&program);
            command.arg(&file).args(["--column", COLUMN, "--pool", pool, "--json"]);
            command.args(["--workers", &workers.to_string()]);
            command
        };
        Contestant { run: Run::new(pool, workers), command: Box::new(command) }
    };
    POOLS.iter().flat_map(|pool| WORKERS.map(|workers| contestant(pool, workers))).collect()
}

/// Adds those in Python that are there; returns the others, with the reason.
fn add_others(contestants: &mut Vec<Contestant>, target: &Path, file: &Path) -> Absent {
    let mut absent = Vec::new();
    for package in python::PACKAGES {
        match python::with(package, target) {
            Err(reason) => absent.push((package, reason)),
            Ok(path) => contestants.extend(WORKERS.map(|workers| {
                let (path, file) = (path.clone(), file.to_owned());
                let command = move || python::average(&path, package, &file, COLUMN, workers);
                Contestant { run: Run::new(package, workers), command: Box::new(command) }
            })),
        }
    }
    absent
}

impl Contestant {
    /// Runs once, and compares the answer with the first of all, `overall`.
    fn take_turn(&mut self, overall: &mut Option<String>) -> Result<(), Failure> {
        let failed = |why: String| {
            let workers = table::counted(self.run.workers, "worker");
            Failure::Failed(format!("{} with {workers}: {why}", self.run.who))
        };
        let captured = child::capture((self.command)(), Errors::Apart(Sink::Stderr.stdio()?), LIMIT)?;
        if !captured.ended.is_well() {
            return Err(failed(captured.ended.to_string()));
        }
        let text = captured.lines.join("\n");
        let document: Value = serde_json::from_str(&text).map_err(|error| failed(error.to_string()))?;
        let seconds =
            document["seconds"].as_f64().ok_or_else(|| failed("it does not say how long".into()))?;
        let answer = average::overall_text(&text).ok_or_else(|| failed("it does not answer".into()))?;
        let first = overall.get_or_insert_with(|| answer.clone());
        let same = if POOLS.contains(&self.run.who) { *first == answer } else { is_near(first, &answer) };
        if !same {
            return Err(failed(format!("{answer} where the first run said {first}")));
        }
        self.run.version = document["version"].as_str().map(str::to_owned);
        self.run.seconds.push(seconds);
        Ok(())
    }
}

/// Whether the counts are equal and the means as near as additions that round can be.
fn is_near(ours: &str, theirs: &str) -> bool {
    let [ours, theirs] = [ours, theirs].map(|text| serde_json::from_str::<Value>(text).unwrap_or_default());
    let means = ours["mean"].as_f64().zip(theirs["mean"].as_f64());
    ours["count"] == theirs["count"] && means.is_some_and(|(a, b)| (a - b).abs() <= TOLERANCE * a.abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn others_may_differ_in_the_last_digits_of_the_mean_and_nowhere_else() {
        let ours = r#"{"count":328521,"missing":8255,"mean":12.639070257304708}"#;
        for (theirs, near) in [
            (r#"{"count":328521,"mean":12.63907025730471}"#, true),
            (r#"{"count":328521,"mean":12.6390703}"#, false),
            (r#"{"count":328520,"mean":12.639070257304708}"#, false),
            (r#"{"count":328521,"mean":null}"#, false),
            ("", false),
        ] {
            assert_eq!(is_near(ours, theirs), near, "{theirs}");
        }
    }

    #[test]
    fn bad_options_are_usage_errors() {
        for arguments in [
            &["--rounds", "0"][..],
            &["--rows", "0"],
            &["--rows", "two"],
            &["--rows"],
            &["--workers", "2"],
            &["x"],
        ] {
            let ended = parse(arguments.iter().map(OsString::from).collect());
            assert!(matches!(ended, Err(Failure::Usage(_))), "{arguments:?}");
        }
    }
}
