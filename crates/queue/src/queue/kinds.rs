//! The queues by name: how each is made.

use super::AnyQueue;
use crate::fifo::Fifo;
use crate::stored::{Heap, Stack, Store, Stored};
use core::fmt;
use core::ops::Deref;

/// First in, first out: Python's `queue.Queue`. What it can do: [`AnyQueue`].
///
/// | room for | how an item goes | bytes an item |
/// |---|---|---|
/// | some | into a slot of a ring: one exchange and one store each for put and get | the item and 8 |
/// | any number | into a slot of a list of blocks: one exchange for put, a lock for get | the item and 8, and 1/63 of a block's link |
/// | none | from hand to hand, under a lock | none |
pub struct Queue<T>(AnyQueue<Fifo<T>>);

/// Last in, first out: Python's `queue.LifoQueue`. What it can do: [`AnyQueue`].
///
/// ```
/// let queue = queue::LifoQueue::bounded(3);
/// queue.put_many([1, 2, 3]).unwrap();
/// assert_eq!(queue.try_iter().collect::<Vec<_>>(), [3, 2, 1]);
/// ```
pub struct LifoQueue<T>(AnyQueue<Stored<Stack<T>>>);

/// The smallest item first, and of equal items the one that came first: Python's `queue.PriorityQueue`, with
/// an order among equals. What it can do: [`AnyQueue`].
///
/// Put and get cost O(log n) comparisons, under the queue's lock: `Ord` must not use the queue. If it panics,
/// the queue is as it was before. For the largest first, put [`Reverse`](core::cmp::Reverse).
///
/// ```
/// let queue = queue::PriorityQueue::unbounded();
/// queue.put_many([(2, "later"), (1, "soon"), (3, "at last")]).unwrap();
/// assert_eq!(queue.get(), Ok((1, "soon")));
/// ```
pub struct PriorityQueue<T: Ord>(AnyQueue<Stored<Heap<T>>>);

/// First in, first out, without a bound: Python's `queue.SimpleQueue`. A [`Queue::unbounded`] that does not
/// have to ask which algorithm is its own.
///
/// A put never waits for room, takes no lock while it has anything of the user's in hand, and may be called
/// from a destructor that runs inside another put.
///
/// ```
/// let queue = queue::SimpleQueue::new();
/// queue.put(1).unwrap();
/// assert_eq!(queue.get(), Ok(1));
/// ```
pub struct SimpleQueue<T>(AnyQueue<Fifo<T>>);

/// A queue in the order of a [`Store`] of one's own. What it can do: [`AnyQueue`].
pub struct StoreQueue<S: Store>(AnyQueue<Stored<S>>);

/// What Python's constructors take: 0 means no bound.
fn capacity(maxsize: usize) -> usize {
    if maxsize == 0 { usize::MAX } else { maxsize }
}

impl<T> Queue<T> {
    /// A queue of at most `maxsize` items; 0 means no bound, as in Python.
    ///
    /// # Panics
    /// If memory cannot hold so many.
    ///
    /// ```
    /// use queue::Queue;
    /// assert_eq!(Queue::<u8>::new(0).capacity(), None);
    /// assert_eq!(Queue::<u8>::new(3).capacity(), Some(3));
    /// ```
    pub fn new(maxsize: usize) -> Self {
        if maxsize == 0 { Self::unbounded() } else { Self::bounded(maxsize) }
    }

    /// A queue of at most `capacity` items, for which there is memory from the start.
    ///
    /// # Panics
    /// If `capacity` is 0, which is a [`rendezvous`](Self::rendezvous), or memory cannot hold so many.
    pub fn bounded(capacity: usize) -> Self {
        assert!(capacity > 0, "a bounded queue has room for one item at least: see Queue::rendezvous");
        Self(AnyQueue::of(Fifo::bounded(capacity)))
    }

    /// A queue without a bound: putting never waits.
    pub fn unbounded() -> Self {
        Self(AnyQueue::of(Fifo::unbounded()))
    }

    /// A queue without room: a put ends when a getter has taken the item.
    ///
    /// ```
    /// use queue::{PutError, Queue};
    /// let queue = Queue::rendezvous();
    /// assert_eq!(queue.try_put(1), Err(PutError::Full(1)), "nobody waits for it");
    /// std::thread::scope(|scope| {
    ///     scope.spawn(|| queue.put(2).unwrap());
    ///     assert_eq!(queue.get(), Ok(2));
    /// });
    /// ```
    pub fn rendezvous() -> Self {
        Self(AnyQueue::of(Fifo::rendezvous()))
    }
}

impl<T> LifoQueue<T> {
    /// A queue of at most `maxsize` items; 0 means no bound, as in Python.
    pub fn new(maxsize: usize) -> Self {
        Self(AnyQueue::of(Stored::new(Stack::new(), capacity(maxsize))))
    }

    /// A queue of at most `capacity` items.
    ///
    /// # Panics
    /// If `capacity` is 0.
    pub fn bounded(capacity: usize) -> Self {
        assert!(capacity > 0, "a bounded queue has room for one item at least");
        Self::new(capacity)
    }

    /// A queue without a bound: putting never waits.
    pub fn unbounded() -> Self {
        Self::new(0)
    }
}

impl<T: Ord> PriorityQueue<T> {
    /// A queue of at most `maxsize` items; 0 means no bound, as in Python.
    pub fn new(maxsize: usize) -> Self {
        Self(AnyQueue::of(Stored::new(Heap::new(), capacity(maxsize))))
    }

    /// A queue of at most `capacity` items.
    ///
    /// # Panics
    /// If `capacity` is 0.
    pub fn bounded(capacity: usize) -> Self {
        assert!(capacity > 0, "a bounded queue has room for one item at least");
        Self::new(capacity)
    }

    /// A queue without a bound: putting never waits.
    pub fn unbounded() -> Self {
        Self::new(0)
    }
}

impl<T> SimpleQueue<T> {
    /// An empty queue.
    pub fn new() -> Self {
        Self(AnyQueue::of(Fifo::unbounded()))
    }
}

impl<T> Default for SimpleQueue<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<S: Store> StoreQueue<S> {
    /// A queue of what is in `store` already, and of at most `maxsize` items; 0 means no bound.
    pub fn with_store(store: S, maxsize: usize) -> Self {
        Self(AnyQueue::of(Stored::new(store, capacity(maxsize))))
    }
}

macro_rules! is_a_queue {
    ($name:ident<$item:ident $(: $bound:ident)?>, $kind:ty) => {
        impl<$item $(: $bound)?> Deref for $name<$item> {
            type Target = AnyQueue<$kind>;

            #[inline]
            fn deref(&self) -> &AnyQueue<$kind> {
                &self.0
            }
        }

        impl<$item $(: $bound)?> fmt::Debug for $name<$item> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl<'a, $item $(: $bound)?> IntoIterator for &'a $name<$item> {
            type Item = <$kind as crate::kind::Core>::Item;
            type IntoIter = super::Iter<'a, $kind>;

            fn into_iter(self) -> super::Iter<'a, $kind> {
                self.iter()
            }
        }
    };
}

is_a_queue!(Queue<T>, Fifo<T>);
is_a_queue!(LifoQueue<T>, Stored<Stack<T>>);
is_a_queue!(PriorityQueue<T: Ord>, Stored<Heap<T>>);
is_a_queue!(SimpleQueue<T>, Fifo<T>);
is_a_queue!(StoreQueue<S: Store>, Stored<S>);
