//! What one thread alone could see of a semaphore that is full, and histories of many to be compared with it: for real
//! threads, shuttle's and loom's.

use histories::{Recorder, Specification, check};
use locks::{BoundedSemaphore, Semaphore};
use platform::atomic::{
    AtomicU32,
    Ordering::{Acquire, Relaxed, Release},
};

/// What the histories ask of a semaphore: the real one, or a twin.
pub(crate) trait Permits: Send + Sync + 'static {
    fn acquire(&self, n: u32);
    fn try_acquire(&self, n: u32) -> bool;
    fn release(&self, n: u32) -> bool;
    fn value(&self) -> u32;
}

macro_rules! permits {
    ($semaphore:ident) => {
        impl Permits for $semaphore {
            fn acquire(&self, n: u32) {
                self.acquire_many(n);
            }

            fn try_acquire(&self, n: u32) -> bool {
                self.try_acquire_many(n)
            }

            fn release(&self, n: u32) -> bool {
                self.release_many(n).is_ok()
            }

            fn value(&self) -> u32 {
                self.value()
            }
        }
    };
}

permits!(BoundedSemaphore);
permits!(Semaphore);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Op {
    Acquire(u32),
    TryAcquire(u32),
    Release(u32),
    Value,
}

/// How many permits nobody holds, and the most that there may be.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Counter {
    value: u32,
    most: u32,
}

impl Specification for Counter {
    type Operation = Op;
    /// The value; for the others, whether they did it.
    type Outcome = u32;

    fn apply(&mut self, op: &Op, outcome: &u32) -> bool {
        match (*op, *outcome) {
            (Op::Value, value) => self.value == value,
            (Op::Acquire(n) | Op::TryAcquire(n), 1) if self.value >= n => {
                self.value -= n;
                true
            }
            // A try takes nothing from one who has waited for long, and may look at a moment past.
            (Op::TryAcquire(_), 0) => true,
            (Op::Release(n), 1) if self.value + n <= self.most => {
                self.value += n;
                true
            }
            (Op::Release(n), 0) => self.value + n > self.most,
            _ => false,
        }
    }
}

/// A semaphore and what was done to it.
pub(crate) struct Witnessed<P> {
    permits: P,
    most: u32,
    recorder: Recorder<Op, u32>,
}

impl<P: Permits> Witnessed<P> {
    /// Of a semaphore with `most` permits, all of them free.
    pub(crate) fn new(permits: P, most: u32) -> Self {
        Self { permits, most, recorder: Recorder::new() }
    }

    /// Does it, writes it down, and says whether it was done.
    pub(crate) fn does(&self, op: Op) -> bool {
        let outcome = self.recorder.call(op, || match op {
            Op::Acquire(n) => {
                self.permits.acquire(n);
                1
            }
            Op::TryAcquire(n) => self.permits.try_acquire(n).into(),
            Op::Release(n) => self.permits.release(n).into(),
            Op::Value => self.permits.value(),
        });
        outcome == 1
    }

    /// Whether one thread alone could have seen the same, in some order.
    pub(crate) fn explained(self) -> Result<(), String> {
        let all_free = Counter { value: self.most, most: self.most };
        check(all_free, &self.recorder.into_history()).map_err(|violation| violation.to_string())
    }
}

/// The one thing that a twin does wrong.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Flaw {
    /// It looks, and then takes what may be there no longer.
    LooksAndTakes,
    /// Several permits come back one by one.
    ReleasesOneByOne,
    /// A permit is added, and taken back where it was one too many, although others may have taken it.
    AddsAndTakesBack,
}

/// A semaphore that nobody waits for: who needs permits tries again.
///
/// A history that it spoils still ends: its value may fall below zero, as who has tried long enough takes what is not
/// there.
pub(crate) struct Twin {
    value: AtomicU32,
    most: u32,
    flaw: Flaw,
}

impl Twin {
    pub(crate) fn new(flaw: Flaw, most: u32) -> Self {
        Self { value: AtomicU32::new(most), most, flaw }
    }

    /// Whether there are so many or more.
    fn has(seen: u32, n: u32) -> bool {
        seen.cast_signed() >= n.cast_signed()
    }
}

impl Permits for Twin {
    fn acquire(&self, n: u32) {
        for _ in 0..10_000 {
            if self.try_acquire(n) {
                return;
            }
            platform::thread::yield_now();
        }
        self.value.fetch_sub(n, Acquire);
    }

    fn try_acquire(&self, n: u32) -> bool {
        let seen = self.value.load(Relaxed);
        if !Self::has(seen, n) {
            return false;
        }
        if self.flaw == Flaw::LooksAndTakes {
            platform::thread::yield_now();
            self.value.fetch_sub(n, Acquire);
            return true;
        }
        self.value.compare_exchange(seen, seen - n, Acquire, Relaxed).is_ok()
    }

    fn release(&self, n: u32) -> bool {
        if self.flaw == Flaw::AddsAndTakesBack {
            let fits = !Self::has(self.value.fetch_add(n, Release).wrapping_add(n), self.most + 1);
            if !fits {
                platform::thread::yield_now();
                self.value.fetch_sub(n, Relaxed);
            }
            return fits;
        }
        if Self::has(self.value.load(Relaxed).wrapping_add(n), self.most + 1) {
            return false;
        }
        let at_once = if self.flaw == Flaw::ReleasesOneByOne { 1 } else { n };
        for _ in 0..n / at_once {
            self.value.fetch_add(at_once, Release);
            platform::thread::yield_now();
        }
        true
    }

    fn value(&self) -> u32 {
        let value = self.value.load(Relaxed);
        if Self::has(value, self.most) { self.most } else { value }
    }
}
