//! A kernel in forty lines.
//!
//! One loom mutex is the kernel's bucket lock: comparing the word and queueing up are one step with regard to
//! every wake, and nothing else is promised. It also orders a waker before the sleeper that it woke, which
//! Linux does too; no proof may need that, and none does where the sleeper looks at the word again.
//!
//! **Timed waits need no clock.** A wait with a deadline is two steps under the lock: queue up; then leave.
//! Gone from the queue by then means `Woken`, still there means `TimedOut`. loom places every wake before,
//! between and after the two, so all of "woken in time", "timed out" and "woken too late" are explored.
//!
//! **A token** that ends a wait is a second address of the sleeper. Its cancelling marks the sleeper, which
//! leaves as if timed out; until it has left, a wake of the word may still count it, and then it is woken.
//!
//! **Wake-ups for no reason** come the same way, on a budget that a proof may set: the first waits of an
//! execution, up to that number, leave as if woken.

use super::atomic::{AtomicU32, Ordering::Relaxed};
use super::time::Deadline;
use super::{check, fault, trace};
use crate::cancel::Cancel;
use core::cell::RefCell;
use core::panic::Location;
use std::collections::VecDeque;
use std::rc::Rc;

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

/// Who may wait on a word. The model has one memory, so the two scopes are one here.
pub trait Scope: Copy + Send + Sync + 'static {}

/// Threads of one process.
#[derive(Clone, Copy, Debug, Default)]
pub struct Private;

/// Every process that maps the memory.
#[derive(Clone, Copy, Debug, Default)]
pub struct Shared;

impl Scope for Private {}
impl Scope for Shared {}

struct Kernel {
    queue: loom::sync::Mutex<Queue>,
    changed: loom::sync::Condvar,
}

struct Sleeper {
    /// The address slept on.
    word: usize,
    /// The address of the token that ends the sleep when it is cancelled.
    token: Option<usize>,
    /// The token was cancelled: it leaves by itself, and is there for a wake until then.
    cancelled: bool,
    /// A number of its own.
    ticket: usize,
}

#[derive(Default)]
struct Queue {
    sleepers: VecDeque<Sleeper>,
    next_ticket: usize,
    spurious: usize,
}

std::thread_local! {
    // Made by the model's first step, so that no thread is ordered after another by who looks it up first.
    static KERNEL: RefCell<Option<Rc<Kernel>>> = const { RefCell::new(None) };
}

/// A new execution begins, in which `spurious` sleeps end for no reason.
pub(super) fn begin(spurious: usize) {
    let queue = loom::sync::Mutex::new(Queue { spurious, ..Queue::default() });
    let kernel = Kernel { queue, changed: loom::sync::Condvar::new() };
    KERNEL.set(Some(Rc::new(kernel)));
}

fn kernel() -> Rc<Kernel> {
    KERNEL.with_borrow(Clone::clone).expect("a futex is used inside a proof only")
}

/// Sleeps while `word` is `expected`, until a [`wake`] or the deadline.
///
/// # Panics
/// Outside a proof.
#[track_caller]
pub fn wait<S: Scope>(word: &AtomicU32, expected: u32, deadline: &Deadline) -> Wait {
    if check::is_lost() {
        return Wait::Woken;
    }
    let (site, address) = (Location::caller(), core::ptr::from_ref(word).addr());
    let result = sleep(word, address, expected, deadline, site);
    trace::step(site, trace::Step::Wait { word: address, result });
    result
}

fn sleep(
    word: &AtomicU32,
    address: usize,
    expected: u32,
    deadline: &Deadline,
    site: &'static Location<'static>,
) -> Wait {
    let kernel = kernel();
    let mut queue = kernel.queue.lock().expect("no panic under the kernel's lock");
    let token = deadline.cancel().map(Cancel::sleep_on);
    // Relaxed, both: the lock is what orders this with a wake.
    if token.is_some_and(|(token, live)| token.load(Relaxed) != live) {
        return Wait::TimedOut;
    }
    if word.load(Relaxed) != expected {
        return Wait::Changed;
    }
    let ticket = queue.next_ticket;
    queue.next_ticket += 1;
    let token = token.map(|(token, _)| core::ptr::from_ref(token).addr());
    queue.sleepers.push_back(Sleeper { word: address, token, cancelled: false, ticket });
    trace::step(site, trace::Step::Sleep { word: address });
    let spurious = !deadline.comes() && queue.spurious > 0;
    if spurious {
        queue.spurious -= 1;
    }
    if spurious || deadline.comes() {
        drop(queue);
        let mut queue = kernel.queue.lock().expect("no panic under the kernel's lock");
        let Some(place) = queue.place(ticket) else { return Wait::Woken };
        queue.sleepers.remove(place);
        return if spurious { Wait::Woken } else { Wait::TimedOut };
    }
    while let Some(place) = queue.place(ticket) {
        if queue.sleepers[place].cancelled {
            queue.sleepers.remove(place);
            return Wait::TimedOut;
        }
        queue = kernel.changed.wait(queue).expect("no panic under the kernel's lock");
    }
    Wait::Woken
}

impl Queue {
    fn place(&self, ticket: usize) -> Option<usize> {
        self.sleepers.iter().position(|sleeper| sleeper.ticket == ticket)
    }
}

/// Ends the sleep of the `n` longest sleepers on `word`, or of all where there are fewer; says how many.
///
/// # Panics
/// Outside a proof.
#[track_caller]
pub fn wake<S: Scope>(word: *const AtomicU32, n: u32) -> usize {
    let site = Location::caller();
    if check::is_lost() || fault::omits(site, fault::Fault::NoWake) {
        return 0;
    }
    let kernel = kernel();
    let mut queue = kernel.queue.lock().expect("no panic under the kernel's lock");
    let before = queue.sleepers.len();
    let (mut left, mut cancelled) = (n, false);
    queue.sleepers.retain_mut(|sleeper| {
        let stays = sleeper.word != word.addr() || left == 0;
        left -= u32::from(!stays);
        let cancels = stays && sleeper.token == Some(word.addr());
        sleeper.cancelled |= cancels;
        cancelled |= cancels;
        stays
    });
    let woken = before - queue.sleepers.len();
    if woken > 0 || cancelled {
        kernel.changed.notify_all();
    }
    drop(queue);
    trace::step(site, trace::Step::Wake { word: word.addr(), woken });
    woken
}
