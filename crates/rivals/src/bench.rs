//! Which benches are there, and who takes part?

use crate::goal::Goal;
use crate::{channels, locks, pool, ring, sync, threads};
use std::time::Duration;

/// The same work, done by several contestants.
pub(crate) struct Bench {
    pub(crate) name: String,
    pub(crate) unit: Unit,
    /// What the first contestant, which is ours, is to reach.
    pub(crate) goal: Option<Goal>,
    /// Whether what was reached counts towards the geometric mean.
    pub(crate) in_mean: bool,
    /// How many items are tried first.
    pub(crate) at_first: u64,
    pub(crate) contestants: Vec<Contestant>,
}

/// Somebody's implementation.
pub(crate) struct Contestant {
    pub(crate) name: &'static str,
    pub(crate) entry: Entry,
}

pub(crate) enum Entry {
    /// Does the work; says what was done, or what was found wrong afterwards.
    Work(Box<Work>),
    /// Is not timed, and asked once: says the result itself, in the unit of the bench.
    Count(Box<Count>),
    /// It cannot do this work; carries the reason.
    Absent(&'static str),
}

pub(crate) type Work = dyn Fn(Load) -> Result<Done, String>;

pub(crate) type Count = dyn Fn() -> Result<f64, String>;

/// How much work is asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Load {
    /// A multiple of [`PARTIES`].
    pub(crate) items: u64,
    /// A transfer that is not through by then is cut short.
    pub(crate) limit: Duration,
}

/// How much work was done.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Done {
    pub(crate) items: u64,
    pub(crate) time: Duration,
    /// How long the longest wait took, where that is measured.
    pub(crate) longest: Duration,
}

/// What a result is counted in.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    /// Nanoseconds an item: less is better.
    Nanoseconds,
    /// Millions of items a second: more is better.
    Millions,
    /// Milliseconds of the longest wait: less is better.
    LongestWait,
    /// Bytes: less is better. Counted.
    Bytes,
    /// Microseconds of processor time in a second: less is better. Counted.
    Processor,
}

/// The most threads that share the items of one side; each takes the same number.
pub(crate) const PARTIES: u64 = 4;

impl Done {
    pub(crate) fn new(items: u64, time: Duration) -> Self {
        Self { items, time, longest: Duration::ZERO }
    }
}

impl Bench {
    pub(crate) fn new(name: impl Into<String>, unit: Unit, contestants: Vec<Contestant>) -> Self {
        Self { name: name.into(), unit, goal: None, in_mean: false, at_first: 64 * PARTIES, contestants }
    }

    pub(crate) fn goal(self, goal: Goal) -> Self {
        Self { goal: Some(goal), ..self }
    }

    /// Its items are large: a few are enough.
    pub(crate) fn heavy(self) -> Self {
        Self { at_first: PARTIES, ..self }
    }

    pub(crate) fn in_mean(self) -> Self {
        Self { in_mean: true, ..self }
    }
}

impl Contestant {
    pub(crate) fn new(name: &'static str, work: impl Fn(Load) -> Result<Done, String> + 'static) -> Self {
        Self { name, entry: Entry::Work(Box::new(work)) }
    }

    pub(crate) fn counted(name: &'static str, count: impl Fn() -> Result<f64, String> + 'static) -> Self {
        Self { name, entry: Entry::Count(Box::new(count)) }
    }

    pub(crate) fn known(name: &'static str, result: f64) -> Self {
        Self::counted(name, move || Ok(result))
    }

    pub(crate) fn absent(name: &'static str, reason: &'static str) -> Self {
        Self { name, entry: Entry::Absent(reason) }
    }
}

impl Unit {
    /// What was done, in this unit.
    pub(crate) fn of(self, done: Done) -> f64 {
        let nanoseconds = done.time.as_nanos() as f64 / done.items as f64;
        match self {
            Self::Nanoseconds => nanoseconds,
            Self::Millions => 1e3 / nanoseconds,
            Self::LongestWait => done.longest.as_secs_f64() * 1e3,
            Self::Bytes | Self::Processor => unreachable!("it is counted"),
        }
    }

    pub(crate) fn better(self, a: f64, b: f64) -> f64 {
        match self {
            Self::Nanoseconds | Self::LongestWait | Self::Bytes | Self::Processor => a.min(b),
            Self::Millions => a.max(b),
        }
    }

    /// The other end.
    pub(crate) fn worse(self, a: f64, b: f64) -> f64 {
        if self.better(a, b) == a { b } else { a }
    }

    /// How many times the cost of `b` is that of `a`.
    pub(crate) fn times(self, a: f64, b: f64) -> f64 {
        if self == Self::Millions { b / a } else { a / b }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Nanoseconds => "ns",
            Self::Millions => "M items/s",
            Self::LongestWait => "ms",
            Self::Bytes => "bytes",
            Self::Processor => "us of processor time a second",
        }
    }
}

pub(crate) fn all() -> Vec<Bench> {
    let mut benches = locks::benches();
    benches.extend(sync::benches());
    benches.extend(ring::benches());
    benches.extend(channels::benches());
    benches.extend(threads::benches());
    benches.extend(pool::benches());
    benches
}

#[cfg(test)]
mod tests {
    use super::*;

    // Our own process pool is among them; a procspawn worker would need a `main` of its own.
    #[cfg_attr(target_os = "linux", workers_multiprocess::test)]
    #[cfg_attr(not(target_os = "linux"), test)]
    fn every_contestant_does_its_work_and_passes_its_own_verification() {
        for bench in all() {
            for contestant in &bench.contestants {
                if let Entry::Work(work) = &contestant.entry
                    && contestant.name != "procspawn"
                {
                    let items = bench.at_first;
                    let done = work(Load { items, limit: Duration::from_secs(60) });
                    assert_eq!(done.unwrap().items, items, "{}, {}", bench.name, contestant.name);
                }
            }
        }
    }

    #[test]
    fn a_rate_is_the_reciprocal_of_a_time() {
        let done = Done { longest: Duration::from_millis(3), ..Done::new(100, Duration::from_micros(1)) };
        assert_eq!(Unit::Nanoseconds.of(done), 10.0);
        assert_eq!(Unit::Millions.of(done), 100.0);
        assert_eq!(Unit::LongestWait.of(done), 3.0);
    }

    #[test]
    fn a_cost_is_compared_whichever_way_the_unit_counts() {
        assert_eq!(Unit::Nanoseconds.times(10.0, 5.0), 2.0);
        assert_eq!(Unit::Millions.times(5.0, 10.0), 2.0);
        assert_eq!((Unit::Millions.worse(5.0, 10.0), Unit::Nanoseconds.worse(5.0, 10.0)), (5.0, 10.0));
    }
}
