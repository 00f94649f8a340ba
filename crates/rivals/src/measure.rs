//! How is a bench measured, and what is kept of it?

use crate::bench::{Bench, Count, Done, Entry, Load, PARTIES, Unit, Work};
use crate::goal::{self, Verdict};
use crate::watchdog::Watchdog;
use std::time::Duration;

/// How much is measured.
pub(crate) struct Plan {
    /// Measurements of each contestant.
    pub(crate) rounds: u32,
    /// About how long each takes.
    pub(crate) length: Duration,
}

/// What a bench has shown.
pub(crate) struct Results {
    pub(crate) bench: String,
    pub(crate) unit: Unit,
    /// In the order of the contestants.
    pub(crate) lines: Vec<(&'static str, Line)>,
    pub(crate) verdict: Option<Verdict>,
    pub(crate) in_mean: bool,
}

pub(crate) enum Line {
    Measured {
        median: f64,
        /// The worst round.
        worst: f64,
        /// To the best median of the bench.
        ratio: f64,
    },
    Absent(&'static str),
    /// What it did was wrong, so that it does not matter how fast.
    Failed(String),
}

impl Results {
    /// Whether everybody did what was asked.
    pub(crate) fn verified(&self) -> bool {
        !self.lines.iter().any(|(_, line)| matches!(line, Line::Failed(_)))
    }
}

/// A contestant during the rounds.
struct Runner<'a> {
    who: String,
    /// `None` if there is nothing to time.
    work: Option<&'a Work>,
    items: u64,
    samples: Vec<f64>,
    failure: Option<String>,
}

/// Calibrates every contestant, then measures them in turn.
pub(crate) fn run(bench: &Bench, plan: &Plan) -> Results {
    let mut runners: Vec<Result<Runner<'_>, &'static str>> = Vec::new();
    for contestant in &bench.contestants {
        let who = format!("{} in '{}'", contestant.name, bench.name);
        runners.push(match &contestant.entry {
            Entry::Work(work) => Ok(Runner::calibrated(who, work, bench.at_first, plan)),
            Entry::Count(count) => Ok(Runner::counted(who, count)),
            Entry::Absent(reason) => Err(reason),
        });
    }
    let count = runners.len();
    for round in 0..plan.rounds as usize {
        for turn in 0..count {
            if let Ok(runner) = &mut runners[(round + turn) % count] {
                runner.measure(bench.unit, plan);
            }
        }
    }
    let medians = runners.iter().flatten().filter_map(Runner::median);
    let best = medians.reduce(|a, b| bench.unit.better(a, b)).unwrap_or(f64::NAN);
    let line = |runner: Runner<'_>| runner.line(best, bench.unit);
    let lines = runners.into_iter().map(|runner| runner.map_or_else(Line::Absent, line));
    let lines: Vec<_> = bench.contestants.iter().map(|contestant| contestant.name).zip(lines).collect();
    let verdict = bench.goal.and_then(|goal| goal::verdict(goal, bench.unit, &lines));
    Results { bench: bench.name.clone(), unit: bench.unit, lines, verdict, in_mean: bench.in_mean }
}

impl<'a> Runner<'a> {
    /// Finds the number of items that takes about as long as planned, which warms everything up too.
    fn calibrated(who: String, work: &'a Work, items: u64, plan: &Plan) -> Self {
        let mut runner = Self { who, work: Some(work), items, samples: Vec::new(), failure: None };
        while let Some(done) = runner.work(plan) {
            let factor = plan.length.as_secs_f64() / done.time.as_secs_f64().max(1e-9);
            // A short run says little about a long one: towards the goal in bounded steps.
            let items = done.items as f64 * factor.min(16.0);
            runner.items = ((items / PARTIES as f64).ceil() as u64).max(1) * PARTIES;
            if factor < 4.0 {
                break;
            }
        }
        runner
    }

    fn counted(who: String, count: &Count) -> Self {
        let _watchdog = Watchdog::new(Duration::from_secs(120), who.clone());
        let (samples, failure) = match count() {
            Ok(result) => (vec![result], None),
            Err(failure) => (Vec::new(), Some(failure)),
        };
        Self { who, work: None, items: 0, samples, failure }
    }

    fn measure(&mut self, unit: Unit, plan: &Plan) {
        if let Some(done) = self.work(plan) {
            self.samples.push(unit.of(done));
        }
    }

    /// `None` once it has failed, and if there is nothing to do.
    fn work(&mut self, plan: &Plan) -> Option<Done> {
        let work = self.work.filter(|_| self.failure.is_none())?;
        // Some contestants fall into a state in which they do a thousandth of what they were calibrated at.
        // That is a result too, but nobody waits for all of it.
        let load = Load { items: self.items, limit: 5 * plan.length };
        let _watchdog = Watchdog::new(Duration::from_secs(30) + 20 * plan.length, self.who.clone());
        work(load).map_err(|failure| self.failure = Some(failure)).ok()
    }

