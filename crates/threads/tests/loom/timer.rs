//! # Claim
//! No timer is slept through, whatever the thread sleeps for when it is started; each function is run or
//! cancelled, once, with what was written before its start; a cancelled timer leaves no other behind.
//!
//! # Models
//! The timer thread, and one or two that start and cancel. A sleep with an end may time out at any moment, so only
//! one without end can be slept too long: what must wake the thread finds it asleep for a timer that is never due,
//! or for none. The thread's end is a timer too.
//!
//! # Not shown here
//! The order of more than two: `tests/props/`. The clock, panics, and that nothing runs under the lock:
//! `tests/timer.rs`.

use crate::timer_twin::{Flaw, LATER, Moment, NEVER, NOW, Pending, SOON, Twin};
use platform::cell::UnsafeCell;
use platform::check::{Death, Fault, Proof, saw};
use platform::thread::{JoinHandle, spawn};
use std::cell::Cell;
use std::sync::Arc;
use threads::raw::Timers;

const LOCK: &str = "crates/locks/src/lock/raw.rs";
const CONDITION: &str = "crates/locks/src/condition/raw.rs";
const RELEASES: &str = "self.word.fetch_sub(HELD, Release) != HELD";
const WAKES: &str = "wake::<Private>(word, 1)";

/// What happened to a function; loom checks that no two accesses are unordered.
struct Fate {
    ends: UnsafeCell<u32>,
}

// SAFETY: the models write it before they start the function, then whoever has the function does, and the model
// again when it knows that the function is gone; that this is an order is what is proved.
unsafe impl Sync for Fate {}

impl Fate {
    fn new() -> Arc<Self> {
        let fate = Self { ends: UnsafeCell::new(1) };
        // SAFETY: nobody else knows it.
        fate.ends.with_mut(|ends| unsafe { *ends = 0 });
        Arc::new(fate)
    }

    fn ends(&self) -> u32 {
        // SAFETY: called by who knows that the function is gone.
        self.ends.with(|ends| unsafe { *ends })
    }
}

/// A timer's function. Its drop is its end, whether it ran before or not.
enum Function {
    Work(Arc<Fate>),
    /// A timer that is never due.
    Idle,
    /// Ends the thread.
    Stop,
}

impl Drop for Function {
    fn drop(&mut self) {
        if let Self::Work(fate) = self {
            // SAFETY: who drops the function is the only one that has it.
            fate.ends.with_mut(|ends| unsafe { *ends += 1 });
        }
    }
}

/// Starts the timer thread; it says how many functions it ran before it was told to stop.
fn thread(timers: &Arc<impl Pending<Function>>) -> JoinHandle<u32> {
    let timers = Arc::clone(timers);
    spawn(move || {
        let mut ran = 0;
        loop {
            match timers.take(|| NOW) {
                Function::Work(_) => ran += 1,
                Function::Idle => panic!("a timer that is never due came out"),
                Function::Stop => return ran,
            }
        }
    })
}

/// The thread sleeps for a timer that is never due, or for none; the model starts one that is due.
fn one_that_is_due(timers: impl Pending<&'static str>, other: Option<Moment>) {
    let timers = Arc::new(timers);
    if let Some(at) = other {
        timers.start(at, "never due");
    }
    let thread = spawn({
        let timers = Arc::clone(&timers);
        move || {
            let looks = Cell::new(0);
            let taken = timers.take(|| {
                looks.set(looks.get() + 1);
                NOW
            });
            (taken, looks.get())
        }
    });
    timers.start(NOW, "due");
    let (taken, looks) = thread.join().unwrap();
    assert_eq!(taken, "due");
    saw(if looks == 1 { "it came before the thread looked" } else { "the thread was woken for it" });
}

fn is_not_slept_through(name: &'static str, claim: &'static str) -> Proof {
    Proof::new(name, claim)
        .threads(2)
        .outcomes(&["it came before the thread looked", "the thread was woken for it"])
        .refuted_by("nobody is woken", Fault::NoWake, CONDITION, WAKES, Death::Deadlock)
        .refuted_by("the lock's release is Relaxed", Fault::Relaxed, LOCK, RELEASES, Death::Causality)
}

#[test]
fn an_earlier_timer_is_not_slept_through() {
    is_not_slept_through(
        "timer::an_earlier_timer_is_not_slept_through",
        "a timer that is started while the thread lies down to sleep for a later one wakes it",
    )
    .executions_at_least(650)
    .refuted_by_twin("the thread lets go of the lock before it sleeps", Death::Deadlock, || {
        one_that_is_due(Twin::new(Flaw::LetsGoBeforeItSleeps), Some(NEVER));
    })
    .refuted_by_twin("who finds another timer notifies nobody", Death::Deadlock, || {
        one_that_is_due(Twin::new(Flaw::NotifiesForTheFirstOnly), Some(NEVER));
    })
    .check(|| one_that_is_due(Timers::new(), Some(NEVER)));
}

