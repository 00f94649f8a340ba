//! What does it cost to meet: at a barrier, or by events?

use crate::alone::alone;
use crate::bench::{Bench, Contestant, Done, Load, Unit};
use crate::goal::Goal;
use crate::stamp::Stamp;
use crate::together::{Part, together};
use std::hint::black_box;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

/// A flag to wait for.
trait Flag: Send + Sync + 'static {
    fn new() -> Self;
    fn set(&self);
    fn clear(&self);
    fn wait(&self);
}

impl Flag for locks::Event {
    fn new() -> Self {
        Self::new()
    }
    #[inline]
    fn set(&self) {
        self.set();
    }
    #[inline]
    fn clear(&self) {
        self.clear();
    }
    #[inline]
    fn wait(&self) {
        self.wait();
    }
}

/// Python's own: a flag under a lock, and a condition.
#[derive(Default)]
struct ByHand {
    flag: Mutex<bool>,
    changed: Condvar,
}

impl Flag for ByHand {
    fn new() -> Self {
        Self::default()
    }
    #[inline]
    fn set(&self) {
        *self.flag.lock().unwrap() = true;
        self.changed.notify_all();
    }
    #[inline]
    fn clear(&self) {
        *self.flag.lock().unwrap() = false;
    }
    #[inline]
    fn wait(&self) {
        drop(self.changed.wait_while(self.flag.lock().unwrap(), |flag| !*flag).unwrap());
    }
}

macro_rules! flags {
    ($function:ident) => {
        vec![
            Contestant::new("selvedge", $function::<locks::Event>),
            Contestant::new("Mutex+Condvar", $function::<ByHand>),
        ]
    };
}

pub(super) fn benches() -> Vec<Bench> {
    let bench = |name: &str, contestants| {
        Bench::new(name, Unit::Nanoseconds, contestants).goal(Goal::Times(1.0, &[]))
    };
    let barriers = |threads| {
        vec![
            Contestant::new("selvedge", move |load| ours(threads, load)),
            Contestant::new("std", move |load| stds(threads, load)),
        ]
    };
    let late = vec![
        Contestant::new("selvedge", ours_late as fn(Load) -> _),
        Contestant::new("std", stds_late as fn(Load) -> _),
    ];
    vec![
        bench("sync event set, wait, clear", flags!(alone_with_it)),
        bench("sync event ping-pong", flags!(ping_pong)),
        bench("sync barrier 2 threads", barriers(2)),
        bench("sync barrier 4 threads", barriers(4)),
        bench("sync barrier 4 threads, one 100 us late", late),
    ]
}

fn alone_with_it<F: Flag>(Load { items, .. }: Load) -> Result<Done, String> {
    let flag = F::new();
    alone(items, || {
        let flag = black_box(&flag);
        flag.set();
        flag.wait();
        flag.clear();
    })
}

/// An item is one event that is set, waited for and cleared.
fn ping_pong<F: Flag>(Load { items, .. }: Load) -> Result<Done, String> {
    let flags = Arc::new([F::new(), F::new()]);
    let part = |first: usize| -> Part<()> {
        let flags = Arc::clone(&flags);
        Box::new(move || {
            for _ in 0..items / 2 {
                if first == 0 {
                    flags[0].set();
                }
                flags[1 - first].wait();
                flags[1 - first].clear();
                if first == 1 {
                    flags[1].set();
                }
            }
        })
    };
    // The one sets 0 and waits for 1; the other waits for 0 and sets 1.
    let (time, _) = together((0..2).map(part).collect());
    Ok(Done::new(items, time))
}

/// An item is one meeting of all.
fn ours(threads: usize, Load { items, .. }: Load) -> Result<Done, String> {
    let barrier = Arc::new(locks::Barrier::new(threads));
    meet(threads, items, move || barrier.wait().unwrap() == 0)
}

fn stds(threads: usize, Load { items, .. }: Load) -> Result<Done, String> {
    let barrier = Arc::new(std::sync::Barrier::new(threads));
    meet(threads, items, move || barrier.wait().is_leader())
}

/// Of each meeting exactly one thread is told that it leads.
fn meet(
    threads: usize,
    items: u64,
    leads: impl Fn() -> bool + Clone + Send + 'static,
) -> Result<Done, String> {
    let part = |_| -> Part<u64> {
        let leads = leads.clone();
        Box::new(move || (0..items).filter(|_| leads()).count() as u64)
    };
    let (time, led) = together((0..threads).map(part).collect());
    let led: u64 = led.into_iter().sum();
    if led == items { Ok(Done::new(items, time)) } else { Err(format!("{led} leaders of {items} meetings")) }
}

fn ours_late(load: Load) -> Result<Done, String> {
    let barrier = locks::Barrier::new(LATE_PARTIES);
    meet_late(load, move || _ = barrier.wait().unwrap())
}

fn stds_late(load: Load) -> Result<Done, String> {
    let barrier = std::sync::Barrier::new(LATE_PARTIES);
    meet_late(load, move || _ = barrier.wait())
}

const LATE_PARTIES: usize = 4;

/// One thread comes when all others are asleep: from then until they run, on the mean.
fn meet_late(Load { items, .. }: Load, wait: impl Fn() + Send + Sync + 'static) -> Result<Done, String> {
    let shared = Arc::new((wait, Stamp::of_others(LATE_PARTIES as u32 - 1)));
    let part = |number: usize| -> Part<Duration> {
        let shared = Arc::clone(&shared);
        let meeting = move |_| {
            if number == 0 {
                shared.1.let_others_sleep();
            }
            (shared.0)();
            if number == 0 { Duration::ZERO } else { shared.1.elapsed() }
        };
        Box::new(move || (0..items).map(meeting).sum())
    };
    let (_, times) = together((0..LATE_PARTIES).map(part).collect());
    Ok(Done::new(items, times.into_iter().sum::<Duration>() / (LATE_PARTIES as u32 - 1)))
}
