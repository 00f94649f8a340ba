//! How long does a critical section take, alone and with others about?

use crate::alone::alone;
use crate::bench::{Bench, Contestant, Done, Load, Unit};
use crate::goal::Goal;
use crate::together::{Part, together};
use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

/// A lock around a counter.
trait Counter: Send + Sync + 'static {
    fn new() -> Self;
    /// Locks, adds one if that does not exceed `limit`, stays for so many turns, unlocks; says whether it added.
    fn add_up_to(&self, limit: u64, inside: u64) -> bool;
    fn value(&self) -> u64;
}

impl Counter for ::locks::Lock<u64> {
    fn new() -> Self {
        Self::new(0)
    }
    #[inline]
    fn add_up_to(&self, limit: u64, inside: u64) -> bool {
        add_up_to(&mut self.lock(), limit, inside)
    }
    fn value(&self) -> u64 {
        *self.lock()
    }
}

impl Counter for std::sync::Mutex<u64> {
    fn new() -> Self {
        Self::new(0)
    }
    #[inline]
    fn add_up_to(&self, limit: u64, inside: u64) -> bool {
        add_up_to(&mut self.lock().unwrap(), limit, inside)
    }
    fn value(&self) -> u64 {
        *self.lock().unwrap()
    }
}

impl Counter for parking_lot::Mutex<u64> {
    fn new() -> Self {
        Self::new(0)
    }
    #[inline]
    fn add_up_to(&self, limit: u64, inside: u64) -> bool {
        add_up_to(&mut self.lock(), limit, inside)
    }
    fn value(&self) -> u64 {
        *self.lock()
    }
}

impl Counter for usync::Mutex<u64> {
    fn new() -> Self {
        Self::new(0)
    }
    #[inline]
    fn add_up_to(&self, limit: u64, inside: u64) -> bool {
        add_up_to(&mut self.lock(), limit, inside)
    }
    fn value(&self) -> u64 {
        *self.lock()
    }
}

/// No lock, and nobody waits: how long it takes at most shows what the machine does by itself to threads that share
/// its cores.
impl Counter for AtomicU64 {
    fn new() -> Self {
        Self::new(0)
    }
    #[inline]
    fn add_up_to(&self, limit: u64, _: u64) -> bool {
        let next = |value| (value < limit).then_some(value + 1);
        self.fetch_update(Relaxed, Relaxed, next).is_ok()
    }
    fn value(&self) -> u64 {
        self.load(Relaxed)
    }
}

/// How long a section is and what lies between two of them, in turns of an empty loop.
#[derive(Clone, Copy)]
struct Section {
    inside: u64,
    outside: u64,
}

const TINY: Section = Section { inside: 0, outside: 0 };
const LONGER: Section = Section { inside: 50, outside: 200 };

macro_rules! contestants {
    ($function:ident, $($argument:expr),*) => {
        vec![
            Contestant::new("selvedge", move |load| $function::<::locks::Lock<u64>>($($argument,)* load)),
            Contestant::new("std::sync::Mutex", move |load| $function::<std::sync::Mutex<u64>>($($argument,)* load)),
            Contestant::new("parking_lot", move |load| $function::<parking_lot::Mutex<u64>>($($argument,)* load)),
            Contestant::new("usync", move |load| $function::<usync::Mutex<u64>>($($argument,)* load)),
        ]
    };
}

pub(crate) fn benches() -> Vec<Bench> {
    const STD: &[&str] = &["std::sync::Mutex", "parking_lot"];
    let ns = Unit::Nanoseconds;
    let mut benches = vec![
        Bench::new("lock size", Unit::Bytes, sizes()),
        Bench::new("lock uncontended", ns, contestants!(count_alone,)).goal(Goal::Times(1.0, STD)),
    ];
    for (what, section) in [("tiny sections", TINY), ("50 in, 200 out", LONGER)] {
        for threads in [2, 4, 8] {
            let name = format!("lock contended {threads} threads, {what}");
            benches.push(Bench::new(name, ns, contestants(threads, section)).goal(Goal::Times(1.05, &[])));
        }
    }
    let name = "lock hammered 4 threads";
    let mut with_control = timed();
    with_control.push(Contestant::new("no lock", count_timed::<AtomicU64>));
    let longest = Bench::new(format!("{name}, longest wait"), Unit::LongestWait, with_control);
    benches.push(longest.goal(Goal::Below(5.0)));
    benches.push(Bench::new(format!("{name}, a section"), ns, timed()).goal(Goal::Times(1.25, &[])));
    benches
}

