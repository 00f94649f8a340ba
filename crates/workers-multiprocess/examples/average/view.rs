//! What does a person see while the work is done?
//!
//! On a terminal a bar; with `--watch` also what is done and how fast, drawn ten times a second whether
//! something is done or not. Where standard error is no terminal, `--watch` prints the same as one line, once a
//! second at most. Standard output is left to the answer.

use super::arguments::Arguments;
use indicatif::{ProgressBar, ProgressFinish, ProgressState, ProgressStyle};
use std::io::{self, IsTerminal, Write};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use workers_multiprocess::{ProcessPool, Statistics, WorkerStatistics};

/// How often a screen is drawn.
const TICK: Duration = Duration::from_millis(100);

/// How often a line is printed at most.
const LINE: Duration = Duration::from_secs(1);

/// What is seen of a run, from its beginning until this is dropped.
pub(crate) struct View {
    figures: Arc<Mutex<Figures>>,
    bar: ProgressBar,
    /// When the last line was printed, or the run began; nothing if no lines are printed.
    printed: Option<Instant>,
    /// When a pool of processes was asked last; nothing if nobody watches.
    asked: Option<Instant>,
}

/// What is done of a run. A task is a part of the file.
#[derive(Debug, Clone)]
struct Figures {
    begun: Instant,
    tasks: u64,
    all_tasks: u64,
    bytes: u64,
    all_bytes: u64,
    workers: String,
}

impl View {
    /// Begins to show the work on `bytes` bytes by `workers`.
    pub(crate) fn new(arguments: &Arguments, workers: usize, tasks: usize, bytes: usize) -> Self {
        let begun = Instant::now();
        let workers = workers_line(arguments.pool.name(), workers);
        let (all_tasks, all_bytes) = (tasks as u64, bytes as u64);
        let figures = Figures { begun, tasks: 0, all_tasks, bytes: 0, all_bytes, workers };
        let figures = Arc::new(Mutex::new(figures));
        let is_terminal = io::stderr().is_terminal();
        let bar = match (is_terminal, arguments.watch) {
            (false, _) => ProgressBar::hidden(),
            (true, false) => bar(all_bytes, "{bar:40} {bytes}/{total_bytes} {eta}", &figures),
            (true, true) => bar(all_bytes, "{bar:60} {percent:>3}% {eta}\n{figures}", &figures),
        };
        if is_terminal && arguments.watch {
            bar.enable_steady_tick(TICK);
        }
        let asked = arguments.watch.then_some(begun);
        Self { figures, bar, printed: asked.filter(|_| !is_terminal), asked }
    }

    /// Shows what a pool of processes says of its workers, if somebody watches: asked ten times a second at most.
    pub(crate) fn ask(&mut self, pool: &ProcessPool) {
        if self.asked.is_some_and(|asked| asked.elapsed() >= TICK) {
            self.asked = Some(Instant::now());
            let workers = statistics_line(&pool.statistics());
            self.figures.lock().unwrap_or_else(PoisonError::into_inner).workers = workers;
        }
    }

    /// A task on so many bytes is done.
    pub(crate) fn done(&mut self, bytes: usize) {
        let figures = {
            let mut figures = self.figures.lock().unwrap_or_else(PoisonError::into_inner);
            figures.tasks += 1;
            figures.bytes += bytes as u64;
            figures.clone()
        };
        self.bar.inc(bytes as u64);
        let now = Instant::now();
        if self.printed.is_some_and(|printed| now - printed >= LINE) {
            self.printed = Some(now);
            // Where nobody listens there is nobody to tell.
            let _ = writeln!(io::stderr(), "{}", figures.lines(now).join("; "));
        }
    }
}

/// The workers of a pool that says no more of them: their number and kind.
fn workers_line(pool: &str, workers: usize) -> String {
    let plural = if workers == 1 { "" } else { "s" };
    format!("{workers} worker{plural} ({pool})")
}

/// The workers of a pool of processes: what each holds and has before it, what waits, and how many have ended.
fn statistics_line(statistics: &Statistics) -> String {
    let worker = |worker: &Option<WorkerStatistics>| match worker {
        None => "-".to_owned(),
        Some(worker) => format!("{} MB, {} queued", worker.resident / 1_000_000, worker.queued),
    };
    let workers: Vec<_> = statistics.workers.iter().map(worker).collect();
    let Statistics { waiting, restarts, .. } = statistics;
    format!("workers: {}; {waiting} waiting; {restarts} ended", workers.join(" | "))
}

fn bar(bytes: u64, template: &str, figures: &Arc<Mutex<Figures>>) -> ProgressBar {
    let figures = Arc::clone(figures);
    let lines = move |_: &ProgressState, text: &mut dyn std::fmt::Write| {
        let figures = figures.lock().unwrap_or_else(PoisonError::into_inner).clone();
        // The bar's own text takes everything.
        let _ = text.write_str(&figures.lines(Instant::now()).join("\n"));
    };
    let style = ProgressStyle::with_template(template).expect("a valid template");
    ProgressBar::new(bytes).with_style(style.with_key("figures", lines)).with_finish(ProgressFinish::AndClear)
}

impl Figures {
    fn lines(&self, now: Instant) -> [String; 3] {
        let seconds = (now - self.begun).as_secs_f64();
        let rate = |done: f64| if seconds > 0.0 { done / seconds } else { 0.0 };
        let megabytes = |bytes: u64| bytes as f64 / 1e6;
        let Self { tasks, all_tasks, .. } = self;
        let (done, all) = (megabytes(self.bytes), megabytes(self.all_bytes));
        [
            format!("{tasks} of {all_tasks} tasks, {:.0} a second", rate(*tasks as f64)),
            format!("{done:.0} of {all:.0} MB, {:.0} MB a second", rate(done)),
            self.workers.clone(),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(seconds: u64, workers: usize) -> [String; 3] {
        let begun = Instant::now();
        let workers = workers_line("threads", workers);
        let figures =
            Figures { begun, tasks: 6, all_tasks: 9, bytes: 6_400_000, all_bytes: 9_100_000, workers };
        figures.lines(begun + Duration::from_secs(seconds))
    }

    #[test]
    fn the_figures_are_what_is_done_of_what_and_how_much_a_second() {
        let expected = ["6 of 9 tasks, 3 a second", "6 of 9 MB, 3 MB a second", "1 worker (threads)"];
        assert_eq!(lines(2, 1), expected);
    }

    #[test]
    fn at_the_beginning_there_is_no_speed() {
        let expected = ["6 of 9 tasks, 0 a second", "6 of 9 MB, 0 MB a second", "2 workers (threads)"];
        assert_eq!(lines(0, 2), expected);
    }
}
