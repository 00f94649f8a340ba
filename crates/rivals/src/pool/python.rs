//! Python's pools, in a Python process that is asked for one measurement after the other.

use crate::bench::{Contestant, Done, Load};
use std::cell::RefCell;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{self, Child, ChildStdin, ChildStdout, Command, Stdio};
use std::rc::Rc;
use std::time::Duration;
use std::{env, fs};

pub(super) const POOL: &str = "mp.Pool";
pub(super) const EXECUTOR: &str = "ProcessPoolExec.";

const PROGRAM: &str = include_str!("pools.py");

/// One of the two, started when it is first asked.
#[derive(Clone)]
pub(super) struct Python {
    kind: &'static str,
    process: Rc<RefCell<Option<Process>>>,
}

struct Process {
    child: Child,
    /// `None` at the end.
    asks: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Python {
    pub(super) fn new(kind: &'static str) -> Self {
        Self { kind, process: Rc::default() }
    }

    pub(super) fn contestant(&self, name: &'static str, work: &'static str) -> Contestant {
        if !is_there() {
            return Contestant::absent(name, "python3 is not there");
        }
        let python = self.clone();
        Contestant::new(name, move |Load { items, .. }| {
            let seconds = python.ask(&format!("{work} {items}"))?;
            Ok(Done::new(items, Duration::from_secs_f64(seconds)))
        })
    }

    pub(super) fn counted(&self, name: &'static str, work: &'static str) -> Contestant {
        if !is_there() {
            return Contestant::absent(name, "python3 is not there");
        }
        let python = self.clone();
        Contestant::counted(name, move || python.ask(&format!("{work} 1")))
    }

    fn ask(&self, what: &str) -> Result<f64, String> {
        let mut process = self.process.borrow_mut();
        let process = match &mut *process {
            Some(process) => process,
            none => none.insert(Process::start(self.kind)?),
        };
        process.ask(what).map_err(|error| format!("python3: {error}"))?
    }
}

fn is_there() -> bool {
    let asked = Command::new("python3").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    asked.is_ok_and(|status| status.success())
}

impl Process {
    fn start(kind: &str) -> Result<Self, String> {
        // A file, as its workers import it: it is started with the program as its argument, and goes with the process.
        fs::write(path(), PROGRAM).map_err(|error| error.to_string())?;
        let mut command = Command::new("python3");
        command.arg(path()).arg(kind).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().map_err(|error| error.to_string())?;
        let (asks, answers) = (child.stdin.take(), child.stdout.take());
        let (Some(asks), Some(answers)) = (asks, answers) else { return Err("no pipes".to_owned()) };
        Ok(Self { child, asks: Some(asks), answers: BufReader::new(answers) })
    }

    fn ask(&mut self, what: &str) -> std::io::Result<Result<f64, String>> {
        if let Some(asks) = &mut self.asks {
            writeln!(asks, "{what}")?;
        }
        let mut answer = String::new();
        self.answers.read_line(&mut answer)?;
        let answer = answer.trim();
        Ok(answer.parse().map_err(|_| format!("python3 said '{answer}' to '{what}'")))
    }
}

/// It ends with its input, and its workers with it. (If it is killed, an executor's workers stay.)
impl Drop for Process {
    fn drop(&mut self) {
        drop(self.asks.take());
        let _ = self.child.wait();
        let _ = std::fs::remove_file(path());
    }
}

fn path() -> PathBuf {
    env::temp_dir().join(format!("rivals-pools-{}.py", process::id()))
}
