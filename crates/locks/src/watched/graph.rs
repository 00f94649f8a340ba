//! Which locks were taken while which others were held.
//!
//! # Promise
//! A lock whose taking closes a cycle is told before it is taken; a lock that is gone is in no cycle.
//!
//! # Source
//! The Linux kernel's lockdep and abseil's `Mutex`: threads that wait for each other in a circle have taken
//! locks in orders that form a circle too, and those orders can be seen without the threads meeting. Abseil
//! keeps its graph sorted; ours is searched, as lockdep's is, which is enough for a debug build.
//!
//! # State
//! A node for each lock that was named or taken, and an edge A → B where a thread that held A waited for B,
//! with both places. Beside it, what is held now: by whom, since where. A lock may be in that list several
//! times, for readers or for an owner that takes it again.
//!
//! # Invariants
//! - I1. An edge leads to a node that is there: `after` of the one and `before` of the other change together.
//! - I2. Without a callback that lets cycles pass, there is none: an edge is kept only when no path leads
//!   back, and no other comes between the look and the keeping.

use super::cycle::{Cycle, Step};
use core::panic::Location;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Locks and threads have numbers that are not used again, as addresses are.
pub(super) type Id = usize;
pub(super) type Place = &'static Location<'static>;

pub(super) struct Graph {
    locks: BTreeMap<Id, Node>,
    held: Vec<Held>,
}

struct Node {
    name: String,
    /// What was taken while this was held.
    after: BTreeMap<Id, Places>,
    /// What was held while this was taken.
    before: BTreeSet<Id>,
}

#[derive(Clone, Copy)]
struct Places {
    held_at: Place,
    taken_at: Place,
}

#[derive(Clone, Copy)]
struct Held {
    thread: Id,
    lock: Id,
    at: Place,
}

impl Graph {
    pub(super) const EMPTY: Self = Self { locks: BTreeMap::new(), held: Vec::new() };

    pub(super) fn set_name(&mut self, lock: Id, name: &str) {
        self.node(lock, String::new).name = format!("{name:?}");
    }

    /// The cycles that are closed if the thread waits for the lock now, those of `counts`; if there are none, it is
    /// kept that it waits. At once: of two threads that close a circle together, the second must find the first.
    pub(super) fn connect_or_tell(
        &mut self,
        thread: Id,
        lock: Id,
        place: Place,
        counts: impl Fn(&Cycle) -> bool,
    ) -> Vec<Cycle> {
        let mut cycles = self.cycles(thread, lock, place);
        cycles.retain(counts);
        if cycles.is_empty() {
            self.connect(thread, lock, place);
        }
        cycles
    }

    fn cycles(&mut self, thread: Id, lock: Id, place: Place) -> Vec<Cycle> {
        self.node(lock, || format!("a lock first taken at {place}"));
        let closing = |held: &Held| {
            let known = self.locks.get(&held.lock).is_some_and(|node| node.after.contains_key(&lock));
            if known {
                return None;
            }
            let back = self.path(lock, held.lock)?;
            let now = self.step(held.lock, lock, Places { held_at: held.at, taken_at: place });
            let before = back.windows(2).map(|pair| {
                let places = self.locks[&pair[0]].after[&pair[1]];
                self.step(pair[0], pair[1], places)
            });
            Some(Cycle { steps: std::iter::once(now).chain(before).collect() })
        };
        self.held.iter().filter(|held| held.thread == thread).filter_map(closing).collect()
    }

    /// Keeps that the thread waits for the lock while it holds what it holds.
    pub(super) fn connect(&mut self, thread: Id, lock: Id, place: Place) {
        for held in self.held.iter().filter(|held| held.thread == thread && held.lock != lock) {
            if let Some(to) = self.locks.get_mut(&lock) {
                to.before.insert(held.lock);
            }
            if let Some(from) = self.locks.get_mut(&held.lock) {
                // The first places are kept: they are as good as any.
                from.after.entry(lock).or_insert(Places { held_at: held.at, taken_at: place });
            }
        }
    }

    pub(super) fn acquired(&mut self, thread: Id, lock: Id, place: Place) {
        self.node(lock, || format!("a lock first taken at {place}"));
        self.held.push(Held { thread, lock, at: place });
    }

    /// The thread's own, if it has it; else that of another, whose guard it was given.
    pub(super) fn released(&mut self, thread: Id, lock: Id) {
        let own = self.held.iter().rposition(|held| held.lock == lock && held.thread == thread);
        let any = || self.held.iter().rposition(|held| held.lock == lock);
        if let Some(index) = own.or_else(any) {
            self.held.remove(index);
        }
    }

    pub(super) fn forget(&mut self, lock: Id) {
        self.held.retain(|held| held.lock != lock);
        let Some(gone) = self.locks.remove(&lock) else { return };
        for after in gone.after.keys() {
            if let Some(node) = self.locks.get_mut(after) {
                node.before.remove(&lock);
            }
        }
        for before in &gone.before {
            if let Some(node) = self.locks.get_mut(before) {
                node.after.remove(&lock);
            }
        }
    }

    fn node(&mut self, lock: Id, name: impl FnOnce() -> String) -> &mut Node {
        let new = || Node { name: name(), after: BTreeMap::new(), before: BTreeSet::new() };
        self.locks.entry(lock).or_insert_with(new)
    }

    fn step(&self, held: Id, taken: Id, places: Places) -> Step {
        let name = |lock| self.locks.get(&lock).map_or_else(String::new, |node| node.name.clone());
        let Places { held_at, taken_at } = places;
        Step { held: name(held), held_at, taken: name(taken), taken_at }
    }

    /// A shortest way along the edges, both ends included.
    fn path(&self, from: Id, to: Id) -> Option<Vec<Id>> {
        let mut came_from = BTreeMap::from([(from, from)]);
        let mut line = VecDeque::from([from]);
        while let Some(lock) = line.pop_front() {
            if lock == to {
                let mut path = vec![to];
                while let Some(&last) = path.last().filter(|last| **last != from) {
                    path.push(came_from[&last]);
                }
                path.reverse();
                return Some(path);
            }
            for &next in self.locks.get(&lock).into_iter().flat_map(|node| node.after.keys()) {
                came_from.entry(next).or_insert_with(|| {
                    line.push_back(next);
                    lock
                });
            }
        }
        None
    }
}
