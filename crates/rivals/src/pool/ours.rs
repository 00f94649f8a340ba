//! Our pool.

use super::WORKERS;
use crate::bench::{Done, Load};
use std::cell::OnceCell;
use std::time::Instant;
use workers_multiprocess::{ProcessPool, task};

#[task]
fn same(number: u64) -> u64 {
    number
}

thread_local! {
    // Made when the first row needs them, and kept: a measurement does not pay for the start.
    static ONE: OnceCell<ProcessPool> = const { OnceCell::new() };
    static SEVERAL: OnceCell<ProcessPool> = const { OnceCell::new() };
}

fn with<R>(workers: usize, act: impl FnOnce(&ProcessPool) -> R) -> R {
    let cell = if workers == 1 { &ONE } else { &SEVERAL };
    cell.with(|cell| act(cell.get_or_init(|| ProcessPool::new(workers).expect("main begins with init()"))))
}

pub(super) fn with_one<R>(act: impl FnOnce(&ProcessPool) -> R) -> R {
    with(1, act)
}

pub(super) fn round_trips(Load { items, .. }: Load) -> Result<Done, String> {
    with(1, |pool| {
        let begun = Instant::now();
        for number in 0..items {
            let result = pool.submit(same, number).result().map_err(|error| error.to_string())?;
            if result != number {
                return Err(format!("{result} came back for {number}"));
            }
        }
        Ok(Done::new(items, begun.elapsed()))
    })
}

pub(super) fn single_tasks(Load { items, .. }: Load) -> Result<Done, String> {
    with(WORKERS, |pool| {
        let begun = Instant::now();
        let futures: Vec<_> = (0..items).map(|number| pool.submit(same, number)).collect();
        let results = futures.into_iter().map(|future| future.result());
        let sum = results.sum::<Result<u64, _>>().map_err(|error| error.to_string())?;
        summed(items, sum, begun)
    })
}

pub(super) fn map(Load { items, .. }: Load) -> Result<Done, String> {
    with(WORKERS, |pool| {
        let begun = Instant::now();
        let sum = pool.map(same, 0..items).sum::<Result<u64, _>>().map_err(|error| error.to_string())?;
        summed(items, sum, begun)
    })
}

pub(super) fn summed(items: u64, sum: u64, begun: Instant) -> Result<Done, String> {
    match sum == items * (items - 1) / 2 {
        true => Ok(Done::new(items, begun.elapsed())),
        false => Err(format!("the results of {items} tasks are {sum} together")),
    }
}

/// An item is a pool that was started and has done a task; its end is not timed.
pub(super) fn starts(Load { items, .. }: Load, workers: usize) -> Result<Done, String> {
    let mut time = std::time::Duration::ZERO;
    for number in 0..items {
        let begun = Instant::now();
        let pool = ProcessPool::new(workers).map_err(|error| error.to_string())?;
        let result = pool.submit(same, number).result();
        time += begun.elapsed();
        if result != Ok(number) {
            return Err(format!("{result:?} came back for {number}"));
        }
    }
    Ok(Done::new(items, time))
}

pub(super) fn resident() -> Result<f64, String> {
    with(WORKERS, |pool| {
        pool.map(same, 0..1000).for_each(drop);
        let workers = pool.statistics().workers;
        let largest = workers.iter().flatten().map(|worker| worker.resident).max();
        largest.map(|bytes| bytes as f64).ok_or_else(|| "no worker is up".to_owned())
    })
}
