//! A queue without room: an item goes from hand to hand.
//!
//! # Promise
//! A put ends when a getter has taken the item, and not before; who waits longest is served first, on both sides.
//!
//! # Source
//! Go's unbuffered channel: who comes second does the work for both, and the first finds it done.
//!
//! # State
//! One lock, under which are two lines, of which one is empty: the getters that wait, each with an empty hand, or the putters,
//! each with its item in it. A hand is a cell on the waiter's stack.
//!
//! # Protocol
//! 1. Put: take the lock. If a getter waits, take it out of its line, lay the item in its hand, call it. Else stand in line with the
//!    item in our own hand, and wait to be called.
//! 2. Get: the mirror image.
//! 3. Who is called looks at its hand: a getter finds an item there, and a putter finds it empty; if not, it is the end.
//! 4. Whose deadline comes takes the lock. Still in line? Then leave it. Else it has been called.
//!
//! # Invariants
//! - R1. A hand belongs to its thread before it stands in line and after it was called or has left, and to the holder of the lock in
//!   between.
//!
//! # Memory orderings
//! The lock's, and that of the call: see [`Waiter`].
//!
//! # Proofs
//! `tests/loom/rendezvous.rs`.

use crate::error::{GetError, PutError};
use crate::feed::Feed;
use crate::sync::{Deadline, Lock, Spin, UnsafeCell};
use crate::waiting::Waiter;
use core::ptr;
use std::collections::VecDeque;

/// One who waits, with an item or for one.
struct Hand<T> {
    item: UnsafeCell<Option<T>>,
    waiter: Waiter,
}

struct State<T> {
    getters: VecDeque<*const Hand<T>>,
    putters: VecDeque<*const Hand<T>>,
    puts: usize,
    shut: bool,
}

pub(crate) struct Rendezvous<T> {
    state: Lock<State<T>>,
}

// SAFETY: the pointers are to hands whose owners wait for us to be done with them (R1); an item moves between threads: `T: Send`.
unsafe impl<T: Send> Send for State<T> {}
// SAFETY: the state is reached through its lock only.
unsafe impl<T: Send> Sync for Rendezvous<T> {}

/// Which of the two lines.
type LineOf<T> = fn(&mut State<T>) -> &mut VecDeque<*const Hand<T>>;

impl<T> Rendezvous<T> {
    pub(crate) fn new() -> Self {
        let state = State { getters: VecDeque::new(), putters: VecDeque::new(), puts: 0, shut: false };
        Self { state: Lock::new(state) }
    }

    /// Meets the first in line, exchanges what is in its hand for `ours`, and calls it.
    fn meet(
        mut state: crate::sync::LockGuard<'_, State<T>>,
        first: *const Hand<T>,
        ours: Option<T>,
    ) -> Option<T> {
        state.puts += 1;
        // SAFETY: it was in line until now, and has not been called: its owner waits, and we hold the lock (R1).
        let hand = unsafe { &*first };
        // SAFETY: as above: the hand is ours.
        let theirs = hand.item.with_mut(|item| core::mem::replace(unsafe { &mut *item }, ours));
        let wake = hand.waiter.call();
        drop(state);
        wake.wake();
        theirs
    }

    pub(crate) fn try_put(&self, item: T) -> Result<(), PutError<T>> {
        let mut state = self.state.lock();
        if state.shut {
            return Err(PutError::ShutDown(item));
        }
        let Some(getter) = state.getters.pop_front() else { return Err(PutError::Full(item)) };
        Self::meet(state, getter, Some(item));
        Ok(())
    }

    pub(crate) fn put_until(&self, item: T, deadline: Deadline) -> Result<(), PutError<T>> {
        let mut state = self.state.lock();
        if state.shut {
            return Err(PutError::ShutDown(item));
        }
        if let Some(getter) = state.getters.pop_front() {
            Self::meet(state, getter, Some(item));
            return Ok(());
        }
        let hand = Hand { item: UnsafeCell::new(Some(item)), waiter: Waiter::new() };
        state.putters.push_back(&raw const hand);
        drop(state);
        let called = self.wait(&hand, deadline, |state| &mut state.putters);
        match hand.item.into_inner() {
            None => Ok(()),
            Some(item) if called => Err(PutError::ShutDown(item)),
            Some(item) => Err(PutError::Full(item)),
        }
    }

    pub(crate) fn try_get(&self) -> Result<T, GetError> {
        let mut state = self.state.lock();
        match state.putters.pop_front() {
            Some(putter) => {
                Ok(Self::meet(state, putter, None).expect("a putter in line has its item in hand"))
            }
            None if state.shut => Err(GetError::ShutDown),
            None => Err(GetError::Empty),
        }
    }

    pub(crate) fn get_until(&self, deadline: Deadline) -> Result<T, GetError> {
        let mut state = self.state.lock();
        if let Some(putter) = state.putters.pop_front() {
            return Ok(Self::meet(state, putter, None).expect("a putter in line has its item in hand"));
        }
        if state.shut {
            return Err(GetError::ShutDown);
        }
        let hand = Hand { item: UnsafeCell::new(None), waiter: Waiter::new() };
        state.getters.push_back(&raw const hand);
        drop(state);
        let called = self.wait(&hand, deadline, |state| &mut state.getters);
        hand.item.into_inner().ok_or(if called { GetError::ShutDown } else { GetError::Empty })
    }

    /// Waits until called, and says `true`; or until the deadline, and leaves the line.
    fn wait(&self, hand: &Hand<T>, deadline: Deadline, line: LineOf<T>) -> bool {
        let mut spin = Spin::long();
        while !deadline.is_over() && spin.turn() {
            if hand.waiter.is_called() {
                return true;
            }
        }
        if hand.waiter.sleep(deadline) {
            return true;
        }
        let mut state = self.state.lock();
        let line = line(&mut state);
        let place = line.iter().position(|other| ptr::eq(*other, hand));
        place.and_then(|place| line.remove(place)).is_none()
    }

    pub(crate) fn put_some(&self, feed: &mut Feed<T>, deadline: Deadline) -> Result<(), PutError<()>> {
        let item = feed.next().expect("there is an item to put");
        self.put_until(item, deadline).map_err(|error| error.map(|item| feed.give_back(item)))
    }

    pub(crate) fn get_some(&self, into: &mut Vec<T>, deadline: Deadline) -> Result<(), GetError> {
        into.push(self.get_until(deadline)?);
        Ok(())
    }

    /// Where nobody waits for it, the item itself is pushed out.
    pub(crate) fn force_put(&self, item: T) -> Result<Option<T>, PutError<T>> {
        match self.try_put(item) {
            Err(PutError::Full(item)) => Ok(Some(item)),
            done => done.map(|()| None),
        }
    }

    pub(crate) fn shut(&self) {
        let mut state = self.state.lock();
        state.shut = true;
        let waiting: Vec<_> = core::mem::take(&mut state.putters)
            .into_iter()
            .chain(core::mem::take(&mut state.getters))
            .collect();
        // SAFETY: they were in line until now, and have not been called: their owners wait, and we hold the lock (R1).
        let wakes: Vec<_> = waiting.into_iter().map(|hand| unsafe { &*hand }.waiter.call()).collect();
        drop(state);
        wakes.into_iter().for_each(crate::waiting::Wake::wake);
    }

    pub(crate) fn is_shut(&self) -> bool {
        self.state.lock().shut
    }

    pub(crate) fn puts(&self) -> usize {
        self.state.lock().puts
    }
}
