//! How many items go through a channel in a second, from so many threads to so many?
//!
//! A file a contestant. Each opens its channel in its own words; the work that is measured is the same for all.

mod crossbeam;
mod crossfire;
mod flume;
mod kanal;
mod selvedge;
mod std_mpsc;

use crate::bench::Contestant;
use crate::together::{Part, together};
use std::hint::black_box;
use std::time::Duration;

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
    Contestant::new(name, move |items| {
        let (put, get) = open();
        transfer(items, vec![put; parties], vec![get; parties])
    })
}

/// Sends the numbers below `items`; each thread of a side takes as many as the others.
fn transfer<P: Put, G: Get>(items: u64, putters: Vec<P>, getters: Vec<G>) -> Result<Duration, String> {
    let (put_each, get_each) = (items / putters.len() as u64, items / getters.len() as u64);
    let mut parts: Vec<Part<u64>> = Vec::new();
    for (first, putter) in (0..items).step_by(put_each as usize).zip(putters) {
        parts.push(Box::new(move || {
            for item in first..first + put_each {
                putter.put(black_box(item));
            }
            0
        }));
    }
    for getter in getters {
        parts.push(Box::new(move || (0..get_each).fold(0, |sum, _| sum + black_box(getter.get()))));
    }
    let (time, sums) = together(parts);
    match (sums.into_iter().sum::<u64>(), items * (items - 1) / 2) {
        (sum, expected) if sum == expected => Ok(time),
        (sum, expected) => Err(format!("the items that arrived add up to {sum}, those sent to {expected}")),
    }
}