#[test]
fn the_first_timer_is_not_slept_through() {
    is_not_slept_through(
        "timer::the_first_timer_is_not_slept_through",
        "a timer that is started while the thread lies down to sleep for none wakes it",
    )
    .executions_at_least(650)
    .refuted_by_twin("the thread lets go of the lock before it sleeps", Death::Deadlock, || {
        one_that_is_due(Twin::new(Flaw::LetsGoBeforeItSleeps), None);
    })
    .check(|| one_that_is_due(Timers::new(), None));
}

/// Two start a timer each, while the thread takes both.
fn two_starters() {
    let timers = Arc::new(Timers::<Moment, u32>::new());
    let thread = spawn({
        let timers = Arc::clone(&timers);
        move || [(); 2].map(|()| timers.take(|| NOW))
    });
    let other = spawn({
        let timers = Arc::clone(&timers);
        move || {
            timers.start(NOW, 1);
        }
    });
    timers.start(NOW, 2);
    let taken = thread.join().unwrap();
    other.join().unwrap();
    assert_eq!(taken.iter().sum::<u32>(), 3, "each once");
    saw(format_args!("{} first", taken[0]));
}

#[test]
fn of_two_that_are_started_at_once_both_come_out() {
    Proof::new(
        "timer::of_two_that_are_started_at_once_both_come_out",
        "of two timers that two threads start, the thread sleeps through neither",
    )
    .threads(3)
    .bounded(3)
    .executions_at_least(9_900)
    .outcomes(&["1 first", "2 first"])
    .refuted_by("nobody is woken", Fault::NoWake, CONDITION, WAKES, Death::Deadlock)
    .check(two_starters);
}

/// The model cancels a timer that is about to be due, and then ends the thread, beside a timer that is never due.
fn cancel_against_fire(timers: impl Pending<Function>) {
    let timers = Arc::new(timers);
    let fate = Fate::new();
    let key = timers.start(SOON, Function::Work(Arc::clone(&fate)));
    timers.start(NEVER, Function::Idle);
    let thread = thread(&timers);
    let cancelled = timers.cancel(&key);
    if cancelled {
        assert_eq!(fate.ends(), 1, "dropped before the cancel returns");
    }
    timers.start(NOW, Function::Stop);
    let ran = thread.join().unwrap();
    assert_eq!(u32::from(cancelled) + ran, 1, "it ran or was cancelled, one of both");
    assert_eq!(fate.ends(), 1, "it is gone, once");
    assert!(!timers.cancel(&key), "a second cancel is told that it comes too late");
    saw(if cancelled { "cancelled" } else { "ran" });
}

#[test]
fn a_function_runs_or_is_cancelled() {
    Proof::new(
        "timer::a_function_runs_or_is_cancelled",
        "of a cancel and the timer's moment one comes first; the function is gone when either is over, once",
    )
    .threads(2)
    .bounded(5)
    .executions_at_least(10_000)
    .outcomes(&["cancelled", "ran"])
    .refuted_by("the lock's release is Relaxed", Fault::Relaxed, LOCK, RELEASES, Death::Causality)
    .refuted_by_twin("who cancels looks before", Death::Assertion("one of both"), || {
        cancel_against_fire(Twin::new(Flaw::LooksBeforeItCancels));
    })
    .refuted_by_twin("whose sleep has timed out takes what is first", Death::Assertion("never due"), || {
        cancel_against_fire(Twin::new(Flaw::TrustsTheTimeout));
    })
    .check(|| cancel_against_fire(Timers::new()));
}

/// The model cancels the only timer, and then starts a later one, which is the thread's end.
fn a_later_one_after_a_cancel(timers: impl Pending<Function>) {
    let timers = Arc::new(timers);
    let fate = Fate::new();
    let key = timers.start(SOON, Function::Work(Arc::clone(&fate)));
    let thread = thread(&timers);
    let cancelled = timers.cancel(&key);
    timers.start(LATER, Function::Stop);
    let ran = thread.join().unwrap();
    assert_eq!((u32::from(cancelled) + ran, fate.ends()), (1, 1));
    saw(if cancelled { "after a cancel" } else { "after the first" });
}

#[test]
fn a_cancelled_timer_strands_no_other() {
    Proof::new(
        "timer::a_cancelled_timer_strands_no_other",
        "whatever the thread slept for before, it does not sleep through a timer that is later than one cancelled",
    )
    .threads(2)
    .bounded(5)
    .executions_at_least(12_000)
    .outcomes(&["after a cancel", "after the first"])
    .refuted_by("nobody is woken", Fault::NoWake, CONDITION, WAKES, Death::Deadlock)
    .refuted_by_twin("who sleeps for nothing keeps the last moment", Death::Deadlock, || {
        a_later_one_after_a_cancel(Twin::new(Flaw::KeepsTheMoment));
    })
    .check(|| a_later_one_after_a_cancel(Timers::new()));
}
