//! `queue::Queue`, shared by reference.

use super::channel::{Get, Job, Put, Shape, shared};
use crate::bench::Contestant;
use queue::{AnyQueue, Queue};
use std::sync::Arc;

impl<T: Send + 'static> Put<T> for Arc<Queue<T>> {
    #[inline]
    fn put(&self, item: T) {
        AnyQueue::put(self, item).expect("the queue is open");
    }
}

impl<T: Send + 'static> Get<T> for Arc<Queue<T>> {
    #[inline]
    fn get(&self) -> T {
        AnyQueue::get(self).expect("the queue is open")
    }
}

/// Says of each item that the work on it is finished.
#[derive(Clone)]
struct Tracking<T>(Arc<Queue<T>>);

impl<T: Send + 'static> Get<T> for Tracking<T> {
    #[inline]
    fn get(&self) -> T {
        let item = Get::get(&self.0);
        self.0.task_done().expect("an item was put");
        item
    }
}

pub(super) fn contestant<J: Job>(shape: Shape, job: J) -> Contestant {
    shared("selvedge", shape, job, move || open(shape))
}

/// The same with `task_done` after each get, and without.
pub(super) fn tracking<J: Job>(shape: Shape, job: J) -> Vec<Contestant> {
    let tracking = move || {
        let (put, get) = open(shape);
        (put, Tracking(get))
    };
    vec![shared("with task_done", shape, job, tracking), shared("without", shape, job, move || open(shape))]
}

pub(super) fn open<T>(shape: Shape) -> (Arc<Queue<T>>, Arc<Queue<T>>) {
    let queue = Arc::new(match shape.capacity {
        None => Queue::unbounded(),
        Some(0) => Queue::rendezvous(),
        Some(capacity) => Queue::bounded(capacity),
    });
    (Arc::clone(&queue), queue)
}
