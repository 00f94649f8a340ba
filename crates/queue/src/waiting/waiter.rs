//! One waiting thread, and the line in which it stands.
//!
//! # Promise
//! Who is called wakes; who has not been called leaves the line itself.
//!
//! # State
//! `Waiter::word`: `WAITING`, perhaps `ASLEEP`, then `CALLED`: once, or once for each line, where it stands in several. A line is a queue of pointers to waiters, guarded by
//! a lock; a waiter lies on its thread's stack.
//!
//! # Invariants
//! - C1. A waiter is in line, or has been called: the line's holder takes it out and writes `CALLED` before it lets go of
//!   the line.
//! - C2. A thread gives its waiter up only when it has seen `CALLED`, or has taken it out of line itself. So a pointer in
//!   a line is alive, and the write of `CALLED` is the last touch.
//!
//! # Memory orderings
//! `CALLED` is written with Release and seen with Acquire: what the caller did before is seen by the called (the item of a
//! rendezvous), and the caller's look at the waiter comes before the waiter's end (C2). Whether somebody sleeps needs no
//! order: the word is in order with itself.
//!
//! # Proofs
//! `tests/loom/`: every proof in which somebody sleeps.

use crate::sync::{Acquire, AtomicU32, Deadline, Private, Relaxed, Release, Wait, wait, wake};
use core::ptr;
use std::collections::VecDeque;

const WAITING: u32 = 0;
const ASLEEP: u32 = 1;
const CALLED: u32 = 2;

/// A thread that waits.
pub struct Waiter {
    word: AtomicU32,
}

/// What is left to do for one who has been called, after the line is let go of.
#[must_use]
pub(crate) struct Wake(Option<*const AtomicU32>);

impl Wake {
    /// Wakes the thread if it sleeps.
    pub(crate) fn wake(self) {
        if let Some(word) = self.0 {
            // The waiter may be gone. wake() uses the address only.
            wake::<Private>(word, 1);
        }
    }
}

impl Waiter {
    pub(crate) fn new() -> Self {
        Self { word: AtomicU32::new(WAITING) }
    }

    /// Calls the thread, which may be gone as soon as this is done.
    pub(crate) fn call(&self) -> Wake {
        // Release: pairs with the Acquire in is_called(): what we did for the waiter is seen, and is over (C2).
        let was = self.word.swap(CALLED, Release);
        Wake((was == ASLEEP).then_some(&raw const self.word))
    }

    /// Calls the thread, unless somebody has called it already.
    pub(crate) fn try_call(&self) -> Option<Wake> {
        // Relaxed: the exchange decides.
        let mut seen = self.word.load(Relaxed);
        while seen != CALLED {
            // Release: as in call().
            match self.word.compare_exchange(seen, CALLED, Release, Relaxed) {
                Ok(_) => return Some(Wake((seen == ASLEEP).then_some(&raw const self.word))),
                Err(now) => seen = now,
            }
        }
        None
    }

    pub(crate) fn is_called(&self) -> bool {
        // Acquire: pairs with the Release in call().
        self.word.load(Acquire) == CALLED
    }

    /// Sleeps until called, or until the deadline; says whether it was called.
    pub(crate) fn sleep(&self, deadline: Deadline) -> bool {
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

/// Those who wait, in order of arrival.
pub(crate) struct Line(VecDeque<*const Waiter>);

// SAFETY: the pointers are to waiters that any thread may call while it holds the line's lock (C1, C2).
unsafe impl Send for Line {}

impl Line {
    pub(crate) const fn new() -> Self {
        Self(VecDeque::new())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn push(&mut self, waiter: &Waiter) {
        self.0.push_back(waiter);
    }

    /// Takes the waiter out, if it is there.
    pub(crate) fn remove(&mut self, waiter: &Waiter) -> bool {
        let place = self.0.iter().position(|other| ptr::eq(*other, waiter));
        place.and_then(|place| self.0.remove(place)).is_some()
    }

    /// Calls the first in line.
    pub(crate) fn call_first(&mut self) -> Option<Wake> {
        // SAFETY: who is in line is alive (C2), and has not been called (C1).
        self.0.pop_front().map(|waiter| unsafe { (*waiter).call() })
    }
}
