//! What four real threads see of a semaphore, one thread alone could have seen, in some order.
#![cfg(not(any(loom, shuttle)))]

mod permits;

use locks::{BoundedSemaphore, MAX_PERMITS, Semaphore};
use permits::{Flaw, Op, Permits, Twin, Witnessed};
use std::thread;

const MOST: u32 = 3;
const HISTORIES: u64 = 300;

/// A thread's own chance: SplitMix64 from a seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % n
    }
}

/// A dozen calls; what was taken is given back.
fn act(witnessed: &Witnessed<impl Permits>, mut dice: Dice) {
    for _ in 0..6 {
        let n = dice.below(2) as u32 + 1;
        let op = match dice.below(4) {
            0 => Op::Acquire(n),
            1 => Op::TryAcquire(n),
            2 => Op::Value,
            // Too many, unless others hold some.
            _ => Op::Release(n),
        };
        let done = witnessed.does(op);
        if done && matches!(op, Op::Acquire(_) | Op::TryAcquire(_)) {
            if dice.below(2) == 0 {
                thread::yield_now();
            }
            witnessed.does(Op::Release(n));
        }
    }
}

/// So many histories of a semaphore that is full; the first that no order explains.
fn histories<P: Permits>(most: u32, new: impl Fn(u32) -> P) -> Result<(), String> {
    (0..HISTORIES).try_for_each(|seed| {
        let witnessed = Witnessed::new(new(most), most);
        thread::scope(|scope| {
            for number in 0..4 {
                let witnessed = &witnessed;
                scope.spawn(move || act(witnessed, Dice(4 * seed + number)));
            }
        });
        witnessed.explained()
    })
}

#[test]
fn histories_of_real_threads_are_linearizable() {
    histories(MOST, BoundedSemaphore::new).unwrap();
}

#[test]
fn histories_at_the_limit_are_linearizable_though_releases_add_before_they_look() {
    histories(MAX_PERMITS, Semaphore::new).unwrap();
}

#[test]
fn a_semaphore_that_is_not_is_found_out() {
    for flaw in [Flaw::LooksAndTakes, Flaw::ReleasesOneByOne, Flaw::AddsAndTakesBack] {
        let violation = histories(MOST, |most| Twin::new(flaw, most)).unwrap_err();
        assert!(violation.contains("no order explains"), "{violation}");
    }
}
