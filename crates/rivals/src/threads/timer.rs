//! What does it cost to start a timer and to cancel it, beside few others and beside many?

use crate::bench::{Bench, Contestant, Done, Load, Unit};
use crate::goal::Goal;
use ::threads::{Timer, TimerHandle};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

/// None of these is ever due.
const HOUR: Duration = Duration::from_secs(3600);

pub(super) fn benches() -> Vec<Bench> {
    let bench = |live: u32, contestants| {
        Bench::new(format!("threads timer start+cancel, {live} live"), Unit::Nanoseconds, contestants)
    };
    let ours = |live| Contestant::new("selvedge", move |load| ours(load, live));
    let each = Contestant::new("a thread each", a_thread_each);
    vec![
        bench(0, vec![ours(0), each]).goal(Goal::Times(1.0, &[])),
        bench(1_000, vec![ours(1_000)]),
        bench(100_000, vec![ours(100_000)]),
    ]
}

/// An item is one timer, started and cancelled beside `live` others.
fn ours(Load { items, .. }: Load, live: u32) -> Result<Done, String> {
    let start =
        |after: u32| Timer::new(HOUR + Duration::from_nanos(after.into()), || ()).daemon(true).start();
    let others: Result<Vec<TimerHandle>, _> =
        (0..live).map(|n| start(n.wrapping_mul(7_919) % 1_000_003)).collect();
    let others = others.map_err(|error| error.to_string())?;
    let begun = Instant::now();
    let cancelled =
        (0..items as u32).filter(|n| start(n % 1_000_003).is_ok_and(|timer| timer.cancel())).count();
    let time = begun.elapsed();
    let all = cancelled as u64 == items && others.iter().all(TimerHandle::cancel);
    if all { Ok(Done::new(items, time)) } else { Err("a timer could not be cancelled".to_owned()) }
}

/// As Python's: each timer is a thread that waits, here for a message that cancels it.
fn a_thread_each(Load { items, .. }: Load) -> Result<Done, String> {
    let begun = Instant::now();
    for _ in 0..items {
        let (cancel, cancelled) = mpsc::channel();
        let timer = thread::spawn(move || cancelled.recv_timeout(HOUR));
        cancel.send(()).map_err(|error| error.to_string())?;
        timer.join().map_err(|_| "a timer panicked")?.map_err(|error| error.to_string())?;
    }
    Ok(Done::new(items, begun.elapsed()))
}
