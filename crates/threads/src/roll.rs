//! The roll: who is alive, how many of them must end before the process does, and the waiting for that.
//!
//! # What it promises
//! Who has been entered is on the roll until it leaves. Leaving and announcing the end are one step to everybody
//! who asks the roll. Who waits is told when at most so many are left as it says.
//!
//! # Protocol
//! 1. Enter, before a thread is started: with the lock, count it if it counts, list it if it is to be listed.
//! 2. Leave: with the lock, announce, strike it off and count it no more; then notify.
//! 3. Wait: with the lock, until the count is small enough.
//!
//! # Memory orderings
//! Those of `locks`.
//!
//! # Proofs
//! `tests/loom/ending.rs`.

use locks::{Condition, Deadline, Lock};
use std::collections::BTreeMap;

/// Entries by number, and a count.
pub struct Roll<E> {
    list: Lock<List<E>>,
    one_less: Condition,
}

struct List<E> {
    entries: BTreeMap<u64, E>,
    count: usize,
}

impl<E: Clone> Roll<E> {
    platform::const_fn! {
        /// With nobody on it.
        pub const fn new() -> Self {
            let list = List { entries: BTreeMap::new(), count: 0 };
            Self { list: Lock::new(list), one_less: Condition::new() }
        }
    }

    /// Enters one: with an entry and the number that it is listed under, if it is to be listed; counted, if it
    /// counts. O(log n).
    pub fn enter(&self, entry: Option<(u64, E)>, counts: bool) {
        let mut list = self.list.lock();
        list.count += usize::from(counts);
        if let Some((number, entry)) = entry {
            list.entries.insert(number, entry);
        }
    }

    /// Strikes one off, and announces that in the same step. O(log n).
    pub fn leave(&self, number: Option<u64>, counts: bool, announce: impl FnOnce()) {
        let mut list = self.list.lock();
        announce();
        list.count -= usize::from(counts);
        let entry = number.and_then(|number| list.entries.remove(&number));
        drop(list);
        self.one_less.notify_all();
        drop(entry);
    }

    /// Waits until at most `left` are counted, until `timeout` at most; says whether that is so.
    pub fn wait_timeout(&self, left: usize, timeout: impl Into<Deadline>) -> bool {
        self.one_less.wait_for_timeout(&mut self.list.lock(), timeout, |list| list.count <= left)
    }

    /// All that are listed, by number.
    pub fn entries(&self) -> Vec<E> {
        self.list.lock().entries.values().cloned().collect()
    }
}
