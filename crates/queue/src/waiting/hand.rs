//! One who waits with an item in its hand, or with an empty one, and the line in which it stands: what others take
//! from, or lay into.

use super::{Waiter, Wake};
use crate::sync::UnsafeCell;
use core::{iter, mem, ptr};

/// One who waits for nothing else, and its hand: in one line of the cache if the item is small, as who serves it needs
/// both.
#[repr(C, align(64))]
pub(crate) struct Stand<T> {
    waiter: Waiter,
    hand: Option<Hand<T>>,
}

impl<T> Stand<T> {
    pub(crate) fn new() -> Self {
        Self { waiter: Waiter::new(), hand: None }
    }

    /// Holds out what `hold_out` says; to stand in line with, and to wait.
    pub(crate) fn hold_out(&mut self, hold_out: impl FnOnce(&Waiter) -> Hand<T>) -> (&Waiter, &Hand<T>) {
        let hand = hold_out(&self.waiter);
        (&self.waiter, self.hand.insert(hand))
    }

    /// What is in the hand, when it stands in no line any more.
    pub(crate) fn into_item(self) -> Option<T> {
        self.hand.and_then(Hand::into_item)
    }
}

/// A hand of a waiter, who may hold out several.
pub struct Hand<T> {
    item: UnsafeCell<Option<T>>,
    /// Who stands behind it.
    next: UnsafeCell<*const Hand<T>>,
    waiter: *const Waiter,
    served: bool,
}

// SAFETY: it is an item, a pointer to a waiter, which any thread may call, and one that belongs to the line.
unsafe impl<T: Send> Send for Hand<T> {}

impl<T> Hand<T> {
    /// The hand of one who waits for nothing else, and takes what it finds in it when it has been called: a ring
    /// may serve it. The waiter outlives the stay of the hand in a line.
    pub(crate) fn new(waiter: &Waiter, item: Option<T>) -> Self {
        Self { item: UnsafeCell::new(item), next: UnsafeCell::new(ptr::null()), waiter, served: true }
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
        self.item.with_mut(|hand| mem::replace(unsafe { &mut *hand }, item))
    }

    /// What is in it, when it stands in no line any more.
    pub(crate) fn into_item(self) -> Option<T> {
        // SAFETY: it stands in no line, and whoever called us is done with it.
        unsafe { self.exchange(None) }
    }
}

/// The hands of those who wait, in order of arrival: each says who is next. A hand does not move while it stands here.
pub(crate) struct Line<T> {
    /// Null, where nobody waits.
    first: *const Hand<T>,
    /// Of whom this is said by `first` only.
    last: *const Hand<T>,
}

// SAFETY: the pointers are to hands whose owners wait: who holds the line's lock may call them, and move what is in
// them (C1, C2).
unsafe impl<T: Send> Send for Line<T> {}

impl<T> Line<T> {
    pub(crate) const fn new() -> Self {
        Self { first: ptr::null(), last: ptr::null() }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.first.is_null()
    }

    pub(crate) fn push(&mut self, hand: &Hand<T>) {
        Self::put_behind(hand, ptr::null());
        match self.last() {
            Some(last) => Self::put_behind(last, hand),
            None => self.first = hand,
        }
        self.last = hand;
    }

    pub(crate) fn first(&self) -> Option<&Hand<T>> {
        // SAFETY: who is in line is alive (C2).
        unsafe { self.first.as_ref() }
    }

    fn last(&self) -> Option<&Hand<T>> {
        // SAFETY: where there is a first, there is this one, which is alive (C2).
        if self.is_empty() { None } else { Some(unsafe { &*self.last }) }
    }

    /// Takes the first out, which is alive until it is called.
    pub(crate) fn pop(&mut self) -> Option<*const Hand<T>> {
        let first = self.first()?;
        let (first, second) = (ptr::from_ref(first), Self::behind(first));
        self.first = second;
        Some(first)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Hand<T>> {
        // SAFETY: who is in line is alive (C2).
        iter::successors(self.first(), |hand| unsafe { Self::behind(hand).as_ref() })
    }

    /// Takes the hand out, if it is there.
    pub(crate) fn remove(&mut self, hand: &Hand<T>) -> bool {
        let behind = Self::behind(hand);
        if ptr::eq(self.first, hand) {
            self.first = behind;
            return true;
        }
        let before = self.iter().find(|other| ptr::eq(Self::behind(other), hand)).map(ptr::from_ref);
        let Some(before) = before else { return false };
        // SAFETY: who is in line is alive (C2).
        Self::put_behind(unsafe { &*before }, behind);
        if behind.is_null() {
            self.last = before;
        }
        true
    }

    /// Calls the first in line.
    pub(crate) fn call_first(&mut self) -> Option<Wake> {
        // SAFETY: it is alive, as it has not been called (C1, C2).
        self.pop().map(|hand| unsafe { &*hand }.waiter().call())
    }

    /// Who stands behind one who is in line.
    fn behind(hand: &Hand<T>) -> *const Hand<T> {
        // SAFETY: the line's lock is held: nobody changes it.
        hand.next.with(|next| unsafe { *next })
    }

    fn put_behind(hand: &Hand<T>, next: *const Hand<T>) {
        // SAFETY: the line's lock is held: nobody else looks at it.
        hand.next.with_mut(|behind| unsafe { *behind = next });
    }
}
