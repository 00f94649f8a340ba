//! As much of the standard test harness as `cargo test` and `cargo nextest` ask for, behind a `main` of our
//! own.

use std::{
    env,
    io::{Write, stdout},
    panic::catch_unwind,
    process::exit,
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

pub(crate) type Test = (&'static str, fn());

/// No test takes as long on any machine; one that does hangs.
const LIMIT: Duration = Duration::from_secs(300);

/// What the command line asks for.
#[derive(Default)]
struct Wanted {
    list: bool,
    ignored: bool,
    exact: bool,
    names: Vec<String>,
    skipped: Vec<String>,
}

impl Wanted {
    fn from_arguments() -> Self {
        let mut wanted = Self::default();
        let mut arguments = env::args().skip(1);
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--list" => wanted.list = true,
                "--ignored" => wanted.ignored = true,
                "--exact" => wanted.exact = true,
                "--skip" => wanted.skipped.extend(arguments.next()),
                // Options of the standard harness that make no difference here.
                "--format" | "--color" | "--test-threads" | "--logfile" | "-Z" => drop(arguments.next()),
                option if option.starts_with('-') => {}
                _ => wanted.names.push(argument),
            }
        }
        wanted
    }

    fn includes(&self, name: &str) -> bool {
        let matches = |pattern: &String| if self.exact { name == pattern } else { name.contains(pattern) };
        !self.ignored
            && (self.names.is_empty() || self.names.iter().any(matches))
            && !self.skipped.iter().any(matches)
    }
}

/// Lists or runs what the command line asks for, and ends the process.
pub(crate) fn run(tests: &[Test]) -> ! {
    let wanted = Wanted::from_arguments();
    let chosen: Vec<_> = tests.iter().filter(|(name, _)| wanted.includes(name)).collect();
    if wanted.list {
        for (name, _) in chosen {
            println!("{name}: test");
        }
        exit(0);
    }
    println!("\nrunning {} tests", chosen.len());
    let begin = Instant::now();
    let mut failed = Vec::new();
    for (name, test) in &chosen {
        print!("test {name} ... ");
        let _ = stdout().flush();
        let done = watch(name);
        let passed = catch_unwind(test).is_ok();
        drop(done);
        println!("{}", if passed { "ok" } else { "FAILED" });
        if !passed {
            failed.push(*name);
        }
    }
    if !failed.is_empty() {
        println!("\nfailures:\n    {}", failed.join("\n    "));
    }
    let verdict = if failed.is_empty() { "ok" } else { "FAILED" };
    println!(
        "\ntest result: {verdict}. {} passed; {} failed; 0 ignored; 0 measured; {} filtered out; finished in {:.2}s\n",
        chosen.len() - failed.len(),
        failed.len(),
        tests.len() - chosen.len(),
        begin.elapsed().as_secs_f64(),
    );
    exit(if failed.is_empty() { 0 } else { 101 });
}

/// Ends the process if the test hangs: until the returned sender is dropped.
fn watch(name: &'static str) -> mpsc::Sender<()> {
    let (done, is_done) = mpsc::channel::<()>();
    thread::spawn(move || {
        if is_done.recv_timeout(LIMIT) == Err(mpsc::RecvTimeoutError::Timeout) {
            println!("FAILED: {name} did not end within {} s", LIMIT.as_secs());
            exit(101);
        }
    });
    done
}
