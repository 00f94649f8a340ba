//! What does it cost to find a thread's own value?

use crate::bench::{Bench, Contestant, Done, Load, Unit};
use crate::goal::Goal;
use ::threads::Local;
use std::cell::Cell;
use std::hint::black_box;
use std::time::Instant;
use thread_local::ThreadLocal;

pub(super) fn benches() -> Vec<Bench> {
    vec![bench::<Read>("threads local read"), bench::<Add>("threads local add")]
}

fn bench<A: Access>(name: &str) -> Bench {
    let contestants = vec![
        Contestant::new("selvedge", ours::<A>),
        Contestant::new("thread_local!", stds::<A>),
        Contestant::new("thread_local", crates::<A>),
    ];
    Bench::new(name, Unit::Nanoseconds, contestants).goal(Goal::Times(2.0, &["thread_local!"]))
}

/// What an item does with the thread's value, which begins at 0.
trait Access: 'static {
    fn access(value: &Cell<u64>) -> u64;

    /// The value after so many items.
    fn after(items: u64) -> u64;
}

struct Read;

impl Access for Read {
    fn access(value: &Cell<u64>) -> u64 {
        value.get()
    }

    fn after(_: u64) -> u64 {
        0
    }
}

struct Add;

impl Access for Add {
    fn access(value: &Cell<u64>) -> u64 {
        value.replace(value.get() + 1)
    }

    fn after(items: u64) -> u64 {
        items
    }
}

/// Made by the first access.
fn first() -> Cell<u64> {
    Cell::new(black_box(0))
}

fn ours<A: Access>(load: Load) -> Result<Done, String> {
    static LOCAL: Local<Cell<u64>> = Local::new(first);
    LOCAL.set(0);
    accesses::<A>(load, || LOCAL.with(A::access), || LOCAL.get())
}

fn stds<A: Access>(load: Load) -> Result<Done, String> {
    thread_local!(static LOCAL: Cell<u64> = first());
    LOCAL.set(0);
    accesses::<A>(load, || LOCAL.with(A::access), || LOCAL.get())
}

fn crates<A: Access>(load: Load) -> Result<Done, String> {
    let local = ThreadLocal::new();
    let value = || black_box(&local).get_or(first);
    accesses::<A>(load, || A::access(value()), || value().get())
}

fn accesses<A: Access>(
    Load { items, .. }: Load,
    access: impl Fn() -> u64,
    value: impl Fn() -> u64,
) -> Result<Done, String> {
    let begun = Instant::now();
    for _ in 0..items {
        black_box(access());
    }
    let time = begun.elapsed();
    let (after, expected) = (value(), A::after(items));
    match after == expected {
        true => Ok(Done::new(items, time)),
        false => Err(format!("after {items} accesses the value is {after}, not {expected}")),
    }
}
