//! Which threads must end before the process does: a count of the non-daemon threads, and the waiting for it.

use locks::{Condition, Deadline, Lock};
use std::cell::Cell;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

/// How many non-daemon threads are started and have not ended.
static NON_DAEMON: Lock<usize> = Lock::new(0);
static ONE_LESS: Condition = Condition::new();

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

/// A thread's place in the count, from before it is started until it has ended. Dropping it leaves as well:
/// so a start that fails does.
pub(crate) struct Place {
    daemon: bool,
    counted: bool,
}

impl Place {
    pub(crate) fn new(daemon: bool) -> Self {
        *NON_DAEMON.lock() += usize::from(!daemon);
        Self { daemon, counted: !daemon }
    }

    /// Says that the calling thread is the one that has this place.
    pub(crate) fn occupy(&self) {
        KIND.set(if self.daemon { Kind::Daemon } else { Kind::NonDaemon });
    }

    /// Leaves the count and runs `announce` in one step: nobody sees a thread that has ended and counts, or
    /// the opposite.
    pub(crate) fn leave(mut self, announce: impl FnOnce()) {
        let mut count = NON_DAEMON.lock();
        announce();
        *count -= usize::from(mem::take(&mut self.counted));
        drop(count);
        ONE_LESS.notify_all();
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if self.counted {
            *NON_DAEMON.lock() -= 1;
            ONE_LESS.notify_all();
        }
    }
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
/// Threads that are started while it waits are waited for too. Only threads of this crate count, and a thread
/// never waits for itself; two non-daemon threads that both call it without a timeout wait for each other.
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
    ONE_LESS.wait_for_timeout(&mut NON_DAEMON.lock(), timeout, |count| *count <= myself)
}
