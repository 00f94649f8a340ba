//! What does it cost to start a thread and to join it?

use crate::bench::{Bench, Contestant, Done, Load, Unit};
use crate::goal::Goal;
use std::time::Instant;

/// How many threads live at a time, where several do.
const SEVERAL: u64 = 16;

pub(super) fn benches() -> Vec<Bench> {
    let bench = |name, several| {
        let contestants = vec![
            Contestant::new("selvedge", move |load| ours(load, several)),
            Contestant::new("std", move |load| stds(load, several)),
        ];
        Bench::new(name, Unit::Nanoseconds, contestants).goal(Goal::Times(1.05, &[]))
    };
    vec![bench("threads spawn+join", 1), bench("threads spawn 16, join 16", SEVERAL)]
}

/// An item is one thread, which returns its number.
fn ours(load: Load, several: u64) -> Result<Done, String> {
    lives(load, several, |number| ::threads::spawn(move || number), |handle| handle.join().ok())
}

fn stds(load: Load, several: u64) -> Result<Done, String> {
    let spawn = |number| std::thread::Builder::new().spawn(move || number);
    lives(load, several, spawn, |handle| handle.join().ok())
}

fn lives<H>(
    Load { items, .. }: Load,
    several: u64,
    spawn: impl Fn(u64) -> std::io::Result<H>,
    join: impl Fn(H) -> Option<u64>,
) -> Result<Done, String> {
    let several = several.min(items);
    let (mut sum, begun) = (0, Instant::now());
    for first in (0..items).step_by(several as usize) {
        let handles: Result<Vec<H>, _> = (first..items.min(first + several)).map(&spawn).collect();
        for handle in handles.map_err(|error| error.to_string())? {
            sum += join(handle).ok_or("a thread panicked")?;
        }
    }
    let time = begun.elapsed();
    match sum == items * (items - 1) / 2 {
        true => Ok(Done::new(items, time)),
        false => Err(format!("the results of {items} threads are {sum} together")),
    }
}
