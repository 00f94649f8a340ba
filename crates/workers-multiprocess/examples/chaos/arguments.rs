//! What the command line asks for.

use lexopt::prelude::{Long, Short, ValueExt};
use std::{
    process,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

pub(crate) const USAGE: &str = "\
Runs a load of tasks through process pools while their workers, and whole programs, are killed; then checks what
the process pool promises.

Usage: chaos [--minutes N] [--seconds N] [--tasks N] [--seed S] [--json]

  --minutes N, --seconds N  how long; together, their sum
  --tasks N                 how many tasks (default: 100000, and without end where a time is given)
  --seed S                  for the same choices again; what they meet depends on the time
  --json                    print one JSON document
  -h, --help                print this
";

pub(crate) struct Arguments {
    pub(crate) time: Option<Duration>,
    pub(crate) tasks: Option<u64>,
    pub(crate) seed: u64,
    pub(crate) json: bool,
}

/// The arguments; nothing where help is asked for.
pub(crate) fn parse() -> Result<Option<Arguments>, lexopt::Error> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let seed = u64::from(now.subsec_nanos()) ^ u64::from(process::id());
    let mut arguments = Arguments { time: None, tasks: None, seed, json: false };
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Long("minutes") => arguments.add(parser.value()?.parse::<u32>()?, 60),
            Long("seconds") => arguments.add(parser.value()?.parse::<u32>()?, 1),
            Long("tasks") => arguments.tasks = Some(parser.value()?.parse()?),
            Long("seed") => arguments.seed = parser.value()?.parse()?,
            Long("json") => arguments.json = true,
            Long("help") | Short('h') => return Ok(None),
            other => return Err(other.unexpected()),
        }
    }
    if arguments.tasks == Some(0) || arguments.time == Some(Duration::ZERO) {
        return Err("there is nothing to do in no time, or with no tasks".into());
    }
    if arguments.time.is_none() {
        arguments.tasks = arguments.tasks.or(Some(100_000));
    }
    Ok(Some(arguments))
}

impl Arguments {
    fn add(&mut self, count: u32, seconds: u64) {
        *self.time.get_or_insert_default() += Duration::from_secs(u64::from(count) * seconds);
    }
}
