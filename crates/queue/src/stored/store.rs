//! What makes the order of a queue.

/// Items in an order of one's own, for a [`StoreQueue`](crate::StoreQueue): CPython's `_put`, `_get` and
/// `_qsize`.
///
/// One thread at a time calls these, under the queue's lock: they must not use the queue. One that panics has
/// to leave the store as it was, and then the queue is as it was, too; the item of a `push` that panics is
/// gone with the panic.
///
/// ```
/// use queue::{PutError, Store, StoreQueue};
///
/// /// Even numbers, the largest first.
/// #[derive(Default)]
/// struct Largest(std::collections::BinaryHeap<u32>);
///
/// impl Store for Largest {
///     type Item = u32;
///     fn push(&mut self, item: u32) -> Result<(), u32> {
///         if item % 2 == 1 {
///             return Err(item);
///         }
///         self.0.push(item);
///         Ok(())
///     }
///     fn pop(&mut self) -> Option<u32> {
///         self.0.pop()
///     }
///     fn len(&self) -> usize {
///         self.0.len()
///     }
/// }
///
/// let queue = StoreQueue::with_store(Largest::default(), 0);
/// queue.put_many([2, 8, 4]).unwrap();
/// assert_eq!(queue.try_put(3), Err(PutError::Rejected(3)));
/// assert_eq!((queue.get(), queue.len()), (Ok(8), 2));
/// ```
#[expect(clippy::len_without_is_empty, reason = "whether it is empty is what `len` says")]
pub trait Store {
    /// What is stored.
    type Item;

    /// Takes an item in.
    ///
    /// # Errors
    /// The item, if it does not belong here; then the store is as before.
    fn push(&mut self, item: Self::Item) -> Result<(), Self::Item>;

    /// Gives the next item out; `None` if and only if there is none.
    fn pop(&mut self) -> Option<Self::Item>;

    /// Gives the item out that makes room when another was forced in, which is among those that are there; by
    /// default the next.
    fn evict(&mut self) -> Option<Self::Item> {
        self.pop()
    }

    /// How many items there are.
    fn len(&self) -> usize;
}
