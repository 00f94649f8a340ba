//! The operations of a kind, made of what its two sides can do without waiting.

use super::{Attempt, Hand, Waiter, wait_until};
use crate::error::{GetError, PutError};
use crate::feed::Feed;
use crate::sync::{Deadline, yield_now};

/// What the two sides of a kind can do without waiting: a cheap look, a verdict and a line each.
pub(crate) trait Sides {
    type Item;

    /// Whether there is room for so many that who waits does well not to look too soon.
    fn is_roomy(&self) -> bool {
        false
    }

    /// Puts the item if a cheap look finds room; `Full` may mean that it found none, for whatever reason.
    fn poll_put(&self, item: Self::Item) -> Result<(), PutError<Self::Item>>;

    /// Puts the first items of `feed` for which a cheap look finds room, at one time; says how many.
    fn poll_put_some(&self, feed: &mut Feed<Self::Item>) -> Result<usize, PutError<()>>;

    /// Why there may be no room.
    fn verdict_put(&self) -> Verdict;

    /// Lines up for room, unless there is some.
    fn enter_put(&self, hand: &Hand<Self::Item>) -> bool;

    fn leave_put(&self, hand: &Hand<Self::Item>) -> bool;

    /// Calls a putter that waits for room.
    fn call_putter(&self);

    /// Takes an item if a cheap look finds one.
    fn poll_get(&self) -> Option<Self::Item>;

    /// Takes up to `max` items that a cheap look finds, at one time; says how many.
    fn poll_get_some(&self, max: usize, into: &mut Vec<Self::Item>) -> usize;

    /// Why there may be no item.
    fn verdict_get(&self) -> Verdict;

    /// Lines up for an item, unless there is one.
    fn enter_get(&self, hand: &Hand<Self::Item>) -> bool;

    fn leave_get(&self, hand: &Hand<Self::Item>) -> bool;

    /// Calls a getter that waits for an item.
    fn call_getter(&self);
}

/// What one who could not do something has to do.
pub(crate) enum Verdict {
    /// Wait: at one moment there was no room, or no item.
    Wait,
    /// Give up: it is over.
    Over,
    /// Look again: there is something, or somebody is about to be done with it.
    Again,
}

/// Puts the item, or says for certain why not.
pub(crate) fn try_put<S: Sides>(sides: &S, mut item: S::Item) -> Result<(), PutError<S::Item>> {
    loop {
        item = match sides.poll_put(item) {
            Err(PutError::Full(item)) => item,
            done => return done,
        };
        match sides.verdict_put() {
            Verdict::Wait => return Err(PutError::Full(item)),
            Verdict::Over => return Err(PutError::ShutDown(item)),
            Verdict::Again => yield_now(),
        }
    }
}

/// Takes an item, or says for certain why not.
pub(crate) fn try_get<S: Sides>(sides: &S) -> Result<S::Item, GetError> {
    loop {
        if let Some(item) = sides.poll_get() {
            return Ok(item);
        }
        match sides.verdict_get() {
            Verdict::Wait => return Err(GetError::Empty),
            Verdict::Over => return Err(GetError::ShutDown),
            Verdict::Again => yield_now(),
        }
    }
}

#[inline]
pub(crate) fn put_until<S: Sides>(
    sides: &S,
    item: S::Item,
    deadline: &Deadline,
) -> Result<(), PutError<S::Item>> {
    match sides.poll_put(item) {
        Err(PutError::Full(item)) => put_slowly(sides, item, deadline),
        done => done,
    }
}

#[cold]
fn put_slowly<S: Sides>(sides: &S, item: S::Item, deadline: &Deadline) -> Result<(), PutError<S::Item>> {
    let mut put = Put { sides, item: Some(item) };
    let done = wait_until(&mut put, deadline);
    match (done, put.item) {
        (None, Some(item)) => Err(PutError::Full(item)),
        (done, _) => done.unwrap_or(Ok(())),
    }
}

#[inline]
pub(crate) fn get_until<S: Sides>(sides: &S, deadline: &Deadline) -> Result<S::Item, GetError> {
    match sides.poll_get() {
        Some(item) => Ok(item),
        None => get_slowly(sides, deadline),
    }
}

#[cold]
fn get_slowly<S: Sides>(sides: &S, deadline: &Deadline) -> Result<S::Item, GetError> {
    wait_until(&mut Get { sides, got: None }, deadline).unwrap_or(Err(GetError::Empty))
}

pub(crate) fn put_some<S: Sides>(
    sides: &S,
    feed: &mut Feed<S::Item>,
    deadline: &Deadline,
) -> Result<(), PutError<()>> {
    let mut put = PutSome { sides, feed };
    put.poll().or_else(|| wait_until(&mut put, deadline)).unwrap_or(Err(PutError::Full(())))
}

pub(crate) fn get_some<S: Sides>(
    sides: &S,
    max: usize,
    into: &mut Vec<S::Item>,
    deadline: &Deadline,
) -> Result<(), GetError> {
    let mut get = GetSome { sides, max, into };
    get.poll().or_else(|| wait_until(&mut get, deadline)).unwrap_or(Err(GetError::Empty))
}

