//! The twin of `Timers`: the algorithm in brief, with one flaw that no fault at one place can make; and what a
//! model needs of either.

use locks::{Condition, Deadline, Lock};
use std::time::Duration;
use threads::raw::{Key, Schedule, Timers};

/// A moment of a model. The clock stands at [`NOW`], unless a sleep has timed out: then its moment has come.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Moment(u32);

pub(crate) const NOW: Moment = Moment(0);
pub(crate) const SOON: Moment = Moment(1);
pub(crate) const LATER: Moment = Moment(2);
pub(crate) const NEVER: Moment = Moment(u32::MAX);

impl From<Moment> for Deadline {
    fn from(moment: Moment) -> Self {
        if moment == NEVER { Self::NEVER } else { Duration::from_secs(1).into() }
    }
}

/// What is started, cancelled and taken.
pub(crate) trait Pending<F>: Send + Sync + 'static {
    fn start(&self, at: Moment, function: F) -> Key<Moment>;
    /// Whether the function will never run: it is dropped.
    fn cancel(&self, key: &Key<Moment>) -> bool;
    fn take(&self, clock: impl Fn() -> Moment) -> F;
}

impl<F: Send + 'static> Pending<F> for Timers<Moment, F> {
    fn start(&self, at: Moment, function: F) -> Key<Moment> {
        Timers::start(self, at, function)
    }

    fn cancel(&self, key: &Key<Moment>) -> bool {
        Timers::cancel(self, key).is_some()
    }

    fn take(&self, clock: impl Fn() -> Moment) -> F {
        Timers::take(self, clock)
    }
}

#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Flaw {
    /// The thread looks, lets go of the lock, and then sleeps.
    LetsGoBeforeItSleeps,
    /// Who finds another timer pending notifies nobody.
    NotifiesForTheFirstOnly,
    /// A thread that sleeps for nothing leaves what it slept for before.
    KeepsTheMoment,
    /// A thread whose sleep has timed out takes what is first.
    TrustsTheTimeout,
    /// Who cancels looks, and then removes.
    LooksBeforeItCancels,
}

pub(crate) struct Twin<F> {
    state: Lock<State<F>>,
    earlier: Condition,
    flaw: Flaw,
}

struct State<F> {
    schedule: Schedule<Moment, F>,
    sleeps_until: Option<Moment>,
}

impl<F> Twin<F> {
    pub(crate) fn new(flaw: Flaw) -> Self {
        let state = State { schedule: Schedule::new(), sleeps_until: None };
        Self { state: Lock::new(state), earlier: Condition::new(), flaw }
    }
}

impl<F: Send + 'static> Pending<F> for Twin<F> {
    fn start(&self, at: Moment, function: F) -> Key<Moment> {
        let mut state = self.state.lock();
        let is_only = state.schedule.next().is_none();
        let key = state.schedule.insert(at, function);
        let is_earlier = match self.flaw {
            Flaw::NotifiesForTheFirstOnly => is_only,
            _ => state.sleeps_until.is_none_or(|until| at < until),
        };
        drop(state);
        if is_earlier {
            self.earlier.notify_one();
        }
        key
    }

    fn cancel(&self, key: &Key<Moment>) -> bool {
        let was_there = self.state.lock().schedule.contains(key);
        let removed = self.state.lock().schedule.remove(key);
        if self.flaw == Flaw::LooksBeforeItCancels { was_there } else { removed.is_some() }
    }

    fn take(&self, clock: impl Fn() -> Moment) -> F {
        let mut state = self.state.lock();
        let mut now = clock();
        loop {
            if let Some(function) = state.schedule.pop_due(now) {
                return function;
            }
            let next = state.schedule.next();
            if next.is_some() || self.flaw != Flaw::KeepsTheMoment {
                state.sleeps_until = next;
            }
            if self.flaw == Flaw::LetsGoBeforeItSleeps {
                drop(state);
                state = self.state.lock();
            }
            let notified = self.earlier.wait_timeout(&mut state, next);
            now = match next {
                Some(_) if !notified && self.flaw == Flaw::TrustsTheTimeout => NEVER,
                Some(next) if !notified => next,
                _ => clock(),
            };
        }
    }
}
