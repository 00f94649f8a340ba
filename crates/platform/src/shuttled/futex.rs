//! A kernel without a lock: only one thread runs at a time, and only at a step can that change.
//!
//! So comparing the word and queueing up are one step with regard to every wake, as long as no step lies
//! between them. A sleeper parks until it is no longer in the queue; it parks again when that comes back too
//! early.
//!
//! **Timed waits** are the model's: queue up; some time later, leave. Gone from the queue by then means
//! `Woken`, still there means `TimedOut`. The time is a number of steps, drawn anew at each: so a deadline
//! comes soon mostly, and late sometimes.
//!
//! There are no wake-ups for no reason here: they would heal the lost ones that a trial is to find.

use super::atomic::{AtomicU32, Ordering::Relaxed};
use super::time::Deadline;
use super::{random, thread};
use crate::cancel::Cancel;
use core::cell::{Cell, RefCell};

/// How a wait ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// Somebody woke us, or the sleep ended for no reason: look at the word again.
    Woken,
    /// The word was not the expected value: there was no sleep.
    Changed,
    /// The deadline came first.
    TimedOut,
}

/// Who may wait on a word. There is one memory, so the two scopes are one here.
pub trait Scope: Copy + Send + Sync + 'static {}

/// Threads of one process.
#[derive(Clone, Copy, Debug, Default)]
pub struct Private;

/// Every process that maps the memory.
#[derive(Clone, Copy, Debug, Default)]
pub struct Shared;

impl Scope for Private {}
impl Scope for Shared {}

struct Sleeper {
    /// The address slept on.
    word: Option<usize>,
    /// The address of the token that ends the sleep when it is cancelled.
    token: Option<usize>,
    /// The token was cancelled: it leaves by itself, and is there for a wake until then.
    cancelled: bool,
    ticket: usize,
    thread: shuttle::thread::Thread,
}

std::thread_local! {
    // shuttle runs all threads of an execution on one thread of the system, and does not see these.
    static SLEEPERS: RefCell<Vec<Sleeper>> = const { RefCell::new(Vec::new()) };
    static NEXT_TICKET: Cell<usize> = const { Cell::new(0) };
    static WAKES: Cell<usize> = const { Cell::new(0) };
}

/// A new execution begins, in which nobody sleeps.
pub(super) fn begin() {
    SLEEPERS.take();
}

/// Sleeps while `word` is `expected`, until a [`wake`] or the deadline.
///
/// # Panics
/// Outside a trial.
pub fn wait<S: Scope>(word: &AtomicU32, expected: u32, deadline: &Deadline) -> Wait {
    let token = deadline.cancel().map(Cancel::sleep_on);
    loop {
        let wakes = WAKES.get();
        // Relaxed, both: as strong as any other here. A step comes before each load, and none between the
        // second and the queue.
        if token.is_some_and(|(token, live)| token.load(Relaxed) != live) {
            return Wait::TimedOut;
        }
        let changed = word.load(Relaxed) != expected;
        // A wake between the two loads may have been the token's: then both are looked at again.
        if token.is_none() || WAKES.get() == wakes {
            if changed {
                return Wait::Changed;
            }
            break;
        }
    }
    let ticket = NEXT_TICKET.replace(NEXT_TICKET.get() + 1);
    let thread = shuttle::thread::current();
    let [word, token] =
        [Some(word), token.map(|(token, _)| token)].map(|at| at.map(|at| core::ptr::from_ref(at).addr()));
    let sleeper = Sleeper { word, token, cancelled: false, ticket, thread };
    SLEEPERS.with_borrow_mut(|sleepers| sleepers.push(sleeper));
    let is = |sleeper: &Sleeper| sleeper.ticket == ticket;
    let cancelled = |sleepers: &Vec<Sleeper>| sleepers.iter().find(|s| is(s)).map(|s| s.cancelled);
    while let Some(cancelled) = SLEEPERS.with_borrow(cancelled) {
        if !cancelled && !deadline.comes() {
            shuttle::thread::park();
        } else if cancelled || random::one_in(4) {
            SLEEPERS.with_borrow_mut(|sleepers| sleepers.retain(|sleeper| !is(sleeper)));
            return Wait::TimedOut;
        } else {
            thread::step();
        }
    }
    Wait::Woken
}

/// Ends the sleep of the `n` longest sleepers on `word`, or of all where there are fewer; says how many.
///
/// # Panics
/// Outside a trial.
pub fn wake<S: Scope>(word: *const AtomicU32, n: u32) -> usize {
    thread::step();
    WAKES.set(WAKES.get() + 1);
    let word = Some(word.addr());
    let (mut woken, mut cancelled, mut left) = (Vec::new(), Vec::new(), n);
    SLEEPERS.with_borrow_mut(|sleepers| {
        let (wakes, mut stays): (Vec<_>, Vec<_>) =
            core::mem::take(sleepers).into_iter().partition(|sleeper| {
                let wakes = sleeper.word == word && left > 0;
                left -= u32::from(wakes);
                wakes
            });
        for sleeper in stays.iter_mut().filter(|sleeper| sleeper.token == word) {
            sleeper.cancelled = true;
            cancelled.push(sleeper.thread.clone());
        }
        (woken, *sleepers) = (wakes, stays);
    });
    // Outside the borrow: each of these is a step.
    woken.iter().map(|sleeper| &sleeper.thread).chain(&cancelled).for_each(|thread| thread.unpark());
    woken.len()
}
