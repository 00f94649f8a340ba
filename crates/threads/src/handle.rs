//! A started thread, seen from outside, and what it shares with its handle.

use crate::Panic;
use crate::live::Place;
use crate::panic::discard;
use locks::{Condition, Deadline, Lock};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::{fmt, mem};

/// What a thread's function left behind.
pub(crate) type Outcome<T> = Result<T, Panic>;

/// A started thread: wait for it, ask after it, take its result.
///
/// Shared by reference, it answers any number of threads. Dropping it detaches the thread, which runs on; the
/// result that nobody can take any more is dropped, by the thread itself if it is still running.
pub struct Handle<T> {
    claim: Claim<T>,
    os: JoinHandle<()>,
    daemon: bool,
}

impl<T> Handle<T> {
    pub(crate) fn new(shared: Arc<Shared<T>>, os: JoinHandle<()>, daemon: bool) -> Self {
        Self { claim: Claim(shared), os, daemon }
    }

    /// Waits until the thread is gone, its thread-locals included, and returns the value of its function.
    ///
    /// # Errors
    /// [`Panic`] if the function panicked.
    ///
    /// # Panics
    /// If a thread joins itself, which it can do if its handle was passed to it: it would wait for ever.
    ///
    /// ```
    /// use threads::Thread;
    /// assert_eq!(Thread::new(|| 2 + 2).start()?.join(), Ok(4));
    /// assert_eq!(Thread::new(|| panic!("no")).start()?.join().unwrap_err().message(), "no");
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn join(self) -> Result<T, Panic> {
        assert!(!self.is_current(), "a thread cannot join itself");
        let Self { claim, os, .. } = self;
        let gone = os.join();
        debug_assert!(gone.is_ok(), "a panic of the function does not reach the system's thread");
        claim.take()
    }

    /// Waits until the thread's function has ended, or `timeout` has passed; says whether it has ended.
    ///
    /// It may be called again, and from several threads at once. A thread that asks this of itself gets
    /// `false` at once, since it would not have ended however long it waits.
    ///
    /// ```
    /// use std::{sync::mpsc, time::Duration};
    /// use threads::Thread;
    ///
    /// let (letter, post) = mpsc::channel();
    /// let reader = Thread::new(move || post.recv()).start()?;
    /// assert!(!reader.join_timeout(Duration::from_millis(1)), "it waits for its letter");
    /// letter.send("news").unwrap();
    /// assert!(reader.join_timeout(Duration::from_secs(60)));
    /// assert!(reader.join_timeout(Duration::ZERO), "still ended");
    /// assert_eq!(reader.join(), Ok(Ok("news")));
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn join_timeout(&self, timeout: impl Into<Deadline>) -> bool {
        if self.is_current() {
            return false;
        }
        let Shared { state, ended } = &*self.claim.0;
        ended.wait_for_timeout(&mut state.lock(), timeout, |state| state.ended)
    }

    /// Whether the thread's function has not ended yet.
    pub fn is_alive(&self) -> bool {
        !self.claim.0.state.lock().ended
    }

    /// The thread's name, if it was given one.
    pub fn name(&self) -> Option<&str> {
        self.os.thread().name()
    }

    /// Whether the process may end before this thread does.
    pub fn is_daemon(&self) -> bool {
        self.daemon
    }

    fn is_current(&self) -> bool {
        self.os.thread().id() == thread::current().id()
    }
}

impl<T> fmt::Debug for Handle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle")
            .field("name", &self.name())
            .field("is_daemon", &self.daemon)
            .field("is_alive", &self.is_alive())
            .finish_non_exhaustive()
    }
}

/// What the thread and its handle share.
pub(crate) struct Shared<T> {
    state: Lock<State<T>>,
    ended: Condition,
}

struct State<T> {
    /// From the end of the function until somebody takes it.
    outcome: Option<Outcome<T>>,
    /// Nobody can take it any more.
    unwanted: bool,
    /// Set once, after the outcome.
    ended: bool,
}

impl<T> Shared<T> {
    pub(crate) fn new() -> Self {
        Self {
            state: Lock::new(State { outcome: None, unwanted: false, ended: false }),
            ended: Condition::new(),
        }
    }

    /// Puts the outcome where the handle finds it, leaves the count of live threads, and announces the end.
    ///
    /// The outcome of a detached thread is dropped before that: whoever waits for the thread waits for that
    /// `drop` as well.
    pub(crate) fn end(&self, outcome: Outcome<T>, place: Place) {
        if let Err(unwanted) = self.keep(outcome) {
            discard(unwanted);
        }
        place.leave(|| {
            self.state.lock().ended = true;
            self.ended.notify_all();
        });
    }

    fn keep(&self, outcome: Outcome<T>) -> Result<(), Outcome<T>> {
        let mut state = self.state.lock();
        if state.unwanted {
            return Err(outcome);
        }
        state.outcome = Some(outcome);
        Ok(())
    }
}

/// The handle's right to the outcome.
struct Claim<T>(Arc<Shared<T>>);

impl<T> Claim<T> {
    /// The outcome of a thread that is gone.
    fn take(self) -> Outcome<T> {
        let Some(outcome) = self.0.state.lock().outcome.take() else {
            unreachable!("a thread keeps its outcome before it goes, and only its one handle takes it");
        };
        outcome
    }
}

impl<T> Drop for Claim<T> {
    fn drop(&mut self) {
        let mut state = self.0.state.lock();
        state.unwanted = true;
        let outcome = mem::take(&mut state.outcome);
        // The value's own `drop` may be long, and may ask anything of this crate: not under the lock.
        drop(state);
        drop(outcome);
    }
}
