//! A proof and its refutations.

use super::explore::{Found, Search, Time};
use super::report;
use crate::world::fault::{Fault, Mutant};
use crate::world::trace;
use core::fmt;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Instant;

/// A claim about a model, and what it takes to believe it. See the [module](super).
#[must_use = "a proof is not run before check()"]
pub struct Proof {
    name: String,
    claim: String,
    threads: usize,
    bound: Option<usize>,
    floor: usize,
    outcomes: &'static [&'static str],
    spurious: usize,
    time: Time,
    refutations: Vec<Refutation>,
}

struct Refutation {
    name: &'static str,
    change: Change,
    expected: Option<Death>,
}

/// What is different in a refutation: one place of the source, or the model.
enum Change {
    Fault { fault: Fault, file: &'static str, text: &'static str },
    Twin(Arc<dyn Fn() + Send + Sync>),
}

/// Why a mutant dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Death {
    /// Nobody can run any more.
    Deadlock,
    /// Two accesses to a cell, one of them a write, are not ordered.
    Causality,
    /// An execution does not end.
    Livelock,
    /// An assertion of the model or of the code fails, with this in its text.
    Assertion(&'static str),
}

impl Death {
    fn fits(self, failure: &str) -> bool {
        failure.contains(match self {
            Self::Deadlock => "deadlock; threads",
            Self::Causality => "Causality violation",
            Self::Livelock => "exceeded maximum number of branches",
            Self::Assertion(text) => text,
        })
    }
}

impl fmt::Display for Death {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Deadlock => f.write_str("deadlock"),
            Self::Causality => f.write_str("causality"),
            Self::Livelock => f.write_str("livelock"),
            Self::Assertion(text) => write!(f, "assertion: {text}"),
        }
    }
}

