//! `AnyQueue<K>`: the public face of all kinds.

mod iter;
mod kinds;
mod task;
mod tasks;

use crate::error::{GetError, NotInWork, PutError, ShutDown};
use crate::feed::Feed;
use crate::kind::Kind;
use crate::sync::{Deadline, What, span};
use core::panic::{RefUnwindSafe, UnwindSafe};
use core::{fmt, time::Duration};
pub use iter::{Batches, Iter, IterTimeout, IterUntil, TryIter};
pub use kinds::{LifoQueue, PriorityQueue, Queue, SimpleQueue, StoreQueue};
pub use task::Task;
use tasks::Tasks;

/// What all queues can do, whatever their [`Kind`]: [`Queue`], [`LifoQueue`], [`PriorityQueue`],
/// [`SimpleQueue`] and [`StoreQueue`] are this, and differ in how they are made.
///
/// A queue is shared by reference, or in an `Arc`, by any number of threads that put and get. It ends when
/// somebody calls [`shutdown`](Self::shutdown). Each operation happens at one moment, in an order that all
/// threads agree on. No user code (`Drop`, `Clone`) runs while the queue is locked, but for the comparisons
/// of a [`PriorityQueue`] and the code of a [`Store`](crate::Store).
///
/// Who has to wait looks for some twenty microseconds whether it is about to end (not at all on one core),
/// and then sleeps.
pub struct AnyQueue<K> {
    kind: K,
    tasks: Tasks,
}

// What a panic interrupts has not begun, or is done; a comparison's or a store's leaves the queue whole.
impl<K> UnwindSafe for AnyQueue<K> {}
impl<K> RefUnwindSafe for AnyQueue<K> {}

/// How a queue ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shutdown {
    /// Nothing more is put; what is there can still be taken.
    Drain,
    /// Nothing more is put, and what is there is taken out at once and counts as done.
    Discard,
}

impl<K: Kind> AnyQueue<K> {
    pub(crate) fn of(kind: K) -> Self {
        Self { kind, tasks: Tasks::new() }
    }

    pub(crate) fn kind(&self) -> &K {
        &self.kind
    }

    /// Puts an item, waiting for room.
    ///
    /// # Errors
    /// [`PutError`] with the item: `ShutDown`, also when the shutdown comes while it waits. Never `Full`.
    #[inline]
    pub fn put(&self, item: K::Item) -> Result<(), PutError<K::Item>> {
        let _put = span(What::QueuePut);
        self.kind.put_until(item, &Deadline::NEVER)
    }

    /// Puts an item if there is room now. For a [rendezvous](Queue::rendezvous) there is if a getter waits.
    ///
    /// # Errors
    /// [`PutError`] with the item.
    ///
    /// ```
    /// use queue::{PutError, Queue};
    /// let queue = Queue::bounded(1);
    /// assert_eq!(queue.try_put(1), Ok(()));
    /// assert_eq!(queue.try_put(2), Err(PutError::Full(2)));
    /// ```
    pub fn try_put(&self, item: K::Item) -> Result<(), PutError<K::Item>> {
        self.kind.try_put(item)
    }

    /// Puts an item, waiting for room until `timeout` at most.
    ///
    /// # Errors
    /// [`PutError`] with the item.
    #[inline]
    pub fn put_timeout(&self, item: K::Item, timeout: impl Into<Deadline>) -> Result<(), PutError<K::Item>> {
        let _put = span(What::QueuePut);
        self.kind.put_until(item, &timeout.into())
    }

    /// Puts items in their order, waiting for room; as many as there is room for go in at one time, and
    /// nobody else's between them.
    ///
    /// # Errors
    /// [`PutError`] with the items that were not put.
    ///
    /// ```
    /// use queue::{PutError, Queue, Shutdown};
    /// let queue = Queue::unbounded();
    /// queue.put_many(1..=3).unwrap();
    /// assert_eq!(queue.drain(), [1, 2, 3]);
    /// queue.shutdown(Shutdown::Drain);
    /// assert_eq!(queue.put_many([4, 5]), Err(PutError::ShutDown(vec![4, 5])));
    /// ```
    pub fn put_many(&self, items: impl IntoIterator<Item = K::Item>) -> Result<(), PutError<Vec<K::Item>>> {
        self.put_many_timeout(items, Deadline::NEVER)
    }

    /// As [`put_many`](Self::put_many), until `timeout` at most.
    ///
    /// # Errors
    /// [`PutError`] with the items that were not put.
    pub fn put_many_timeout(
        &self,
        items: impl IntoIterator<Item = K::Item>,
        timeout: impl Into<Deadline>,
    ) -> Result<(), PutError<Vec<K::Item>>> {
        let _put = span(What::QueuePut);
        let (mut feed, deadline) = (Feed::new(items.into_iter().collect()), timeout.into());
        while feed.len() > 0 {
            if let Err(error) = self.kind.put_some(&mut feed, &deadline) {
                return Err(error.map(|()| feed.into_vec()));
            }
        }
        Ok(())
    }

