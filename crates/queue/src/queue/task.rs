//! An item that says by itself that the work on it is finished.

use super::AnyQueue;
use crate::kind::Kind;
use core::fmt;
use core::mem::ManuallyDrop;
use core::ops::{Deref, DerefMut};

/// An item in work, from [`AnyQueue::get_task`]: says that it is done when it is dropped, after the item
/// itself.
pub struct Task<'a, K: Kind> {
    queue: &'a AnyQueue<K>,
    item: ManuallyDrop<K::Item>,
}

/// Says that a task is done, whatever happens to its item.
struct Done<'a, K: Kind>(&'a AnyQueue<K>);

impl<K: Kind> Drop for Done<'_, K> {
    fn drop(&mut self) {
        // Somebody may have said so for us: then there is nothing left to say.
        let _ = self.0.task_done();
    }
}

impl<'a, K: Kind> Task<'a, K> {
    pub(super) fn new(queue: &'a AnyQueue<K>, item: K::Item) -> Self {
        Self { queue, item: ManuallyDrop::new(item) }
    }

    /// Says that the work is finished, and gives the item out.
    ///
    /// ```
    /// let queue = queue::Queue::unbounded();
    /// queue.put(String::from("work")).unwrap();
    /// let work: String = queue.get_task().unwrap().finish();
    /// assert_eq!((work.as_str(), queue.unfinished_tasks()), ("work", 0));
    /// ```
    pub fn finish(self) -> K::Item {
        let mut task = ManuallyDrop::new(self);
        let _done = Done(task.queue);
        // SAFETY: the task is not used or dropped after this.
        unsafe { ManuallyDrop::take(&mut task.item) }
    }
}

impl<K: Kind> Drop for Task<'_, K> {
    fn drop(&mut self) {
        let _done = Done(self.queue);
        // SAFETY: the item is not used or dropped after this: the task is being dropped.
        unsafe { ManuallyDrop::drop(&mut self.item) };
    }
}

impl<K: Kind> Deref for Task<'_, K> {
    type Target = K::Item;

    fn deref(&self) -> &K::Item {
        &self.item
    }
}

impl<K: Kind> DerefMut for Task<'_, K> {
    fn deref_mut(&mut self) -> &mut K::Item {
        &mut self.item
    }
}

impl<K: Kind<Item: fmt::Debug>> fmt::Debug for Task<'_, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Task").field(&**self).finish()
    }
}
