//! Kills workers at random while their pool works.

use crate::{random::Random, tally::Watched};
use rustix::process::{Pid, Signal, kill_process};
use std::{
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    thread,
    time::Duration,
};
use workers_multiprocess::ProcessPool;

/// How many signals were sent.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Kills {
    pub(crate) kill: u64,
    pub(crate) segv: u64,
    pub(crate) stop: u64,
}

/// Strikes every 15 milliseconds or so until `is_over`. A worker that is stopped goes on, or is killed, soon after,
/// unless the pool's time limit is to end it.
pub(crate) fn strike(
    pool: &ProcessPool,
    has_limit: bool,
    mut random: Random,
    is_over: &AtomicBool,
    watched: &Watched,
) -> Kills {
    let mut kills = Kills::default();
    // Relaxed: a sign to stop, and no more.
    while !is_over.load(Relaxed) {
        thread::sleep(Duration::from_micros(500 + random.below(30_000)));
        let statistics = pool.statistics();
        let up: Vec<u32> = statistics.workers.iter().flatten().map(|worker| worker.pid).collect();
        watched.with(|tally| tally.statistics = Some(statistics));
        let (victim, means, then) = (random.next(), random.below(10), random.next());
        if up.is_empty() {
            continue;
        }
        let pid = up[victim as usize % up.len()];
        let sent = match means {
            0..5 => send(pid, Signal::KILL, &mut kills.kill),
            5..8 => send(pid, Signal::SEGV, &mut kills.segv),
            _ => send(pid, Signal::STOP, &mut kills.stop),
        };
        if sent && means >= 8 && !has_limit {
            thread::sleep(Duration::from_micros(then % 15_000));
            match then >> 32 & 1 {
                0 => send(pid, Signal::CONT, &mut 0),
                _ => send(pid, Signal::KILL, &mut kills.kill),
            };
        }
    }
    kills
}

fn send(pid: u32, signal: Signal, count: &mut u64) -> bool {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
    // It may be gone already.
    let sent = pid.is_some_and(|pid| kill_process(pid, signal).is_ok());
    *count += u64::from(sent);
    sent
}
