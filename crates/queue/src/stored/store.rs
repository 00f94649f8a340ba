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

    /// The item that would be given out next. By default there is no telling, even where there is one.
    fn peek(&self) -> Option<&Self::Item> {
        None
    }

    /// Gives the next `max` items out in order, or all if there are fewer.
    ///
    /// By default it pops them one by one; if a `pop` panics, those that were out already are pushed again, the
    /// last of them first. Where that does not make the store as it was, this is to be replaced.
    fn pop_many(&mut self, max: usize) -> Vec<Self::Item>
    where
        Self: Sized,
    {
        let mut batch = Batch { store: self, items: Vec::new() };
        while batch.items.len() < max
            && let Some(item) = batch.store.pop()
        {
            batch.items.push(item);
        }
        core::mem::take(&mut batch.items)
    }

    /// Takes an item in for which there is no room in the queue, and gives the one out that makes room: it may be
    /// the new one. By default refuses, as there is no telling which.
    ///
    /// # Errors
    /// The item, if it does not belong here; then the store is as before.
    fn exchange(&mut self, item: Self::Item) -> Result<Self::Item, Self::Item> {
        Err(item)
    }

    /// How many items there are: asked when the queue is made.
    fn len(&self) -> usize;
}

/// What is popped at one time.
struct Batch<'a, S: Store> {
    store: &'a mut S,
    items: Vec<S::Item>,
}

impl<S: Store> Drop for Batch<'_, S> {
    fn drop(&mut self) {
        for item in self.items.drain(..).rev() {
            // What it has given out it takes in.
            drop(self.store.push(item));
        }
    }
}
