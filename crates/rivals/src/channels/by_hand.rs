//! A `Mutex` and two `Condvar`s around a ring buffer: what one writes where there is no queue.

use super::channel::{Get, Job, Put, Shape, shared};
use crate::bench::Contestant;
use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex};

struct ByHand<T> {
    items: Mutex<VecDeque<T>>,
    capacity: usize,
    not_empty: Condvar,
    not_full: Condvar,
}

impl<T: Send + 'static> Put<T> for Arc<ByHand<T>> {
    #[inline]
    fn put(&self, item: T) {
        let items = self.items.lock().unwrap();
        let mut items = self.not_full.wait_while(items, |items| items.len() >= self.capacity).unwrap();
        items.push_back(item);
        drop(items);
        self.not_empty.notify_one();
    }
}

impl<T: Send + 'static> Get<T> for Arc<ByHand<T>> {
    #[inline]
    fn get(&self) -> T {
        let items = self.items.lock().unwrap();
        let mut items = self.not_empty.wait_while(items, |items| items.is_empty()).unwrap();
        let item = items.pop_front().expect("it was waited for");
        drop(items);
        self.not_full.notify_one();
        item
    }
}

pub(super) fn contestant<J: Job>(shape: Shape, job: J) -> Contestant {
    const NAME: &str = "Mutex+Condvar";
    if shape.capacity == Some(0) {
        return Contestant::absent(NAME, "it has room for one item at least");
    }
    shared(NAME, shape, job, move || {
        let queue = Arc::new(ByHand {
            items: Mutex::default(),
            capacity: shape.capacity.unwrap_or(usize::MAX),
            not_empty: Condvar::new(),
            not_full: Condvar::new(),
        });
        (Arc::clone(&queue), queue)
    })
}
