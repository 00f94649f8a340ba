//! One who waits with an item in its hand, or with an empty one, and the line in which it stands: what others take
//! from, or lay into.

use super::{Waiter, Wake};
use crate::sync::UnsafeCell;
use core::ptr;
use std::collections::VecDeque;

/// A hand of a waiter, who may hold out several.
pub struct Hand<T> {
    item: UnsafeCell<Option<T>>,
    waiter: *const Waiter,
    served: bool,
}

// SAFETY: it is an item and a pointer to a waiter, which any thread may call.
unsafe impl<T: Send> Send for Hand<T> {}

impl<T> Hand<T> {
    /// The hand of one who waits for nothing else, and takes what it finds in it when it has been called: a ring
    /// may serve it. The waiter outlives the stay of the hand in a line.
    pub(crate) fn new(waiter: &Waiter, item: Option<T>) -> Self {
        Self { item: UnsafeCell::new(item), waiter, served: true }
    }

    /// The hand of one who may be called for something else, or may be gone when it is called: a ring only
    /// calls it.
    pub(crate) fn of_several(waiter: &Waiter, item: Option<T>) -> Self {
        Self { served: false, ..Self::new(waiter, item) }
    }

    pub(crate) fn waiter(&self) -> &Waiter {
        // SAFETY: new() asks that it lives as long as the hand is in a line, and nobody else looks at a hand.
        unsafe { &*self.waiter }
    }

    /// Whether a ring may put its item, or lay one into it.
    pub(crate) fn is_served(&self) -> bool {
        self.served
    }

    /// Exchanges what is in it.
    ///
    /// # Safety
    /// The hand is the caller's: it stands in a line whose lock is held, or in none.
    pub(crate) unsafe fn exchange(&self, item: Option<T>) -> Option<T> {
        // SAFETY: the caller's promise: nobody else touches it.
        self.item.with_mut(|hand| core::mem::replace(unsafe { &mut *hand }, item))
    }

    /// What is in it, when it stands in no line any more.
    pub(crate) fn into_item(self) -> Option<T> {
        // SAFETY: it stands in no line, and whoever called us is done with it.
        unsafe { self.exchange(None) }
    }
}

/// The hands of those who wait, in order of arrival.
pub(crate) struct Line<T>(VecDeque<*const Hand<T>>);

// SAFETY: the pointers are to hands whose owners wait: who holds the line's lock may call them, and move what is in
// them (C1, C2).
unsafe impl<T: Send> Send for Line<T> {}

impl<T> Line<T> {
    pub(crate) const fn new() -> Self {
        Self(VecDeque::new())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn push(&mut self, hand: &Hand<T>) {
        self.0.push_back(hand);
    }

    pub(crate) fn first(&self) -> Option<&Hand<T>> {
        // SAFETY: who is in line is alive (C2).
        self.0.front().map(|hand| unsafe { &**hand })
    }

    /// Takes the first out, which is alive until it is called.
    pub(crate) fn pop(&mut self) -> Option<*const Hand<T>> {
        self.0.pop_front()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Hand<T>> {
        // SAFETY: who is in line is alive (C2).
        self.0.iter().map(|hand| unsafe { &**hand })
    }

    /// Takes the hand out, if it is there.
    pub(crate) fn remove(&mut self, hand: &Hand<T>) -> bool {
        let place = self.0.iter().position(|other| ptr::eq(*other, hand));
        place.and_then(|place| self.0.remove(place)).is_some()
    }

    /// Calls the first in line.
    pub(crate) fn call_first(&mut self) -> Option<Wake> {
        // SAFETY: who is in line is alive (C2), and has not been called (C1).
        self.0.pop_front().map(|hand| unsafe { &*hand }.waiter().call())
    }
}
