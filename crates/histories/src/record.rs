//! Writes down who did what, and when it began and ended.

use std::sync::atomic::{AtomicU64, Ordering::AcqRel};
use std::sync::{Mutex, PoisonError};

/// One call: what was asked for, what came of it, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call<O, R> {
    /// What was asked for.
    pub operation: O,
    /// What came of it.
    pub outcome: R,
    /// When it began. Two moments of one history are never the same.
    pub invoked: u64,
    /// When it ended, which is later.
    pub returned: u64,
}

/// A history in the making, written by any number of threads.
#[derive(Debug)]
pub struct Recorder<O, R> {
    clock: AtomicU64,
    calls: Mutex<Vec<Call<O, R>>>,
}

impl<O, R> Recorder<O, R> {
    /// A history without calls.
    pub const fn new() -> Self {
        Self { clock: AtomicU64::new(0), calls: Mutex::new(Vec::new()) }
    }

    /// Does `act`, writes down that it was `operation` and what it returned, and returns it.
    ///
    /// A call that panics is not written down; one that never returns neither.
    pub fn call(&self, operation: O, act: impl FnOnce() -> R) -> R
    where
        R: Clone,
    {
        let invoked = self.now();
        let outcome = act();
        let returned = self.now();
        // The lock comes after the return, so that who writes is in nobody's way while others act.
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        calls.push(Call { operation, outcome: outcome.clone(), invoked, returned });
        outcome
    }

    /// What was written down, in the order in which the calls began.
    pub fn into_history(self) -> Vec<Call<O, R>> {
        let mut calls = self.calls.into_inner().unwrap_or_else(PoisonError::into_inner);
        calls.sort_by_key(|call| call.invoked);
        calls
    }

    fn now(&self) -> u64 {
        // AcqRel: pairs with itself: nothing of the act comes before its beginning or after its end, and who ended
        // before another began is seen by it.
        self.clock.fetch_add(1, AcqRel)
    }
}

impl<O, R> Default for Recorder<O, R> {
    fn default() -> Self {
        Self::new()
    }
}
