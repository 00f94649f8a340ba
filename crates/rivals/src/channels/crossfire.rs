//! `crossfire`, many to many and blocking. Its channel of capacity 1 has two slots.

use super::{Get, Put, shared};
use crate::bench::Contestant;
use ::crossfire::mpmc::{Array, List, bounded_blocking, unbounded_blocking};
use ::crossfire::{MRx, MTx};

impl Put for MTx<Array<u64>> {
    #[inline]
    fn put(&self, item: u64) {
        self.send(item).expect("the channel is open");
    }
}

impl Get for MRx<Array<u64>> {
    #[inline]
    fn get(&self) -> u64 {
        self.recv().expect("the channel is open")
    }
}

impl Put for MTx<List<u64>> {
    #[inline]
    fn put(&self, item: u64) {
        self.send(item).expect("the channel is open");
    }
}

impl Get for MRx<List<u64>> {
    #[inline]
    fn get(&self) -> u64 {
        self.recv().expect("the channel is open")
    }
}

pub(super) fn contestant(capacity: Option<usize>, parties: usize) -> Contestant {
    const NAME: &str = "crossfire";
    match capacity {
        Some(capacity) => shared(NAME, parties, move || bounded_blocking(capacity)),
        None => shared(NAME, parties, unbounded_blocking),
    }
}
