//! A queue without room: an item goes from hand to hand.
//!
//! # Promise
//! A put ends when a getter has taken the item, and not before; who waits longest is served first, on both
//! sides.
//!
//! # Source
//! Go's unbuffered channel: who comes second does the work for both, and the first finds it done.
//!
//! # State
//! One lock, under which are two lines. In the first stand those of one `side`: getters that wait, each with an
//! empty [`Hand`], or putters, each with its item in it. In the second are those who would get, among other
//! things: they are called when there is a putter, and come to take the item themselves.
//!
//! All this fits a line of the cache, as every item takes it from one core to another.
//!
//! # Protocol
//! 1. Put: take the lock. If a getter waits, take it out of its line, lay the item in its hand, call it. Else
//!    stand in line with the item in our own hand, call one of the third line, and wait to be called.
//! 2. Get: take the lock. If a putter waits, take it out of its line; take the item from its hand and call
//!    it. If somebody else has called it before us (it waits for several things), lay the item back, and go
//!    on to the next. No putter: stand in line with an empty hand.
//! 3. Who is called looks at its hand: a getter finds an item there, and a putter finds it empty; if not, it
//!    is the end.
//! 4. Whose deadline comes takes the lock. Still in line? Then leave it. Else it has been called.
//!
//! # Invariants
//! - R1. A hand belongs to its thread before it stands in line and after it was called or has left, and to
//!   the holder of the lock in between. Who holds out a hand beside others takes the lock before it looks at
//!   it.
//!
//! # Memory orderings
//! The lock's, and that of the call: see [`Waiter`].
//!
//! # Proofs
//! `tests/loom/rendezvous.rs`.

use crate::error::{GetError, PutError};
use crate::feed::Feed;
use crate::sync::{Deadline, Lock, LockGuard};
use crate::waiting::{Hand, Line, Stand, Wake};
use core::ptr;

#[derive(Clone, Copy, PartialEq)]
enum Side {
    Getters,
    Putters,
}

struct State<T> {
    line: Line<T>,
    /// Who stands in the line, if anybody does.
    side: Side,
    others: Line<T>,
    puts: usize,
    shut: bool,
}

#[repr(align(64))]
pub(crate) struct Rendezvous<T> {
    state: Lock<State<T>>,
}

// SAFETY: the pointers are to hands whose owners wait for us to be done with them (R1); an item moves between
// threads: `T: Send`.
unsafe impl<T: Send> Send for State<T> {}

impl<T> State<T> {
    fn has(&self, side: Side) -> bool {
        self.side == side && !self.line.is_empty()
    }

    fn push(&mut self, side: Side, hand: &Hand<T>) {
        self.side = side;
        self.line.push(hand);
    }

    fn pop(&mut self, side: Side) -> Option<*const Hand<T>> {
        if self.side == side { self.line.pop() } else { None }
    }

    /// Lays the item in the hand of the getter that has waited longest.
    fn give(&mut self, item: T) -> Result<Wake, T> {
        let Some(hand) = self.pop(Side::Getters) else { return Err(item) };
        // SAFETY: it was in line until now, and has not been called: its owner waits (R1).
        let hand = unsafe { &*hand };
        // SAFETY: as above, and we hold the lock.
        unsafe { hand.exchange(Some(item)) };
        self.puts += 1;
        Ok(hand.waiter().call())
    }

    /// Takes the item from the hand of the putter that has waited longest.
    fn take(&mut self) -> Option<(T, Wake)> {
        loop {
            // SAFETY: it was in line until now: its owner waits, or has to take the lock before it leaves
            // (R1).
            let hand = unsafe { &*self.pop(Side::Putters)? };
            // SAFETY: as above, and we hold the lock.
            let item = unsafe { hand.exchange(None) };
            match (hand.waiter().try_call(), item) {
                (Some(wake), Some(item)) => {
                    self.puts += 1;
                    return Some((item, wake));
                }
                // SAFETY: as above.
                (_, item) => drop(unsafe { hand.exchange(item) }),
            }
        }
    }
}

impl<T> Rendezvous<T> {
    pub(crate) fn new() -> Self {
        Self {
            state: Lock::new(State {
                line: Line::new(),
                side: Side::Getters,
                others: Line::new(),
                puts: 0,
                shut: false,
            }),
        }
    }

    /// Gives the item to a getter that waits; else the lock is still held.
    fn give(&self, item: T) -> Result<(), (LockGuard<'_, State<T>>, T)> {
        let mut state = self.state.lock();
        if state.shut {
            return Err((state, item));
        }
        match state.give(item) {
            Ok(wake) => {
                drop(state);
                wake.wake();
                Ok(())
            }
            Err(item) => Err((state, item)),
        }
    }

