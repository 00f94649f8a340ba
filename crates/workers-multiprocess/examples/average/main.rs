//! The mean of a column of a CSV file, shared out among threads, processes or rayon.
//!
//! The file is mapped and cut at line ends into parts. A worker gets a part's path, offset and length, maps
//! it, and answers with count, exact sum and range, overall and by group; the answers are combined in the
//! order of the file.

mod arguments;
mod exact_sum;
mod failure;
mod fold;
mod line;
mod mapping;
mod number;
mod parts;
mod pools;
mod regular;
mod report;
mod shipped;
mod summary;
mod table;
mod text;
mod view;

use failure::Failure;
use std::env;
use std::io::{self, ErrorKind, Write};
use std::process::ExitCode;
use std::time::Instant;

fn main() -> ExitCode {
    workers_multiprocess::init();
    match answer().and_then(|answer| print(&answer)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

fn answer() -> Result<String, Failure> {
    let Some(arguments) = arguments::parse(env::args_os().skip(1))? else {
        return Ok(arguments::USAGE.to_owned());
    };
    let path = match &arguments.file {
        Some(path) => path.clone(),
        None => shipped::flights()?,
    };
    let start = Instant::now();
    let table = table::Table::open(path)?;
    let columns = table.columns(&arguments.column, arguments.by.as_deref())?;
    let fold = pools::fold_table(&table, columns, &arguments)?;
    let elapsed = start.elapsed();
    Ok(if arguments.json {
        report::json(&arguments, &fold, elapsed)
    } else {
        report::table(&arguments, &fold, elapsed)
    })
}

fn print(text: &str) -> Result<(), Failure> {
    let mut output = io::stdout().lock();
    match output.write_all(text.as_bytes()).and_then(|()| output.flush()) {
        // Who stops reading has read enough.
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Failure::Run(format!("the answer cannot be written: {error}")))
        }
        _ => Ok(()),
    }
}
