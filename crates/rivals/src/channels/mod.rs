//! How many items go through a channel in a second, from so many threads to so many?
//!
//! A file a contestant. Each opens its channel in its own words; the work that is measured is the same for
//! all.

mod crossbeam;
mod crossfire;
mod flume;
mod kanal;
mod selvedge;
mod std_mpsc;

use crate::bench::{Contestant, Done, Load};
use crate::together::{Part, together};
use std::hint::black_box;
use std::ops::Range;
use std::time::{Duration, Instant};

/// The end of a channel that items go into.
trait Put: Send + 'static {
    /// Waits for room. Panics if the channel is closed.
    fn put(&self, item: u64);
}

/// The end of a channel that items come out of.
trait Get: Send + 'static {
    /// Waits for an item. Panics if the channel is closed.
    fn get(&self) -> u64;
}

/// Those for a channel with room for `capacity` items, or any number, and `parties` threads on each side.
pub(crate) fn contestants(capacity: Option<usize>, parties: usize) -> Vec<Contestant> {
    [
        selvedge::contestant,
        std_mpsc::contestant,
        crossbeam::contestant,
        flume::contestant,
        kanal::contestant,
        crossfire::contestant,
    ]
    .map(|contestant| contestant(capacity, parties))
    .into()
}

/// A contestant whose ends can be cloned.
fn shared<P: Put + Clone, G: Get + Clone>(
    name: &'static str,
    parties: usize,
    open: impl Fn() -> (P, G) + 'static,
) -> Contestant {
    Contestant::new(name, move |load| {
        let (put, get) = open();
        transfer(load, vec![put; parties], vec![get; parties])
    })
}

/// What a putter sends last, and a getter leaves at: there are as many of the one as of the other.
const LAST: u64 = u64::MAX;

/// After so many items a putter looks at the clock.
const BETWEEN_LOOKS: u64 = 1024;

/// What one thread, or all of a side, have put or got.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Tally {
    count: u64,
    sum: u64,
}

impl Tally {
    #[inline]
    fn add(&mut self, item: u64) {
        self.count += 1;
        self.sum += item;
    }

    fn total(parts: &[Self]) -> Self {
        parts.iter().fold(Self::default(), |a, b| Self { count: a.count + b.count, sum: a.sum + b.sum })
    }
}

/// Sends the numbers below `load.items`. Putters share them out; getters take what they get.
fn transfer<P: Put, G: Get>(load: Load, putters: Vec<P>, getters: Vec<G>) -> Result<Done, String> {
    let sides = putters.len();
    let each = load.items / sides as u64;
    let mut parts: Vec<Part<Tally>> = Vec::new();
    for (number, putter) in (0..).zip(putters) {
        parts.push(Box::new(move || put_all(&putter, number * each..(number + 1) * each, load.limit)));
    }
    for getter in getters {
        parts.push(Box::new(move || get_all(&getter)));
    }
    let (time, tallies) = together(parts);
    let (put, got) = tallies.split_at(sides);
    match (Tally::total(put), Tally::total(got)) {
        (put, got) if put == got => Ok(Done::new(got.count, time)),
        (put, got) => Err(format!("it was given {put:?} and gave {got:?}")),
    }
}

fn put_all<P: Put>(putter: &P, numbers: Range<u64>, limit: Duration) -> Tally {
    let begun = Instant::now();
    let mut tally = Tally::default();
    for item in numbers {
        if item.is_multiple_of(BETWEEN_LOOKS) && begun.elapsed() > limit {
            break;
        }
        putter.put(black_box(item));
        tally.add(item);
    }
    putter.put(LAST);
    tally
}

fn get_all<G: Get>(getter: &G) -> Tally {
    let mut tally = Tally::default();
    loop {
        match black_box(getter.get()) {
            LAST => return tally,
            item => tally.add(item),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::{Receiver, Sender, channel};

    struct Lossy(Sender<u64>);

    impl Put for Lossy {
        fn put(&self, item: u64) {
            if item != 7 {
                self.0.put(item);
            }
        }
    }

    fn load(items: u64, limit: Duration) -> Load {
        Load { items, limit }
    }

    #[test]
    fn a_channel_that_loses_an_item_is_no_result() {
        let (put, get) = channel();
        let failure = transfer(load(100, Duration::MAX), vec![Lossy(put)], vec![get]).unwrap_err();
        assert_eq!(
            failure,
            "it was given Tally { count: 100, sum: 4950 } and gave Tally { count: 99, sum: 4943 }"
        );
    }

    #[test]
    fn a_transfer_past_its_limit_is_cut_short_and_counts_what_arrived() {
        let (put, get): (Sender<u64>, Receiver<u64>) = channel();
        let done = transfer(load(u64::MAX / 2, Duration::from_millis(1)), vec![put], vec![get]).unwrap();
        assert!(done.items.is_multiple_of(BETWEEN_LOOKS));
    }
}