    /// Takes the item of a putter that waits; else the lock is still held.
    fn take(&self) -> Result<T, LockGuard<'_, State<T>>> {
        let mut state = self.state.lock();
        match state.take() {
            Some((item, wake)) => {
                drop(state);
                wake.wake();
                Ok(item)
            }
            None => Err(state),
        }
    }

    pub(crate) fn try_put(&self, item: T) -> Result<(), PutError<T>> {
        self.give(item).map_err(
            |(state, item)| {
                if state.shut { PutError::ShutDown(item) } else { PutError::Full(item) }
            },
        )
    }

    pub(crate) fn put_until(&self, item: T, deadline: &Deadline) -> Result<(), PutError<T>> {
        let Err((mut state, item)) = self.give(item) else { return Ok(()) };
        if state.shut {
            return Err(PutError::ShutDown(item));
        }
        let mut stand = Stand::new();
        let (waiter, hand) = stand.hold_out(|waiter| Hand::new(waiter, Some(item)));
        let wake = Self::offer(&mut state, hand);
        drop(state);
        wake.into_iter().for_each(Wake::wake);
        let called = waiter.wait(deadline) || !self.leave_put(hand);
        match stand.into_item() {
            None => Ok(()),
            Some(item) if called => Err(PutError::ShutDown(item)),
            Some(item) => Err(PutError::Full(item)),
        }
    }

    pub(crate) fn try_get(&self) -> Result<T, GetError> {
        self.take().map_err(|state| if state.shut { GetError::ShutDown } else { GetError::Empty })
    }

    pub(crate) fn get_until(&self, deadline: &Deadline) -> Result<T, GetError> {
        let mut state = match self.take() {
            Ok(item) => return Ok(item),
            Err(state) if state.shut => return Err(GetError::ShutDown),
            Err(state) => state,
        };
        let mut stand = Stand::new();
        let (waiter, hand) = stand.hold_out(|waiter| Hand::new(waiter, None));
        state.push(Side::Getters, hand);
        drop(state);
        let called = waiter.wait(deadline) || !self.state.lock().line.remove(hand);
        stand.into_item().ok_or(if called { GetError::ShutDown } else { GetError::Empty })
    }

    fn offer(state: &mut State<T>, hand: &Hand<T>) -> Option<Wake> {
        state.push(Side::Putters, hand);
        state.others.call_first()
    }

    /// Stands in line with the item in its hand, unless somebody is there to take it.
    pub(crate) fn enter_put(&self, hand: &Hand<T>) -> bool {
        let mut state = self.state.lock();
        if state.shut || state.has(Side::Getters) {
            return false;
        }
        let wake = Self::offer(&mut state, hand);
        drop(state);
        wake.into_iter().for_each(Wake::wake);
        true
    }

    pub(crate) fn leave_put(&self, hand: &Hand<T>) -> bool {
        self.state.lock().line.remove(hand)
    }

    /// Stands in the line of those who wait for other things as well, unless there is an item.
    pub(crate) fn enter_get(&self, hand: &Hand<T>) -> bool {
        let mut state = self.state.lock();
        let offers = |other: &Hand<T>| !ptr::eq(other.waiter(), hand.waiter());
        if state.shut || state.has(Side::Putters) && state.line.iter().any(offers) {
            return false;
        }
        state.others.push(hand);
        true
    }

    pub(crate) fn leave_get(&self, hand: &Hand<T>) -> bool {
        self.state.lock().others.remove(hand)
    }

    /// Calls another of those who would get, if there is something to get.
    pub(crate) fn call_getter(&self) {
        let mut state = self.state.lock();
        let wake = if state.has(Side::Putters) { state.others.call_first() } else { None };
        drop(state);
        wake.into_iter().for_each(Wake::wake);
    }

    pub(crate) fn put_some(&self, feed: &mut Feed<T>, deadline: &Deadline) -> Result<(), PutError<()>> {
        let item = feed.next().expect("there is an item to put");
        self.put_until(item, deadline).map_err(|error| error.map(|item| feed.give_back(item)))
    }

    pub(crate) fn get_some(&self, into: &mut Vec<T>, deadline: &Deadline) -> Result<(), GetError> {
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
        let State { line, others, .. } = &mut *state;
        let lines = [line, others];
        let called: Vec<_> =
            lines.into_iter().flat_map(|line| core::iter::from_fn(|| line.call_first())).collect();
        drop(state);
        called.into_iter().for_each(Wake::wake);
    }

    pub(crate) fn is_shut(&self) -> bool {
        self.state.lock().shut
    }

    pub(crate) fn puts(&self) -> usize {
        self.state.lock().puts
    }
}
