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
    /// Does the work with that many items; says how long it took, or what was found wrong afterwards. The number is a multiple of
    /// [`PARTIES`].
    Work(Box<dyn Fn(u64) -> Result<Duration, String>>),
    /// It cannot do this work; carries the reason.
    Absent(&'static str),
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
    pub(crate) fn new(name: &'static str, work: impl Fn(u64) -> Result<Duration, String> + 'static) -> Self {
        Self { name, entry: Entry::Work(Box::new(work)) }
    }

    pub(crate) fn absent(name: &'static str, reason: &'static str) -> Self {
        Self { name, entry: Entry::Absent(reason) }
    }
}

impl Unit {
    /// What `items` in `time` is in this unit.
    pub(crate) fn of(self, items: u64, time: Duration) -> f64 {
        let nanoseconds = time.as_nanos() as f64 / items as f64;
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
                    let done = work(100 * PARTIES);
                    assert!(done.is_ok(), "{}, {}: {done:?}", bench.name, contestant.name);
                }
            }
        }
    }

    #[test]
    fn a_rate_is_the_reciprocal_of_a_time() {
        let time = Duration::from_micros(1);
        assert_eq!(Unit::Nanoseconds.of(100, time), 10.0);
        assert_eq!(Unit::Millions.of(100, time), 100.0);
    }
}
