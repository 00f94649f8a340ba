//! `flume`.

use super::channel::{Get, Job, Put, Shape, shared};
use crate::bench::Contestant;
use ::flume::{Receiver, Sender, bounded, unbounded};

impl<T: Send + 'static> Put<T> for Sender<T> {
    #[inline]
    fn put(&self, item: T) {
        self.send(item).expect("the channel is open");
    }
}

impl<T: Send + 'static> Get<T> for Receiver<T> {
    #[inline]
    fn get(&self) -> T {
        self.recv().expect("the channel is open")
    }
}

pub(super) fn contestant<J: Job>(shape: Shape, job: J) -> Contestant {
    shared("flume", shape, job, move || shape.capacity.map_or_else(unbounded, bounded))
}
