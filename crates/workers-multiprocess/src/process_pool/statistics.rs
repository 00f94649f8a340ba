//! What a pool is doing, and what it has done.

use super::job::Job;
use crate::{error::Death, registry::Registry};
use std::{collections::VecDeque, fs};

/// What a pool is doing at a moment, and what it has done.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Statistics {
    /// Each worker, in the order of their names; `None` for one that is not up.
    pub workers: Vec<Option<WorkerStatistics>>,
    /// Calls that have ended, however they did.
    pub finished: u64,
    /// Tasks and batches that no worker has yet.
    pub waiting: usize,
    /// How many workers have ended since the pool was started, for whatever reason.
    pub restarts: u64,
    /// How many signals [`Chaos`](super::Chaos) has sent.
    pub kills: u64,
}

/// One worker at a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct WorkerStatistics {
    /// Its process.
    pub pid: u32,
    /// Tasks and batches that it has: the first runs, the others are next.
    pub queued: usize,
    /// Tasks and batches that it has done.
    pub finished: u64,
    /// Bytes of memory that it holds at present; 0 if the system does not say.
    pub resident: u64,
}

#[derive(Default)]
pub(super) struct Counts {
    pub(super) finished: u64,
    pub(super) restarts: u64,
    pub(super) kills: u64,
}

/// A call that was given up: it has cost as many workers as it was allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Quarantined {
    /// The path of the function.
    pub task: &'static str,
    /// The argument, as its `Debug` shows it; a stated sentence if it has none.
    pub argument: String,
    /// How its last worker ended.
    pub death: Death,
}

/// What is kept of a call that was given up. Its argument is shown when somebody asks, as that is the user's code.
#[derive(Clone)]
pub(super) struct GivenUp {
    task: u32,
    argument: Vec<u8>,
    death: Death,
}

/// How many are remembered: the last.
const REMEMBERED: usize = 1000;

impl GivenUp {
    pub(super) fn add(all: &mut VecDeque<Self>, job: &Job, death: &Death) {
        if all.len() == REMEMBERED {
            all.pop_front();
        }
        all.push_back(Self { task: job.task, argument: job.first_argument().to_vec(), death: death.clone() });
    }

    pub(super) fn show(self, registry: &Registry) -> Option<Quarantined> {
        let entry = registry.by_number(self.task)?;
        Some(Quarantined { task: entry.path, argument: entry.show(&self.argument), death: self.death })
    }
}

/// The bytes of memory that a process holds.
pub(super) fn resident(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let kilobytes = status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix(" kB"));
    kilobytes.and_then(|kilobytes| kilobytes.parse::<u64>().ok()).unwrap_or(0) * 1024
}
