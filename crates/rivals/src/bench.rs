//! Which benches are there, and who takes part?

use crate::{channels, locks};
use std::time::Duration;

/// The same work, done by several contestants.
pub(crate) struct Bench {
    pub(crate) name: String,
    pub(crate) unit: Unit,
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
    /// It cannot do this work; carries the reason.
    Absent(&'static str),
}

pub(crate) type Work = dyn Fn(Load) -> Result<Done, String>;

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
}

/// What a result is counted in.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    /// Nanoseconds an item: less is better.
    Nanoseconds,
    /// Millions of items a second: more is better.
    Millions,
}

/// The most threads that share the items of one side; each takes the same number.
pub(crate) const PARTIES: u64 = 4;

impl Contestant {
    pub(crate) fn new(name: &'static str, work: impl Fn(Load) -> Result<Done, String> + 'static) -> Self {
        Self { name, entry: Entry::Work(Box::new(work)) }
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
        }
    }

    pub(crate) fn better(self, a: f64, b: f64) -> f64 {
        match self {
            Self::Nanoseconds => a.min(b),
            Self::Millions => a.max(b),
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Nanoseconds => "ns",
            Self::Millions => "M items/s",
        }
    }
}

pub(crate) fn all() -> Vec<Bench> {
    let mut benches: Vec<Bench> =
        [(1, "lock uncontended"), (2, "lock contended 2 threads"), (4, "lock contended 4 threads")]
            .map(|(threads, name)| Bench {
                name: name.to_owned(),
                unit: Unit::Nanoseconds,
                contestants: locks::contestants(threads),
            })
            .into();
    for parties in [1, PARTIES as usize] {
        for capacity in [Some(1), Some(64), Some(1024), None] {
            let room = capacity.map_or("unbounded".to_owned(), |capacity| format!("capacity {capacity}"));
            benches.push(Bench {
                name: format!("queue {parties}p{parties}c {room}"),
                unit: Unit::Millions,
                contestants: channels::contestants(capacity, parties),
            });
        }
    }
    benches
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_contestant_does_its_work_and_passes_its_own_verification() {
        for bench in all() {
            for contestant in &bench.contestants {
                if let Entry::Work(work) = &contestant.entry {
                    let items = 100 * PARTIES;
                    let done = work(Load { items, limit: Duration::from_secs(60) });
                    assert_eq!(done.unwrap().items, items, "{}, {}", bench.name, contestant.name);
                }
            }
        }
    }

    #[test]
    fn a_rate_is_the_reciprocal_of_a_time() {
        let done = Done { items: 100, time: Duration::from_micros(1) };
        assert_eq!(Unit::Nanoseconds.of(done), 10.0);
        assert_eq!(Unit::Millions.of(done), 100.0);
    }
}
