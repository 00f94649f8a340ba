//! Chance, from a seed: whose turn it is, and how long a thread waits.
//!
//! A scheduler of our own in place of shuttle's random one, for two reasons. The same seed gives the same
//! schedules whatever version of a generator is installed. And each schedule draws how much its threads like
//! to go on: where every step may change the thread, none of eight gets far before the others come; where few
//! do, whole operations go by in between. Faults are found that need the one or the other.

use shuttle::rand::{RngCore, thread_rng};
use shuttle::scheduler::{Schedule, Scheduler, Task, TaskId};

/// Whether something happens that does so once in `n` times. Asked by a thread of the execution that runs.
pub(super) fn one_in(n: u64) -> bool {
    thread_rng().next_u64().is_multiple_of(n)
}

/// The generator SplitMix64: Steele, Lea, Flood, "Fast Splittable Pseudorandom Number Generators" (2014).
#[derive(Debug)]
struct SplitMix(u64);

impl SplitMix {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }
}

/// So many random schedules, the same ones for the same seed.
#[derive(Debug)]
pub(super) struct Schedules {
    seed: u64,
    next: u64,
    end: u64,
    random: SplitMix,
    /// Of eight steps, after how many the thread goes on.
    stays: u64,
}

impl Schedules {
    pub(super) fn new(seed: u64, count: usize) -> Self {
        Self { seed, next: 0, end: count as u64, random: SplitMix(seed), stays: 0 }
    }
}

impl Scheduler for Schedules {
    fn new_execution(&mut self) -> Option<Schedule> {
        if self.next == self.end {
            return None;
        }
        // Each schedule has a seed of its own, so that it does not depend on the length of those before it.
        self.random = SplitMix(self.seed ^ SplitMix(self.next).next());
        self.next += 1;
        self.stays = [0, 4, 6, 7][(self.random.next() % 4) as usize];
        Some(Schedule::new(self.seed))
    }

    fn next_task(&mut self, runnable: &[&Task], current: Option<TaskId>, yields: bool) -> Option<TaskId> {
        let current = current.filter(|current| !yields && runnable.iter().any(|task| task.id() == *current));
        let random = self.random.next();
        match current {
            Some(current) if random % 8 < self.stays => Some(current),
            _ => Some(runnable[(random / 8 % runnable.len() as u64) as usize].id()),
        }
    }

    fn next_u64(&mut self) -> u64 {
        self.random.next()
    }
}
