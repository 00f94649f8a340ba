//! The shipped flights, repeated until a file has as many rows as were asked for.
//!
//! The file has its name only when it is whole: until then it is called `….unfinished`. What a run that was
//! killed left under that name, the next one overwrites.

use flate2::read::GzDecoder;
use lexopt::prelude::{Long, Short, ValueExt};
use serde_json::json;
use std::env;
use std::fs::{self, File, TryLockError};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

const USAGE: &str = "\
Writes the flights from New York City in 2013, again and again, as one CSV file.

Usage: flights [--rows N] [--folder FOLDER] [--json]

  --rows N         how many rows, from 1 on (default: 45000000, which is 2 GB)
  --folder FOLDER  where flights-N.csv is written (default: the current folder)
  --json           print one JSON document: {\"path\", \"rows\", \"bytes\", \"written\"}
  -h, --help       print this

A file of the right size that is there is left as it is.
";

/// Rows of 44.5 bytes on average: 2 GB.
const DEFAULT_ROWS: u64 = 45_000_000;

/// The flights from New York City in 2013; see the README.md beside it.
const PACKED: &[u8] = include_bytes!("data/flights.csv.gz");

/// Why there is no file.
enum Failure {
    /// The arguments are at fault: exit code 2.
    Usage(String),
    /// The system is: exit code 1.
    Run(String),
}

struct Arguments {
    rows: u64,
    folder: PathBuf,
    json: bool,
}

/// What to write: a header once, then the rows again and again.
struct Flights {
    header: Vec<u8>,
    /// Whole lines.
    rows: Vec<u8>,
}

/// A number of rows of [`Flights`].
struct Plan {
    /// How often all of them.
    copies: u64,
    /// How many bytes of them are left.
    rest: usize,
    /// The size of the file in bytes.
    size: u64,
}

fn main() -> ExitCode {
    let (message, code) = match run() {
        Ok(text) => match io::stdout().write_all(text.as_bytes()) {
            // Who stops reading has read enough.
            Err(error) if error.kind() != ErrorKind::BrokenPipe => (error.to_string(), 1),
            _ => return ExitCode::SUCCESS,
        },
        Err(Failure::Usage(message)) => (format!("{message} (see --help)"), 2),
        Err(Failure::Run(message)) => (message, 1),
    };
    // Where nobody listens there is nobody to tell.
    let _ = writeln!(io::stderr(), "flights: {message}");
    ExitCode::from(code)
}

fn run() -> Result<String, Failure> {
    let Some(Arguments { rows, folder, json }) = parse()? else {
        return Ok(USAGE.to_owned());
    };
    let flights = Flights::unpack().map_err(|error| Failure::Run(format!("the shipped data: {error}")))?;
    let plan = flights.plan(rows).ok_or_else(|| Failure::Usage(format!("{rows} rows are too many")))?;
    let path = folder.join(format!("flights-{rows}.csv"));
    let failed = |error| Failure::Run(format!("{}: {error}", path.display()));
    let written = flights.write(&plan, &path).map_err(failed)?;
    let size = plan.size;
    if json {
        let document =
            json!({"path": path.to_string_lossy(), "rows": rows, "bytes": size, "written": written});
        return Ok(format!("{document}\n"));
    }
    let how = if written { "written" } else { "was there already" };
    Ok(format!("{}: {rows} rows, {size} bytes, {how}\n", path.display()))
}

/// The arguments; nothing where help is asked for.
fn parse() -> Result<Option<Arguments>, Failure> {
    let usage = |error: lexopt::Error| Failure::Usage(error.to_string());
    let mut arguments = Arguments { rows: DEFAULT_ROWS, folder: PathBuf::new(), json: false };
    let mut parser = lexopt::Parser::from_args(env::args_os().skip(1));
    while let Some(argument) = parser.next().map_err(usage)? {
        match argument {
            Long("rows") => {
                let value = parser.value().and_then(ValueExt::string).map_err(usage)?;
                arguments.rows = value.parse().ok().filter(|&rows| rows > 0).ok_or_else(|| {
                    Failure::Usage(format!("--rows takes a whole number from 1 on, not '{value}'"))
                })?;
            }
            Long("folder") => arguments.folder = parser.value().map_err(usage)?.into(),
            Long("json") => arguments.json = true,
            Long("help") | Short('h') => return Ok(None),
            other => return Err(usage(other.unexpected())),
        }
    }
    Ok(Some(arguments))
}

impl Flights {
    fn unpack() -> io::Result<Self> {
        let mut header = Vec::new();
        GzDecoder::new(PACKED).read_to_end(&mut header)?;
        let Some(end) = memchr::memchr(b'\n', &header).filter(|_| header.ends_with(b"\n")) else {
            return Err(io::Error::other("they are not whole lines"));
        };
        let rows = header.split_off(end + 1);
        Ok(Self { header, rows })
    }

    /// How to come to `count` rows; nothing if their size does not fit a `u64`.
    fn plan(&self, count: u64) -> Option<Plan> {
        let ends: Vec<usize> = memchr::memchr_iter(b'\n', &self.rows).map(|at| at + 1).collect();
        let all = ends.len() as u64;
        let (copies, left) = (count / all, (count % all) as usize);
        let rest = if left == 0 { 0 } else { ends[left - 1] };
        let whole = copies.checked_mul(self.rows.len() as u64)?;
        let size = whole.checked_add((self.header.len() + rest) as u64)?;
        Some(Plan { copies, rest, size })
    }

    /// Writes what is planned to `path`, unless a file of that size is there; says whether it wrote.
    fn write(&self, plan: &Plan, path: &Path) -> io::Result<bool> {
        let is_there = || fs::metadata(path).is_ok_and(|found| found.is_file() && found.len() == plan.size);
        if is_there() {
            return Ok(false);
        }
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            fs::create_dir_all(folder)?;
        }
        let unfinished = path.with_extension("csv.unfinished");
        let file = File::options().write(true).create(true).truncate(false).open(&unfinished)?;
        // Held until the file is closed, in whatever way the run ends.
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => return Err(io::Error::other("another run is writing it")),
            Err(TryLockError::Error(error)) => return Err(error),
            // Another run may have ended in between, and what was opened here is then its file.
            Ok(()) if is_there() => return Ok(false),
            Ok(()) => (),
        }
        let written = self.write_to(&file, plan).and_then(|()| fs::rename(&unfinished, path));
        if written.is_err() {
            let _ = fs::remove_file(&unfinished);
        }
        written.map(|()| true)
    }

    fn write_to(&self, mut file: &File, plan: &Plan) -> io::Result<()> {
        file.set_len(0)?;
        file.write_all(&self.header)?;
        (0..plan.copies).try_for_each(|_| file.write_all(&self.rows))?;
        file.write_all(&self.rows[..plan.rest])
    }
}
