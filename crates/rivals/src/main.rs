//! How fast are our locks and our queue beside everybody else's, doing the same work in the same process?
//!
//! All contestants of a bench are measured in turn, in rounds that rotate their order, so that what else the
//! machine does falls on all of them. Each measurement is a fixed number of items, calibrated beforehand; a
//! transfer that takes five times as long as planned is cut short. Calls are dispatched statically. Threads
//! are bound to the cores in turn, so that they meet. What was transferred or counted is verified, so that a
//! contestant that loses something is an error and not the fastest.

mod alone;
mod bench;
mod channels;
mod cores;
mod goal;
mod heap;
mod locks;
mod machine;
mod measure;
mod options;
mod pool;
mod processor;
mod report;
mod ring;
mod stamp;
mod sync;
mod threads;
mod together;
mod watchdog;

use goal::Mean;
use options::Options;
use std::process::ExitCode;

fn main() -> ExitCode {
    // In a worker of one of the process pools these do not return.
    pool::init();
    let options = match Options::read(lexopt::Parser::from_env()) {
        Ok(Some(options)) => options,
        Ok(None) => {
            print!("{}", options::HELP);
            return ExitCode::SUCCESS;
        }
        Err(error) => return refused(&error.to_string()),
    };
    let benches: Vec<_> = bench::all().into_iter().filter(|bench| options.wants(&bench.name)).collect();
    if benches.is_empty() {
        return refused(&format!("no bench has '{}' in its name", options.filter));
    }
    // Its documentation recommends this call at the start of every program.
    crossfire::detect_backoff_cfg();

    let machine = machine::read();
    if !options.json {
        report::heading(&machine, &options.plan);
    }
    let mut results = Vec::new();
    for bench in &benches {
        let result = measure::run(bench, &options.plan);
        if !options.json {
            report::table(&result);
        }
        results.push(result);
    }
    if options.json {
        report::json(&machine, &options.plan, &results);
    } else if let Some(mean) = Mean::of(&results) {
        report::mean(&mean);
    }
    if results.iter().all(measure::Results::verified) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn refused(why: &str) -> ExitCode {
    eprintln!("rivals: {why}");
    ExitCode::from(2)
}