    fn median(&self) -> Option<f64> {
        if self.failure.is_some() { None } else { median(&self.samples) }
    }

    fn line(self, best: f64, unit: Unit) -> Line {
        match (self.failure, median(&self.samples)) {
            (Some(failure), _) => Line::Failed(failure),
            (None, Some(median)) => Line::Measured {
                median,
                worst: self.samples.iter().copied().fold(median, |a, b| unit.worse(a, b)),
                ratio: median / best,
            },
            (None, None) => unreachable!("there is one round at least"),
        }
    }
}

/// The middle, or the mean of the two middles.
fn median(samples: &[f64]) -> Option<f64> {
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    let upper = *sorted.get(sorted.len() / 2)?;
    let lower = sorted[(sorted.len() - 1) / 2];
    Some((lower + upper) / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::Contestant;
    use crate::goal::Goal;
    use std::cell::RefCell;
    use std::rc::Rc;

    const PLAN: Plan = Plan { rounds: 3, length: Duration::from_millis(4) };

    /// Takes as long as it says, on a clock of its own.
    fn sleeper(name: &'static str, nanoseconds: u64, log: &Rc<RefCell<Vec<&'static str>>>) -> Contestant {
        let log = Rc::clone(log);
        Contestant::new(name, move |Load { items, .. }| {
            log.borrow_mut().push(name);
            Ok(Done::new(items, Duration::from_nanos(items * nanoseconds)))
        })
    }

    fn ratios(unit: Unit) -> (Results, Vec<&'static str>) {
        let log = Rc::default();
        let contestants = vec![
            sleeper("slow", 30, &log),
            Contestant::absent("absent", "it cannot"),
            sleeper("fast", 10, &log),
            Contestant::new("broken", |_| Err("it lost one".to_owned())),
        ];
        let results = run(&Bench::new("sleep", unit, contestants).goal(Goal::Times(3.5, &["fast"])), &PLAN);
        let log = log.take();
        (results, log)
    }

    #[test]
    fn what_is_counted_is_compared_and_not_timed() {
        let contestants = vec![Contestant::known("small", 4.0), Contestant::counted("large", || Ok(8.0))];
        let results = run(&Bench::new("size", Unit::Bytes, contestants).goal(Goal::Times(1.0, &[])), &PLAN);
        assert!(matches!(results.lines[1].1, Line::Measured { median: 8.0, worst: 8.0, ratio: 2.0 }));
        let verdict = results.verdict.unwrap();
        assert!(verdict.met && verdict.reached == 0.5);
    }

    #[test]
    fn the_ratio_is_to_the_best_and_a_broken_contestant_has_none() {
        for (unit, slow) in [(Unit::Nanoseconds, 3.0), (Unit::Millions, 1.0 / 3.0)] {
            let (results, _) = ratios(unit);
            assert!(!results.verified());
            let ratio = |at: usize| match results.lines[at].1 {
                Line::Measured { ratio, .. } => ratio,
                _ => f64::NAN,
            };
            assert!((ratio(0) - slow).abs() < 1e-9);
            let verdict = results.verdict.as_ref().unwrap();
            assert!(verdict.met && (verdict.reached - 3.0).abs() < 1e-9);
            assert_eq!(ratio(2), 1.0);
            assert!(matches!(results.lines[1], ("absent", Line::Absent("it cannot"))));
            assert!(matches!(&results.lines[3], ("broken", Line::Failed(why)) if why == "it lost one"));
        }
    }

    #[test]
    fn rounds_rotate_the_order() {
        let (_, log) = ratios(Unit::Nanoseconds);
        assert_eq!(log[log.len() - 6..], ["slow", "fast", "fast", "slow", "fast", "slow"]);
    }

    #[test]
    fn the_median_of_an_even_number_is_between_the_two_in_the_middle() {
        assert_eq!(median(&[]), None);
        assert_eq!(median(&[3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), Some(2.5));
    }

    #[test]
    fn calibration_ends_near_the_planned_length() {
        let log = Rc::default();
        let contestant = sleeper("any", 7, &log);
        let Entry::Work(work) = &contestant.entry else { unreachable!() };
        let runner = Runner::calibrated("any".to_owned(), work, PARTIES, &PLAN);
        assert!(runner.items.is_multiple_of(PARTIES));
        assert!(runner.items.abs_diff(4_000_000 / 7) < 10, "{} items", runner.items);
    }
}