    /// Puts an item at once. Where there is no room, another item makes room, and is returned: the oldest of
    /// a [`Queue`] or [`LifoQueue`], the last in order of a [`PriorityQueue`] (which may be the new one),
    /// what its [`Store`](crate::Store) says of a [`StoreQueue`], and the new one of a
    /// [rendezvous](Queue::rendezvous). It counts as done.
    ///
    /// # Errors
    /// [`PutError`] with the item: `ShutDown` or `Rejected`, never `Full`.
    ///
    /// ```
    /// use queue::{PriorityQueue, Queue};
    /// let latest = Queue::bounded(2);
    /// let out: Vec<_> = (1..=4).filter_map(|item| latest.force_put(item).unwrap()).collect();
    /// assert_eq!((out, latest.drain()), (vec![1, 2], vec![3, 4]));
    ///
    /// let smallest = PriorityQueue::bounded(2);
    /// let out: Vec<_> = [5, 1, 9, 3].into_iter().filter_map(|item| smallest.force_put(item).unwrap()).collect();
    /// assert_eq!((out, smallest.drain()), (vec![9, 5], vec![1, 3]));
    /// ```
    pub fn force_put(&self, item: K::Item) -> Result<Option<K::Item>, PutError<K::Item>> {
        let out = self.kind.force_put(item)?;
        if out.is_some() && self.capacity() != Some(0) {
            self.finish(1);
        }
        Ok(out)
    }

    /// Takes the next item, waiting for one.
    ///
    /// # Errors
    /// [`ShutDown`] when the queue is shut down and empty.
    #[inline]
    pub fn get(&self) -> Result<K::Item, ShutDown> {
        let _get = span(What::QueueGet);
        self.kind.get_until(&Deadline::NEVER).map_err(|_| ShutDown)
    }

    /// Takes the next item if there is one now.
    ///
    /// # Errors
    /// [`GetError`]: empty, or empty and shut down.
    pub fn try_get(&self) -> Result<K::Item, GetError> {
        self.kind.try_get()
    }

    /// Takes the next item, waiting for one until `timeout` at most.
    ///
    /// # Errors
    /// [`GetError`]: empty until then, or empty and shut down.
    ///
    /// ```
    /// use queue::{GetError, Queue};
    /// use std::time::Duration;
    /// let queue = Queue::<u8>::unbounded();
    /// assert_eq!(queue.get_timeout(Duration::from_millis(1)), Err(GetError::Empty));
    /// ```
    #[inline]
    pub fn get_timeout(&self, timeout: impl Into<Deadline>) -> Result<K::Item, GetError> {
        let _get = span(What::QueueGet);
        self.kind.get_until(&timeout.into())
    }

    /// Takes between `min` and `max` items: waits for `min` of them, and then for `linger` at most until
    /// there are `max`. As many as are there are taken at one time.
    ///
    /// Fewer than `min` come when the queue is shut down meanwhile. What has been taken is out of the queue
    /// while the call waits for more: with several such getters, a `min` above 1 can leave each with too few. A `min`
    /// above `max` is `max`.
    ///
    /// # Errors
    /// [`ShutDown`] when the queue is shut down and there is no item.
    ///
    /// ```
    /// use std::time::Duration;
    /// let queue = queue::Queue::unbounded();
    /// queue.put_many(1..=5).unwrap();
    /// assert_eq!(queue.get_many(1, 3, Duration::ZERO), Ok(vec![1, 2, 3]));
    /// assert_eq!(queue.get_many(1, 3, Duration::from_millis(1)), Ok(vec![4, 5]));
    /// ```
    pub fn get_many(&self, min: usize, max: usize, linger: Duration) -> Result<Vec<K::Item>, ShutDown> {
        let _get = span(What::QueueGet);
        let mut items = Vec::new();
        while items.len() < min.min(max) {
            if self.kind.get_some(max - items.len(), &mut items, &Deadline::NEVER).is_err() {
                return if items.is_empty() { Err(ShutDown) } else { Ok(items) };
            }
        }
        if items.len() < max {
            let deadline = Deadline::from(linger);
            while items.len() < max && self.kind.get_some(max - items.len(), &mut items, &deadline).is_ok() {}
        }
        Ok(items)
    }

    /// A copy of the next item, which stays where it is; `None` if there is none now, of a
    /// [rendezvous](Queue::rendezvous), and of a [`StoreQueue`] whose [`Store`](crate::Store) does not tell. By the
    /// time one looks at it, another may have taken the item.
    ///
    /// Only for items that are `Copy`: to clone one is the user's code, which does not run while the queue is locked.
    ///
    /// ```
    /// let queue = queue::PriorityQueue::unbounded();
    /// queue.put_many([3, 1, 2]).unwrap();
    /// assert_eq!((queue.peek(), queue.len()), (Some(1), 3));
    /// ```
    pub fn peek(&self) -> Option<K::Item>
    where
        K::Item: Copy,
    {
        self.kind.peek()
    }

