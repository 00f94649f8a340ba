//! What the queue's lock guards: the items, the count of unfinished tasks, and whether it is shut.
//!
//! # Promise
//! First in, first out, for all together; at most `capacity` items; `unfinished` is what was put, less what
//! was done or discarded.
//!
//! # Source
//! CPython's `queue.Queue`, 3.13, with gh-137088: a discarding shutdown counts its items as done, and `join`
//! still waits for those taken before.
//!
//! # Why no wake-up is lost
//! - W1. Each method below is one critical section of [`super::Queue`]'s lock, so what a waiter saw before it
//!   slept and what a notifier changed are in order.
//! - W2. `push` makes one getter's wait needless and notifies one; `pop` one putter's. A waiter that is
//!   notified and finds the item gone (a newcomer took it) goes back to sleep: the newcomer has used up what
//!   the notification was for.
//! - W3. A waiter whose deadline comes takes what is there if it was notified, or if it finds an item anyway:
//!   in the second case some other waiter was notified for nothing and goes back to sleep, as in W2.
//! - W4. A notification comes after the release of the lock: it finds whoever lined up before (see `locks`,
//!   `RawCondition`, I3).
//!
//! # Proofs
//! `tests/loom/queue.rs`; against `VecDeque`: `tests/props/`.

use super::Shutdown;
use crate::{GetError, NotInWork, PutError};
use std::collections::VecDeque;

pub(super) struct State<T> {
    items: VecDeque<T>,
    capacity: Option<usize>,
    unfinished: usize,
    shut: bool,
}

impl<T> State<T> {
    pub(super) fn new(capacity: Option<usize>) -> Self {
        Self { items: VecDeque::new(), capacity, unfinished: 0, shut: false }
    }

    pub(super) fn push(&mut self, item: T) -> Result<(), PutError<T>> {
        if self.shut {
            return Err(PutError::ShutDown(item));
        }
        if self.is_full() {
            return Err(PutError::Full(item));
        }
        self.items.push_back(item);
        self.unfinished += 1;
        Ok(())
    }

    pub(super) fn pop(&mut self) -> Result<T, GetError> {
        match self.items.pop_front() {
            Some(item) => Ok(item),
            None if self.shut => Err(GetError::ShutDown),
            None => Err(GetError::Empty),
        }
    }

    /// Counts `n` items as done and returns how many are left.
    pub(super) fn finish(&mut self, n: usize) -> Result<usize, NotInWork> {
        self.unfinished = self.unfinished.checked_sub(n).ok_or(NotInWork)?;
        Ok(self.unfinished)
    }

    /// Shuts the queue; returns what was discarded, and whether nothing is unfinished.
    pub(super) fn shut(&mut self, how: Shutdown) -> (VecDeque<T>, bool) {
        self.shut = true;
        let discarded = match how {
            Shutdown::Drain => VecDeque::new(),
            Shutdown::Discard => core::mem::take(&mut self.items),
        };
        // A task_done() for an item still in the queue (Python allows it too) may have run ahead: never below
        // zero.
        self.unfinished = self.unfinished.saturating_sub(discarded.len());
        (discarded, self.unfinished == 0)
    }

    pub(super) fn must_wait_to_put(&self) -> bool {
        !self.shut && self.is_full()
    }

    pub(super) fn must_wait_to_get(&self) -> bool {
        !self.shut && self.items.is_empty()
    }

    pub(super) fn is_full(&self) -> bool {
        self.capacity.is_some_and(|capacity| self.items.len() >= capacity)
    }

    pub(super) fn is_shut(&self) -> bool {
        self.shut
    }

    pub(super) fn len(&self) -> usize {
        self.items.len()
    }

    pub(super) fn capacity(&self) -> Option<usize> {
        self.capacity
    }

    pub(super) fn unfinished(&self) -> usize {
        self.unfinished
    }
}
