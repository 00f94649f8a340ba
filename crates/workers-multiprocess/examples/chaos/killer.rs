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

impl Kills {
    fn count(&mut self, signal: Signal) {
        *match signal {
            Signal::KILL => &mut self.kill,
            Signal::SEGV => &mut self.segv,
            Signal::STOP => &mut self.stop,
            // It kills nobody.
            _ => return,
        } += 1;
    }
}

/// Strikes every 15 milliseconds or so until `is_over`; in every other round it soon comes to rest, as a kill would
/// free who waits for a worker that has forgotten him. A worker that is stopped goes on, or is killed, soon after,
/// unless the pool's time limit is to end it.
pub(crate) fn strike(
    pool: &ProcessPool,
    has_limit: bool,
    mut random: Random,
    is_over: &AtomicBool,
    watched: &Watched,
) -> Kills {
    let mut kills = Kills::default();
    let mut left = if random.below(2) == 0 { u64::MAX } else { random.below(40) };
    // Relaxed: a sign to stop, and no more.
    while !is_over.load(Relaxed) {
        thread::sleep(Duration::from_micros(500 + random.below(30_000)));
        let statistics = pool.statistics();
        let up: Vec<u32> = statistics.workers.iter().flatten().map(|worker| worker.pid).collect();
        watched.with(|tally| tally.statistics = Some(statistics));
        let (victim, means, then) = (random.next(), random.below(10), random.next());
        if up.is_empty() || left == 0 {
            continue;
        }
        left -= 1;
        let pid = up[victim as usize % up.len()];
        let mut send = |signal| {
            let sent = send(pid, signal);
            if sent {
                kills.count(signal);
                watched.with(|tally| tally.kills.count(signal));
            }
            sent
        };
        let signal = match means {
            0..5 => Signal::KILL,
            5..8 => Signal::SEGV,
            _ => Signal::STOP,
        };
        if send(signal) && signal == Signal::STOP && !has_limit {
            thread::sleep(Duration::from_micros(then % 15_000));
            send([Signal::CONT, Signal::KILL][(then >> 32) as usize % 2]);
        }
    }
    kills
}

/// Says whether it was sent: the worker may be gone already.
fn send(pid: u32, signal: Signal) -> bool {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
    pid.is_some_and(|pid| kill_process(pid, signal).is_ok())
}