    /// Takes all that is there, in order, at one time, without waiting. The items count as taken, not as
    /// done.
    pub fn drain(&self) -> Vec<K::Item> {
        self.kind.drain()
    }

    /// As [`get`](Self::get); the item says that it is done when it is dropped, also by a panic.
    ///
    /// # Errors
    /// [`ShutDown`] when the queue is shut down and empty.
    ///
    /// ```
    /// let queue = queue::Queue::unbounded();
    /// queue.put("work").unwrap();
    /// let task = queue.get_task().unwrap();
    /// assert_eq!((*task, queue.unfinished_tasks()), ("work", 1));
    /// drop(task);
    /// assert_eq!(queue.unfinished_tasks(), 0);
    /// ```
    pub fn get_task(&self) -> Result<Task<'_, K>, ShutDown> {
        self.get().map(|item| Task::new(self, item))
    }

    /// Says that the work on one item, taken earlier, is finished.
    ///
    /// # Errors
    /// [`NotInWork`] if that has been said for every item put so far; nothing is changed.
    #[inline]
    pub fn task_done(&self) -> Result<(), NotInWork> {
        self.tasks.finish_one(|| self.kind.puts())
    }

    /// Waits until the work on every item put so far is finished.
    ///
    /// ```
    /// let queue = queue::Queue::unbounded();
    /// queue.put("work").unwrap();
    /// std::thread::scope(|scope| {
    ///     scope.spawn(|| {
    ///         let _work = queue.get().unwrap();
    ///         queue.task_done().unwrap();
    ///     });
    ///     queue.join();
    /// });
    /// assert_eq!(queue.unfinished_tasks(), 0);
    /// ```
    pub fn join(&self) {
        self.join_timeout(Deadline::NEVER);
    }

    /// As [`join`](Self::join), until `timeout` at most; says whether all work is finished.
    pub fn join_timeout(&self, timeout: impl Into<Deadline>) -> bool {
        self.tasks.join(|| self.kind.puts(), &timeout.into())
    }

    /// Ends the queue: nothing more is put. Returns what [`Shutdown::Discard`] took out, in order; nothing
    /// for [`Shutdown::Drain`].
    ///
    /// Those who wait to put get their item back. Those who wait to get leave with an error once the queue is
    /// empty. A discarded item counts as done; [`join`](Self::join) still waits for items taken before.
    /// May be called again, and `Drain` may be followed by `Discard`.
    ///
    /// ```
    /// use queue::{GetError, Queue, Shutdown};
    /// let queue = Queue::unbounded();
    /// queue.put(1).unwrap();
    /// assert_eq!(queue.shutdown(Shutdown::Drain), []);
    /// assert!(queue.put(2).is_err());
    /// assert_eq!(queue.shutdown(Shutdown::Discard), [1]);
    /// assert_eq!(queue.try_get(), Err(GetError::ShutDown));
    /// ```
    pub fn shutdown(&self, how: Shutdown) -> Vec<K::Item> {
        if how == Shutdown::Drain {
            self.kind.shut();
            return Vec::new();
        }
        let items = self.kind.discard();
        // A task_done() for an item still in the queue (Python allows it too) may have run ahead: then fewer
        // are counted.
        self.finish(items.len());
        items
    }

    fn finish(&self, n: usize) {
        self.tasks.finish(n, || self.kind.puts());
    }

    /// Whether [`shutdown`](Self::shutdown) has been called.
    pub fn is_shutdown(&self) -> bool {
        self.kind.is_shut()
    }

    /// How many items are in the queue at this moment.
    pub fn len(&self) -> usize {
        self.kind.len()
    }

    /// Whether no item is in the queue at this moment. A loop that ends on it ends too early: see
    /// [`iter`](Self::iter).
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether there is no room at this moment; never for a queue without a bound.
    pub fn is_full(&self) -> bool {
        self.capacity().is_some_and(|capacity| self.len() >= capacity)
    }

    /// How many items there is room for; `None` without a bound.
    pub fn capacity(&self) -> Option<usize> {
        self.kind.capacity()
    }

    /// How many items were put and are not done yet.
    pub fn unfinished_tasks(&self) -> usize {
        self.tasks.unfinished(|| self.kind.puts())
    }
}

impl<K: Kind> fmt::Debug for AnyQueue<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Queue")
            .field("len", &self.len())
            .field("capacity", &self.capacity())
            .field("unfinished_tasks", &self.unfinished_tasks())
            .field("is_shutdown", &self.is_shutdown())
            .finish_non_exhaustive()
    }
}
