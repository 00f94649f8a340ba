//! How many items go through a queue in a second, 32 at a time?

use super::channel::{Item, Shape};
use super::selvedge::open;
use super::transfer::{BETWEEN_LOOKS, LAST, Tally};
use crate::bench::{Contestant, Done, Load};
use crate::cores::Cores;
use crate::together::{Part, together_on};
use queue::{AnyQueue, Queue};
use std::hint::black_box;
use std::time::{Duration, Instant};

const BATCH: u64 = 32;

/// One putter and one getter, both of which move so many at a time.
pub(super) fn contestant(capacity: Option<usize>) -> Contestant {
    Contestant::new("selvedge, 32 at a time", move |load: Load| {
        let (putter, getter) = open::<u64>(Shape::one_to_one(capacity));
        let parts: Vec<Part<Tally>> =
            vec![Box::new(move || put_all(&putter, load)), Box::new(move || get_all(&getter))];
        let (time, tallies) = together_on(Cores::InTurn, parts);
        Tally::verified(tallies[0], tallies[1]).map(|()| Done::new(tallies[1].count, time))
    })
}

fn put_all(queue: &Queue<u64>, load: Load) -> Tally {
    let begun = Instant::now();
    let mut tally = Tally::default();
    for first in (0..load.items).step_by(BATCH as usize) {
        if first.is_multiple_of(BETWEEN_LOOKS) && begun.elapsed() > load.limit {
            break;
        }
        let numbers = first..load.items.min(first + BATCH);
        numbers.clone().for_each(|number| tally.add(number));
        queue.put_many(numbers.map(|number| black_box(u64::of(number)))).expect("the queue is open");
    }
    AnyQueue::put(queue, LAST).expect("the queue is open");
    tally
}

fn get_all(queue: &Queue<u64>) -> Tally {
    let mut tally = Tally::default();
    loop {
        for number in queue.get_many(1, BATCH as usize, Duration::ZERO).expect("the queue is open") {
            match black_box(number).number() {
                LAST => return tally,
                number => tally.add(number),
            }
        }
    }
}
