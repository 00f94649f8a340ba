//! A first-in first-out list of waiting threads, whose nodes lie on their own stacks: waiting allocates
//! nothing.
//!
//! The list is plain data: whoever calls it holds the lock that guards it, says so in its `unsafe` block, and
//! keeps the nodes alive.

use crate::sync::{AtomicU32, UnsafeCell};
use core::ptr;

/// `Waiter::notified`: still waiting.
pub(super) const WAITING: u32 = 0;
/// `Waiter::notified`: still waiting, and asleep: the notifier must wake it.
pub(super) const ASLEEP: u32 = 2;
/// `Waiter::notified`: a notifier is done with the node; it may be freed.
pub(super) const NOTIFIED: u32 = 1;

/// One waiting thread.
pub(super) struct Waiter {
    /// The word that the thread sleeps on: `WAITING`, `ASLEEP` or `NOTIFIED`.
    pub(super) notified: AtomicU32,
    links: UnsafeCell<Links>,
}

#[derive(Clone, Copy)]
struct Links {
    prev: *const Waiter,
    next: *const Waiter,
    queued: bool,
}

impl Waiter {
    pub(super) fn new() -> Self {
        let links = Links { prev: ptr::null(), next: ptr::null(), queued: false };
        Self { notified: AtomicU32::new(WAITING), links: UnsafeCell::new(links) }
    }

    /// Whether the node is in a list.
    ///
    /// # Safety
    /// Nobody changes the node's links meanwhile: the list's lock is held, or the node has been given back to
    /// its thread.
    pub(super) unsafe fn is_queued(&self) -> bool {
        // SAFETY: the caller's promise: no write at the same time.
        self.links.with(|links| unsafe { (*links).queued })
    }

    /// The node after this one.
    ///
    /// # Safety
    /// Nobody changes the node's links meanwhile.
    pub(super) unsafe fn next(&self) -> *const Waiter {
        // SAFETY: the caller's promise: no write at the same time.
        self.links.with(|links| unsafe { (*links).next })
    }

    /// # Safety
    /// Nobody else looks at the node's links meanwhile.
    unsafe fn change(&self, change: impl FnOnce(&mut Links)) {
        // SAFETY: the caller's promise: we are alone with the links for the length of the closure.
        self.links.with_mut(|links| change(unsafe { &mut *links }));
    }
}

/// The list's two ends; null when it is empty.
pub(super) struct Waiters {
    head: *const Waiter,
    tail: *const Waiter,
    len: u32,
}

// SAFETY: the pointers are to nodes that any thread may touch while it holds the list's lock, which is what
// every method asks for.
unsafe impl Send for Waiters {}

impl Waiters {
    pub(super) const EMPTY: Self = Self { head: ptr::null(), tail: ptr::null(), len: 0 };

    pub(super) fn len(&self) -> u32 {
        self.len
    }

    /// Puts a node at the end.
    ///
    /// # Safety
    /// The list's lock is held; the node is in no list, and outlives its stay in this one.
    pub(super) unsafe fn push(&mut self, waiter: &Waiter) {
        let prev = self.tail;
        // SAFETY: the lock is held, and the node is not in a list yet: only we know its links.
        unsafe { waiter.change(|links| *links = Links { prev, next: ptr::null(), queued: true }) };
        // SAFETY: a tail that is not null is in the list, so alive, and its links are guarded by the lock.
        match unsafe { prev.as_ref() } {
            None => self.head = waiter,
            // SAFETY: as above.
            Some(prev) => unsafe { prev.change(|links| links.next = waiter) },
        }
        self.tail = waiter;
        self.len += 1;
    }

    /// Takes a node out, wherever it stands.
    ///
    /// # Safety
    /// The list's lock is held; the node is in this list.
    pub(super) unsafe fn remove(&mut self, waiter: &Waiter) {
        let mut old = Links { prev: ptr::null(), next: ptr::null(), queued: false };
        // SAFETY: the lock is held, and it guards the links of every queued node.
        unsafe { waiter.change(|links| core::mem::swap(links, &mut old)) };
        // SAFETY: neighbours of a queued node are queued, so alive, and their links are guarded by the lock.
        match unsafe { old.prev.as_ref() } {
            None => self.head = old.next,
            // SAFETY: as above.
            Some(prev) => unsafe { prev.change(|links| links.next = old.next) },
        }
        // SAFETY: as above.
        match unsafe { old.next.as_ref() } {
            None => self.tail = old.prev,
            // SAFETY: as above.
            Some(next) => unsafe { next.change(|links| links.prev = old.prev) },
        }
        self.len -= 1;
    }

    /// Cuts the first `n` nodes off, or all when there are fewer: how many, and the first of them, linked by
    /// `next` up to a null.
    ///
    /// # Safety
    /// The list's lock is held. The nodes belong to the caller from now on, who looks at each before giving
    /// it back to its thread.
    pub(super) unsafe fn cut(&mut self, n: usize) -> (usize, *const Waiter) {
        let (first, mut last, mut taken) = (self.head, ptr::null::<Waiter>(), 0);
        while taken < n {
            // SAFETY: the head is queued, so alive.
            let Some(waiter) = (unsafe { self.head.as_ref() }) else { break };
            // SAFETY: the lock is held.
            unsafe { waiter.change(|links| links.queued = false) };
            last = waiter;
            // SAFETY: the lock is held.
            self.head = unsafe { waiter.next() };
            taken += 1;
        }
        // SAFETY: `last`, if any, was cut by us just now: its thread still waits, so it is alive, and its
        // links are ours.
        if let Some(last) = unsafe { last.as_ref() } {
            // SAFETY: as above.
            unsafe { last.change(|links| links.next = ptr::null()) };
        }
        // SAFETY: a head that is not null is queued, so alive, and its links are guarded by the lock.
        match unsafe { self.head.as_ref() } {
            None => self.tail = ptr::null(),
            // SAFETY: as above.
            Some(head) => unsafe { head.change(|links| links.prev = ptr::null()) },
        }
        self.len -= taken as u32;
        (taken, if taken == 0 { ptr::null() } else { first })
    }
}
