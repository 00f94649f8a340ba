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
    address: usize,
    ticket: usize,
    thread: shuttle::thread::Thread,
}

std::thread_local! {
    // shuttle runs all threads of an execution on one thread of the system, and does not see these.
    static SLEEPERS: RefCell<Vec<Sleeper>> = const { RefCell::new(Vec::new()) };
    static NEXT_TICKET: Cell<usize> = const { Cell::new(0) };
}

/// A new execution begins, in which nobody sleeps.
pub(super) fn begin() {
    SLEEPERS.take();
}

/// Sleeps while `word` is `expected`, until a [`wake`] or the deadline.
///
/// # Panics
/// Outside a trial.
pub fn wait<S: Scope>(word: &AtomicU32, expected: u32, deadline: Deadline) -> Wait {
    // Relaxed: as strong as any other here. The step comes before the load, and none between it and the
    // queue.
    if word.load(Relaxed) != expected {
        return Wait::Changed;
    }
    let ticket = NEXT_TICKET.replace(NEXT_TICKET.get() + 1);
    let thread = shuttle::thread::current();
    let sleeper = Sleeper { address: core::ptr::from_ref(word).addr(), ticket, thread };
    SLEEPERS.with_borrow_mut(|sleepers| sleepers.push(sleeper));
    let is = |sleeper: &Sleeper| sleeper.ticket == ticket;
    while SLEEPERS.with_borrow(|sleepers| sleepers.iter().any(is)) {
        if !deadline.comes() {
            shuttle::thread::park();
        } else if random::one_in(4) {
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
    let (mut woken, mut left) = (Vec::new(), n);
    SLEEPERS.with_borrow_mut(|sleepers| {
        let (wakes, stays) = core::mem::take(sleepers).into_iter().partition(|sleeper: &Sleeper| {
            let wakes = sleeper.address == word.addr() && left > 0;
            left -= u32::from(wakes);
            wakes
        });
        (woken, *sleepers) = (wakes, stays);
    });
    // Outside the borrow: each of these is a step.
    woken.iter().for_each(|sleeper| sleeper.thread.unpark());
    woken.len()
}
