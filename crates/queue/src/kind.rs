//! What a kind of queue has to be able to do; all else is made of it.

use crate::error::{GetError, PutError};
use crate::feed::Feed;
use crate::sync::Deadline;
use crate::waiting::Hand;

/// A kind of queue: in which order items leave, and how many there is room for.
///
/// Sealed. The kinds are those of [`Queue`](crate::Queue), [`LifoQueue`](crate::LifoQueue),
/// [`PriorityQueue`](crate::PriorityQueue), [`SimpleQueue`](crate::SimpleQueue), and of a
/// [`StoreQueue`](crate::StoreQueue) around a [`Store`](crate::Store) of one's own. Code that does not care
/// which it is takes an `&AnyQueue<K>`:
///
/// ```
/// use queue::{AnyQueue, Kind, LifoQueue, Queue};
///
/// fn all<K: Kind<Item = u32>>(queue: &AnyQueue<K>) -> Vec<u32> {
///     queue.try_iter().collect()
/// }
///
/// let (first_out, last_out) = (Queue::unbounded(), LifoQueue::unbounded());
/// first_out.put_many([1, 2, 3]).unwrap();
/// last_out.put_many([1, 2, 3]).unwrap();
/// assert_eq!(all(&first_out), [1, 2, 3]);
/// assert_eq!(all(&last_out), [3, 2, 1]);
/// ```
pub trait Kind: Core {}

impl<K: Core> Kind for K {}

/// The operations of a kind. Nobody outside can name it.
pub trait Core {
    /// What is put and got.
    type Item;

    /// Puts the item if there is room now.
    fn try_put(&self, item: Self::Item) -> Result<(), PutError<Self::Item>>;

    /// Puts the item when there is room.
    fn put_until(&self, item: Self::Item, deadline: &Deadline) -> Result<(), PutError<Self::Item>>;

    /// Waits for room for one item at least, and puts the first items of `feed` (not empty), as many as there
    /// is room for, at one time.
    fn put_some(&self, feed: &mut Feed<Self::Item>, deadline: &Deadline) -> Result<(), PutError<()>>;

    /// Puts the item at once; where there is no room, the next item to be got makes room, and is returned.
    fn force_put(&self, item: Self::Item) -> Result<Option<Self::Item>, PutError<Self::Item>>;

    /// Takes an item if there is one now.
    fn try_get(&self) -> Result<Self::Item, GetError>;

    /// Takes an item when there is one.
    fn get_until(&self, deadline: &Deadline) -> Result<Self::Item, GetError>;

    /// Waits for one item at least, and takes up to `max` (not 0) that are there, in order, at one time.
    fn get_some(&self, max: usize, into: &mut Vec<Self::Item>, deadline: &Deadline) -> Result<(), GetError>;

    /// A copy of the next item to be got, if there is one now and it can be told.
    fn peek(&self) -> Option<Self::Item>
    where
        Self::Item: Copy;

    /// Takes all that is there, at one time.
    fn drain(&self) -> Vec<Self::Item>;

    /// Lines up for room, unless there is some; of a rendezvous, holds the hand out.
    fn enter_put(&self, hand: &Hand<Self::Item>) -> bool;

    /// Leaves that line; `false` if it has been called.
    fn leave_put(&self, hand: &Hand<Self::Item>) -> bool;

    /// Calls a putter that waits for room.
    fn call_putter(&self);

    /// Lines up for an item, unless there is one.
    fn enter_get(&self, hand: &Hand<Self::Item>) -> bool;

    /// Leaves that line; `false` if it has been called.
    fn leave_get(&self, hand: &Hand<Self::Item>) -> bool;

    /// Calls a getter that waits for an item.
    fn call_getter(&self);

    /// From now on nothing is put, and whoever waits is called.
    fn shut(&self);

    /// The same, and all that is there is taken, at one time.
    fn discard(&self) -> Vec<Self::Item>;

    fn is_shut(&self) -> bool;

    fn len(&self) -> usize;

    fn capacity(&self) -> Option<usize>;

    /// How many items have been put so far.
    fn puts(&self) -> usize;
}
