//! `std::sync::mpsc`: two types of sender, and one receiver.

use super::channel::{Get, Job, Put, Shape};
use crate::bench::Contestant;
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};

impl<T: Send + 'static> Put<T> for SyncSender<T> {
    #[inline]
    fn put(&self, item: T) {
        self.send(item).expect("the channel is open");
    }
}

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
    const NAME: &str = "std::sync::mpsc";
    match shape.capacity {
        _ if shape.getters > 1 => Contestant::absent(NAME, "it has one receiver only"),
        Some(capacity) => job.contestant(NAME, move || {
            let (put, get) = sync_channel(capacity);
            (vec![put; shape.putters], vec![get])
        }),
        None => job.contestant(NAME, move || {
            let (put, get) = channel();
            (vec![put; shape.putters], vec![get])
        }),
    }
}
