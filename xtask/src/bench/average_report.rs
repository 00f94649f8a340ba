//! How are the times of the average shown, and which goals are met?

use serde_json::{Value, json};

use super::average::{Job, POOLS, WORKERS};
use crate::failure::Failure;
use crate::out;
use crate::table::{self, Align, grouped};

/// How long one contestant took with so many workers.
pub(super) struct Run {
    pub(super) who: &'static str,
    pub(super) workers: usize,
    /// Of packages that are not ours.
    pub(super) version: Option<String>,
    /// One a round.
    pub(super) seconds: Vec<f64>,
}

/// What should be reached, and what was.
struct Goal {
    what: String,
    goal: f64,
    reached: f64,
    met: bool,
}

impl Run {
    pub(super) fn new(who: &'static str, workers: usize) -> Self {
        Self { who, workers, version: None, seconds: Vec::new() }
    }

    fn median(&self) -> f64 {
        median(self.seconds.clone())
    }

    /// How many times as long as `other`: the median over the rounds, as the machine may be slower in some of them.
    fn to(&self, other: &Self) -> f64 {
        median(self.seconds.iter().zip(&other.seconds).map(|(ours, theirs)| ours / theirs).collect())
    }

    fn best(&self) -> f64 {
        self.seconds.iter().copied().fold(f64::INFINITY, f64::min)
    }

    fn worst(&self) -> f64 {
        self.seconds.iter().copied().fold(0.0, f64::max)
    }

    /// Megabytes a second.
    fn speed(&self, job: &Job) -> f64 {
        job.bytes as f64 / 1e6 / self.median()
    }

    /// `duckdb 1.4.2`
    fn name(&self) -> String {
        self.version.as_ref().map_or_else(|| self.who.to_owned(), |version| format!("{} {version}", self.who))
    }
}

/// `average of 45,000,000 rows, 2,001,596,531 bytes, 5 rounds`
pub(super) fn heading(job: &Job) -> String {
    format!("average of {} rows, {} bytes, {} rounds", grouped(job.rows), grouped(job.bytes), job.rounds)
}

/// Those who were not run, and why.
pub(super) type Absent = Vec<(&'static str, String)>;

/// Prints what was measured and which goals are met.
pub(super) fn show(job: &Job, runs: &[Run], absent: &Absent) -> Result<(), Failure> {
    // The quickest with as many workers.
    let least = |workers| {
        let same = runs.iter().filter(|run| run.workers == workers).map(Run::median);
        same.fold(f64::INFINITY, f64::min)
    };
    let columns = [
        ("who", Align::Left),
        ("workers", Align::Right),
        ("median s", Align::Right),
        ("best s", Align::Right),
        ("worst s", Align::Right),
        ("MB/s", Align::Right),
        ("ratio", Align::Right),
    ];
    let row = |run: &Run| {
        let [median, best, worst] = [run.median(), run.best(), run.worst()].map(|s| format!("{s:.3}"));
        let (speed, ratio) = (run.speed(job), run.median() / least(run.workers));
        let (speed, ratio) = (format!("{speed:.0}"), format!("{ratio:.2}"));
        [run.name(), run.workers.to_string(), median, best, worst, speed, ratio]
    };
    let rows: Vec<_> = runs.iter().map(row).collect();
    table::render(columns, &rows).into_iter().try_for_each(out::say)?;
    for (who, reason) in absent {
        out::say(format_args!("{who}: not run: {reason}"))?;
    }
    goals(runs).iter().map(Goal::line).try_for_each(out::say)
}

/// The same as one document.
pub(super) fn json(job: &Job, runs: &[Run], absent: &Absent) -> Value {
    let run = |run: &Run| {
        json!({"who": run.who, "version": run.version, "workers": run.workers, "median": run.median(),
               "best": run.best(), "worst": run.worst(), "megabytes_a_second": run.speed(job)})
    };
    let goal = |goal: &Goal| json!({"goal": goal.what, "limit": goal.goal, "reached": goal.reached, "met": goal.met});
    let not_run = |(who, reason): &(&str, String)| json!({"who": who, "reason": reason});
    json!({
        "rows": job.rows,
        "bytes": job.bytes,
        "rounds": job.rounds,
        "runs": runs.iter().map(run).collect::<Vec<_>>(),
        "goals": goals(runs).iter().map(goal).collect::<Vec<_>>(),
        "not_run": absent.iter().map(not_run).collect::<Vec<_>>(),
    })
}

/// The middle, or the mean of the two middles.
fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    let middle = numbers.len() / 2;
    if numbers.len().is_multiple_of(2) {
        numbers[middle - 1].midpoint(numbers[middle])
    } else {
        numbers[middle]
    }
}