struct Put<'a, S: Sides> {
    sides: &'a S,
    /// There, until it is put or given back.
    item: Option<S::Item>,
}

struct PutSome<'a, S: Sides> {
    sides: &'a S,
    feed: &'a mut Feed<S::Item>,
}

struct Get<'a, S: Sides> {
    sides: &'a S,
    /// What was laid into our hand.
    got: Option<S::Item>,
}

struct GetSome<'a, S: Sides> {
    sides: &'a S,
    max: usize,
    into: &'a mut Vec<S::Item>,
}

impl<S: Sides> Attempt for Put<'_, S> {
    type Item = S::Item;
    type Done = Result<(), PutError<S::Item>>;

    fn poll(&mut self) -> Option<Self::Done> {
        // Taken from our hand, if there is none.
        let Some(item) = self.item.take() else { return Some(Ok(())) };
        match self.sides.poll_put(item) {
            Err(PutError::Full(item)) => {
                self.item = Some(item);
                None
            }
            done => Some(done),
        }
    }

    fn is_roomy(&self) -> bool {
        self.sides.is_roomy()
    }

    fn verdict(&self) -> Verdict {
        self.sides.verdict_put()
    }

    fn over(&mut self) -> Self::Done {
        self.item.take().map_or(Ok(()), |item| Err(PutError::ShutDown(item)))
    }

    fn hold_out(&mut self, waiter: &Waiter) -> Hand<S::Item> {
        Hand::new(waiter, self.item.take())
    }

    fn enter(&self, hand: &Hand<S::Item>) -> bool {
        self.sides.enter_put(hand)
    }

    fn leave(&self, hand: &Hand<S::Item>) -> bool {
        self.sides.leave_put(hand)
    }

    fn draw_back(&mut self, item: Option<S::Item>) {
        self.item = item;
    }
}

impl<S: Sides> Attempt for PutSome<'_, S> {
    type Item = S::Item;
    type Done = Result<(), PutError<()>>;

    fn poll(&mut self) -> Option<Self::Done> {
        match self.sides.poll_put_some(self.feed) {
            Ok(0) => None,
            done => Some(done.map(|_| ())),
        }
    }

    fn is_roomy(&self) -> bool {
        self.sides.is_roomy()
    }

    fn verdict(&self) -> Verdict {
        self.sides.verdict_put()
    }

    fn over(&mut self) -> Self::Done {
        Err(PutError::ShutDown(()))
    }

    fn hold_out(&mut self, waiter: &Waiter) -> Hand<S::Item> {
        Hand::of_several(waiter, None)
    }

    fn enter(&self, hand: &Hand<S::Item>) -> bool {
        self.sides.enter_put(hand)
    }

    fn leave(&self, hand: &Hand<S::Item>) -> bool {
        self.sides.leave_put(hand)
    }

    fn draw_back(&mut self, _: Option<S::Item>) {}
}

impl<S: Sides> Attempt for Get<'_, S> {
    type Item = S::Item;
    type Done = Result<S::Item, GetError>;

    fn poll(&mut self) -> Option<Self::Done> {
        self.got.take().or_else(|| self.sides.poll_get()).map(Ok)
    }

    fn is_roomy(&self) -> bool {
        self.sides.is_roomy()
    }

    fn verdict(&self) -> Verdict {
        self.sides.verdict_get()
    }

    fn over(&mut self) -> Self::Done {
        Err(GetError::ShutDown)
    }

    fn hold_out(&mut self, waiter: &Waiter) -> Hand<S::Item> {
        Hand::new(waiter, None)
    }

    fn enter(&self, hand: &Hand<S::Item>) -> bool {
        self.sides.enter_get(hand)
    }

    fn leave(&self, hand: &Hand<S::Item>) -> bool {
        self.sides.leave_get(hand)
    }

    fn draw_back(&mut self, item: Option<S::Item>) {
        self.got = item;
    }
}

impl<S: Sides> Attempt for GetSome<'_, S> {
    type Item = S::Item;
    type Done = Result<(), GetError>;

    fn poll(&mut self) -> Option<Self::Done> {
        (self.sides.poll_get_some(self.max, self.into) > 0).then_some(Ok(()))
    }

    fn is_roomy(&self) -> bool {
        self.sides.is_roomy()
    }

    fn verdict(&self) -> Verdict {
        self.sides.verdict_get()
    }

    fn over(&mut self) -> Self::Done {
        Err(GetError::ShutDown)
    }

    fn hold_out(&mut self, waiter: &Waiter) -> Hand<S::Item> {
        Hand::of_several(waiter, None)
    }

    fn enter(&self, hand: &Hand<S::Item>) -> bool {
        self.sides.enter_get(hand)
    }

    fn leave(&self, hand: &Hand<S::Item>) -> bool {
        self.sides.leave_get(hand)
    }

    fn draw_back(&mut self, _: Option<S::Item>) {}
}
