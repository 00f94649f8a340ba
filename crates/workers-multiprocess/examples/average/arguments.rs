//! What does the command line ask for?

use super::failure::Failure;
use lexopt::prelude::{Long, Short, Value, ValueExt};
use std::ffi::OsString;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::thread::available_parallelism;

pub(crate) const USAGE: &str = "\
The mean of a column of a CSV file, by several workers.

Usage: average [FILE] --column NAME [--by NAME] [--pool POOL] [--workers N] [--watch]
               [--json]

  FILE            a CSV file whose first line names the columns; without it, the flights
                  from New York City in 2013, and their dep_delay unless --column is given
  --column NAME   the column to average; empty cells and NA are missing
  --by NAME       also average by group: the rows with the same text in this column
  --pool POOL     who works: processes (default), threads or rayon
  --workers N     how many work (default: the processors at hand); no more are started
                  than the file has parts of 4 MiB
  --watch         show on standard error what is done and how fast
  --json          print one JSON document
  -h, --help      print this

The sum is exact and rounded once: the answer is the same to the last bit for any pool
and any number of workers.
";

/// Who folds the parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pool {
    Threads,
    Processes,
    Rayon,
}

/// A request for an average.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Arguments {
    /// The file; the shipped one where it is absent.
    pub(crate) file: Option<PathBuf>,
    pub(crate) column: String,
    pub(crate) by: Option<String>,
    pub(crate) pool: Pool,
    pub(crate) workers: NonZeroUsize,
    pub(crate) watch: bool,
    pub(crate) json: bool,
}

impl Pool {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Threads => "threads",
            Self::Processes => "processes",
            Self::Rayon => "rayon",
        }
    }

    fn parse(value: OsString) -> Result<Self, Failure> {
        let pools = [Self::Threads, Self::Processes, Self::Rayon];
        pools.into_iter().find(|pool| value == pool.name()).ok_or_else(|| {
            Failure::Input(format!("--pool takes threads, processes or rayon, not '{}'", value.display()))
        })
    }
}

/// Parses the arguments behind the program's name; nothing where help is asked for.
pub(crate) fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Option<Arguments>, Failure> {
    let (mut file, mut column, mut by, mut workers) = (None, None, None, None);
    let (mut pool, mut watch, mut json) = (Pool::Processes, false, false);
    let mut parser = lexopt::Parser::from_args(arguments);
    while let Some(argument) = parser.next()? {
        match argument {
            Long("column") => column = Some(parser.value()?.string()?),
            Long("by") => by = Some(parser.value()?.string()?),
            Long("pool") => pool = Pool::parse(parser.value()?)?,
            Long("workers") => workers = Some(parse_workers(parser.value()?)?),
            Long("watch") => watch = true,
            Long("json") => json = true,
            Long("help") | Short('h') => return Ok(None),
            Value(path) if file.is_none() => file = Some(PathBuf::from(path)),
            other => return Err(other.unexpected().into()),
        }
    }
    let column = match (column, &file) {
        (Some(column), _) => column,
        (None, None) => "dep_delay".to_owned(),
        (None, Some(_)) => return Err(Failure::Input("--column NAME is missing".into())),
    };
    let workers = workers.unwrap_or_else(|| available_parallelism().unwrap_or(NonZeroUsize::MIN));
    Ok(Some(Arguments { file, column, by, pool, workers, watch, json }))
}

fn parse_workers(value: OsString) -> Result<NonZeroUsize, Failure> {
    let number = value.to_str().and_then(|text| text.parse().ok());
    number.ok_or_else(|| {
        Failure::Input(format!("--workers takes a whole number from 1 on, not '{}'", value.display()))
    })
}

impl From<lexopt::Error> for Failure {
    fn from(error: lexopt::Error) -> Self {
        Self::Input(format!("{error} (see --help)"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Option<Arguments>, Failure> {
        parse(line.split_whitespace().map(OsString::from))
    }

    fn arguments(line: &str) -> Arguments {
        parsed(line).expect("good arguments").expect("no help")
    }

    #[test]
    fn what_is_not_given_has_its_default() {
        let none = arguments("");
        assert_eq!((none.file, none.column.as_str(), none.by), (None, "dep_delay", None));
        assert_eq!((none.pool, none.watch, none.json), (Pool::Processes, false, false));
    }

    #[test]
    fn options_may_stand_on_either_side_of_the_file() {
        let expected = arguments("a.csv --column x --by y --pool rayon --workers 3 --watch --json");
        assert_eq!(expected.file, Some("a.csv".into()));
        assert_eq!((expected.pool, expected.workers.get(), expected.json), (Pool::Rayon, 3, true));
        assert_eq!(arguments("--json --watch --workers=3 --pool=rayon --by=y --column=x -- a.csv"), expected);
    }

    #[test]
    fn help_is_no_error() {
        assert!(matches!(parsed("--help"), Ok(None)));
        assert!(matches!(parsed("a.csv -h"), Ok(None)));
    }

    #[test]
    fn bad_arguments_are_refused() {
        for (line, named) in [
            ("a.csv", "--column"),
            ("a.csv b.csv --column x", "b.csv"),
            ("--workers 0", "'0'"),
            ("--workers -1", "'-1'"),
            ("--workers two", "'two'"),
            ("--pool fork", "'fork'"),
            ("--colum x", "--colum"),
            ("--column", "--column"),
            ("--json=yes", "--json"),
            ("-x", "-x"),
        ] {
            match parsed(line) {
                Err(Failure::Input(message)) => assert!(message.contains(named), "{line}: {message}"),
                other => panic!("{line}: {other:?}"),
            }
        }
    }
}
