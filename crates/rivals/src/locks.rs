//! How long does a critical section take, alone and with others about?

use crate::bench::Contestant;
use crate::together::{Part, together};
use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A lock around a counter.
trait Counter: Send + Sync + 'static {
    fn new() -> Self;
    /// Locks, adds one, unlocks.
    fn add_one(&self);
    fn value(&self) -> u64;
}

impl Counter for locks::Lock<u64> {
    fn new() -> Self {
        Self::new(0)
    }
    #[inline]
    fn add_one(&self) {
        *self.lock() += 1;
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
    fn add_one(&self) {
        *self.lock().unwrap() += 1;
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
    fn add_one(&self) {
        *self.lock() += 1;
    }
    fn value(&self) -> u64 {
        *self.lock()
    }
}

pub(crate) fn contestants(threads: u64) -> Vec<Contestant> {
    vec![
        Contestant::new("selvedge", move |items| count::<locks::Lock<u64>>(threads, items)),
        Contestant::new("std::sync::Mutex", move |items| count::<std::sync::Mutex<u64>>(threads, items)),
        Contestant::new("parking_lot", move |items| count::<parking_lot::Mutex<u64>>(threads, items)),
    ]
}

/// Enters the lock `items` times, each thread as often as the others and with nothing to do in between.
fn count<C: Counter>(threads: u64, items: u64) -> Result<Duration, String> {
    let counter = Arc::new(C::new());
    let time = match threads {
        1 => {
            let begun = Instant::now();
            enter(&*counter, items);
            begun.elapsed()
        }
        _ => {
            let part = || -> Part<()> {
                let counter = Arc::clone(&counter);
                Box::new(move || enter(&*counter, items / threads))
            };
            together((0..threads).map(|_| part()).collect()).0
        }
    };
    match counter.value() {
        value if value == items => Ok(time),
        value => Err(format!("counted {value} of {items}: the lock does not exclude")),
    }
}

fn enter<C: Counter>(counter: &C, times: u64) {
    for _ in 0..times {
        // Or the compiler might see that the counter is nobody else's.
        black_box(counter).add_one();
    }
}