impl Proof {
    /// A proof called `name` (the test's path) of `claim`, a sentence that could be false.
    pub fn new(name: impl Into<String>, claim: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            claim: claim.into(),
            threads: 0,
            bound: None,
            floor: 0,
            outcomes: &[],
            spurious: 0,
            time: Time::default(),
            refutations: Vec::new(),
        }
    }

    /// How many threads the model has, its own included; checked.
    pub fn threads(mut self, threads: usize) -> Self {
        self.threads = threads;
        self
    }

    /// Explores executions of at most this many preemptions. Without it all are explored, and the proof is
    /// complete.
    pub fn bounded(mut self, preemptions: usize) -> Self {
        self.bound = Some(preemptions);
        self
    }

    /// The least number of executions; checked where the search is not narrower than the proof's own.
    pub fn executions_at_least(mut self, floor: usize) -> Self {
        self.floor = floor;
        self
    }

    /// All that [`saw`](super::saw) may be told, each of which must be reached.
    pub fn outcomes(mut self, outcomes: &'static [&'static str]) -> Self {
        self.outcomes = outcomes;
        self
    }

    /// Lets the first `n` sleeps of each execution end for no reason.
    pub fn spurious_wakeups(mut self, n: usize) -> Self {
        self.spurious = n;
        self
    }

    /// Lets every waiter have waited too long from the start: locks are handed over.
    pub fn impatient(mut self) -> Self {
        self.time.impatient = true;
        self
    }

    /// Lets everyone who was called be late: a lock is handed over to it.
    pub fn late(mut self) -> Self {
        self.time.late = true;
        self
    }

    /// Lets a wait that the algorithm makes short end at any moment (`Deadline::sooner`); otherwise it does not end by itself.
    pub fn short_waits_end(mut self) -> Self {
        self.time.sooner = true;
        self
    }

    /// With `fault` at the one line of `file` that contains `text`, the model must fail, for this reason.
    pub fn refuted_by(
        mut self,
        name: &'static str,
        fault: Fault,
        file: &'static str,
        text: &'static str,
        death: Death,
    ) -> Self {
        let change = Change::Fault { fault, file, text };
        self.refutations.push(Refutation { name, change, expected: Some(death) });
        self
    }

    /// With `twin` instead of the model, a copy that differs in one thing which no [`Fault`] can say, the
    /// proof must fail, for this reason.
    pub fn refuted_by_twin(
        mut self,
        name: &'static str,
        death: Death,
        twin: impl Fn() + Send + Sync + 'static,
    ) -> Self {
        let change = Change::Twin(Arc::new(twin));
        self.refutations.push(Refutation { name, change, expected: Some(death) });
        self
    }

    /// With `twin` instead of the model the proof still holds: the model is too small to tell, as the name
    /// says.
    pub fn survived_by_twin(mut self, name: &'static str, twin: impl Fn() + Send + Sync + 'static) -> Self {
        let change = Change::Twin(Arc::new(twin));
        self.refutations.push(Refutation { name, change, expected: None });
        self
    }

    /// With `fault` at that line the model still holds: it is too small to tell, or the fault does no harm.
    /// The name says which.
    pub fn survived_by(
        mut self,
        name: &'static str,
        fault: Fault,
        file: &'static str,
        text: &'static str,
    ) -> Self {
        let change = Change::Fault { fault, file, text };
        self.refutations.push(Refutation { name, change, expected: None });
        self
    }

    /// Runs the model, then its refutations.
    ///
    /// # Panics
    /// If any of it is not as stated; the message has the failing execution.
    pub fn check(self, model: impl Fn() + Send + Sync + 'static) {
        let model: Arc<dyn Fn() + Send + Sync> = Arc::new(model);
        let search =
            Search { bound: report::bound().unwrap_or(self.bound), spurious: self.spurious, time: self.time };
        if let Some(mutant) = Mutant::of_environment() {
            let place = mutant.to_string();
            let (found, _) = mutant.during(|| search.run(&model));
            return self.assert_holds(search, &found, &format!(" with {place}"));
        }
        let start = Instant::now();
        let found = search.run(&model);
        let seconds = start.elapsed().as_secs_f64();
        self.assert_holds(search, &found, "");
        let died: Vec<_> = self.refutations.iter().map(|it| self.refute(it, search, &model)).collect();
        report::record(&self.record(search, &found, seconds, &died));
    }

    fn assert_holds(&self, search: Search, found: &Found, with: &str) {
        let name = &self.name;
        if let Some(failure) = &found.failure {
            report::trace(name, failure);
            panic!("{name}{with} fails in execution {}: {failure}\n\n{}", found.executions, trace::table());
        }
        let stated: BTreeSet<String> = self.outcomes.iter().map(ToString::to_string).collect();
        let strange: Vec<_> = found.outcomes.difference(&stated).collect();
        assert!(strange.is_empty(), "{name}{with}: outcomes {strange:?} were reached, and not stated");
        // What follows is of a search that was too small: `cargo xtask mutants` does not take it for a death.
        assert_eq!(found.threads, self.threads, "{name}{with}: the model's threads");
        let narrower = search.bound.is_some_and(|bound| self.bound.is_none_or(|own| bound < own));
        if narrower {
            assert!(found.executions > 1, "{name}{with}: one execution proves nothing");
            return;
        }
        assert!(
            !found.cut || search.bound.is_some(),
            "{name}{with}: the search is not complete: a thread looks in vain too often to be followed"
        );
        let missed: Vec<_> = stated.difference(&found.outcomes).collect();
        assert!(missed.is_empty(), "{name}{with}: outcomes {missed:?} were stated, and not reached");
        assert!(
            self.floor > 1 && found.executions >= self.floor,
            "{name}{with}: {} executions explored, at least {} stated",
            found.executions,
            self.floor
        );
    }

    /// Runs one refutation and returns the execution at which it died.
    fn refute(
        &self,
        refutation: &Refutation,
        search: Search,
        model: &Arc<dyn Fn() + Send + Sync>,
    ) -> Option<usize> {
        let Refutation { name, change, expected } = refutation;
        let (found, place) = match change {
            Change::Twin(twin) => (search.run(twin), format!("{}: refutation `{name}`", self.name)),
            Change::Fault { fault, file, text } => {
                let mutant = Mutant::at(file, text, *fault);
                let place = format!("{}: refutation `{name}` ({mutant})", self.name);
                let (found, met) = mutant.during(|| search.run(model));
                assert!(met, "{place}: no execution comes by there, or there is nothing to weaken");
                (found, place)
            }
        };
        match (expected, &found.failure) {
            (None, None) => None,
            (None, Some(failure)) => {
                panic!("{place} was stated to survive, and died: {failure}\n\n{}", trace::table())
            }
            (Some(death), None) => {
                panic!("{place} was stated to die of {death}, and survived {} executions", found.executions)
            }
            (Some(death), Some(failure)) => {
                report::trace(&format!("{} {name}", self.name), failure);
                assert!(
                    death.fits(failure),
                    "{place} died, but not of {death}: {failure}\n\n{}",
                    trace::table()
                );
                Some(found.executions)
            }
        }
    }

    fn record<'a>(
        &'a self,
        search: Search,
        found: &'a Found,
        seconds: f64,
        died: &[Option<usize>],
    ) -> report::Record<'a> {
        let refutations = self.refutations.iter().zip(died).map(|(refutation, died_at)| {
            let expected = refutation.expected.map_or("survives".into(), |death| death.to_string());
            let fault = match refutation.change {
                Change::Fault { fault, file, text } => Some(Mutant::at(file, text, fault).to_string()),
                Change::Twin(_) => None,
            };
            report::Refuted { name: refutation.name, fault, expected, died_at: *died_at }
        });
        report::Record {
            name: &self.name,
            claim: &self.claim,
            threads: found.threads,
            bound: search.bound,
            executions: found.executions,
            seconds,
            outcomes: found.outcomes.iter().cloned().collect(),
            refutations: refutations.collect(),
            sites: &found.sites,
        }
    }
}
