//! What does a task of a thread pool cost, with its result, one after the other and many at once?
//!
//! Two threads each, which the contestants place themselves. The plain pool is what one writes in a hurry: threads that
//! take boxed closures from one channel, and a channel for the results.

use crate::bench::{Bench, Contestant, Done, Load, Unit};
use rayon::iter::{IntoParallelIterator, ParallelIterator};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::thread;
use std::time::Instant;
use workers_multiprocess::ThreadPool;

const THREADS: usize = 2;
/// Tasks that are submitted before anybody waits for one.
const MANY: u64 = 1024;
/// Numbers that a scope's tasks add up, and how many tasks do.
const NUMBERS: usize = 1024;
const PARTS: usize = 4;

pub(super) fn benches() -> Vec<Bench> {
    let bench = |name, unit, contestants| Bench::new(name, unit, contestants);
    let no_map = "a channel has no map";
    vec![
        bench(
            "threads pool round trip",
            Unit::Nanoseconds,
            vec![
                Contestant::new("selvedge", |load| {
                    timed(load, ours(), |pool, items| {
                        (0..items).map(|n| pool.submit(|n| n, n).result().unwrap_or(0)).sum()
                    })
                }),
                Contestant::new("rayon", |load| {
                    timed(load, rayons(), |pool, items| (0..items).map(|n| pool.install(|| n)).sum())
                }),
                Contestant::new("channel", |load| {
                    timed(load, Ok(Plain::new()), |pool, items| {
                        (0..items).map(|n| pool.results(n..n + 1)).sum()
                    })
                }),
            ],
        ),
        bench(
            "threads pool tasks",
            Unit::Millions,
            vec![
                Contestant::new("selvedge", |load| {
                    timed(load, ours(), |pool, items| {
                        many(items, |numbers| {
                            let futures: Vec<_> = numbers.map(|n| pool.submit(|n| n, n)).collect();
                            futures.into_iter().map(|future| future.result().unwrap_or(0)).sum()
                        })
                    })
                }),
                Contestant::new("rayon", |load| {
                    timed(load, rayons(), |pool, items| {
                        many(items, |numbers| {
                            let sum = AtomicU64::new(0);
                            let add = &sum;
                            // Relaxed: the scope orders it.
                            pool.in_place_scope(|scope| {
                                numbers.for_each(|n| scope.spawn(move |_| _ = add.fetch_add(n, Relaxed)))
                            });
                            sum.into_inner()
                        })
                    })
                }),
                Contestant::new("channel", |load| {
                    timed(load, Ok(Plain::new()), |pool, items| many(items, |numbers| pool.results(numbers)))
                }),
            ],
        ),
        bench(
            "threads pool map",
            Unit::Millions,
            vec![
                Contestant::new("selvedge", |load| {
                    timed(load, ours(), |pool, items| pool.map(|n| n, 0..items).map(|n| n.unwrap_or(0)).sum())
                }),
                Contestant::new("rayon", |load| {
                    timed(load, rayons(), |pool, items| {
                        pool.install(|| (0..items).into_par_iter().map(std::hint::black_box).sum())
                    })
                }),
                Contestant::absent("channel", no_map),
            ],
        ),
        bench(
            "threads pool scope of 4",
            Unit::Nanoseconds,
            vec![
                Contestant::new("selvedge", |load| {
                    timed(load, ours(), |pool, items| {
                        scopes(items, |parts, sum| {
                            pool.scope(|scope| {
                                parts.iter().for_each(|part| drop(scope.submit(|| add(part, sum))))
                            });
                        })
                    })
                }),
                Contestant::new("rayon", |load| {
                    timed(load, rayons(), |pool, items| {
                        scopes(items, |parts, sum| {
                            pool.in_place_scope(|scope| {
                                parts.iter().for_each(|part| scope.spawn(|_| add(part, sum)))
                            });
                        })
                    })
                }),
                Contestant::new("std::thread", |load| {
                    timed(load, Ok(()), |(), items| {
                        scopes(items, |parts, sum| {
                            thread::scope(|scope| {
                                parts.iter().for_each(|part| _ = scope.spawn(|| add(part, sum)))
                            });
                        })
                    })
                }),
            ],
        ),
    ]
}

fn ours() -> Result<ThreadPool, String> {
    ThreadPool::new(THREADS).map_err(|error| error.to_string())
}

fn rayons() -> Result<rayon::ThreadPool, String> {
    rayon::ThreadPoolBuilder::new().num_threads(THREADS).build().map_err(|error| error.to_string())
}

/// Does the work, whose result is the sum of the items' numbers.
fn timed<P>(
    Load { items, .. }: Load,
    pool: Result<P, String>,
    work: impl FnOnce(&P, u64) -> u64,
) -> Result<Done, String> {
    let pool = pool?;
    let begun = Instant::now();
    let sum = work(&pool, items);
    let time = begun.elapsed();
    match sum == items * (items - 1) / 2 {
        true => Ok(Done::new(items, time)),
        false => Err(format!("the results of {items} tasks are {sum} together")),
    }
}

/// So many items, some at a time.
fn many(items: u64, work: impl Fn(std::ops::Range<u64>) -> u64) -> u64 {
    (0..items).step_by(MANY as usize).map(|first| work(first..items.min(first + MANY))).sum()
}

/// So many scopes, each of which adds up the same numbers in parts.
fn scopes(items: u64, scope: impl Fn(&[&[u64]], &AtomicU64)) -> u64 {
    let numbers: Vec<u64> = (0..NUMBERS as u64).collect();
    let parts: Vec<_> = numbers.chunks(NUMBERS / PARTS).collect();
    let is_right = |_: &u64| {
        let sum = AtomicU64::new(0);
        scope(&parts, &sum);
        sum.into_inner() == (NUMBERS * (NUMBERS - 1) / 2) as u64
    };
    (0..items).filter(is_right).sum()
}

fn add(part: &[u64], sum: &AtomicU64) {
    // Relaxed: the scope orders it.
    sum.fetch_add(std::hint::black_box(part).iter().sum(), Relaxed);
}

type Job = Box<dyn FnOnce() -> u64 + Send>;

struct Plain {
    jobs: Option<crossbeam_channel::Sender<Job>>,
    results: crossbeam_channel::Receiver<u64>,
    threads: Vec<thread::JoinHandle<()>>,
}

impl Plain {
    fn new() -> Self {
        let (jobs, taken) = crossbeam_channel::unbounded::<Job>();
        let (sent, results) = crossbeam_channel::unbounded();
        let start = |_| {
            let (taken, sent) = (taken.clone(), sent.clone());
            thread::spawn(move || taken.iter().for_each(|job| _ = sent.send(job())))
        };
        Self { jobs: Some(jobs), results, threads: (0..THREADS).map(start).collect() }
    }

    fn results(&self, numbers: std::ops::Range<u64>) -> u64 {
        let tasks = numbers.end - numbers.start;
        let jobs = self.jobs.as_ref().into_iter();
        jobs.for_each(|jobs| numbers.clone().for_each(|n| _ = jobs.send(Box::new(move || n))));
        self.results.iter().take(tasks as usize).sum()
    }
}

impl Drop for Plain {
    fn drop(&mut self) {
        self.jobs = None;
        self.threads.drain(..).for_each(|thread| _ = thread.join());
    }
}
