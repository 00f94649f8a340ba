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
//! Under the lock: the store, how many are in it and how many were put, whether it is shut, and who waits on each
//! side. Beside it a copy of the length, written under the lock, for those who only look: while a thread spins it
//! does not take the lock in vain.
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
    Hand, Line, Sides, Verdict, Wake, get_some, get_until, put_some, put_until, try_get, try_put,
};
pub(crate) use heap::Heap;
pub(crate) use stack::Stack;
pub use store::Store;

/// The kind of a queue whose order a [`Store`] makes.
pub struct Stored<S: Store> {
    state: Lock<State<S>>,
    len: AtomicUsize,
    capacity: usize,
}

struct State<S: Store> {
    store: S,
    len: usize,
    puts: usize,
    shut: bool,
    getters: Line<S::Item>,
    putters: Line<S::Item>,
    /// How many have come and gone since the lock was taken.
    moved: Moved,
}

#[derive(Default)]
struct Moved {
    come: usize,
    gone: usize,
}

impl<S: Store> State<S> {
    fn push(&mut self, item: S::Item, capacity: usize) -> Result<(), PutError<S::Item>> {
        if self.shut {
            return Err(PutError::ShutDown(item));
        }
        if self.len >= capacity {
            return Err(PutError::Full(item));
        }
        self.store.push(item).map_err(PutError::Rejected)?;
        self.puts += 1;
        self.len += 1;
        self.moved.come += 1;
        Ok(())
    }

    fn pop(&mut self) -> Option<S::Item> {
        let item = self.store.pop();
        // A store that says that it is empty is.
        self.len = if item.is_some() { self.len - 1 } else { 0 };
        self.moved.gone += usize::from(item.is_some());
        item
    }

    /// All who wait are called at the end of the visit.
    fn shut(&mut self) {
        self.shut = true;
        self.moved = Moved { come: usize::MAX, gone: usize::MAX };
    }

    fn pop_many(&mut self, max: usize) -> Vec<S::Item> {
        let items = self.store.pop_many(max);
        self.len -= items.len();
        self.moved.gone += items.len();
        items
    }
}

/// A stay under the lock. When it ends, also by a panic of the store's, those are called for whom something has
/// come or gone.
struct Visit<'a, S: Store> {
    state: LockGuard<'a, State<S>>,
    len: &'a AtomicUsize,
    called: &'a mut Called,
}

impl<S: Store> Drop for Visit<'_, S> {
    fn drop(&mut self) {
        let state = &mut *self.state;
        let Moved { come, gone } = core::mem::take(&mut state.moved);
        // Relaxed: a hint, written under the lock.
        self.len.store(state.len, Relaxed);
        (0..come).map_while(|_| state.getters.call_first()).for_each(|wake| self.called.add(wake));
        (0..gone).map_while(|_| state.putters.call_first()).for_each(|wake| self.called.add(wake));
    }
}

/// Who has been called under the lock, and is woken after it: mostly nobody, or one.
#[derive(Default)]
struct Called {
    first: Option<Wake>,
    others: Vec<Wake>,
}

impl Called {
    fn add(&mut self, wake: Wake) {
        match self.first {
            None => self.first = Some(wake),
            Some(_) => self.others.push(wake),
        }
    }
}

impl Drop for Called {
    fn drop(&mut self) {
        self.first.take().into_iter().chain(self.others.drain(..)).for_each(Wake::wake);
    }
}

impl<S: Store> Stored<S> {
    /// A capacity of `usize::MAX` is none.
    pub(crate) fn new(store: S, capacity: usize) -> Self {
        let len = store.len();
        let (getters, putters) = (Line::new(), Line::new());
        let state = State { store, len, puts: len, shut: false, getters, putters, moved: Moved::default() };
        Self { state: Lock::new(state), len: AtomicUsize::new(len), capacity }
    }

    fn lock(&self) -> LockGuard<'_, State<S>> {
        self.state.lock()
    }

    fn visit<R>(&self, act: impl FnOnce(&mut State<S>) -> R) -> R {
        // Dropped after the lock is.
        let mut called = Called::default();
        let mut visit = Visit { state: self.lock(), len: &self.len, called: &mut called };
        act(&mut visit.state)
    }

    fn must_wait_to_put(&self, state: &State<S>) -> bool {
        !state.shut && state.len >= self.capacity
    }
}

impl<S: Store> Sides for Stored<S> {
    type Item = S::Item;

    fn poll_put(&self, item: S::Item) -> Result<(), PutError<S::Item>> {
        // Relaxed: a hint.
        if self.len.load(Relaxed) >= self.capacity {
            return Err(PutError::Full(item));
        }
        self.visit(|state| state.push(item, self.capacity))
    }

    fn poll_put_some(&self, feed: &mut Feed<S::Item>) -> Result<usize, PutError<()>> {
        self.visit(|state| {
            let mut n = 0;
            while let Some(item) = feed.next() {
                if let Err(error) = state.push(item, self.capacity) {
                    let error = error.map(|item| feed.give_back(item));
                    // What comes before it has been put; next time it is the first.
                    return if n == 0 && error != PutError::Full(()) { Err(error) } else { Ok(n) };
                }
                n += 1;
            }
            Ok(n)
        })
    }

