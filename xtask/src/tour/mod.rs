//! `cargo xtask tour`: do the article's programs run, and does each show its fault and its cure?

mod timeline;

use std::ffi::OsString;
use std::process::{Command, ExitCode};
use std::time::Duration;

use lexopt::prelude::*;
use serde_json::{Value, json};

use crate::cargo::{self, Workspace};
use crate::child::{self, Errors};
use crate::failure::{Failure, verdict};
use crate::out::{self, Progress, Sink};
use crate::{Verb, table};
use timeline::Timeline;

pub(crate) const VERB: Verb = Verb {
    name: "tour",
    what: "run the article's programs, with the faults of three of them and the cures",
    help: "\
Usage: cargo xtask tour [--trace FILE] [--json]

Builds and runs the article's programs in order, and ten that go on from there, each an example of its
crate. Where the original is wrong the program shows the fault (lines that begin with `fault: `) and the cure
(`cure: `); the tour fails where one of them is not shown, or where a program fails or takes more than 60 s.

  --trace FILE
           also writes what the programs' threads did and when, for ui.perfetto.dev or chrome://tracing: a process
           a program, a row a thread; lives, waits for locks and holds, puts and gets, tasks
  --json   {\"programs\": [{\"title\", \"crate\", \"example\", \"seconds\", \"output\": [lines], \"ok\", \"failure\"}], \"ok\"}
",
    run,
};

/// One program of the article and the lines that it must show.
struct Program {
    title: &'static str,
    package: &'static str,
    example: &'static str,
    /// Each is the beginning of a line, in whole words.
    expected: &'static [&'static str],
}

const PROGRAMS: [Program; 15] = [
    Program {
        title: "A thread says hello and is joined",
        package: "threads",
        example: "hello",
        expected: &["Hello from the thread!"],
    },
    Program {
        title: "An account under a lock",
        package: "locks",
        example: "account",
        expected: &["fault: ", "cure: final balance 5"],
    },
    Program {
        title: "A producer and a consumer over a queue",
        package: "queue",
        example: "producer_consumer",
        expected: &["fault: ", "cure: consumed 5 of 5"],
    },
    Program {
        title: "Ten threads and a counter",
        package: "locks",
        example: "counter",
        expected: &["Counter value is 10"],
    },
    Program {
        title: "The average by four workers",
        package: "workers-multiprocess",
        example: "average_by_four",
        expected: &["fault: ", "cure: "],
    },
    Program {
        title: "Philosophers who could starve, found out before they do",
        package: "locks",
        example: "dining",
        expected: &["fault: locks are taken in an order that can deadlock", "cure: nothing to report"],
    },
    Program {
        title: "A start line that somebody does not reach",
        package: "locks",
        example: "start_line",
        expected: &["race 1: 4 started together", "race 2: nobody started", "race 3: "],
    },
    Program {
        title: "Twelve clients of a service for three",
        package: "locks",
        example: "rate_limit",
        expected: &["fault: ", "cure: "],
    },
    Program {
        title: "Four workers, of whose tasks one fails",
        package: "queue",
        example: "worker_pool",
        expected: &["joined: 99 of 100 done, 0 unfinished"],
    },
    Program {
        title: "A writer that writes several lines at once",
        package: "queue",
        example: "batching_writer",
        expected: &["wrote 100 of 100 lines"],
    },
    Program {
        title: "A surgery in order of urgency",
        package: "queue",
        example: "priorities",
        expected: &["a heart, a broken arm, a burn, a cough, another cough"],
    },
    Program {
        title: "A generator that ends when nothing comes",
        package: "queue",
        example: "generator",
        expected: &["3 readings, then none"],
    },
    Program {
        title: "A clerk who waits for four things at once",
        package: "queue",
        example: "select",
        expected: &["2 letters and 2 parcels taken, 4 sent, then closed"],
    },
    Program {
        title: "Waiting and calculating by one, two and four threads",
        package: "threads",
        example: "concurrency",
        expected: &["I/O: ", "CPU: ", "One thread, started and joined", "One thread that sleeps"],
    },
    Program {
        title: "A clerk who goes home at closing time",
        package: "threads",
        example: "stop",
        expected: &[
            "fault: half a second after closing time the clerk with a flag is home: false",
            "cure: the clerk with a token read 1 letter",
        ],
    },
];

/// None takes a second; a program that hangs must not hang the tour.
const LIMIT: Duration = Duration::from_secs(60);

/// What one program did.
struct Stop {
    program: &'static Program,
    lines: Vec<String>,
    seconds: f64,
    /// Why this program is no success.
    failure: Option<String>,
}

fn run(arguments: Vec<OsString>) -> Result<ExitCode, Failure> {
    let (mut json, mut timeline) = (false, None);
    let mut parser = lexopt::Parser::from_args(arguments);
    while let Some(argument) = parser.next()? {
        match argument {
            Long("json") => json = true,
            Long("trace") => timeline = Some(Timeline::create(parser.value()?.into())?),
            _ => return Err(argument.unexpected().into()),
        }
    }
    let progress = Progress::new(json);
    let stops = walk(&Workspace::read()?, &mut Sink::Stderr, timeline.as_mut(), |line| progress.line(line))?;
    if let Some(timeline) = timeline {
        progress.line(format!("The timeline: {}\n", timeline.write()?.display()))?;
    }
    let ok = stops.iter().all(|stop| stop.failure.is_none());
    if json {
        let programs: Vec<Value> = stops.iter().map(Stop::to_json).collect();
        out::json(&json!({"programs": programs, "ok": ok}))?;
    } else {
        out::say(conclusion(&stops))?;
    }
    Ok(verdict(ok))
}

