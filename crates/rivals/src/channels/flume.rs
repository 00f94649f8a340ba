//! `flume`.

use super::{Get, Put, shared};
use crate::bench::Contestant;
use ::flume::{Receiver, Sender, bounded, unbounded};

impl Put for Sender<u64> {
    #[inline]
    fn put(&self, item: u64) {
        self.send(item).expect("the channel is open");
    }
}

impl Get for Receiver<u64> {
    #[inline]
    fn get(&self) -> u64 {
        self.recv().expect("the channel is open")
    }
}

pub(super) fn contestant(capacity: Option<usize>, parties: usize) -> Contestant {
    shared("flume", parties, move || capacity.map_or_else(unbounded, bounded))
}