    fn verdict_put(&self) -> Verdict {
        let state = self.lock();
        match state.shut {
            true => Verdict::Over,
            false if self.must_wait_to_put(&state) => Verdict::Wait,
            false => Verdict::Again,
        }
    }

    fn enter_put(&self, hand: &Hand<S::Item>) -> bool {
        let mut state = self.lock();
        let must_wait = self.must_wait_to_put(&state);
        if must_wait {
            state.putters.push(hand);
        }
        must_wait
    }

    fn leave_put(&self, hand: &Hand<S::Item>) -> bool {
        self.lock().putters.remove(hand)
    }

    fn call_putter(&self) {
        let called = self.lock().putters.call_first();
        called.into_iter().for_each(Wake::wake);
    }

    fn poll_get(&self) -> Option<S::Item> {
        // Relaxed: a hint.
        if self.len.load(Relaxed) == 0 {
            return None;
        }
        self.visit(State::pop)
    }

    fn poll_get_some(&self, max: usize, into: &mut Vec<S::Item>) -> usize {
        let mut items = self.visit(|state| state.pop_many(max));
        let n = items.len();
        into.append(&mut items);
        n
    }

    fn verdict_get(&self) -> Verdict {
        let state = self.lock();
        match state.len == 0 {
            false => Verdict::Again,
            true if state.shut => Verdict::Over,
            true => Verdict::Wait,
        }
    }

    fn enter_get(&self, hand: &Hand<S::Item>) -> bool {
        let mut state = self.lock();
        let must_wait = !state.shut && state.len == 0;
        if must_wait {
            state.getters.push(hand);
        }
        must_wait
    }

    fn leave_get(&self, hand: &Hand<S::Item>) -> bool {
        self.lock().getters.remove(hand)
    }

    fn call_getter(&self) {
        let called = self.lock().getters.call_first();
        called.into_iter().for_each(Wake::wake);
    }
}

impl<S: Store> Core for Stored<S> {
    type Item = S::Item;

    fn try_put(&self, item: S::Item) -> Result<(), PutError<S::Item>> {
        try_put(self, item)
    }

    #[inline]
    fn put_until(&self, item: S::Item, deadline: &Deadline) -> Result<(), PutError<S::Item>> {
        put_until(self, item, deadline)
    }

    fn put_some(&self, feed: &mut Feed<S::Item>, deadline: &Deadline) -> Result<(), PutError<()>> {
        put_some(self, feed, deadline)
    }

    fn force_put(&self, item: S::Item) -> Result<Option<S::Item>, PutError<S::Item>> {
        self.visit(|state| {
            if !self.must_wait_to_put(state) {
                return state.push(item, self.capacity).map(|()| None);
            }
            let out = state.store.exchange(item).map_err(PutError::Rejected)?;
            state.puts += 1;
            Ok(Some(out))
        })
    }

    fn try_get(&self) -> Result<S::Item, GetError> {
        try_get(self)
    }

    #[inline]
    fn get_until(&self, deadline: &Deadline) -> Result<S::Item, GetError> {
        get_until(self, deadline)
    }

    fn get_some(&self, max: usize, into: &mut Vec<S::Item>, deadline: &Deadline) -> Result<(), GetError> {
        get_some(self, max, into, deadline)
    }

    fn peek(&self) -> Option<S::Item>
    where
        S::Item: Copy,
    {
        self.lock().store.peek().copied()
    }

    fn drain(&self) -> Vec<S::Item> {
        self.visit(|state| state.pop_many(usize::MAX))
    }

    fn shut(&self) {
        self.visit(|state| state.shut());
    }

    fn discard(&self) -> Vec<S::Item> {
        self.visit(|state| {
            let items = state.pop_many(usize::MAX);
            state.shut();
            items
        })
    }

    fn enter_put(&self, hand: &Hand<S::Item>) -> bool {
        Sides::enter_put(self, hand)
    }

    fn leave_put(&self, hand: &Hand<S::Item>) -> bool {
        Sides::leave_put(self, hand)
    }

    fn call_putter(&self) {
        Sides::call_putter(self);
    }

    fn enter_get(&self, hand: &Hand<S::Item>) -> bool {
        Sides::enter_get(self, hand)
    }

    fn leave_get(&self, hand: &Hand<S::Item>) -> bool {
        Sides::leave_get(self, hand)
    }

    fn call_getter(&self) {
        Sides::call_getter(self);
    }

    fn is_shut(&self) -> bool {
        self.lock().shut
    }

    fn len(&self) -> usize {
        self.lock().len
    }

    fn capacity(&self) -> Option<usize> {
        (self.capacity < usize::MAX).then_some(self.capacity)
    }

    fn puts(&self) -> usize {
        self.lock().puts
    }
}
