//! A queue in the order of a store: a lock around the store and two lines.
//!
//! # Promise
//! The order is the store's; at most `capacity` items; nothing of the user's but the store's own `push` and
//! `pop` runs under the lock, and if one of these panics, the queue and its counts are as they were.
//!
//! # Source
//! CPython's `queue.Queue`, whose subclasses change `_put` and `_get`.
//!
//! # State
//! Under the lock: the store, how many were put, whether it is shut, and who waits on each side. Beside it a
//! copy of the store's length, written under the lock, for those who only look: while a thread spins it does
//! not take the lock in vain.
//!
//! # Why no wake-up is lost
//! Who lines up does so in the section in which it saw that it must wait, and who makes that untrue calls one
//! in the section in which it does: so either the one or the other comes first. If a newcomer is faster than
//! the one who was called, it has used up what the call was for.
//!
//! # Memory orderings
//! The lock's. The copy of the length is Relaxed: a hint; what follows is decided under the lock.
//!
//! # Proofs
//! `tests/loom/stored.rs`.

mod heap;
mod stack;
mod store;

use crate::error::{GetError, PutError};
use crate::feed::Feed;
use crate::kind::Core;
use crate::sync::{AtomicUsize, Deadline, Lock, LockGuard, Relaxed};
use crate::waiting::{
    Hand, Line, Sides, Verdict, Waiter, Wake, get_some, get_until, put_some, put_until, try_get, try_put,
};
pub(crate) use heap::Heap;
pub(crate) use stack::Stack;
pub use store::Store;

/// The kind of a queue whose order a [`Store`] makes.
pub struct Stored<S> {
    state: Lock<State<S>>,
    len: AtomicUsize,
    capacity: usize,
}

struct State<S> {
    store: S,
    puts: usize,
    shut: bool,
    getters: Line,
    putters: Line,
}

impl<S: Store> Stored<S> {
    /// A capacity of `usize::MAX` is none.
    pub(crate) fn new(store: S, capacity: usize) -> Self {
        let len = AtomicUsize::new(store.len());
        let puts = store.len();
        let state = State { store, puts, shut: false, getters: Line::new(), putters: Line::new() };
        Self { state: Lock::new(state), len, capacity }
    }

    fn is_full(&self, state: &State<S>) -> bool {
        state.store.len() >= self.capacity
    }

    /// Puts one, and says whom to wake; the lock is held.
    fn push(&self, state: &mut State<S>, item: S::Item) -> Result<Option<Wake>, PutError<S::Item>> {
        if state.shut {
            return Err(PutError::ShutDown(item));
        }
        if self.is_full(state) {
            return Err(PutError::Full(item));
        }
        state.store.push(item).map_err(PutError::Rejected)?;
        state.puts += 1;
        // Relaxed: a hint, written under the lock.
        self.len.store(state.store.len(), Relaxed);
        Ok(state.getters.call_first())
    }

    /// Takes one, and says whom to wake; the lock is held.
    fn pop(&self, state: &mut State<S>) -> Option<(S::Item, Option<Wake>)> {
        let item = state.store.pop()?;
        // Relaxed: a hint, written under the lock.
        self.len.store(state.store.len(), Relaxed);
        Some((item, state.putters.call_first()))
    }

    fn lock(&self) -> LockGuard<'_, State<S>> {
        self.state.lock()
    }
}

fn wake(who: impl IntoIterator<Item = Wake>) {
    who.into_iter().for_each(Wake::wake);
}

impl<S: Store> Sides for Stored<S> {
    type Item = S::Item;

    fn poll_put(&self, item: S::Item) -> Result<(), PutError<S::Item>> {
        // Relaxed: a hint.
        if self.len.load(Relaxed) >= self.capacity {
            return Err(PutError::Full(item));
        }
        let mut state = self.lock();
        let called = self.push(&mut state, item)?;
        drop(state);
        wake(called);
        Ok(())
    }

    fn poll_put_some(&self, feed: &mut Feed<S::Item>) -> Result<usize, PutError<()>> {
        let (mut n, mut called, mut refused) = (0, Vec::new(), None);
        let mut state = self.lock();
        while let Some(item) = feed.next() {
            match self.push(&mut state, item) {
                Ok(wake) => called.extend(wake),
                Err(error) => {
                    refused = Some(error.map(|item| feed.give_back(item)));
                    break;
                }
            }
            n += 1;
        }
        drop(state);
        wake(called);
        match refused {
            // What comes before it has been put; next time it is the first.
            Some(error) if n == 0 && error != PutError::Full(()) => Err(error),
            _ => Ok(n),
        }
    }

    fn verdict_put(&self) -> Verdict {
        let state = self.lock();
        match state.shut {
            true => Verdict::Over,
            false if self.is_full(&state) => Verdict::Wait,
            false => Verdict::Again,
        }
    }

