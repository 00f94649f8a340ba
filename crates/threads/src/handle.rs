//! A started thread, seen by who started it: its result belongs to the handle.

use crate::ending::Slot;
use crate::identity::ThreadRef;
use crate::live::Place;
use crate::panic::{self, Panic, discard};
use locks::Deadline;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread::JoinHandle;

/// What a thread's function left behind.
pub(crate) type Outcome<T> = Result<T, Panic>;

/// A started thread: wait for it, ask after it, take its result.
///
/// It is a [`ThreadRef`] as well, which has the names and numbers, [`is_alive`](ThreadRef::is_alive) and
/// [`join_timeout`](ThreadRef::join_timeout). Shared by reference, it answers any number of threads. Dropping it
/// detaches the thread, which runs on; the result that nobody can take any more is dropped, by the thread itself
/// if it is still running, and a panic goes to the [`excepthook`](fn@crate::excepthook).
pub struct Handle<T> {
    thread: ThreadRef,
    claim: Claim<T>,
    /// Of a scoped thread, none: there the scope waits for the system's thread.
    os: Option<JoinHandle<()>>,
}

impl<T> Handle<T> {
    pub(crate) fn new(thread: ThreadRef, shared: Arc<Shared<T>>, os: Option<JoinHandle<()>>) -> Self {
        Self { thread, claim: Claim(Some(shared)), os }
    }

    /// Waits until the thread is gone, its thread-locals included, and returns the value of its function. (Of a
    /// thread in a [`scope`](fn@crate::scope): until its function has ended.)
    ///
    /// # Errors
    /// [`Panic`] if the function panicked. Also if a thread joins itself, which it can do if its handle was passed
    /// to it, and which would never end: the error says so, and the thread goes on, detached.
    ///
    /// ```
    /// use threads::Thread;
    /// assert_eq!(Thread::new(|| 2 + 2).start()?.join(), Ok(4));
    /// assert_eq!(Thread::new(|| panic!("no")).start()?.join().unwrap_err().message(), "no");
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn join(self) -> Result<T, Panic> {
        if self.thread.is_current() {
            return Err(Panic::of_join_of_itself(self.thread.name()));
        }
        let Self { thread, claim, os } = self;
        match os {
            Some(os) => {
                let gone = os.join();
                debug_assert!(gone.is_ok(), "a panic of the function does not reach the system's thread");
            }
            None => drop(thread.join_timeout(Deadline::NEVER)),
        }
        claim.take()
    }

    /// The thread, without the result.
    pub fn thread(&self) -> &ThreadRef {
        &self.thread
    }
}

impl<T> Deref for Handle<T> {
    type Target = ThreadRef;

    fn deref(&self) -> &ThreadRef {
        &self.thread
    }
}

impl<T> fmt::Debug for Handle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Handle").field(&self.thread).finish()
    }
}

/// What the thread and its handle share.
pub(crate) struct Shared<T> {
    slot: Slot<Outcome<T>>,
    /// Where a scope is told of a panic that nobody took.
    panicked: Option<Arc<AtomicBool>>,
}

impl<T> Shared<T> {
    pub(crate) fn new(panicked: Option<Arc<AtomicBool>>) -> Self {
        Self { slot: Slot::new(), panicked }
    }

    /// Puts the outcome where the handle finds it, then leaves: that announces the end.
    ///
    /// The outcome of a detached thread is dropped before that: whoever waits for the thread waits for that
    /// `drop` as well.
    pub(crate) fn end(&self, outcome: Outcome<T>, place: Place) {
        if let Err(unwanted) = self.slot.keep(outcome) {
            self.let_go(unwanted);
        }
        drop(place);
    }

    /// An outcome that nobody takes.
    fn let_go(&self, outcome: Outcome<T>) {
        match outcome {
            Ok(value) => discard(value),
            Err(panic) => {
                if let Some(panicked) = &self.panicked {
                    // Relaxed: the scope looks after the thread's end, and after the handle's.
                    panicked.store(true, Relaxed);
                }
                panic::unjoined(&panic);
            }
        }
    }
}

/// The handle's right to the outcome, until it is taken.
struct Claim<T>(Option<Arc<Shared<T>>>);

impl<T> Claim<T> {
    /// The outcome of a thread that has ended.
    fn take(mut self) -> Outcome<T> {
        let Some(outcome) = self.0.take().and_then(|shared| shared.slot.take()) else {
            unreachable!("a thread keeps its outcome before it ends, and only its one handle takes it");
        };
        outcome
    }
}

impl<T> Drop for Claim<T> {
    fn drop(&mut self) {
        let Some(shared) = self.0.take() else { return };
        match shared.slot.refuse() {
            // The value's own `drop` may panic, as any drop.
            Some(Ok(value)) => drop(value),
            Some(panicked) => shared.let_go(panicked),
            None => {}
        }
    }
}
