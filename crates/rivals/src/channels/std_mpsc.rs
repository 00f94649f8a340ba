//! `std::sync::mpsc`: two types of sender, and one receiver.

use super::{Get, Put, transfer};
use crate::bench::Contestant;
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};

impl Put for SyncSender<u64> {
    #[inline]
    fn put(&self, item: u64) {
        self.send(item).expect("the channel is open");
    }
}

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
    const NAME: &str = "std::sync::mpsc";
    match capacity {
        _ if parties > 1 => Contestant::absent(NAME, "it has one receiver only"),
        Some(capacity) => Contestant::new(NAME, move |load| {
            let (put, get) = sync_channel(capacity);
            transfer(load, vec![put], vec![get])
        }),
        None => Contestant::new(NAME, |load| {
            let (put, get) = channel();
            transfer(load, vec![put], vec![get])
        }),
    }
}
