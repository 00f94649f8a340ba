//! procspawn's pool.

use super::{WORKERS, ours};
use crate::bench::{Done, Load};
use procspawn::Pool;
use std::cell::OnceCell;
use std::time::{Duration, Instant};

thread_local! {
    static ONE: OnceCell<Pool> = const { OnceCell::new() };
    static SEVERAL: OnceCell<Pool> = const { OnceCell::new() };
}

/// As many results as wait at a time: each waiting task has three descriptors.
const AT_A_TIME: u64 = 64;

fn with<R>(workers: usize, act: impl FnOnce(&Pool) -> R) -> R {
    let cell = if workers == 1 { &ONE } else { &SEVERAL };
    cell.with(|cell| act(cell.get_or_init(|| Pool::new(workers).expect("main begins with init()"))))
}

pub(super) fn round_trips(Load { items, .. }: Load) -> Result<Done, String> {
    with(1, |pool| {
        let begun = Instant::now();
        for number in 0..items {
            let result = pool.spawn(number, |number| number).join().map_err(|error| error.to_string())?;
            if result != number {
                return Err(format!("{result} came back for {number}"));
            }
        }
        Ok(Done::new(items, begun.elapsed()))
    })
}

pub(super) fn single_tasks(Load { items, .. }: Load) -> Result<Done, String> {
    with(WORKERS, |pool| {
        let (begun, mut sum) = (Instant::now(), 0);
        for first in (0..items).step_by(AT_A_TIME as usize) {
            let numbers = first..items.min(first + AT_A_TIME);
            let handles: Vec<_> = numbers.map(|number| pool.spawn(number, |number| number)).collect();
            for handle in handles {
                sum += handle.join().map_err(|error| error.to_string())?;
            }
        }
        ours::summed(items, sum, begun)
    })
}

pub(super) fn starts(Load { items, .. }: Load, workers: usize) -> Result<Done, String> {
    let mut time = Duration::ZERO;
    for number in 0..items {
        let begun = Instant::now();
        let pool = Pool::new(workers).map_err(|error| error.to_string())?;
        let result = pool.spawn(number, |number| number).join().map_err(|error| error.to_string())?;
        time += begun.elapsed();
        if result != number {
            return Err(format!("{result} came back for {number}"));
        }
        pool.shutdown();
    }
    Ok(Done::new(items, time))
}