fn goals(runs: &[Run]) -> Vec<Goal> {
    let ratio = |(who, workers): (&str, usize), (other, others): (&str, usize)| {
        let find = |who, workers| runs.iter().find(|run| run.who == who && run.workers == workers);
        find(who, workers).zip(find(other, others)).map_or(f64::NAN, |(run, other)| run.to(other))
    };
    let [processes, others @ ..] = POOLS;
    let mut goals = Vec::new();
    for workers in WORKERS {
        for other in others {
            let reached = ratio((processes, workers), (other, workers));
            let what = format!("{processes} to {other}, {}", table::counted(workers, "worker"));
            goals.push(Goal { what, goal: 1.05, reached, met: reached <= 1.05 });
        }
    }
    let [one, two] = WORKERS;
    for who in POOLS {
        let reached = ratio((who, one), (who, two));
        let what = format!("{who}, speed of two workers to one");
        goals.push(Goal { what, goal: 1.9, reached, met: reached >= 1.9 });
    }
    goals
}

impl Goal {
    fn line(&self) -> String {
        let Self { what, goal, reached, met } = self;
        let (limit, outcome) =
            (if *goal < 1.5 { "at most" } else { "at least" }, if *met { "met" } else { "MISSED" });
        format!("goal: {what}: {limit} {goal:.2}; {reached:.3}: {outcome}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(who: &'static str, workers: usize, seconds: &[f64]) -> Run {
        Run { seconds: seconds.to_vec(), ..Run::new(who, workers) }
    }

    #[test]
    fn the_median_is_the_middle_or_between_the_two_in_the_middle() {
        assert_eq!(run("a", 1, &[3.0, 1.0, 2.0]).median(), 2.0);
        assert_eq!(run("a", 1, &[4.0, 1.0, 2.0, 3.0]).median(), 2.5);
        let run = run("a", 1, &[3.0, 1.0, 2.0]);
        assert_eq!((run.best(), run.worst()), (1.0, 3.0));
    }

    #[test]
    fn what_is_compared_was_run_in_the_same_round() {
        let [one, two] = [run("a", 1, &[2.0, 4.0, 2.2]), run("a", 2, &[1.0, 2.0, 2.0])];
        assert_eq!((one.to(&two), one.median() / two.median()), (2.0, 1.1));
    }

    #[test]
    fn goals_compare_the_processes_with_the_others_and_two_workers_with_one() {
        let runs: Vec<Run> = [("processes", 2.1, 1.1), ("threads", 2.0, 1.0), ("rayon", 2.1, 1.2)]
            .into_iter()
            .flat_map(|(who, one, two)| [run(who, 1, &[one]), run(who, 2, &[two])])
            .collect();
        let lines: Vec<String> = goals(&runs).iter().map(Goal::line).collect();
        let expected = [
            "goal: processes to threads, 1 worker: at most 1.05; 1.050: met",
            "goal: processes to rayon, 1 worker: at most 1.05; 1.000: met",
            "goal: processes to threads, 2 workers: at most 1.05; 1.100: MISSED",
            "goal: processes to rayon, 2 workers: at most 1.05; 0.917: met",
            "goal: processes, speed of two workers to one: at least 1.90; 1.909: met",
            "goal: threads, speed of two workers to one: at least 1.90; 2.000: met",
            "goal: rayon, speed of two workers to one: at least 1.90; 1.750: MISSED",
        ];
        assert_eq!(lines, expected);
    }
}
