//! What one adds to a channel to know when all is done, as `task_done` and `join` do: a count, up with each put and
//! down with each item that is done.

use super::channel::{Ends, Get, Job, Put};
use crate::bench::Contestant;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::{Relaxed, Release};

/// The same job, counted by hand, under this name.
#[derive(Clone, Copy)]
pub(super) struct Counted<J> {
    pub(super) name: &'static str,
    pub(super) job: J,
}

/// On lines of its own: both sides write to it.
#[derive(Default)]
#[repr(align(128))]
struct Count(AtomicUsize);

/// An end of a channel, and the count.
struct Counting<E>(E, Arc<Count>);

impl<J: Job> Job for Counted<J> {
    type Item = J::Item;
    fn contestant<P: Put<J::Item>, G: Get<J::Item>>(
        self,
        _: &'static str,
        open: impl Fn() -> Ends<P, G> + 'static,
    ) -> Contestant {
        self.job.contestant(self.name, move || {
            let (putters, getters) = open();
            let count = Arc::new(Count::default());
            (
                putters.into_iter().map(|end| Counting(end, Arc::clone(&count))).collect(),
                getters.into_iter().map(|end| Counting(end, Arc::clone(&count))).collect(),
            )
        })
    }
}

impl<T, P: Put<T>> Put<T> for Counting<P> {
    #[inline]
    fn put(&self, item: T) {
        // Relaxed: the channel orders it before the item's getter counts down.
        self.1.0.fetch_add(1, Relaxed);
        self.0.put(item);
    }
}

impl<T, G: Get<T>> Get<T> for Counting<G> {
    #[inline]
    fn get(&self) -> T {
        let item = self.0.get();
        // Release: pairs with the Acquire of who would wait for 0: the work is seen.
        assert_ne!(self.1.0.fetch_sub(1, Release), 0, "an item was put");
        item
    }
}