    fn enter_put(&self, waiter: &Waiter) -> bool {
        let mut state = self.lock();
        let must_wait = !state.shut && self.is_full(&state);
        if must_wait {
            state.putters.push(waiter);
        }
        must_wait
    }

    fn leave_put(&self, waiter: &Waiter) -> bool {
        self.lock().putters.remove(waiter)
    }

    fn call_putter(&self) {
        let called = self.lock().putters.call_first();
        wake(called);
    }

    fn poll_get(&self) -> Option<S::Item> {
        // Relaxed: a hint.
        if self.len.load(Relaxed) == 0 {
            return None;
        }
        let mut state = self.lock();
        let (item, called) = self.pop(&mut state)?;
        drop(state);
        wake(called);
        Some(item)
    }

    fn poll_get_some(&self, max: usize, into: &mut Vec<S::Item>) -> usize {
        let (mut n, mut called) = (0, Vec::new());
        let mut state = self.lock();
        while n < max {
            let Some((item, wake)) = self.pop(&mut state) else { break };
            into.push(item);
            called.extend(wake);
            n += 1;
        }
        drop(state);
        wake(called);
        n
    }

    fn verdict_get(&self) -> Verdict {
        let state = self.lock();
        match state.store.len() == 0 {
            false => Verdict::Again,
            true if state.shut => Verdict::Over,
            true => Verdict::Wait,
        }
    }

    fn enter_get(&self, waiter: &Waiter) -> bool {
        let mut state = self.lock();
        let must_wait = !state.shut && state.store.len() == 0;
        if must_wait {
            state.getters.push(waiter);
        }
        must_wait
    }

    fn leave_get(&self, waiter: &Waiter) -> bool {
        self.lock().getters.remove(waiter)
    }

    fn call_getter(&self) {
        let called = self.lock().getters.call_first();
        wake(called);
    }
}

impl<S: Store> Core for Stored<S> {
    type Item = S::Item;

    fn try_put(&self, item: S::Item) -> Result<(), PutError<S::Item>> {
        try_put(self, item)
    }

    #[inline]
    fn put_until(&self, item: S::Item, deadline: Deadline) -> Result<(), PutError<S::Item>> {
        put_until(self, item, deadline)
    }

    fn put_some(&self, feed: &mut Feed<S::Item>, deadline: Deadline) -> Result<(), PutError<()>> {
        put_some(self, feed, deadline)
    }

    fn force_put(&self, item: S::Item) -> Result<Option<S::Item>, PutError<S::Item>> {
        let mut state = self.lock();
        let must_make_room = !state.shut && self.is_full(&state);
        if !must_make_room {
            let called = self.push(&mut state, item)?;
            drop(state);
            wake(called);
            return Ok(None);
        }
        // The item first: if the store refuses it, nothing has been pushed out.
        state.store.push(item).map_err(PutError::Rejected)?;
        state.puts += 1;
        Ok(state.store.evict())
    }

    fn try_get(&self) -> Result<S::Item, GetError> {
        try_get(self)
    }

    #[inline]
    fn get_until(&self, deadline: Deadline) -> Result<S::Item, GetError> {
        get_until(self, deadline)
    }

    fn get_some(&self, max: usize, into: &mut Vec<S::Item>, deadline: Deadline) -> Result<(), GetError> {
        get_some(self, max, into, deadline)
    }

    fn drain(&self) -> Vec<S::Item> {
        let mut items = Vec::new();
        self.poll_get_some(usize::MAX, &mut items);
        items
    }

    fn shut(&self) {
        let mut state = self.lock();
        state.shut = true;
        let mut called: Vec<_> = std::iter::from_fn(|| state.getters.call_first()).collect();
        called.extend(std::iter::from_fn(|| state.putters.call_first()));
        drop(state);
        wake(called);
    }

    fn enter_put(&self, hand: &Hand<S::Item>) -> bool {
        Sides::enter_put(self, hand.waiter())
    }

    fn leave_put(&self, hand: &Hand<S::Item>) -> bool {
        Sides::leave_put(self, hand.waiter())
    }

    fn call_putter(&self) {
        Sides::call_putter(self);
    }

    fn enter_get(&self, waiter: &Waiter) -> bool {
        Sides::enter_get(self, waiter)
    }

    fn leave_get(&self, waiter: &Waiter) -> bool {
        Sides::leave_get(self, waiter)
    }

    fn call_getter(&self) {
        Sides::call_getter(self);
    }

    fn is_shut(&self) -> bool {
        self.lock().shut
    }

    fn len(&self) -> usize {
        self.lock().store.len()
    }

    fn capacity(&self) -> Option<usize> {
        (self.capacity < usize::MAX).then_some(self.capacity)
    }

    fn puts(&self) -> usize {
        self.lock().puts
    }
}
