//! Getting and putting by tasks, for any runtime: threads and tasks share one queue.
//!
//! # Promise
//! A task that is dropped while it waits loses nothing: its item has been put, or is dropped with it, and a
//! call that was meant for it goes to another.
//!
//! # Protocol
//! As a thread's: attempt; nothing? Leave a waker in a [`Waiter`], enter the line, and return. When polled
//! again: not called yet? Leave the new waker. Called: leave the line; attempt again, unless the item has gone from
//! our hand. A task that would get holds out no hand that may be served: it could be dropped with the item in it.
//!
//! # Proofs
//! `tests/loom/asynchronous.rs`.

use crate::error::{GetError, PutError, ShutDown};
use crate::kind::Kind;
use crate::queue::AnyQueue;
use crate::waiting::{Hand, Waiter};
use core::fmt;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll, Waker, ready};
use futures_core::{FusedStream, Stream};

impl<K: Kind> AnyQueue<K> {
    /// As [`get`](Self::get), for a task. Dropping the future takes no item with it.
    ///
    /// ```
    /// let queue = queue::Queue::unbounded();
    /// std::thread::scope(|scope| {
    ///     scope.spawn(|| queue.put(7).unwrap());
    ///     assert_eq!(pollster::block_on(queue.get_async()), Ok(7));
    /// });
    /// ```
    pub fn get_async(&self) -> GetAsync<'_, K> {
        GetAsync { queue: self, waiting: None }
    }

    /// As [`put`](Self::put), for a task. If the future is dropped before it is ready, the item is dropped
    /// with it, unless another has just put it for us, or taken it.
    ///
    /// ```
    /// let queue = queue::Queue::bounded(1);
    /// pollster::block_on(queue.put_async(7)).unwrap();
    /// assert_eq!(queue.get(), Ok(7));
    /// ```
    pub fn put_async(&self, item: K::Item) -> PutAsync<'_, K> {
        PutAsync { queue: self, item: Some(item), waiting: None }
    }

    /// The items as a stream, which ends when the queue is shut down and empty.
    pub fn stream(&self) -> ItemStream<'_, K> {
        ItemStream { get: self.get_async(), ended: false }
    }
}

/// From [`AnyQueue::get_async`].
#[must_use = "a future does nothing before it is awaited"]
pub struct GetAsync<'a, K: Kind> {
    queue: &'a AnyQueue<K>,
    /// What stands in line for us.
    waiting: Option<Offer<K::Item>>,
}

impl<K: Kind> GetAsync<'_, K> {
    /// Leaves the line; whether we had been called.
    fn leave(&mut self) -> bool {
        self.waiting.take().is_some_and(|offer| !self.queue.kind().leave_get(&offer.hand))
    }

    fn poll_get(&mut self, waker: &Waker) -> Poll<Result<K::Item, ShutDown>> {
        if self.waiting.as_ref().is_some_and(|offer| offer.waiter.polled(waker)) {
            return Poll::Pending;
        }
        self.leave();
        loop {
            match self.queue.try_get() {
                Ok(item) => return Poll::Ready(Ok(item)),
                Err(GetError::ShutDown) => return Poll::Ready(Err(ShutDown)),
                Err(GetError::Empty) => {}
            }
            let waiter = Box::new(Waiter::new());
            // Nobody can have called it yet.
            waiter.polled(waker);
            let hand = Box::new(Hand::of_several(&waiter, None));
            if self.queue.kind().enter_get(&hand) {
                self.waiting = Some(Offer { hand, waiter });
                return Poll::Pending;
            }
        }
    }
}

impl<K: Kind> Future for GetAsync<'_, K> {
    type Output = Result<K::Item, ShutDown>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        self.poll_get(context.waker())
    }
}

impl<K: Kind> Drop for GetAsync<'_, K> {
    fn drop(&mut self) {
        if self.leave() {
            self.queue.kind().call_getter();
        }
    }
}

/// From [`AnyQueue::put_async`].
#[must_use = "a future does nothing before it is awaited"]
pub struct PutAsync<'a, K: Kind> {
    queue: &'a AnyQueue<K>,
    /// There, unless it has been put, or is in the hand.
    item: Option<K::Item>,
    /// What stands in line for us.
    waiting: Option<Offer<K::Item>>,
}

/// A hand in a line, and whom it calls.
struct Offer<T> {
    hand: Box<Hand<T>>,
    waiter: Box<Waiter>,
}

// Nothing of it is ever pinned: what stands in line is in boxes.
impl<K: Kind> Unpin for PutAsync<'_, K> {}

impl<K: Kind> PutAsync<'_, K> {
    /// Leaves the line; whether we had been called.
    fn leave(&mut self) -> bool {
        self.waiting.take().is_some_and(|offer| {
            let called = !self.queue.kind().leave_put(&offer.hand);
            self.item = offer.hand.into_item();
            called
        })
    }
}

impl<K: Kind> Future for PutAsync<'_, K> {
    type Output = Result<(), PutError<K::Item>>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        if self.waiting.as_ref().is_some_and(|offer| offer.waiter.polled(context.waker())) {
            return Poll::Pending;
        }
        self.leave();
        loop {
            // Taken from our hand, if there is none.
            let Some(item) = self.item.take() else { return Poll::Ready(Ok(())) };
            let item = match self.queue.try_put(item) {
                Err(PutError::Full(item)) => item,
                done => return Poll::Ready(done),
            };
            let waiter = Box::new(Waiter::new());
            // Nobody can have called it yet.
            waiter.polled(context.waker());
            // The item may be put for us: then it has gone from our hand, as at a rendezvous.
            let hand = Box::new(Hand::new(&waiter, Some(item)));
            if self.queue.kind().enter_put(&hand) {
                self.waiting = Some(Offer { hand, waiter });
                return Poll::Pending;
            }
            self.item = hand.into_item();
        }
    }
}

impl<K: Kind> Drop for PutAsync<'_, K> {
    fn drop(&mut self) {
        // Called for room that we do not use: unless the item was taken from our hand.
        if self.leave() && self.item.is_some() {
            self.queue.kind().call_putter();
        }
    }
}

/// From [`AnyQueue::stream`].
#[must_use = "a stream does nothing before it is polled"]
pub struct ItemStream<'a, K: Kind> {
    get: GetAsync<'a, K>,
    ended: bool,
}

impl<K: Kind> Stream for ItemStream<'_, K> {
    type Item = K::Item;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<K::Item>> {
        let got = ready!(self.get.poll_get(context.waker()));
        self.ended = got.is_err();
        Poll::Ready(got.ok())
    }
}

impl<K: Kind> FusedStream for ItemStream<'_, K> {
    fn is_terminated(&self) -> bool {
        self.ended
    }
}

macro_rules! debug {
    ($($name:ident),+) => {$(
        impl<K: Kind> fmt::Debug for $name<'_, K> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name)).finish_non_exhaustive()
            }
        }
    )+};
}

debug!(GetAsync, PutAsync, ItemStream);
