//! How long does a critical section take, alone and with others about?

use crate::bench::{Contestant, Done, Load};
use crate::together::{Part, together};
use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

/// A lock around a counter.
trait Counter: Send + Sync + 'static {
    fn new() -> Self;
    /// Locks, adds one if that does not exceed `limit`, unlocks; says whether it did.
    fn add_up_to(&self, limit: u64) -> bool;
    fn value(&self) -> u64;
}

impl Counter for locks::Lock<u64> {
    fn new() -> Self {
        Self::new(0)
    }
    #[inline]
    fn add_up_to(&self, limit: u64) -> bool {
        add_up_to(&mut self.lock(), limit)
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
    fn add_up_to(&self, limit: u64) -> bool {
        add_up_to(&mut self.lock().unwrap(), limit)
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
    fn add_up_to(&self, limit: u64) -> bool {
        add_up_to(&mut self.lock(), limit)
    }
    fn value(&self) -> u64 {
        *self.lock()
    }
}

pub(crate) fn contestants(threads: u64) -> Vec<Contestant> {
    vec![
        Contestant::new("selvedge", move |load| count::<locks::Lock<u64>>(threads, load)),
        Contestant::new("std::sync::Mutex", move |load| count::<std::sync::Mutex<u64>>(threads, load)),
        Contestant::new("parking_lot", move |load| count::<parking_lot::Mutex<u64>>(threads, load)),
    ]
}

/// The critical section.
#[inline]
fn add_up_to(value: &mut u64, limit: u64) -> bool {
    let goes_on = *value < limit;
    *value += u64::from(goes_on);
    goes_on
}

/// Enters the lock `items` times altogether, with nothing to do in between. All threads go on to the end, so
/// that there is contention to the end: how often each enters is up to the lock.
fn count<C: Counter>(threads: u64, Load { items, .. }: Load) -> Result<Done, String> {
    let counter = Arc::new(C::new());
    let (time, entered) = match threads {
        1 => {
            let begun = Instant::now();
            let entered = enter(&*counter, items);
            (begun.elapsed(), entered)
        }
        _ => {
            let part = || -> Part<u64> {
                let counter = Arc::clone(&counter);
                Box::new(move || enter(&*counter, items))
            };
            let (time, entered) = together((0..threads).map(|_| part()).collect());
            (time, entered.into_iter().sum())
        }
    };
    match (entered, counter.value()) {
        (entered, value) if entered == items && value == items => Ok(Done { items, time }),
        (entered, value) => {
            Err(format!("entered {entered} times to count to {value}: the lock does not exclude"))
        }
    }
}

/// Says how often it has entered.
fn enter<C: Counter>(counter: &C, limit: u64) -> u64 {
    let mut entered = 0;
    // Or the compiler might see that the counter is nobody else's.
    while black_box(counter).add_up_to(limit) {
        entered += 1;
    }
    entered
}
