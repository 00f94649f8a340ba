//! `queue::Queue`, shared by reference.

use super::{Get, Put, shared};
use crate::bench::Contestant;
use queue::Queue;
use std::sync::Arc;

impl Put for Arc<Queue<u64>> {
    #[inline]
    fn put(&self, item: u64) {
        Queue::put(self, item).expect("the queue is open");
    }
}

impl Get for Arc<Queue<u64>> {
    #[inline]
    fn get(&self) -> u64 {
        Queue::get(self).expect("the queue is open")
    }
}

pub(super) fn contestant(capacity: Option<usize>, parties: usize) -> Contestant {
    shared("selvedge", parties, move || {
        let queue = Arc::new(capacity.map_or_else(Queue::unbounded, Queue::bounded));
        (Arc::clone(&queue), queue)
    })
}
