//! First in, first out: three algorithms, for room for none, for some and for any number of items.

mod bounded;
mod rendezvous;
mod unbounded;

use crate::error::{GetError, PutError};
use crate::feed::Feed;
use crate::kind::Core;
use crate::sync::Deadline;
use crate::waiting::{Hand, Sides, get_some, get_until, put_some, put_until, try_get, try_put};
use bounded::Bounded;
use rendezvous::Rendezvous;
use unbounded::Unbounded;

/// The kind of a [`Queue`](crate::Queue): first in, first out.
pub struct Fifo<T>(Flavor<T>);

enum Flavor<T> {
    Bounded(Bounded<T>),
    Unbounded(Unbounded<T>),
    Rendezvous(Rendezvous<T>),
}

use Flavor::{Bounded as B, Rendezvous as R, Unbounded as U};

impl<T> Fifo<T> {
    pub(crate) fn bounded(capacity: usize) -> Self {
        Self(B(Bounded::new(capacity)))
    }

    pub(crate) fn unbounded() -> Self {
        Self(U(Unbounded::new()))
    }

    pub(crate) fn rendezvous() -> Self {
        Self(R(Rendezvous::new()))
    }
}

impl<T> Core for Fifo<T> {
    type Item = T;

    fn try_put(&self, item: T) -> Result<(), PutError<T>> {
        match &self.0 {
            B(bounded) => try_put(bounded, item),
            U(unbounded) => try_put(unbounded, item),
            R(rendezvous) => rendezvous.try_put(item),
        }
    }

    #[inline]
    fn put_until(&self, item: T, deadline: &Deadline) -> Result<(), PutError<T>> {
        match &self.0 {
            B(bounded) => put_until(bounded, item, deadline),
            U(unbounded) => put_until(unbounded, item, deadline),
            R(rendezvous) => rendezvous.put_until(item, deadline),
        }
    }

    fn put_some(&self, feed: &mut Feed<T>, deadline: &Deadline) -> Result<(), PutError<()>> {
        match &self.0 {
            B(bounded) => put_some(bounded, feed, deadline),
            U(unbounded) => put_some(unbounded, feed, deadline),
            R(rendezvous) => rendezvous.put_some(feed, deadline),
        }
    }

    fn force_put(&self, item: T) -> Result<Option<T>, PutError<T>> {
        match &self.0 {
            B(bounded) => bounded.force_put(item),
            U(unbounded) => try_put(unbounded, item).map(|()| None),
            R(rendezvous) => rendezvous.force_put(item),
        }
    }

    fn try_get(&self) -> Result<T, GetError> {
        match &self.0 {
            B(bounded) => try_get(bounded),
            U(unbounded) => try_get(unbounded),
            R(rendezvous) => rendezvous.try_get(),
        }
    }

    #[inline]
    fn get_until(&self, deadline: &Deadline) -> Result<T, GetError> {
        match &self.0 {
            B(bounded) => get_until(bounded, deadline),
            U(unbounded) => get_until(unbounded, deadline),
            R(rendezvous) => rendezvous.get_until(deadline),
        }
    }

    fn get_some(&self, max: usize, into: &mut Vec<T>, deadline: &Deadline) -> Result<(), GetError> {
        match &self.0 {
            B(bounded) => get_some(bounded, max, into, deadline),
            U(unbounded) => get_some(unbounded, max, into, deadline),
            R(rendezvous) => rendezvous.get_some(into, deadline),
        }
    }

    fn peek(&self) -> Option<T>
    where
        T: Copy,
    {
        match &self.0 {
            B(bounded) => bounded.peek(),
            U(unbounded) => unbounded.peek(),
            R(_) => None,
        }
    }

    fn drain(&self) -> Vec<T> {
        match &self.0 {
            B(bounded) => bounded.drain(),
            U(unbounded) => unbounded.drain(),
            R(_) => Vec::new(),
        }
    }

    fn enter_put(&self, hand: &Hand<T>) -> bool {
        match &self.0 {
            B(bounded) => bounded.enter_put(hand),
            U(unbounded) => unbounded.enter_put(hand),
            R(rendezvous) => rendezvous.enter_put(hand),
        }
    }

    fn leave_put(&self, hand: &Hand<T>) -> bool {
        match &self.0 {
            B(bounded) => bounded.leave_put(hand),
            U(unbounded) => unbounded.leave_put(hand),
            R(rendezvous) => rendezvous.leave_put(hand),
        }
    }

    fn call_putter(&self) {
        match &self.0 {
            B(bounded) => bounded.call_putter(),
            // A putter of these is not called for room.
            U(_) | R(_) => {}
        }
    }

    fn enter_get(&self, hand: &Hand<T>) -> bool {
        match &self.0 {
            B(bounded) => bounded.enter_get(hand),
            U(unbounded) => unbounded.enter_get(hand),
            R(rendezvous) => rendezvous.enter_get(hand),
        }
    }

    fn leave_get(&self, hand: &Hand<T>) -> bool {
        match &self.0 {
            B(bounded) => bounded.leave_get(hand),
            U(unbounded) => unbounded.leave_get(hand),
            R(rendezvous) => rendezvous.leave_get(hand),
        }
    }

    fn call_getter(&self) {
        match &self.0 {
            B(bounded) => bounded.call_getter(),
            U(unbounded) => unbounded.call_getter(),
            R(rendezvous) => rendezvous.call_getter(),
        }
    }

    fn shut(&self) {
        match &self.0 {
            B(bounded) => bounded.shut(),
            U(unbounded) => unbounded.shut(),
            R(rendezvous) => rendezvous.shut(),
        }
    }

    fn discard(&self) -> Vec<T> {
        match &self.0 {
            B(bounded) => bounded.discard(),
            U(unbounded) => unbounded.discard(),
            R(rendezvous) => {
                rendezvous.shut();
                Vec::new()
            }
        }
    }

    fn is_shut(&self) -> bool {
        match &self.0 {
            B(bounded) => bounded.is_shut(),
            U(unbounded) => unbounded.is_shut(),
            R(rendezvous) => rendezvous.is_shut(),
        }
    }

    fn len(&self) -> usize {
        match &self.0 {
            B(bounded) => bounded.len(),
            U(unbounded) => unbounded.len(),
            R(_) => 0,
        }
    }

    fn capacity(&self) -> Option<usize> {
        match &self.0 {
            B(bounded) => Some(bounded.capacity()),
            U(_) => None,
            R(_) => Some(0),
        }
    }

    fn puts(&self) -> usize {
        match &self.0 {
            B(bounded) => bounded.puts(),
            U(unbounded) => unbounded.puts(),
            R(rendezvous) => rendezvous.puts(),
        }
    }
}