/// Runs the tour for another verb, with everything in its log. `Ok` is what succeeded, `Err` what did not.
pub(crate) fn check(workspace: &Workspace, sink: &mut Sink) -> Result<String, Failure> {
    let mut lines = Vec::new();
    let stops = walk(workspace, sink, None, |line| {
        lines.push(line.to_owned());
        Ok(())
    })?;
    for line in lines {
        sink.line(line)?;
    }
    match stops.iter().any(|stop| stop.failure.is_some()) {
        true => Err(Failure::Failed(conclusion(&stops))),
        false => Ok(table::counted(stops.len(), "program")),
    }
}

fn conclusion(stops: &[Stop]) -> String {
    let failed: Vec<&str> =
        stops.iter().filter(|stop| stop.failure.is_some()).map(|stop| stop.program.example).collect();
    match failed.as_slice() {
        [] => format!(
            "All {} ran, and each showed what it is there to show.",
            table::counted(stops.len(), "program")
        ),
        failed => format!("{} of {} failed: {}", failed.len(), stops.len(), failed.join(", ")),
    }
}

/// Builds all programs, then runs one after the other, telling `say` as it goes.
fn walk(
    workspace: &Workspace,
    sink: &mut Sink,
    mut timeline: Option<&mut Timeline>,
    mut say: impl FnMut(&str) -> Result<(), Failure>,
) -> Result<Vec<Stop>, Failure> {
    let mut command = workspace.cargo();
    // The dining table needs the check of the order in which locks are taken; it does no harm to the others.
    // Of the whole workspace, so that what the crates depend on has the features that it has for the tests.
    command.args(["build", "--workspace", "--features", "locks/lock-order"]);
    if timeline.is_some() {
        // One is enough: all spans stand in what the crates stand on.
        command.args(["--features", "locks/trace"]);
    }
    for program in &PROGRAMS {
        command.args(["--example", program.example]);
    }
    let built = workspace.build(command, sink.stdio()?)?;
    let mut stops = Vec::new();
    for (number, program) in (1..).zip(&PROGRAMS) {
        let executable = cargo::find(&built, program.package, "example", program.example)?;
        let source = executable.source.strip_prefix(&workspace.root).unwrap_or(&executable.source);
        say(&format!("{number}. {}\n   {}\n", program.title, source.display()))?;
        let stop = match &mut timeline {
            None => visit(program, Command::new(&executable.path))?,
            Some(timeline) => {
                let part = timeline.part(number)?;
                let mut command = Command::new(&executable.path);
                command.env(timeline::VARIABLE, &part);
                let stop = visit(program, command)?;
                timeline.take(&part, program.title)?;
                stop
            }
        };
        for line in &stop.lines {
            say(&format!("   {line}"))?;
        }
        if let Some(failure) = &stop.failure {
            say(&format!("   FAILED: {failure}"))?;
        }
        say("")?;
        stops.push(stop);
    }
    Ok(stops)
}

fn visit(program: &'static Program, command: Command) -> Result<Stop, Failure> {
    let captured = child::capture(command, Errors::Merged, LIMIT)?;
    let failure = match captured.ended.is_well() {
        true => {
            missing(program.expected, &captured.lines).map(|line| format!("no line begins with '{line}'"))
        }
        false => Some(captured.ended.to_string()),
    };
    Ok(Stop { program, lines: captured.lines, seconds: captured.seconds, failure })
}

/// The first of `expected` that no line shows.
fn missing<'a>(expected: &[&'a str], lines: &[String]) -> Option<&'a str> {
    expected.iter().copied().find(|expected| !lines.iter().any(|line| shows(line, expected)))
}

/// Whether `line` begins with the words of `expected`: `balance 5` is not shown by `balance 50`.
fn shows(line: &str, expected: &str) -> bool {
    let ends_in_word = expected.ends_with(char::is_alphanumeric);
    line.strip_prefix(expected).is_some_and(|rest| !(ends_in_word && rest.starts_with(char::is_alphanumeric)))
}

impl Stop {
    fn to_json(&self) -> Value {
        json!({
            "title": self.program.title,
            "crate": self.program.package,
            "example": self.program.example,
            "seconds": self.seconds,
            "output": self.lines,
            "ok": self.failure.is_none(),
            "failure": self.failure,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_shows_whole_words_from_its_beginning() {
        assert!(shows("cure: final balance 5", "cure: final balance 5"));
        assert!(shows("cure: final balance 5, at last", "cure: final balance 5"));
        assert!(!shows("cure: final balance 50", "cure: final balance 5"));
        assert!(!shows("the cure: final balance 5", "cure: final balance 5"));
        assert!(shows("fault: overdrawn", "fault: "));
    }

    #[test]
    fn a_cure_without_its_fault_is_missing_something() {
        let lines = ["cure: consumed 5 of 5".to_owned()];
        assert_eq!(missing(&["fault: ", "cure: "], &lines), Some("fault: "));
        assert_eq!(missing(&["cure: "], &lines), None);
    }
}
