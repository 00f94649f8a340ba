//! What was asked on the command line?

use crate::measure::Plan;
use lexopt::prelude::*;
use lexopt::{Error, Parser};
use std::time::Duration;

pub(crate) const HELP: &str = "\
Usage: rivals [FILTER] [--json] [--rounds N] [--millis N]

  FILTER       only the benches whose name contains it, from the beginning of a word on
  --json       one JSON document instead of the tables
  --rounds N   how often each contestant is measured (7)
  --millis N   about how long one measurement takes (100)
";

pub(crate) struct Options {
    /// Contained in every name if it was not given.
    pub(crate) filter: String,
    pub(crate) json: bool,
    pub(crate) plan: Plan,
}

impl Options {
    /// Whether a bench's name contains the filter, from the beginning of a word on.
    pub(crate) fn wants(&self, name: &str) -> bool {
        format!(" {name}").contains(&format!(" {}", self.filter))
    }

    /// `None` if help was asked for.
    pub(crate) fn read(mut parser: Parser) -> Result<Option<Self>, Error> {
        let mut filter = None;
        let mut json = false;
        let mut plan = Plan { rounds: 7, length: Duration::from_millis(100) };
        while let Some(argument) = parser.next()? {
            match argument {
                Short('h') | Long("help") => return Ok(None),
                Long("json") => json = true,
                Long("rounds") => plan.rounds = positive(&mut parser, "--rounds")?,
                Long("millis") => {
                    plan.length = Duration::from_millis(positive(&mut parser, "--millis")?.into())
                }
                Value(value) if filter.is_none() => filter = Some(value.string()?),
                _ => return Err(argument.unexpected()),
            }
        }
        Ok(Some(Self { filter: filter.unwrap_or_default(), json, plan }))
    }
}

fn positive(parser: &mut Parser, option: &str) -> Result<u32, Error> {
    match parser.value()?.parse()? {
        0 => Err(format!("{option} must be 1 at least").into()),
        number => Ok(number),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(arguments: &[&str]) -> Result<Option<Options>, String> {
        Options::read(Parser::from_args(arguments)).map_err(|error| error.to_string())
    }

    #[test]
    fn nothing_asked_means_every_bench_in_seven_rounds() {
        let options = read(&[]).unwrap().unwrap();
        assert!(!options.json);
        assert_eq!((options.filter.as_str(), options.plan.rounds), ("", 7));
        assert_eq!(options.plan.length, Duration::from_millis(100));
    }

    #[test]
    fn options_may_stand_on_both_sides_of_the_filter() {
        let options = read(&["--rounds", "3", "queue", "--json", "--millis=7"]).unwrap().unwrap();
        assert!(options.json);
        assert_eq!((options.filter.as_str(), options.plan.rounds), ("queue", 3));
        assert_eq!(options.plan.length, Duration::from_millis(7));
    }

    #[test]
    fn a_filter_is_the_beginning_of_words() {
        let options = read(&["lock unc"]).unwrap().unwrap();
        assert!(options.wants("lock uncontended") && !options.wants("sync rlock uncontended"));
        assert!(read(&[]).unwrap().unwrap().wants("anything"));
    }

    #[test]
    fn nonsense_is_refused() {
        for arguments in
            [&["--rounds", "0"][..], &["--millis", "-1"], &["--rounds"], &["--fast"], &["lock", "queue"]]
        {
            assert!(read(arguments).is_err(), "{arguments:?}");
        }
    }
}
