//! One who waits with an item in its hand, or with an empty one: what a rendezvous takes from, or lays into.

use super::Waiter;
use crate::sync::UnsafeCell;

/// A hand of a waiter, who may hold out several.
pub struct Hand<T> {
    item: UnsafeCell<Option<T>>,
    waiter: *const Waiter,
}

// SAFETY: it is an item and a pointer to a waiter, which any thread may call.
unsafe impl<T: Send> Send for Hand<T> {}

impl<T> Hand<T> {
    /// The waiter outlives the stay of the hand in a line.
    pub(crate) fn new(waiter: &Waiter, item: Option<T>) -> Self {
        Self { item: UnsafeCell::new(item), waiter }
    }

    pub(crate) fn waiter(&self) -> &Waiter {
        // SAFETY: new() asks that it lives as long as the hand is in a line, and nobody else looks at a hand.
        unsafe { &*self.waiter }
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
