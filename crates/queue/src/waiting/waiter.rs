//! One waiting thread or task.
//!
//! # Promise
//! Who is called wakes; who has not been called leaves the line itself.
//!
//! # State
//! `Waiter::word`: `WAITING`, perhaps `ASLEEP` (a thread) or `POLLED` (a task, whose waker is there), then
//! `CALLED`: once, or once for each line, where it stands in several. A line is a queue of pointers to
//! hands of waiters, guarded by a lock; both lie on their thread's stack.
//!
//! # Invariants
//! - C1. A waiter is in line, or has been called: the line's holder takes it out and writes `CALLED` before
//!   it lets go of the line.
//! - C2. A thread gives its waiter up only when it has seen `CALLED`, or has taken it out of line itself. So
//!   a pointer in a line is alive, and the write of `CALLED` is the last touch.
//!
//! - C3. The waker belongs to the task while the word is `WAITING`, and to who writes `CALLED` while it is
//!   `POLLED`. A task gives its waiter up only after it has taken the line's lock, so after its caller has
//!   taken the waker.
//!
//! # Memory orderings
//! `CALLED` is written with Release and seen with Acquire; the waker likewise, the other way round: what the
//! caller did before is seen by the called (the item in its hand), and the caller's look at the waiter
//! comes before the waiter's end (C2). Whether somebody sleeps needs no order: the word is in order with
//! itself.
//!
//! # Proofs
//! `tests/loom/`: every proof in which somebody sleeps.

#[cfg(feature = "async")]
use crate::sync::Release;
use crate::sync::{
    AcqRel, Acquire, AtomicU32, Deadline, Private, Relaxed, Spin, UnsafeCell, Wait, wait, wake,
};
use core::task::Waker;

const WAITING: u32 = 0;
const ASLEEP: u32 = 1;
const CALLED: u32 = 2;
const POLLED: u32 = 3;

/// A thread or a task that waits.
pub(crate) struct Waiter {
    word: AtomicU32,
    waker: UnsafeCell<Option<Waker>>,
}

/// What is left to do for one who has been called, after the line is let go of.
#[must_use]
pub(crate) enum Wake {
    /// It looks for itself.
    Nothing,
    /// It sleeps on the word.
    Thread(*const AtomicU32),
    Task(Waker),
}

impl Wake {
    /// Wakes the thread if it sleeps, or the task.
    pub(crate) fn wake(self) {
        match self {
            Self::Nothing => {}
            // The waiter may be gone. wake() uses the address only.
            Self::Thread(word) => drop(wake::<Private>(word, 1)),
            Self::Task(waker) => waker.wake(),
        }
    }
}

impl Waiter {
    pub(crate) fn new() -> Self {
        Self { word: AtomicU32::new(WAITING), waker: UnsafeCell::new(None) }
    }

    /// Calls the thread or task, which may be gone as soon as this is done.
    pub(crate) fn call(&self) -> Wake {
        // AcqRel: Release pairs with the Acquire in is_called(): what we did for the waiter is seen, and is
        // over (C2).
        // Acquire pairs with the Release in polled(): the waker is there (C3).
        let was = self.word.swap(CALLED, AcqRel);
        self.wake_from(was)
    }

    /// Calls the thread or task, unless somebody has called it already.
    pub(crate) fn try_call(&self) -> Option<Wake> {
        // Relaxed: the exchange decides.
        let mut seen = self.word.load(Relaxed);
        while seen != CALLED {
            // AcqRel: as in call().
            match self.word.compare_exchange(seen, CALLED, AcqRel, Relaxed) {
                Ok(_) => return Some(self.wake_from(seen)),
                Err(now) => seen = now,
            }
        }
        None
    }

    /// What is left to do for one whose word was this before it was called.
    fn wake_from(&self, was: u32) -> Wake {
        match was {
            ASLEEP => Wake::Thread(&raw const self.word),
            // SAFETY: we have called a task that had been polled, and the line is still held: the waker is
            // ours (C3).
            POLLED => match self.waker.with_mut(|waker| unsafe { (*waker).take() }) {
                Some(waker) => Wake::Task(waker),
                None => Wake::Nothing,
            },
            _ => Wake::Nothing,
        }
    }

    /// Leaves a waker for who calls us; `false` if somebody has called us already.
    #[cfg(feature = "async")]
    pub(crate) fn polled(&self, with: &Waker) -> bool {
        // Relaxed: what an earlier poll left was ours. If it is refused we are new, or is_called() sees that
        // we are not.
        let _ = self.word.compare_exchange(POLLED, WAITING, Relaxed, Relaxed);
        if self.is_called() {
            return false;
        }
        // SAFETY: the word is WAITING, and only we change it to POLLED: the waker is ours (C3).
        self.waker.with_mut(|waker| unsafe { (*waker).get_or_insert_with(|| with.clone()).clone_from(with) });
        // Release: pairs with the Acquire in call(): the waker is there.
        self.word.compare_exchange(WAITING, POLLED, Release, Relaxed).is_ok()
    }

    pub(crate) fn is_called(&self) -> bool {
        // Acquire: pairs with the Release in call().
        self.word.load(Acquire) == CALLED
    }

    /// Waits until called, or until the deadline; says whether it was called.
    pub(crate) fn wait(&self, deadline: &Deadline) -> bool {
        for mut spin in [Spin::pauses(), Spin::yields()] {
            while !deadline.is_over() && spin.turn() {
                if self.is_called() {
                    spin.paid(true);
                    return true;
                }
            }
            spin.paid(false);
        }
        self.sleep(deadline)
    }

    /// Sleeps until called, or until the deadline; says whether it was called.
    pub(crate) fn sleep(&self, deadline: &Deadline) -> bool {
        // Relaxed: says only that we sleep; if it is refused we have been called, and is_called() sees that.
        let _ = self.word.compare_exchange(WAITING, ASLEEP, Relaxed, Relaxed);
        while !self.is_called() {
            if wait::<Private>(&self.word, ASLEEP, deadline) == Wait::TimedOut {
                return self.is_called();
            }
        }
        true
    }
}
