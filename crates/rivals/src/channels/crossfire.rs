//! `crossfire`, many to many and blocking. Its channel of capacity 1 has two slots.

use super::channel::{Get, Job, Put, Shape, shared};
use crate::bench::Contestant;
use ::crossfire::mpmc::{Array, List, bounded_blocking, unbounded_blocking};
use ::crossfire::{MRx, MTx};

impl<T: Send + 'static> Put<T> for MTx<Array<T>> {
    #[inline]
    fn put(&self, item: T) {
        self.send(item).expect("the channel is open");
    }
}

impl<T: Send + 'static> Get<T> for MRx<Array<T>> {
    #[inline]
    fn get(&self) -> T {
        self.recv().expect("the channel is open")
    }
}

impl<T: Send + 'static> Put<T> for MTx<List<T>> {
    #[inline]
    fn put(&self, item: T) {
        self.send(item).expect("the channel is open");
    }
}

impl<T: Send + 'static> Get<T> for MRx<List<T>> {
    #[inline]
    fn get(&self) -> T {
        self.recv().expect("the channel is open")
    }
}

pub(super) fn contestant<J: Job>(shape: Shape, job: J) -> Contestant {
    const NAME: &str = "crossfire";
    match shape.capacity {
        Some(0) => Contestant::absent(NAME, "it has room for one item at least"),
        Some(capacity) => shared(NAME, shape, job, move || bounded_blocking(capacity)),
        None => shared(NAME, shape, job, unbounded_blocking),
    }
}
