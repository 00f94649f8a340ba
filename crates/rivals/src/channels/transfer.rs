//! How many items go through a channel in a second, from so many threads to so many?

use super::channel::{Ends, Get, Item, Job, Put, get, put};
use crate::bench::{Contestant, Done, Load};
use crate::cores::Cores;
use crate::together::{Part, together_on};
use std::marker::PhantomData;
use std::ops::Range;
use std::time::{Duration, Instant};

/// Sends the numbers below the load's, as items of this type. Putters share them out; getters take what they
/// get.
#[derive(Clone, Copy)]
pub(super) struct Transfer<T> {
    cores: Cores,
    item: PhantomData<T>,
}

impl<T> Transfer<T> {
    pub(super) const fn on(cores: Cores) -> Self {
        Self { cores, item: PhantomData }
    }
}

impl<T: Item> Job for Transfer<T> {
    type Item = T;
    fn contestant<P: Put<T>, G: Get<T>>(
        self,
        name: &'static str,
        open: impl Fn() -> Ends<P, G> + 'static,
    ) -> Contestant {
        Contestant::new(name, move |load| transfer(self.cores, load, open()))
    }
}

/// What a putter sends last.
pub(super) const LAST: u64 = u64::MAX;

/// After so many items a putter looks at the clock.
pub(super) const BETWEEN_LOOKS: u64 = 1024;

/// What one thread, or all of a side, have put or got.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Tally {
    pub(super) count: u64,
    sum: u64,
}

impl Tally {
    #[inline]
    pub(super) fn add(&mut self, number: u64) {
        self.count += 1;
        self.sum += number;
    }

    fn total(parts: &[Self]) -> Self {
        parts.iter().fold(Self::default(), |a, b| Self { count: a.count + b.count, sum: a.sum + b.sum })
    }

    /// Whether all that was put, and nothing else, was got.
    pub(super) fn verified(put: Self, got: Self) -> Result<(), String> {
        if put == got { Ok(()) } else { Err(format!("it was given {put:?} and gave {got:?}")) }
    }
}

fn transfer<T: Item, P: Put<T>, G: Get<T>>(
    cores: Cores,
    load: Load,
    (putters, getters): Ends<P, G>,
) -> Result<Done, String> {
    let sides = putters.len();
    let each = load.items / sides as u64;
    // Of four putters and one getter it takes the last of all four to let the getter go; the other way round
    // the one putter has one for each.
    let lasts = (getters.len() / sides).max(1);
    let leaves_after = (sides / getters.len()).max(1);
    let mut parts: Vec<Part<Tally>> = Vec::new();
    for (number, putter) in (0..).zip(putters) {
        let numbers = number * each..(number + 1) * each;
        parts.push(Box::new(move || put_all(&putter, numbers, load.limit, lasts)));
    }
    for getter in getters {
        parts.push(Box::new(move || get_all(&getter, leaves_after)));
    }
    let (time, tallies) = together_on(cores, parts);
    let (put, got) = tallies.split_at(sides);
    let (put, got) = (Tally::total(put), Tally::total(got));
    Tally::verified(put, got).map(|()| Done::new(got.count, time))
}

fn put_all<T: Item>(putter: &impl Put<T>, numbers: Range<u64>, limit: Duration, lasts: usize) -> Tally {
    let begun = Instant::now();
    let mut tally = Tally::default();
    for number in numbers {
        if number.is_multiple_of(BETWEEN_LOOKS) && begun.elapsed() > limit {
            break;
        }
        put(putter, number);
        tally.add(number);
    }
    (0..lasts).for_each(|_| put(putter, LAST));
    tally
}

fn get_all<T: Item>(getter: &impl Get<T>, leaves_after: usize) -> Tally {
    let mut tally = Tally::default();
    let mut lasts = 0;
    while lasts < leaves_after {
        match get(getter) {
            LAST => lasts += 1,
            number => tally.add(number),
        }
    }
    tally
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::{Receiver, Sender, channel};

    struct Lossy(Sender<u64>);

    impl Put<u64> for Lossy {
        fn put(&self, item: u64) {
            if item != 7 {
                self.0.put(item);
            }
        }
    }

    fn one_to_one<P: Put<u64>, G: Get<u64>>(load: Load, put: P, get: G) -> Result<Done, String> {
        transfer(Cores::InTurn, load, (vec![put], vec![get]))
    }

    #[test]
    fn a_channel_that_loses_an_item_is_no_result() {
        let (put, get) = channel();
        let failure = one_to_one(Load { items: 100, limit: Duration::MAX }, Lossy(put), get).unwrap_err();
        assert_eq!(
            failure,
            "it was given Tally { count: 100, sum: 4950 } and gave Tally { count: 99, sum: 4943 }"
        );
    }

    #[test]
    fn a_transfer_past_its_limit_is_cut_short_and_counts_what_arrived() {
        let (put, get): (Sender<u64>, Receiver<u64>) = channel();
        let load = Load { items: u64::MAX / 2, limit: Duration::from_millis(1) };
        assert!(one_to_one(load, put, get).unwrap().items.is_multiple_of(BETWEEN_LOOKS));
    }

    #[test]
    fn a_torn_item_has_another_number() {
        let mut torn = <[u64; 8]>::of(5);
        assert_eq!(torn.number(), 5);
        torn[7] = 6;
        assert_ne!(torn.number(), 5);
    }
}
