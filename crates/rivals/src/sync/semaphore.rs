//! What does a permit cost, alone and with others about?

use crate::alone::alone;
use crate::bench::{Bench, Contestant, Done, Load, Unit};
use crate::goal::Goal;
use crate::together::{Part, together};
use std::cell::Cell;
use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Condvar, Mutex};

/// Some permits.
trait Permits: Send + Sync + 'static {
    fn new(permits: u32) -> Self;
    /// Takes a permit, waiting for it, runs `f`, and gives the permit back.
    fn with(&self, f: impl FnOnce());
    /// Takes a permit that is there, runs `f`, and gives the permit back.
    fn try_with(&self, f: impl FnOnce());
}

impl Permits for locks::Semaphore {
    fn new(permits: u32) -> Self {
        Self::new(permits)
    }
    #[inline]
    fn with(&self, f: impl FnOnce()) {
        self.acquire();
        f();
        self.release().unwrap();
    }
    #[inline]
    fn try_with(&self, f: impl FnOnce()) {
        assert!(self.try_acquire());
        f();
        self.release().unwrap();
    }
}

impl Permits for tokio::sync::Semaphore {
    fn new(permits: u32) -> Self {
        Self::new(permits as usize)
    }
    #[inline]
    fn with(&self, f: impl FnOnce()) {
        let permit = pollster::block_on(self.acquire()).unwrap();
        f();
        drop(permit);
    }
    #[inline]
    fn try_with(&self, f: impl FnOnce()) {
        let permit = self.try_acquire().unwrap();
        f();
        drop(permit);
    }
}

impl Permits for async_lock::Semaphore {
    fn new(permits: u32) -> Self {
        Self::new(permits as usize)
    }
    #[inline]
    fn with(&self, f: impl FnOnce()) {
        let permit = self.acquire_blocking();
        f();
        drop(permit);
    }
    #[inline]
    fn try_with(&self, f: impl FnOnce()) {
        let permit = self.try_acquire().unwrap();
        f();
        drop(permit);
    }
}

/// The obvious semaphore.
struct ByHand {
    permits: Mutex<u32>,
    released: Condvar,
}

impl Permits for ByHand {
    fn new(permits: u32) -> Self {
        Self { permits: Mutex::new(permits), released: Condvar::new() }
    }
    #[inline]
    fn with(&self, f: impl FnOnce()) {
        let mut permits =
            self.released.wait_while(self.permits.lock().unwrap(), |permits| *permits == 0).unwrap();
        *permits -= 1;
        drop(permits);
        f();
        *self.permits.lock().unwrap() += 1;
        self.released.notify_one();
    }
    #[inline]
    fn try_with(&self, f: impl FnOnce()) {
        self.with(f);
    }
}

macro_rules! contestants {
    ($function:ident $(, $argument:expr)*) => {
        vec![
            Contestant::new("selvedge", move |load| $function::<locks::Semaphore>($($argument,)* load)),
            Contestant::new("tokio", move |load| $function::<tokio::sync::Semaphore>($($argument,)* load)),
            Contestant::new("async-lock", move |load| $function::<async_lock::Semaphore>($($argument,)* load)),
            Contestant::new("Mutex+Condvar", move |load| $function::<ByHand>($($argument,)* load)),
        ]
    };
}

pub(super) fn benches() -> Vec<Bench> {
    const ASYNC: &[&str] = &["tokio", "async-lock"];
    let ns = Unit::Nanoseconds;
    let acquire = Bench::new("sync semaphore acquire, uncontended", ns, contestants!(acquire));
    let mut benches = vec![
        acquire.goal(Goal::Times(0.5, ASYNC)),
        // Two exchanges alone cost about half of what these two need.
        Bench::new("sync semaphore try_acquire, uncontended", ns, contestants!(try_acquire)),
    ];
    for (threads, permits) in [(2, 1), (4, 1), (4, 2), (4, 3), (8, 2)] {
        let name = format!("sync semaphore {threads} threads, permits: {permits}");
        let contestants = contestants!(contended, threads, permits);
        benches.push(Bench::new(name, ns, contestants).goal(Goal::Times(1.0, &[])));
    }
    benches
}

fn acquire<P: Permits>(Load { items, .. }: Load) -> Result<Done, String> {
    let (permits, count) = (P::new(1), Cell::new(0));
    let done = alone(items, || black_box(&permits).with(|| count.set(count.get() + 1)));
    if count.get() == items { done } else { Err(format!("entered {} times of {items}", count.get())) }
}

fn try_acquire<P: Permits>(Load { items, .. }: Load) -> Result<Done, String> {
    let (permits, count) = (P::new(1), Cell::new(0));
    let done = alone(items, || black_box(&permits).try_with(|| count.set(count.get() + 1)));
    if count.get() == items { done } else { Err(format!("entered {} times of {items}", count.get())) }
}

/// Who is inside, and how often anybody was.
#[derive(Default)]
struct Room {
    inside: AtomicU64,
    entered: AtomicU64,
    crowded: AtomicU64,
}

fn contended<P: Permits>(threads: u64, permits: u32, Load { items, .. }: Load) -> Result<Done, String> {
    let shared = Arc::new((P::new(permits), Room::default()));
    let part = |_| -> Part<()> {
        let shared = Arc::clone(&shared);
        Box::new(move || {
            let (semaphore, room) = &*shared;
            for _ in 0..items / threads {
                semaphore.with(|| {
                    // Relaxed, all of them: numbers that are read when everybody has been joined.
                    let inside = room.inside.fetch_add(1, Relaxed);
                    room.crowded.fetch_max(inside + 1, Relaxed);
                    room.entered.fetch_add(1, Relaxed);
                    room.inside.fetch_sub(1, Relaxed);
                });
            }
        })
    };
    let (time, _) = together((0..threads).map(part).collect());
    let room = &shared.1;
    let (entered, crowded) = (room.entered.load(Relaxed), room.crowded.load(Relaxed));
    let items = items / threads * threads;
    if entered == items && crowded <= permits.into() {
        Ok(Done::new(items, time))
    } else {
        Err(format!("entered {entered} times of {items}, {crowded} at once"))
    }
}