fn contestants(threads: u64, section: Section) -> Vec<Contestant> {
    contestants!(count, threads, section)
}

/// Of a lock around nothing.
fn sizes() -> Vec<Contestant> {
    vec![
        Contestant::known("selvedge", size_of::<::locks::Lock<()>>() as f64),
        Contestant::known("std::sync::Mutex", size_of::<std::sync::Mutex<()>>() as f64),
        Contestant::known("parking_lot", size_of::<parking_lot::Mutex<()>>() as f64),
        Contestant::known("usync", size_of::<usync::Mutex<()>>() as f64),
    ]
}

fn timed() -> Vec<Contestant> {
    contestants!(count_timed,)
}

/// The critical section.
#[inline]
fn add_up_to(value: &mut u64, limit: u64, inside: u64) -> bool {
    let goes_on = *value < limit;
    *value += u64::from(goes_on);
    turns(inside);
    goes_on
}

/// So many turns of a loop that the compiler leaves as it is.
#[inline]
fn turns(count: u64) {
    for turn in 0..count {
        black_box(turn);
    }
}

fn count_alone<C: Counter>(Load { items, .. }: Load) -> Result<Done, String> {
    let counter = C::new();
    let done = alone(items, || _ = black_box(&counter).add_up_to(u64::MAX, 0))?;
    verified(&counter, items, done)
}

/// Enters the lock `items` times altogether. All threads go on to the end, so that there is contention to the
/// end: how often each enters is up to the lock.
fn count<C: Counter>(threads: u64, section: Section, Load { items, .. }: Load) -> Result<Done, String> {
    let counter = Arc::new(C::new());
    let part = || -> Part<u64> {
        let counter = Arc::clone(&counter);
        Box::new(move || enter(&*counter, items, section))
    };
    let (time, entered) = together((0..threads).map(|_| part()).collect());
    let entered = entered.into_iter().sum();
    verified(&*counter, entered, Done::new(items, time))
}

fn verified<C: Counter>(counter: &C, entered: u64, done: Done) -> Result<Done, String> {
    match (entered, counter.value()) {
        (entered, value) if entered == done.items && value == done.items => Ok(done),
        (entered, value) => {
            Err(format!("entered {entered} times to count to {value}: the lock does not exclude"))
        }
    }
}

/// Says how often it has entered.
fn enter<C: Counter>(counter: &C, limit: u64, section: Section) -> u64 {
    let mut entered = 0;
    // Or the compiler might see that the counter is nobody else's.
    while black_box(counter).add_up_to(limit, section.inside) {
        entered += 1;
        turns(section.outside);
    }
    entered
}

/// The same by four threads, each of which looks at the clock before and after.
fn count_timed<C: Counter>(Load { items, .. }: Load) -> Result<Done, String> {
    let counter = Arc::new(C::new());
    let part = || -> Part<(u64, Duration)> {
        let counter = Arc::clone(&counter);
        Box::new(move || {
            let (mut entered, mut longest) = (0, Duration::ZERO);
            loop {
                let begun = Instant::now();
                let goes_on = black_box(&*counter).add_up_to(items, 0);
                longest = longest.max(begun.elapsed());
                if !goes_on {
                    return (entered, longest);
                }
                entered += 1;
            }
        })
    };
    let (time, parts) = together((0..4).map(|_| part()).collect());
    let entered = parts.iter().map(|(entered, _)| entered).sum();
    let longest = parts.iter().map(|(_, longest)| *longest).max().unwrap_or_default();
    verified(&*counter, entered, Done { longest, ..Done::new(items, time) })
}
