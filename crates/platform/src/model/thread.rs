//! loom's threads, numbered in the order in which the model starts them: the model itself is 0.

use super::futex::Scope;
use super::{check, fault};
use core::cell::{Cell, RefCell};
use core::panic::Location;
use loom::thread::ThreadId;

pub use loom::thread::JoinHandle;
/// Declares values of a thread's own.
pub use loom::thread_local as local;

std::thread_local! {
    // loom runs all threads of a model on one OS thread and does not see this: no scheduling point, no
    // happens-before.
    static THREADS: RefCell<Vec<ThreadId>> = const { RefCell::new(Vec::new()) };
    /// The numbers of the threads by the stacks they run on, as far as somebody has asked.
    static BY_STACK: Cell<[Option<usize>; loom::MAX_THREADS]> = const { Cell::new([None; loom::MAX_THREADS]) };
    static IMPATIENT: Cell<bool> = const { Cell::new(false) };
    static LATE: Cell<bool> = const { Cell::new(false) };
    static SOONER: Cell<bool> = const { Cell::new(false) };
    static YIELDS: RefCell<Vec<usize>> = const { RefCell::new(Vec::new()) };
}

/// How often a thread may have yielded, in an execution of which all continuations are explored.
const MAX_YIELDS: usize = 3;

/// Lets others run. Who yields looks in vain; two who do could go on for ever, and loom would follow them at
/// any length. So once a thread has yielded more than [`MAX_YIELDS`] times, the execution goes on in one way
/// only, in which who has yielded least runs next: it ends, or is a livelock. A search in which that happens
/// is not complete, and may not say so.
pub fn yield_now() {
    if check::is_lost() {
        return;
    }
    let thread = current();
    let yields = YIELDS.with_borrow_mut(|yields| {
        yields.resize(yields.len().max(thread + 1), 0);
        yields[thread] += 1;
        yields[thread]
    });
    if yields > MAX_YIELDS {
        check::cut();
        loom::skip_branch();
    }
    loom::thread::yield_now();
}

/// Starts a modelled thread. loom allows five, the model itself included.
#[track_caller]
pub fn spawn<F, T>(f: F) -> JoinHandle<T>
where
    F: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    let handle = loom::thread::spawn(f);
    THREADS.with_borrow_mut(|threads| threads.push(handle.thread().id()));
    handle
}

/// The model begins anew: its thread is number 0, and its time is as it says.
pub(super) fn begin(time: check::Time) {
    IMPATIENT.set(time.impatient);
    LATE.set(time.late);
    SOONER.set(time.sooner);
    YIELDS.take();
    BY_STACK.take();
    let model = loom::thread::current().id();
    THREADS.with_borrow_mut(|threads| {
        threads.clear();
        threads.push(model);
    });
}

/// How many threads this execution has had so far.
pub(super) fn count() -> usize {
    THREADS.with_borrow(Vec::len)
}

/// The number of the thread that runs. loom looks it up in a table of tables; but a thread keeps its stack for as
/// long as an execution goes on, so it is asked once.
pub(super) fn current() -> usize {
    let Some(stack) = stack() else { return ask() };
    let mut known = BY_STACK.get();
    let number = *known[stack].get_or_insert_with(ask);
    BY_STACK.set(known);
    number
}

/// Which stack this runs on, where stacks are kept.
fn stack() -> Option<usize> {
    #[cfg(all(target_os = "linux", target_pointer_width = "64"))]
    return super::stacks::here();
    #[cfg(not(all(target_os = "linux", target_pointer_width = "64")))]
    None
}

/// The same as loom says it. spawn() has numbered the thread before it runs, as starting one is no scheduling point.
fn ask() -> usize {
    let id = loom::thread::current().id();
    THREADS.with_borrow(|threads| threads.iter().position(|known| *known == id)).unwrap_or(usize::MAX)
}

/// The number of the running thread: 1 or more, and no other thread's in this execution.
///
/// # Panics
/// On a thread that [`spawn`] did not start.
pub fn id<S: Scope>() -> usize {
    if check::is_lost() {
        return 1;
    }
    current().checked_add(1).expect("spawn() starts all threads of a model")
}

/// Whether the running thread's number is `number`.
pub fn has_id<S: Scope>(number: usize) -> bool {
    id::<S>() == number
}

/// A number below `n`: the first, as a model has to do the same again.
pub fn chance(_n: usize) -> usize {
    0
}

/// The real world's bounded spin, of length zero: it only loads, and the attempts that follow it are
/// modelled.
#[derive(Debug)]
pub struct Spin;

impl Spin {
    /// A spin that is over.
    #[expect(clippy::new_without_default, reason = "as in the real world")]
    pub fn new() -> Self {
        Self
    }

    /// The same.
    pub fn beside_a_holder() -> Self {
        Self
    }

    /// A long spin that is over.
    pub fn long() -> Self {
        Self
    }

    /// Pauses that are over.
    pub fn pauses() -> Self {
        Self
    }

    /// The same.
    pub fn brief() -> Self {
        Self
    }

    /// Nothing is learned from it.
    pub fn paid(self, _: bool) {}

    /// Yields that are over.
    pub fn yields() -> Self {
        Self
    }

    /// Says that it is time to sleep.
    pub fn turn(&mut self) -> bool {
        false
    }
}

/// The real world's patience, without a clock: it is over from the start or it lasts for ever, as the proof
/// says.
#[derive(Debug)]
pub struct Patience;

impl Patience {
    /// A waiter's patience.
    #[expect(clippy::new_without_default, reason = "as in the real world")]
    pub fn new() -> Self {
        Self
    }

    /// Whether the waiter has waited too long.
    pub fn is_over(&mut self) -> bool {
        IMPATIENT.get()
    }
}

/// Whether a deadline that the algorithm itself sets may come: if the proof says so, and no fault takes it.
pub(super) fn sooner_comes(site: &Location<'_>) -> bool {
    SOONER.get() && !fault::takes_the_deadline(site)
}

/// How many moments there are: one.
pub const MOMENTS: u32 = 1;

/// The moment that there is.
pub fn moment() -> u32 {
    0
}

/// Whether somebody is late who was called: always or never, as the proof says.
pub fn is_late<S: Scope>(_called: u32) -> bool {
    LATE.get()
}
