//! Iteration that takes items out.

use crate::Queue;

/// Takes items, waiting for each; ends when the queue is shut down and empty. From [`Queue::iter`].
#[derive(Debug)]
pub struct Iter<'a, T> {
    queue: &'a Queue<T>,
}

/// Takes the items that are there, and ends when none is. From [`Queue::try_iter`].
#[derive(Debug)]
pub struct TryIter<'a, T> {
    queue: &'a Queue<T>,
}

impl<T> Queue<T> {
    /// Takes items, waiting for each, until the queue is shut down and empty.
    ///
    /// ```
    /// let queue = queue::Queue::unbounded();
    /// queue.put(1).unwrap();
    /// queue.put(2).unwrap();
    /// queue.shutdown(queue::Shutdown::Drain);
    /// assert_eq!(queue.iter().collect::<Vec<_>>(), [1, 2]);
    /// ```
    pub fn iter(&self) -> Iter<'_, T> {
        Iter { queue: self }
    }

    /// Takes the items that are there, without waiting.
    pub fn try_iter(&self) -> TryIter<'_, T> {
        TryIter { queue: self }
    }
}

impl<T> Iterator for Iter<'_, T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        self.queue.get().ok()
    }
}

impl<T> Iterator for TryIter<'_, T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        self.queue.try_get().ok()
    }
}

impl<'a, T> IntoIterator for &'a Queue<T> {
    type Item = T;
    type IntoIter = Iter<'a, T>;

    fn into_iter(self) -> Iter<'a, T> {
        self.iter()
    }
}
