//! The values of one instance of `Local`. Each belongs to a thread as well: who goes first takes it out.
//!
//! # What it promises
//! A value that is kept comes out once: to its thread, when that ends, or to its instance, when that is dropped.
//! It is dropped by who has it in hand, and not under the lock.
//!
//! # State
//! A map under a lock: the address of each value, which is its name, and the value.
//!
//! # Protocol
//! 1. Keep: a thread puts its value in, before it looks at it for the first time.
//! 2. Take: a thread that ends takes its value out, if it is still there.
//! 3. Take all: the instance, when it is dropped, takes out what is there.
//!
//! # Invariants
//! - V1: a value is in the map, or has been given out once: both ways out are under the lock.
//! - V2: a thread looks at its value without the lock, while it borrows the instance and has not ended: so neither
//!   way out is open. Nobody keeps a value after "take all", for the same reason: an address that is given out
//!   again names nothing here.
//!
//! # Memory orderings
//! Those of `locks`. What a thread did to its value is seen by who drops the instance, since the thread's borrow
//! had ended by then: who shares an instance, as by an `Arc`, sees to that order already.
//!
//! # Proofs
//! `tests/loom/local.rs`.

use locks::Lock;
use std::collections::BTreeMap;

/// Values by their addresses.
pub struct Values<V>(Lock<BTreeMap<usize, V>>);

impl<V> Values<V> {
    /// None.
    #[expect(clippy::new_without_default, reason = "it is made by name")]
    pub fn new() -> Self {
        Self(Lock::new(BTreeMap::new()))
    }

    /// Keeps the value of a thread. O(log n) of the threads that have one.
    pub fn keep(&self, address: usize, value: V) {
        self.0.lock().insert(address, value);
    }

    /// The value, for its thread, which ends; nothing if the instance has it. O(log n).
    pub fn take(&self, address: usize) -> Option<V> {
        self.0.lock().remove(&address)
    }

    /// What is there, for the instance, which is dropped.
    pub fn take_all(&self) -> BTreeMap<usize, V> {
        std::mem::take(&mut *self.0.lock())
    }
}
