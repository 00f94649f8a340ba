//! What is to happen when: entries in the order of their moments. No clock, no lock.
//!
//! # What it promises
//! Entries come out by moment, those of one moment in the order in which they came in; each comes out once. In
//! and out cost a search in a sorted map, O(log n).
//!
//! # Whose idea
//! The map is `std`'s B-tree. A heap would find the first entry faster, and would keep each cancelled one until
//! its moment comes; a wheel of slots would round the moments.

use std::collections::BTreeMap;

/// Entries and their moments.
#[derive(Debug)]
pub struct Schedule<M, T> {
    entries: BTreeMap<Key<M>, T>,
    /// That of the next entry.
    number: u64,
}

/// Names an entry of a schedule, also when it is out again: no other gets the same name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key<M> {
    // The order of the fields is the order of the schedule.
    at: M,
    number: u64,
}

impl<M: Ord + Copy, T> Schedule<M, T> {
    /// A schedule without entries.
    pub const fn new() -> Self {
        Self { entries: BTreeMap::new(), number: 0 }
    }

    /// Adds an entry, behind all others of its moment.
    pub fn insert(&mut self, at: M, entry: T) -> Key<M> {
        let key = Key { at, number: self.number };
        self.number += 1;
        self.entries.insert(key, entry);
        key
    }

    /// Takes an entry out, if it is still there.
    pub fn remove(&mut self, key: &Key<M>) -> Option<T> {
        self.entries.remove(key)
    }

    /// Whether an entry is still there.
    pub fn contains(&self, key: &Key<M>) -> bool {
        self.entries.contains_key(key)
    }

    /// Takes the first entry out, if its moment is `now` or before it.
    pub fn pop_due(&mut self, now: M) -> Option<T> {
        let first = self.entries.first_entry()?;
        (first.key().at <= now).then(|| first.remove())
    }

    /// The moment of the first entry.
    pub fn next(&self) -> Option<M> {
        self.entries.first_key_value().map(|(key, _)| key.at)
    }
}

impl<M: Ord + Copy, T> Default for Schedule<M, T> {
    fn default() -> Self {
        Self::new()
    }
}
