//! What has happened so far, and whoever waits for it for too long.

use crate::{killer::Kills, tasks::Kind};
use std::{
    collections::BTreeMap,
    io::{Write, stderr},
    process::exit,
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::{Duration, Instant},
};
use workers_multiprocess::{Statistics, TaskError};

/// Nothing that the load does takes as long on any machine.
const HANG: Duration = Duration::from_secs(60);

/// How many failures are told in words.
const TOLD: usize = 20;

/// What has happened so far.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) kills: Kills,
    pub(crate) parents: u64,
    /// Calls that have ended, and how they did.
    pub(crate) tasks: u64,
    pub(crate) values: u64,
    pub(crate) panics: u64,
    pub(crate) deaths: u64,
    pub(crate) timed_out: u64,
    pub(crate) cancelled: u64,
    pub(crate) not_started: u64,
    /// Begun more than once, as they might be.
    pub(crate) retried: u64,
    /// Without an end, or with a value and not done.
    pub(crate) lost: u64,
    /// Ended more than once, or begun more often than they may be.
    pub(crate) duplicated: u64,
    /// Processes, descriptors, threads and mappings that should be gone.
    pub(crate) left: u64,
    /// How many calls failed the check, in whatever way.
    pub(crate) failed: u64,
    pub(crate) failures: Vec<String>,
    /// What it is at, for who asks what hangs.
    stage: String,
    /// How often that has changed.
    stages: u64,
    open: BTreeMap<&'static str, BTreeMap<Kind, u64>>,
    pub(crate) statistics: Option<Statistics>,
}

impl Tally {
    pub(crate) fn fail(&mut self, text: String) {
        self.failed += 1;
        if self.failures.len() < TOLD {
            self.failures.push(text);
        }
    }

    /// A call that is waited for, in the way that `how` says.
    pub(crate) fn opens(&mut self, how: &'static str, kind: Kind) {
        *self.open.entry(how).or_default().entry(kind).or_default() += 1;
    }

    pub(crate) fn ends(&mut self, how: &'static str, kind: Kind, end: &Result<u64, TaskError>) {
        if let Some(open) = self.open.get_mut(how).and_then(|kinds| kinds.get_mut(&kind)) {
            *open = open.saturating_sub(1);
        }
        self.tasks += 1;
        *match end {
            Ok(_) => &mut self.values,
            Err(TaskError::Panicked { .. }) => &mut self.panics,
            Err(TaskError::WorkerDied(_)) => &mut self.deaths,
            Err(TaskError::TimedOut(_)) => &mut self.timed_out,
            Err(TaskError::Cancelled) => &mut self.cancelled,
            Err(TaskError::Start(_)) => &mut self.not_started,
            // A failure, which is told.
            Err(_) => return,
        } += 1;
    }

    fn open(&self) -> u64 {
        self.open.values().flat_map(BTreeMap::values).sum()
    }

    fn line(&self) -> String {
        let Kills { kill, segv, stop } = self.kills;
        let Self { tasks, parents, failed, stage, .. } = self;
        let (kills, open) = (kill + segv + stop, self.open());
        format!(
            "{tasks} tasks, {kills} kills, {parents} parents killed, {open} open, {failed} failed: {stage}"
        )
    }
}

/// A tally that is looked at each second.
#[derive(Clone)]
pub(crate) struct Watched(Arc<Mutex<Tally>>);

impl Watched {
    /// Starts the thread that prints a line each second, and ends the program if nothing happens any more.
    pub(crate) fn new() -> Self {
        let watched = Self(Arc::default());
        let watching = watched.clone();
        thread::spawn(move || watching.look(Instant::now()));
        watched
    }

    pub(crate) fn with<R>(&self, act: impl FnOnce(&mut Tally) -> R) -> R {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn stage(&self, stage: impl Into<String>) {
        self.with(|tally| {
            tally.stage = stage.into();
            tally.stages += 1;
        });
    }

    fn look(&self, begin: Instant) -> ! {
        let (mut before, mut since) = ((0, 0), Instant::now());
        loop {
            thread::sleep(Duration::from_secs(1));
            let (now, line) = self.with(|tally| ((tally.tasks, tally.stages), tally.line()));
            // Where nobody listens there is nobody to tell.
            let _ = writeln!(stderr(), "{:4} s: {line}", begin.elapsed().as_secs());
            if now != before {
                (before, since) = (now, Instant::now());
            } else if since.elapsed() > HANG {
                self.with(|tally| {
                    let Tally { stage, open, statistics, .. } = tally;
                    let _ = writeln!(stderr(), "chaos: nothing has happened for {HANG:?}; at: {stage}");
                    let _ = writeln!(stderr(), "calls that are open: {open:?}\nlast seen: {statistics:#?}");
                });
                exit(1);
            }
        }
    }
}
