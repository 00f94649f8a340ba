//! The harness of the shuttled world: a trial, which is no proof, and shows that it can fail.
//!
//! ```ignore
//! Trial::new("lock::one_of_eight_is_inside", "one of eight threads is inside at a time")
//!     .threads(8)
//!     .schedules(2_000)
//!     .outcomes(&["all got in"])
//!     .refuted_by_twin("the release wakes nobody", Death::Deadlock, || model(&Twin::new(Flaw::NoWake)))
//!     .check(|| model(&RawLock::new()));
//! ```
//!
//! A trial counts only when its twins, each with one flaw, die for the stated reason within as many
//! schedules, and when all its outcomes are reached and no others. The seed is fixed: a trial that fails does
//! so again. A trial that passes prints a line, `trial: ` and a JSON document, which `cargo xtask shuttle`
//! reads.

use super::cell::OVERLAP;
use super::futex;
use super::random::Schedules;
use core::cell::{Cell, RefCell};
use core::fmt;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind, set_hook, take_hook};
use std::sync::{Arc, Once};
use std::time::Instant;

/// What all schedules are drawn from.
const SEED: u64 = 0x5E1_7ED6E;

/// Steps of one execution before it counts as endless.
const MAX_STEPS: usize = 100_000;

/// A claim about a model of many threads, and what it takes to trust the trial. See the [module](self).
#[must_use = "a trial is not run before check()"]
pub struct Trial {
    name: String,
    claim: String,
    threads: usize,
    schedules: usize,
    outcomes: &'static [&'static str],
    twins: Vec<Twin>,
}

struct Twin {
    name: &'static str,
    death: Death,
    model: Arc<dyn Fn() + Send + Sync>,
}

/// Why a twin dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Death {
    /// Nobody can run any more.
    Deadlock,
    /// Two accesses to a cell overlap, one of them a write.
    Overlap,
    /// An assertion of the model or of the code fails, with this in its text.
    Assertion(&'static str),
}

impl Death {
    fn fits(self, failure: &str) -> bool {
        failure.contains(match self {
            Self::Deadlock => "deadlock! blocked tasks",
            Self::Overlap => OVERLAP,
            Self::Assertion(text) => text,
        })
    }
}

impl fmt::Display for Death {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Deadlock => f.write_str("deadlock"),
            Self::Overlap => f.write_str("overlap"),
            Self::Assertion(text) => write!(f, "assertion: {text}"),
        }
    }
}

/// What a number of schedules came to.
#[derive(Default)]
struct Found {
    executions: usize,
    threads: usize,
    outcomes: BTreeSet<String>,
    /// The panic that ended it, if one did; the last execution is then the failing one.
    failure: Option<String>,
}

std::thread_local! {
    // All threads of an execution run on one thread of the system, and shuttle does not see these.
    static FOUND: RefCell<Found> = RefCell::default();
    static RUNNING: Cell<bool> = const { Cell::new(false) };
}

/// Notes an outcome of the execution that is running. The trial states all that may be seen, and all of them
/// must be.
pub fn saw(outcome: impl fmt::Display) {
    let outcome = outcome.to_string();
    FOUND.with_borrow_mut(|found| found.outcomes.insert(outcome));
}

impl Trial {
    /// A trial called `name` (the test's path) of `claim`, a sentence that could be false.
    pub fn new(name: impl Into<String>, claim: impl Into<String>) -> Self {
        let (name, claim) = (name.into(), claim.into());
        Self { name, claim, threads: 0, schedules: 0, outcomes: &[], twins: Vec::new() }
    }

    /// How many threads the model has, its own included; checked.
    pub fn threads(mut self, threads: usize) -> Self {
        self.threads = threads;
        self
    }

    /// How many random schedules to run, for the model and at most for each twin.
    pub fn schedules(mut self, schedules: usize) -> Self {
        self.schedules = schedules;
        self
    }

