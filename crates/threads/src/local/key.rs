//! The name of an instance, in one word: its place in the table of each thread, and how often that was given out.
//!
//! Places are used again, the first ones first, so that a table is as long as there are instances at a time. Keys
//! are not: what an instance that is gone has left at its place belongs to no other.

use locks::Lock;
use std::collections::BTreeMap;

/// An instance's place, in the lower half, and its turn there, which begins with 1: no key is zero.
#[derive(Clone, Copy)]
pub(super) struct Key(u64);

/// One bit is the table's. A place whose turns are over is not given out again.
const TURNS: u64 = 1 << 31;

static KEYS: Lock<Keys> = Lock::new(Keys { free: BTreeMap::new(), places: 0 });

struct Keys {
    /// Of the places given out so far, those that were given back, with the next turn.
    free: BTreeMap<u32, u64>,
    places: u32,
}

impl Key {
    /// No instance's, and in no table: its turn is over.
    pub(super) const NONE: Self = Self(u64::MAX);

    /// Of a new instance. O(log n).
    pub(super) fn new() -> Self {
        let mut keys = KEYS.lock();
        let (place, turn) = keys.free.pop_first().unwrap_or_else(|| {
            let next = keys.places;
            keys.places = next.checked_add(1).expect("there is no room for so many instances");
            (next, 1)
        });
        Self(turn << 32 | u64::from(place))
    }

    pub(super) const fn from_word(word: u64) -> Self {
        Self(word)
    }

    pub(super) const fn word(self) -> u64 {
        self.0
    }

    #[inline]
    pub(super) fn place(self) -> usize {
        self.0 as u32 as usize
    }

    /// The instance is gone.
    pub(super) fn give_back(self) {
        let next = (self.0 >> 32) + 1;
        if next < TURNS {
            KEYS.lock().free.insert(self.0 as u32, next);
        }
    }
}
