//! What is a channel, to those who measure it?

use crate::bench::Contestant;
use std::hint::black_box;

/// What is sent.
pub(super) trait Item: Copy + Send + 'static {
    const NAME: &'static str;
    /// The one that carries this number.
    fn of(number: u64) -> Self;
    fn number(&self) -> u64;
}

impl Item for u64 {
    const NAME: &'static str = "u64";
    #[inline]
    fn of(number: u64) -> Self {
        number
    }
    #[inline]
    fn number(&self) -> u64 {
        *self
    }
}

/// As large as a line of the cache.
impl Item for [u64; 8] {
    const NAME: &'static str = "64 bytes";
    #[inline]
    fn of(number: u64) -> Self {
        [number; 8]
    }
    /// Of both ends: what was put together from two items has another number than either.
    #[inline]
    fn number(&self) -> u64 {
        self[0] & self[7]
    }
}

/// The end of a channel that items go into.
pub(super) trait Put<T>: Send + 'static {
    /// Waits for room. Panics if the channel is closed.
    fn put(&self, item: T);
}

/// The end of a channel that items come out of.
pub(super) trait Get<T>: Send + 'static {
    /// Waits for an item. Panics if the channel is closed.
    fn get(&self) -> T;
}

/// What channel is asked for.
#[derive(Clone, Copy)]
pub(super) struct Shape {
    /// How many items there is room for; `None` without a bound.
    pub(super) capacity: Option<usize>,
    pub(super) putters: usize,
    pub(super) getters: usize,
}

impl Shape {
    pub(super) const fn one_to_one(capacity: Option<usize>) -> Self {
        Self { capacity, putters: 1, getters: 1 }
    }

    pub(super) fn name(self) -> String {
        let Self { capacity, putters, getters } = self;
        let room = capacity.map_or("unbounded".to_owned(), |capacity| format!("capacity {capacity}"));
        format!("{putters}p{getters}c, {room}")
    }
}

/// Those of one channel, an end a thread.
pub(super) type Ends<P, G> = (Vec<P>, Vec<G>);

/// What is done with a channel: the same with everybody's.
pub(super) trait Job: Copy + 'static {
    type Item: Item;
    /// Does it with the channels that `open` opens.
    fn contestant<P: Put<Self::Item>, G: Get<Self::Item>>(
        self,
        name: &'static str,
        open: impl Fn() -> Ends<P, G> + 'static,
    ) -> Contestant;
}

/// A contestant whose ends can be cloned.
pub(super) fn shared<J: Job, P: Put<J::Item> + Clone, G: Get<J::Item> + Clone>(
    name: &'static str,
    shape: Shape,
    job: J,
    open: impl Fn() -> (P, G) + 'static,
) -> Contestant {
    job.contestant(name, move || {
        let (put, get) = open();
        (vec![put; shape.putters], vec![get; shape.getters])
    })
}

/// The ends where there is one on each side.
pub(super) fn one_each<P, G>((putters, getters): Ends<P, G>) -> (P, G) {
    match (putters.into_iter().next(), getters.into_iter().next()) {
        (Some(putter), Some(getter)) => (putter, getter),
        _ => unreachable!("a channel has two sides"),
    }
}

/// Sends a number, which the compiler does not know.
#[inline]
pub(super) fn put<T: Item>(putter: &impl Put<T>, number: u64) {
    putter.put(black_box(T::of(number)));
}

#[inline]
pub(super) fn get<T: Item>(getter: &impl Get<T>) -> u64 {
    black_box(getter.get()).number()
}
