//! What does a task in another process cost?
//!
//! Beside Python's two pools (`python3`), procspawn, and what the machine itself takes: two processes that wake each
//! other through a word of memory that both map, and a copy of the payload.

#[cfg(target_os = "linux")]
mod bare;
#[cfg(target_os = "linux")]
mod ours;
#[cfg(target_os = "linux")]
mod payload;
#[cfg(target_os = "linux")]
mod python;
#[cfg(target_os = "linux")]
mod spawned;

use crate::bench::Bench;

/// The workers of the rows with several.
#[cfg(target_os = "linux")]
const WORKERS: usize = 2;

/// Serves, in a worker of one of the pools.
pub(crate) fn init() {
    #[cfg(target_os = "linux")]
    {
        workers_multiprocess::init();
        procspawn::init();
    }
}

/// None where there are no process pools.
#[cfg(not(target_os = "linux"))]
pub(crate) fn benches() -> Vec<Bench> {
    Vec::new()
}

#[cfg(target_os = "linux")]
pub(crate) fn benches() -> Vec<Bench> {
    use crate::bench::{Contestant, Unit};
    use crate::goal::Goal;
    use python::{EXECUTOR, POOL, Python};

    let (pool, executor) = (Python::new("Pool"), Python::new("ProcessPoolExecutor"));
    let row = |name, unit, goal, contestants| Bench::new(name, unit, contestants).goal(goal);
    vec![
        row(
            "pool round trip, 1 worker",
            Unit::Nanoseconds,
            Goal::Times(2.0, &[bare::SLEEPING]),
            vec![
                Contestant::new("selvedge", ours::round_trips),
                Contestant::new(bare::SLEEPING, |load| bare::ping_pong(load, false)),
                Contestant::new(bare::SPINNING, |load| bare::ping_pong(load, true)),
                Contestant::new("procspawn", spawned::round_trips),
                pool.contestant(POOL, "round_trips"),
                executor.contestant(EXECUTOR, "round_trips"),
            ],
        ),
        row(
            "pool single tasks, 2 workers",
            Unit::Millions,
            Goal::Times(0.05, &[EXECUTOR]),
            vec![
                Contestant::new("selvedge", ours::single_tasks),
                Contestant::new("procspawn", spawned::single_tasks),
                executor.contestant(EXECUTOR, "single_tasks"),
            ],
        ),
        row(
            "pool map of tiny tasks, 2 workers",
            Unit::Millions,
            Goal::Times(0.2, &[POOL]),
            vec![Contestant::new("selvedge", ours::map), pool.contestant(POOL, "map")],
        ),
        row(
            "pool 64 MiB to a worker",
            Unit::Nanoseconds,
            Goal::Times(1.25, &[payload::COPY]),
            vec![
                Contestant::new("selvedge", payload::there),
                Contestant::new(payload::COPY, payload::copy),
                pool.contestant(POOL, "payload"),
            ],
        )
        .heavy(),
        row(
            "pool 64 MiB from a worker",
            Unit::Nanoseconds,
            Goal::Times(1.25, &[payload::COPY]),
            vec![Contestant::new("selvedge", payload::back), Contestant::new(payload::COPY, payload::copy)],
        )
        .heavy(),
        // The pages of a file in memory are small, and cost what they cost: there is no goal.
        Bench::new(
            "pool 64 MiB made by a worker",
            Unit::Nanoseconds,
            vec![Contestant::new("selvedge", payload::made), Contestant::new(payload::FILL, payload::fill)],
        )
        .heavy(),
        row(
            "pool start of 2 workers",
            Unit::Nanoseconds,
            Goal::Below(20e6),
            vec![Contestant::new("selvedge", |load| ours::starts(load, 2))],
        )
        .heavy(),
        row(
            "pool start of 4 workers",
            Unit::Nanoseconds,
            Goal::Times(1.0, &[]),
            vec![
                Contestant::new("selvedge", |load| ours::starts(load, 4)),
                Contestant::new("procspawn", |load| spawned::starts(load, 4)),
                pool.contestant(POOL, "starts"),
                executor.contestant(EXECUTOR, "starts"),
            ],
        )
        .heavy(),
        row(
            "pool memory of a worker",
            Unit::Bytes,
            Goal::Times(1.0, &[]),
            vec![Contestant::counted("selvedge", ours::resident), pool.counted(POOL, "resident")],
        ),
    ]
}
