//! Does the process pool keep its promise while workers, and whole programs, are killed at random?
//!
//! Rounds of two thousand calls, each in a pool of its own, and before each round a program that is killed with its
//! pool. The calls return, panic, abort, exit, overflow the stack, want too much memory, take too long, are cancelled
//! and tried again; a thread kills, faults and stops the workers meanwhile. Every future must end once, in a way that
//! it may; every task counts in shared memory that it has begun and that it was done; and after each round nothing may
//! be left.

#[cfg(target_os = "linux")]
mod arguments;
#[cfg(target_os = "linux")]
mod belongings;
#[cfg(target_os = "linux")]
mod call;
#[cfg(target_os = "linux")]
mod killer;
#[cfg(target_os = "linux")]
mod ledger;
#[cfg(target_os = "linux")]
mod parent;
#[cfg(target_os = "linux")]
mod random;
#[cfg(target_os = "linux")]
mod report;
#[cfg(target_os = "linux")]
mod round;
#[cfg(target_os = "linux")]
mod tally;
#[cfg(target_os = "linux")]
mod tasks;

#[cfg(not(target_os = "linux"))]
fn main() {
    eprintln!("chaos: the process pool is for Linux only");
    std::process::exit(2);
}

#[cfg(target_os = "linux")]
fn main() -> std::process::ExitCode {
    use std::process::ExitCode;

    workers_multiprocess::init();
    if std::env::var_os(parent::VARIABLE).is_some() {
        parent::be_one();
        return ExitCode::SUCCESS;
    }
    let arguments = match arguments::parse() {
        Ok(Some(arguments)) => arguments,
        Ok(None) => {
            print!("{}", arguments::USAGE);
            return ExitCode::SUCCESS;
        }
        Err(error) => {
            eprintln!("chaos: {error} (see --help)");
            return ExitCode::from(2);
        }
    };
    match run(&arguments) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("chaos: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Says whether the promise was kept.
#[cfg(target_os = "linux")]
fn run(arguments: &arguments::Arguments) -> std::io::Result<bool> {
    use rustix::process::{Resource, Rlimit, setrlimit};
    use std::{io::Write, time::Instant};

    // Thousands of processes abort here, on purpose.
    setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) })?;
    let begin = Instant::now();
    let watched = tally::Watched::new();
    let ledger = ledger::Ledger::new(round::CALLS as usize)?;
    // What the first pool of a process opens for good is not counted.
    drop(workers_multiprocess::ProcessPool::new(1)?);
    let mut random = random::Random(arguments.seed);
    let is_over = |tasks| {
        arguments.time.is_some_and(|time| begin.elapsed() >= time)
            || arguments.tasks.is_some_and(|wanted| tasks >= wanted)
    };
    loop {
        let tasks = watched.with(|tally| tally.tasks);
        if is_over(tasks) {
            break;
        }
        parent::kill_one(&mut random, &watched)?;
        let rest = arguments.tasks.map_or(u64::MAX, |wanted| wanted - tasks);
        round::run(rest.min(round::CALLS.into()) as u32, &mut random, &ledger, &watched)?;
    }
    let print = if arguments.json { report::json } else { report::table };
    let (text, ok) = watched.with(|tally| (print(tally, arguments.seed, begin.elapsed()), tally.failed == 0));
    match std::io::stdout().write_all(text.as_bytes()) {
        // Who stops reading has read enough.
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error),
        _ => Ok(ok),
    }
}
