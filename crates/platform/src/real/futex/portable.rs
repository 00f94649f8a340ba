//! Systems without a futex of ours: a table of queues over `std`'s mutex and condition variable.
//!
//! The same design as the model's kernel: a queue of (address, ticket) under a lock, a broadcast, and each
//! sleeper looks for its own ticket. It knows this process only, so [`super::Shared`] words wake nobody
//! elsewhere. Its tests run on Linux; on the systems that it is for it has never run.

use super::{SLICE, Wait};
use crate::time::Deadline;
use core::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

const BUCKETS: usize = 64;

struct Bucket {
    queue: Mutex<Queue>,
    changed: Condvar,
}

struct Queue {
    sleepers: VecDeque<(usize, u64)>,
    next_ticket: u64,
}

static TABLE: [Bucket; BUCKETS] = [const {
    Bucket { queue: Mutex::new(Queue { sleepers: VecDeque::new(), next_ticket: 0 }), changed: Condvar::new() }
}; BUCKETS];

impl Bucket {
    fn of(address: usize) -> &'static Self {
        // Neighbouring words go to different buckets; multiplying by 2^64 / phi spreads the rest.
        &TABLE[(address >> 2).wrapping_mul(0x9E37_79B9_7F4A_7C15_u64 as usize) >> (usize::BITS - 6)]
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(super) fn wait(word: &AtomicU32, expected: u32, deadline: &Deadline, _shared: bool) -> Wait {
    let address = word.as_ptr() as usize;
    let bucket = Bucket::of(address);
    let mut queue = bucket.lock();
    // Relaxed: who changed the word and then took this lock before us is seen through the lock; who takes it
    // later finds us queued.
    if word.load(Relaxed) != expected {
        return Wait::Changed;
    }
    let ticket = queue.next_ticket;
    queue.next_ticket += 1;
    queue.sleepers.push_back((address, ticket));
    loop {
        let Some(place) = queue.sleepers.iter().position(|sleeper| sleeper.1 == ticket) else {
            return Wait::Woken;
        };
        let remaining = deadline.remaining();
        let left = match deadline.cancel() {
            Some(cancel) if cancel.is_cancelled() => Some(Duration::ZERO),
            // A token is no word of this table: it is looked at often.
            Some(_) => Some(remaining.map_or(SLICE, |left| left.min(SLICE))),
            None => remaining,
        };
        queue = match left {
            Some(Duration::ZERO) => {
                queue.sleepers.remove(place);
                return Wait::TimedOut;
            }
            Some(left) => bucket.changed.wait_timeout(queue, left).unwrap_or_else(PoisonError::into_inner).0,
            None => bucket.changed.wait(queue).unwrap_or_else(PoisonError::into_inner),
        };
    }
}

pub(super) fn wake(word: *const AtomicU32, n: u32, _shared: bool) -> usize {
    let bucket = Bucket::of(word as usize);
    let mut queue = bucket.lock();
    let before = queue.sleepers.len();
    let mut left = n;
    queue.sleepers.retain(|sleeper| {
        let stays = sleeper.0 != word as usize || left == 0;
        left -= u32::from(!stays);
        stays
    });
    let woken = before - queue.sleepers.len();
    if woken > 0 {
        bucket.changed.notify_all();
    }
    woken
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::sync::atomic::Ordering::{Acquire, Release};

    #[test]
    fn a_changed_word_is_not_slept_on() {
        assert_eq!(wait(&AtomicU32::new(1), 0, &Deadline::NEVER, false), Wait::Changed);
    }

    #[test]
    fn a_deadline_in_the_past_times_out_and_leaves_no_sleeper() {
        let word = AtomicU32::new(0);
        assert_eq!(wait(&word, 0, &Deadline::from(Duration::ZERO), false), Wait::TimedOut);
        assert_eq!(wake(&word, u32::MAX, false), 0);
    }

    #[test]
    fn a_token_that_is_cancelled_ends_a_sleep() {
        let (word, cancel) = (AtomicU32::new(0), crate::cancel::Cancel::new());
        std::thread::scope(|scope| {
            let sleeper = scope.spawn(|| wait(&word, 0, &Deadline::from(&cancel), false));
            cancel.cancel();
            assert_eq!(sleeper.join().unwrap(), Wait::TimedOut);
        });
        assert_eq!(wake(&word, u32::MAX, false), 0);
    }

    #[test]
    fn a_wake_wakes_at_most_n_and_all_are_woken_in_the_end() {
        let word = AtomicU32::new(0);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    while word.load(Acquire) == 0 && wait(&word, 0, &Deadline::NEVER, false) != Wait::Changed
                    {
                    }
                });
            }
            let address = word.as_ptr() as usize;
            let asleep = || Bucket::of(address).lock().sleepers.iter().filter(|s| s.0 == address).count();
            while asleep() < 4 {
                std::thread::yield_now();
            }
            word.store(1, Release);
            assert_eq!(wake(&word, 3, false), 3);
            assert_eq!(wake(&word, 3, false), 1);
        });
    }
}
