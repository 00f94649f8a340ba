//! What the two sides of a channel share: the queue, and how many handles each side has.
//!
//! # Promise
//! When the last sender has gone, receivers get what is there, and then learn of it. When the last receiver
//! has gone, senders learn of it with their items back, and no item stays behind: also not one whose send was
//! under way at that moment.
//!
//! # Source
//! The counts are those of `Arc`, one a side.
//!
//! # Protocol
//! 1. A clone adds one to its side's count; a drop takes one off.
//! 2. Who takes off the last sender shuts the queue.
//! 3. Who takes off the last receiver shuts the queue, takes out all that is there, and drops it, with no
//!    lock held.
//!
//! # Invariants
//! - C1. A count comes to 0 once, when no handle of the side is left: a handle is made from another.
//! - C2. After the last receiver has gone the queue is empty for ever: after the shut no position is handed
//!   out, and the drain takes what lies at all that were, waiting for those who are just writing. A
//!   rendezvous holds no items.
//! - C3. A count does not overflow, also if handles are forgotten: each handle has its part of the `Arc`,
//!   which is cloned first, and ends the program above `isize::MAX` parts.
//!
//! # Memory orderings
//! A count is taken from with AcqRel: what every handle of the side did, the last one's shut comes after; and
//! who learns of the shut sees it. So no send is refused for a shut that waited for that very sender to go.
//!
//! # Proofs
//! `tests/loom/channel.rs`.

use crate::queue::{Queue, Shutdown};
use crate::sync::{AcqRel, AtomicUsize, Relaxed};
use core::fmt;

pub(super) struct Shared<T> {
    pub(super) queue: Queue<T>,
    senders: AtomicUsize,
    receivers: AtomicUsize,
}

impl<T> Shared<T> {
    /// For one sender and one receiver.
    pub(super) fn new(queue: Queue<T>) -> Self {
        Self { queue, senders: AtomicUsize::new(1), receivers: AtomicUsize::new(1) }
    }

    pub(super) fn sender_comes(&self) {
        // Relaxed: the handle that is cloned keeps the count above 0 (C1).
        self.senders.fetch_add(1, Relaxed);
    }

    pub(super) fn sender_goes(&self) {
        // AcqRel: pairs with itself: the last one comes after all that the others did.
        if self.senders.fetch_sub(1, AcqRel) == 1 {
            self.queue.shutdown(Shutdown::Drain);
        }
    }

    pub(super) fn receiver_comes(&self) {
        // Relaxed: the handle that is cloned keeps the count above 0 (C1).
        self.receivers.fetch_add(1, Relaxed);
    }

    pub(super) fn receiver_goes(&self) {
        // AcqRel: pairs with itself: the last one comes after all that the others did.
        if self.receivers.fetch_sub(1, AcqRel) == 1 {
            drop(self.queue.shutdown(Shutdown::Discard));
        }
    }

    /// What is shown of a handle.
    pub(super) fn describe(&self, name: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct(name)
            .field("len", &self.queue.len())
            .field("capacity", &self.queue.capacity())
            .finish_non_exhaustive()
    }
}
