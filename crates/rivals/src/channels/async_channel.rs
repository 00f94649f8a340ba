//! `async-channel`, by its blocking calls.

use super::channel::{Get, Job, Put, Shape, shared};
use crate::bench::Contestant;
use ::async_channel::{Receiver, Sender, bounded, unbounded};

impl<T: Send + 'static> Put<T> for Sender<T> {
    #[inline]
    fn put(&self, item: T) {
        self.send_blocking(item).expect("the channel is open");
    }
}

impl<T: Send + 'static> Get<T> for Receiver<T> {
    #[inline]
    fn get(&self) -> T {
        self.recv_blocking().expect("the channel is open")
    }
}

pub(super) fn contestant<J: Job>(shape: Shape, job: J) -> Contestant {
    const NAME: &str = "async-channel";
    match shape.capacity {
        Some(0) => Contestant::absent(NAME, "it has room for one item at least"),
        capacity => shared(NAME, shape, job, move || capacity.map_or_else(unbounded, bounded)),
    }
}
