//! What does it cost to take a lock again?

use crate::alone::alone;
use crate::bench::{Bench, Contestant, Done, Load, Unit};
use crate::goal::Goal;
use std::cell::Cell;
use std::hint::black_box;

pub(super) fn benches() -> Vec<Bench> {
    let bench =
        |name, contestants| Bench::new(name, Unit::Nanoseconds, contestants).goal(Goal::Times(1.0, &[]));
    let first = vec![
        Contestant::new("selvedge", |load| ours(load, false)),
        Contestant::new("parking_lot", |load| parking_lots(load, false)),
    ];
    let nested = vec![
        Contestant::new("selvedge", |load| ours(load, true)),
        Contestant::new("parking_lot", |load| parking_lots(load, true)),
    ];
    vec![bench("sync rlock uncontended", first), bench("sync rlock nested", nested)]
}

fn add(value: &Cell<u64>) {
    value.set(value.get() + 1);
}

fn ours(Load { items, .. }: Load, nested: bool) -> Result<Done, String> {
    let lock = locks::RLock::new(Cell::new(0));
    let outer = nested.then(|| lock.lock());
    let done = alone(items, || add(&black_box(&lock).lock()));
    drop(outer);
    counted(&lock.into_inner(), items, done)
}

fn parking_lots(Load { items, .. }: Load, nested: bool) -> Result<Done, String> {
    let lock = parking_lot::ReentrantMutex::new(Cell::new(0));
    let outer = nested.then(|| lock.lock());
    let done = alone(items, || add(&black_box(&lock).lock()));
    drop(outer);
    counted(&lock.into_inner(), items, done)
}

fn counted(value: &Cell<u64>, items: u64, done: Result<Done, String>) -> Result<Done, String> {
    if value.get() == items { done } else { Err(format!("counted {} of {items}", value.get())) }
}
