//! What does this process have, and which processes are its own?

use std::{
    collections::BTreeSet,
    fs, thread,
    time::{Duration, Instant},
};

/// The variable by which a process is known as one of a pool, or of a program that is killed.
pub(crate) const MARK: &str = "SELVEDGE_CHAOS_MARK";

/// What this process has.
#[derive(Debug)]
pub(crate) struct Belongings {
    descriptors: usize,
    /// Mappings that are shared with workers.
    shared: usize,
    /// Zombies too.
    children: BTreeSet<String>,
    threads: BTreeSet<String>,
}

impl Belongings {
    pub(crate) fn now() -> Self {
        let names = |folder: &str| -> BTreeSet<String> {
            let entries = fs::read_dir(folder).into_iter().flatten().flatten();
            entries.filter_map(|entry| entry.file_name().into_string().ok()).collect()
        };
        let threads = names("/proc/self/task");
        let children = |thread: &String| fs::read_to_string(format!("/proc/self/task/{thread}/children"));
        let lists: Vec<String> = threads.iter().filter_map(|thread| children(thread).ok()).collect();
        let maps = fs::read_to_string("/proc/self/maps").unwrap_or_default();
        Self {
            descriptors: names("/proc/self/fd").len(),
            shared: maps.lines().filter(|line| line.contains("memfd:workers-multiprocess")).count(),
            children: lists.iter().flat_map(|list| list.split_whitespace()).map(str::to_owned).collect(),
            threads,
        }
    }

    /// How much there is that was not there before.
    pub(crate) fn beyond(&self, before: &Self) -> usize {
        self.descriptors.saturating_sub(before.descriptors)
            + self.shared.saturating_sub(before.shared)
            + self.children.difference(&before.children).count()
            + self.threads.difference(&before.threads).count()
    }
}

/// The processes that were started with this mark in their environment. (A zombie has no environment any more.)
pub(crate) fn marked(mark: &str) -> Vec<String> {
    let line = format!("{MARK}={mark}");
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().into_string().ok());
    pids.filter(|pid| pid.bytes().all(|byte| byte.is_ascii_digit()))
        .filter(|pid| {
            let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
            environment.split(|byte| *byte == 0).any(|variable| variable == line.as_bytes())
        })
        .collect()
}

/// Waits until `left` is nothing, for so long at most; returns what is left then.
pub(crate) fn wait_for_none(limit: Duration, mut left: impl FnMut() -> usize) -> usize {
    let end = Instant::now() + limit;
    loop {
        match left() {
            0 => return 0,
            left if Instant::now() >= end => return left,
            _ => thread::sleep(Duration::from_millis(2)),
        }
    }
}
