//! Which threads are alive, and which of them must end before the process does.

use crate::identity::{self, ThreadRef};
use crate::roll::Roll;
use locks::Deadline;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

static ROLL: Roll<ThreadRef> = Roll::new();

/// What this crate knows of a thread from inside.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Started by something else: the main thread, or a thread of `std`.
    Foreign,
    NonDaemon,
    Daemon,
}

thread_local! {
    static KIND: Cell<Kind> = const { Cell::new(Kind::Foreign) };
}

/// The kind of the thread that asks.
pub(crate) fn current() -> Kind {
    KIND.get()
}

/// A place on the roll, from before a thread is started until it has ended. Dropping it leaves as well: so a
/// start that fails does.
pub(crate) struct Place {
    /// Whom `enumerate` shows; nobody for a timer.
    thread: Option<ThreadRef>,
    counts: bool,
}

impl Place {
    /// Of something that is no thread, and is waited for unless it is a daemon.
    pub(crate) fn new(daemon: bool) -> Self {
        Self::enter(None, !daemon)
    }

    /// Of a thread that this crate is about to start.
    pub(crate) fn of(thread: &ThreadRef) -> Self {
        Self::enter(Some(thread.clone()), !thread.is_daemon())
    }

    /// Of a thread that somebody else has started: it is shown, and not waited for.
    pub(crate) fn foreign(thread: &ThreadRef) -> Self {
        Self::enter(Some(thread.clone()), false)
    }

    fn enter(thread: Option<ThreadRef>, counts: bool) -> Self {
        ROLL.enter(thread.clone().map(|thread| (thread.ident(), thread)), counts);
        Self { thread, counts }
    }

    /// Says that the calling thread is the one that has this place.
    pub(crate) fn occupy(&self) {
        KIND.set(if self.counts { Kind::NonDaemon } else { Kind::Daemon });
    }
}

impl Drop for Place {
    /// Leaves the roll and announces the end in one step: nobody sees a thread that has ended and counts, or the
    /// opposite.
    fn drop(&mut self) {
        let thread = self.thread.take();
        ROLL.leave(thread.as_ref().map(ThreadRef::ident), self.counts, || {
            if let Some(thread) = &thread {
                thread.end();
            }
        });
    }
}

/// All threads that are alive: the main thread, those of this crate that are started and have not ended, in the
/// order of their starts, and those of others that have called [`current`](fn@crate::current).
///
/// Python's `enumerate`. It is as it was at one moment; by the time one looks, some may have ended. O(n).
///
/// ```
/// use threads::{Cancel, Thread};
/// use std::time::Duration;
///
/// let cancel = Cancel::new();
/// let sleeper = Thread::new({
///     let cancel = cancel.clone();
///     move || cancel.sleep(Duration::MAX)
/// });
/// let sleeper = sleeper.name("sleeper").start()?;
/// let names: Vec<_> = threads::enumerate().iter().filter_map(|thread| thread.name()).collect();
/// assert!(names.iter().any(|name| **name == *"sleeper"), "{names:?}");
/// cancel.cancel();
/// sleeper.join().unwrap().unwrap_err();
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn enumerate() -> Vec<ThreadRef> {
    let mut threads = ROLL.entries();
    threads.insert(0, identity::main_thread());
    threads
}

/// How many threads are alive: as many as [`enumerate`] shows. Python's `active_count`. O(n).
pub fn active_count() -> usize {
    enumerate().len()
}

/// Runs `f`, then waits for all non-daemon threads: for the `main` of a program, which otherwise cuts them
/// off when it returns.
///
/// If `f` panics, the wait comes first and the panic goes on after it, as in Python. `std::process::exit`
/// waits for nobody.
///
/// ```
/// use std::sync::atomic::{AtomicBool, Ordering};
/// use threads::Thread;
/// static WRITTEN: AtomicBool = AtomicBool::new(false);
///
/// let value = threads::main(|| {
///     Thread::new(|| WRITTEN.store(true, Ordering::Release)).start().unwrap();
///     7
/// });
/// assert_eq!(value, 7);
/// assert!(WRITTEN.load(Ordering::Acquire), "nobody joined the thread, and it ran to its end");
/// ```
pub fn main<R>(f: impl FnOnce() -> R) -> R {
    let result = catch_unwind(AssertUnwindSafe(f));
    join_non_daemon(Deadline::NEVER);
    result.unwrap_or_else(|payload| resume_unwind(payload))
}

/// Waits until no non-daemon thread is left, or `timeout` has passed; says whether none is left.
///
/// Threads that are started while it waits are waited for too, and so are pending timers. Only threads of this
/// crate count, and a thread never waits for itself; two non-daemon threads that both call it without a timeout
/// wait for each other.
///
/// ```
/// use std::{sync::mpsc, time::Duration};
/// use threads::Thread;
///
/// let (letter, post) = mpsc::channel();
/// Thread::new(move || post.recv().unwrap()).start()?;
/// assert!(!threads::join_non_daemon(Duration::from_millis(1)), "it waits for its letter");
/// letter.send("go").unwrap();
/// assert!(threads::join_non_daemon(Duration::from_secs(60)));
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn join_non_daemon(timeout: impl Into<Deadline>) -> bool {
    let myself = usize::from(current() == Kind::NonDaemon);
    ROLL.wait_timeout(myself, timeout)
}
