//! Random histories of starts, cancels and the time that passes, on a clock of the test's own: what comes out, in
//! which order, and what each cancel answers is what a plain list says.

use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{TestCaseResult, TestRunner};
use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::time::Duration;
use threads::Deadline;
use threads::raw::{Schedule, Timers};

/// A moment of the test's clock. A real wait for it is over at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Moment(u64);

const NEVER: Moment = Moment(u64::MAX);

impl From<Moment> for Deadline {
    fn from(_: Moment) -> Self {
        Duration::ZERO.into()
    }
}

#[derive(Clone, Debug)]
enum Op {
    /// After this delay, or never.
    Start(Option<u64>),
    /// One of those started so far, whatever became of it.
    Cancel(Index),
    /// The clock moves on.
    Pass(u64),
    /// What is due comes out; or, where one waits, the next, at its moment.
    Take,
}

fn op() -> impl Strategy<Value = Op> {
    // Short delays and short steps, so that moments meet.
    prop_oneof![
        6 => (0..8_u64).prop_map(|delay| Op::Start(Some(delay))),
        1 => Just(Op::Start(None)),
        4 => any::<Index>().prop_map(Op::Cancel),
        3 => (0..5_u64).prop_map(Op::Pass),
        4 => Just(Op::Take),
    ]
}

/// The pending timers as a list: moments and numbers, by start.
#[derive(Default)]
struct Reference {
    now: u64,
    started: usize,
    pending: Vec<(Moment, usize)>,
}

impl Reference {
    fn start(&mut self, delay: Option<u64>) -> Moment {
        let at = delay.map_or(NEVER, |delay| Moment(self.now + delay));
        self.pending.push((at, self.started));
        self.started += 1;
        at
    }

    fn cancel(&mut self, number: usize) -> Option<usize> {
        let place = self.pending.iter().position(|(_, pending)| *pending == number)?;
        Some(self.pending.remove(place).1)
    }

    /// The first: by moment, then by start.
    fn first(&self) -> Option<(Moment, usize)> {
        self.pending.iter().copied().min()
    }

    fn pop_due(&mut self) -> Option<usize> {
        let (at, number) = self.first()?;
        if at.0 <= self.now { self.cancel(number) } else { None }
    }

    fn is_pending(&self, number: usize) -> bool {
        self.pending.iter().any(|(_, pending)| *pending == number)
    }
}

/// What happened in some history, for the check that all that matters did.
#[derive(Default)]
struct Seen(RefCell<BTreeSet<&'static str>>);

impl Seen {
    fn that(&self, what: &'static str, happened: bool) {
        if happened {
            self.0.borrow_mut().insert(what);
        }
    }

    fn before_take(&self, reference: &Reference) {
        let first = reference.first();
        let ties = reference.pending.iter().filter(|(at, _)| Some(*at) == first.map(|(at, _)| at)).count();
        self.that("equal moments", ties > 1 && first.is_some_and(|(at, _)| at != NEVER));
        self.that(
            "two moments due",
            reference.pending.iter().filter(|(at, _)| at.0 < reference.now).count() > 1,
        );
        self.that("nothing due", first.is_some_and(|(at, _)| at.0 > reference.now));
    }
}

/// Runs random histories, and checks that between them they met all that matters.
fn histories(check: impl Fn(Vec<Op>, &Seen) -> TestCaseResult) {
    let config = ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() };
    let seen = Seen::default();
    TestRunner::new(config)
        .run(&prop::collection::vec(op(), 1..200), |ops| check(ops, &seen))
        .unwrap_or_else(|error| panic!("{error}"));
    for what in ["cancelled", "cancelled too late", "equal moments", "two moments due", "nothing due"] {
        assert!(seen.0.borrow().contains(what), "in no history: {what}");
    }
}

/// A schedule, from which all comes out that is due.
fn of_a_schedule(ops: Vec<Op>, seen: &Seen) -> TestCaseResult {
    let (mut schedule, mut reference) = (Schedule::new(), Reference::default());
    let mut keys = Vec::new();
    for op in ops {
        match op {
            Op::Start(delay) => {
                let number = reference.started;
                keys.push(schedule.insert(reference.start(delay), number));
            }
            Op::Cancel(index) if !keys.is_empty() => {
                let number = index.index(keys.len());
                let removed = schedule.remove(&keys[number]);
                seen.that("cancelled", removed.is_some());
                seen.that("cancelled too late", removed.is_none());
                prop_assert_eq!(removed, reference.cancel(number));
            }
            Op::Pass(time) => reference.now += time,
            Op::Cancel(_) | Op::Take => {
                seen.before_take(&reference);
                loop {
                    let out = schedule.pop_due(Moment(reference.now));
                    prop_assert_eq!(out, reference.pop_due());
                    if out.is_none() {
                        break;
                    }
                }
            }
        }
        prop_assert_eq!(schedule.next(), reference.first().map(|(at, _)| at));
        for (number, key) in keys.iter().enumerate() {
            prop_assert_eq!(schedule.contains(key), reference.is_pending(number));
        }
    }
    Ok(())
}

#[test]
fn a_schedule_does_what_the_reference_does() {
    histories(of_a_schedule);
}

/// The timers with their lock, in one thread: a sleep is over at once, and then its moment has come.
fn of_the_timers(ops: Vec<Op>, seen: &Seen) -> TestCaseResult {
    let (timers, mut reference) = (Timers::new(), Reference::default());
    let mut keys = Vec::new();
    for op in ops {
        match op {
            Op::Start(delay) => {
                let number = reference.started;
                keys.push(timers.start(reference.start(delay), number));
            }
            Op::Cancel(index) if !keys.is_empty() => {
                let number = index.index(keys.len());
                let cancelled = timers.cancel(&keys[number]);
                seen.that("cancelled", cancelled.is_some());
                seen.that("cancelled too late", cancelled.is_none());
                prop_assert_eq!(cancelled, reference.cancel(number));
            }
            Op::Pass(time) => reference.now += time,
            Op::Cancel(_) | Op::Take => {
                // With nothing that will ever be due, it would sleep for ever.
                let Some((at, _)) = reference.first().filter(|(at, _)| *at != NEVER) else { continue };
                seen.before_take(&reference);
                let (looks, now) = (Cell::new(0), reference.now);
                let taken = timers.take(|| {
                    looks.set(looks.get() + 1);
                    Moment(now)
                });
                reference.now = now.max(at.0);
                prop_assert_eq!(Some(taken), reference.pop_due());
                prop_assert_eq!(looks.get(), 1, "a sleep that has timed out is not followed by a look");
            }
        }
        for (number, key) in keys.iter().enumerate() {
            prop_assert_eq!(timers.is_pending(key), reference.is_pending(number));
        }
    }
    Ok(())
}

#[test]
fn the_timers_do_what_the_reference_does() {
    histories(of_the_timers);
}
