//! One search: every execution of a model within a bound, counted, with what was seen; or the failing one.

use crate::world::fault::Fault;
use crate::world::{futex, thread, trace};
use core::cell::{Cell, RefCell};
use core::fmt;
use core::panic::Location;
use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind, set_hook, take_hook};
use std::sync::{Arc, Once};

/// Thread switches within one execution, before loom calls it a livelock.
const MAX_BRANCHES: usize = 10_000;

/// What becomes of waits of which the algorithm itself measures the time, as a model has no clock.
#[derive(Clone, Copy, Default)]
pub(in crate::world) struct Time {
    /// Whether every waiter has waited too long from the start.
    pub(in crate::world) impatient: bool,
    /// Whether everyone who was called is late.
    pub(in crate::world) late: bool,
    /// Whether a wait that is to be short may end at any moment.
    pub(in crate::world) sooner: bool,
}

/// What to explore.
#[derive(Clone, Copy)]
pub(super) struct Search {
    /// Preemptions to explore; `None` is all of them.
    pub(super) bound: Option<usize>,
    /// Sleeps that end for no reason, in each execution.
    pub(super) spurious: usize,
    pub(super) time: Time,
}

/// A place in the source at which an execution could have been weakened, and how. The line comes first: most
/// comparisons end there.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Site {
    pub(super) line: u32,
    pub(super) column: u32,
    pub(super) fault: Fault,
    pub(super) file: &'static str,
}

/// What a search found.
#[derive(Default)]
pub(super) struct Found {
    pub(super) executions: usize,
    pub(super) threads: usize,
    pub(super) outcomes: BTreeSet<String>,
    pub(super) sites: BTreeSet<Site>,
    /// Whether an execution was followed in one way only, from some step on.
    pub(super) cut: bool,
    /// The panic that ended it, if one did; the last execution is then the failing one.
    pub(super) failure: Option<String>,
}

std::thread_local! {
    // As in thread.rs: loom does not see these.
    static FOUND: RefCell<Found> = RefCell::default();
    static RUNNING: Cell<bool> = const { Cell::new(false) };
    static LOST: Cell<bool> = const { Cell::new(false) };
}

/// Notes an outcome of the execution that is running. The proof states all that may be seen, and all of them
/// must be.
pub fn saw(outcome: impl fmt::Display) {
    let outcome = outcome.to_string();
    FOUND.with_borrow_mut(|found| found.outcomes.insert(outcome));
}

/// Notes that the execution that is running comes by a place where `fault` would change something.
pub(in crate::world) fn came_by(place: &'static Location<'static>, fault: Fault) {
    let site = Site { line: place.line(), column: place.column(), fault, file: place.file() };
    FOUND.with_borrow_mut(|found| found.sites.insert(site));
}

/// Notes that the execution that is running will be followed in one way only from here on.
pub(in crate::world) fn cut() {
    FOUND.with_borrow_mut(|found| found.cut = true);
}

/// Whether the execution that is running has failed: destructors run while the panic unwinds, and must not go
/// on modelling. In a model that is deadlocked the next step would panic again, and abort the process.
pub(in crate::world) fn is_lost() -> bool {
    LOST.get()
}

impl Search {
    /// Runs `model` in every interleaving, or up to the first that panics.
    pub(super) fn run(self, model: &Arc<dyn Fn() + Send + Sync>) -> Found {
        let model = Arc::clone(model);
        install_hook();
        FOUND.take();
        let mut builder = loom::model::Builder::new();
        builder.max_threads = loom::MAX_THREADS;
        builder.max_branches = MAX_BRANCHES;
        builder.preemption_bound = self.bound;
        // Each of these would end the search before its end, and look like success.
        builder.max_permutations = None;
        builder.max_duration = None;
        builder.checkpoint_file = None;
        RUNNING.set(true);
        let result = catch_unwind(AssertUnwindSafe(|| {
            builder.check(move || {
                self.begin();
                model();
                FOUND.with_borrow_mut(|found| found.threads = found.threads.max(thread::count()));
            });
        }));
        RUNNING.set(false);
        LOST.set(false);
        let mut found = FOUND.take();
        if result.is_err() && found.failure.is_none() {
            found.failure = Some("a panic without a message".into());
        }
        found
    }

    fn begin(self) {
        FOUND.with_borrow_mut(|found| found.executions += 1);
        thread::begin(self.time);
        trace::begin();
        futex::begin(self.spurious);
    }
}

/// From now on a panic inside a search is noted, not printed: the harness says what it means. Others go where
/// they went before.
fn install_hook() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        let before = take_hook();
        set_hook(Box::new(move |info| if RUNNING.get() { note(info) } else { before(info) }));
    });
}

/// The first panic is the failure. One that follows it while unwinding is about to abort the process, so what
/// is known is printed.
fn note(info: &PanicHookInfo<'_>) {
    let text = info.payload_as_str().unwrap_or("a panic without a message").trim();
    let place = info.location().map(ToString::to_string).unwrap_or_default();
    if LOST.replace(true) {
        eprintln!("a second panic, while the first unwinds: {text}\nat {place}\n{}", trace::table());
        return;
    }
    FOUND.with_borrow_mut(|found| found.failure = Some(format!("{text}\nat {place}")));
}
