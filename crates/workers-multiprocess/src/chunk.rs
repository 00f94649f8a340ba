//! How many items make a task?

use std::{
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::Duration,
};

/// How long a task of several items shall take: long beside what giving it to a worker costs, short beside what
/// anybody waits for.
const GOAL: Duration = Duration::from_micros(200);
const MAX: usize = 1024;

/// What the workers say about the time that an item takes.
#[derive(Debug, Default)]
pub(crate) struct Meter {
    /// Nanoseconds for an item of the last task; 0: none has ended.
    item: AtomicU64,
}

impl Meter {
    /// A task of `items` took `elapsed`.
    pub(crate) fn record(&self, items: usize, elapsed: Duration) {
        let nanos = u64::try_from(elapsed.as_nanos()).unwrap_or(u64::MAX) / items.max(1) as u64;
        // Relaxed: the number is all there is.
        self.item.store(nanos.max(1), Relaxed);
    }

    /// How many items a task may have to reach the goal; 1 while nothing is known.
    fn items(&self) -> usize {
        // Relaxed: as in record().
        match self.item.load(Relaxed) {
            0 => 1,
            nanos => usize::try_from(GOAL.as_nanos() as u64 / nanos).unwrap_or(MAX).clamp(1, MAX),
        }
    }
}

/// The size of the next task.
#[derive(Debug)]
pub(crate) enum ChunkSize {
    Fixed(usize),
    /// By the meter; at most twice the last, as one fast item says little about the next.
    Auto {
        last: usize,
    },
}

impl ChunkSize {
    /// How many items the next task gets. `left` is how many there are at most, if that is known: towards the
    /// end the tasks get smaller, so that no worker ends long after the others.
    pub(crate) fn next(&mut self, meter: &Meter, left: Option<usize>, workers: usize) -> usize {
        match self {
            Self::Fixed(size) => *size,
            Self::Auto { last } => {
                let share = left.map_or(MAX, |left| left / (2 * workers.max(1)));
                *last = meter.items().min(2 * *last).min(share).max(1);
                *last
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grown(meter: &Meter) -> usize {
        let mut size = ChunkSize::Auto { last: 1 };
        (0..20).map(|_| size.next(meter, None, 2)).last().unwrap()
    }

    #[test]
    fn a_task_gets_as_many_items_as_reach_the_goal() {
        let meter = Meter::default();
        assert_eq!(grown(&meter), 1, "nothing is known");
        meter.record(1, Duration::from_micros(20));
        assert_eq!(grown(&meter), 10);
        meter.record(10, Duration::from_secs(1));
        assert_eq!(grown(&meter), 1);
        meter.record(1000, Duration::ZERO);
        assert_eq!(grown(&meter), MAX);
    }

    #[test]
    fn it_grows_by_doubling_and_shrinks_at_once_and_towards_the_end() {
        let meter = Meter::default();
        let mut size = ChunkSize::Auto { last: 1 };
        meter.record(1, Duration::from_nanos(1));
        let sizes = [(); 4].map(|()| size.next(&meter, None, 2));
        assert_eq!(sizes, [2, 4, 8, 16]);
        assert_eq!(size.next(&meter, Some(40), 2), 10);
        assert_eq!(size.next(&meter, Some(1), 2), 1);
        meter.record(1, Duration::from_secs(1));
        assert_eq!(size.next(&meter, None, 2), 1);
    }

    #[test]
    fn a_fixed_size_stays() {
        let meter = Meter::default();
        meter.record(1, Duration::from_secs(1));
        assert_eq!(ChunkSize::Fixed(7).next(&meter, Some(1), 2), 7);
    }
}