    /// All that [`saw`] may be told, each of which must be reached.
    pub fn outcomes(mut self, outcomes: &'static [&'static str]) -> Self {
        self.outcomes = outcomes;
        self
    }

    /// With `twin` instead of the model, a copy that differs in one thing, the trial must fail, for this
    /// reason.
    pub fn refuted_by_twin(
        mut self,
        name: &'static str,
        death: Death,
        twin: impl Fn() + Send + Sync + 'static,
    ) -> Self {
        self.twins.push(Twin { name, death, model: Arc::new(twin) });
        self
    }

    /// Runs the model, then its twins.
    ///
    /// # Panics
    /// If any of it is not as stated.
    pub fn check(self, model: impl Fn() + Send + Sync + 'static) {
        let Self { name, claim, threads, schedules, outcomes, twins } = self;
        let start = Instant::now();
        let found = run(schedules, Arc::new(model));
        let seconds = start.elapsed().as_secs_f64();
        if let Some(failure) = &found.failure {
            panic!("{name} fails in schedule {} of seed {SEED:#x}: {failure}\n{claim}", found.executions);
        }
        assert_eq!(found.threads, threads, "{name}: the model's threads");
        let stated: BTreeSet<String> = outcomes.iter().map(ToString::to_string).collect();
        assert_eq!(found.outcomes, stated, "{name}: the outcomes that were reached, and those stated");
        assert!(schedules > 1 && found.executions == schedules, "{name}: {} schedules", found.executions);
        let twins: Vec<_> = twins.iter().map(|twin| refute(&name, twin, schedules)).collect();
        let record = json!({
            "name": name,
            "claim": claim,
            "threads": threads,
            "schedules": schedules,
            "seed": format!("{SEED:#x}"),
            "seconds": seconds,
            "outcomes": stated,
            "twins": twins,
        });
        println!("trial: {record}");
    }
}

/// Runs a twin, which must die; says in which schedule it did.
fn refute(name: &str, twin: &Twin, schedules: usize) -> Value {
    let Twin { name: flaw, death, model } = twin;
    let found = run(schedules, Arc::clone(model));
    let Some(failure) = found.failure else {
        panic!("{name}: `{flaw}` was stated to die of {death}, and survived {schedules} schedules")
    };
    assert!(death.fits(&failure), "{name}: `{flaw}` died, but not of {death}: {failure}");
    json!({"name": flaw, "expected": death.to_string(), "died_at": found.executions})
}

/// Runs `model` in so many schedules, or up to the first that panics.
///
/// On a thread of its own: an execution that fails is left where it stands, and with it the panic of a thread
/// that never ends unwinding.
fn run(schedules: usize, model: Arc<dyn Fn() + Send + Sync>) -> Found {
    std::thread::spawn(move || explore(schedules, &model)).join().expect("the harness itself does not panic")
}

fn explore(schedules: usize, model: &Arc<dyn Fn() + Send + Sync>) -> Found {
    let mut config = shuttle::Config::new();
    config.silence_warnings = true;
    config.max_steps = shuttle::MaxSteps::FailAfter(MAX_STEPS);
    config.failure_persistence = shuttle::FailurePersistence::None;
    // Nobody else goes on after a panic: another one, while the first unwinds, would abort the process.
    config.ungraceful_shutdown_config.immediately_return_on_panic = true;
    install_hook(&config);
    RUNNING.set(true);
    let model = Arc::clone(model);
    let result = catch_unwind(AssertUnwindSafe(|| {
        shuttle::Runner::new(Schedules::new(SEED, schedules), config).run(move || {
            FOUND.with_borrow_mut(|found| found.executions += 1);
            futex::begin();
            model();
            FOUND.with_borrow_mut(|found| found.threads = found.threads.max(threads_so_far()));
        })
    }));
    RUNNING.set(false);
    let mut found = FOUND.take();
    if let (Err(payload), None) = (result, &found.failure) {
        let text = payload.downcast_ref::<String>().map(String::as_str);
        found.failure = Some(text.or(payload.downcast_ref::<&str>().copied()).unwrap_or("a panic").into());
    }
    found
}

/// How many threads this execution has started, the model's own included: shuttle numbers them.
fn threads_so_far() -> usize {
    shuttle::thread::spawn(super::thread::id::<super::futex::Private>).join().expect("id() does not panic")
        - 1
}

/// From now on a panic inside a trial is noted, not printed: the harness says what it means. Others go where
/// they went before.
fn install_hook(config: &shuttle::Config) {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        // shuttle installs its own hook with its first run, and ours has to come after that.
        shuttle::Runner::new(Schedules::new(SEED, 1), config.clone()).run(|| ());
        let before = take_hook();
        set_hook(Box::new(move |info| if RUNNING.get() { note(info) } else { before(info) }));
    });
}

/// The first panic is the failure.
fn note(info: &PanicHookInfo<'_>) {
    let text = info.payload_as_str().unwrap_or("a panic without a message").trim();
    let place = info.location().map(ToString::to_string).unwrap_or_default();
    FOUND.with_borrow_mut(|found| {
        found.failure.get_or_insert_with(|| format!("{text}\nat {place}"));
    });
}
