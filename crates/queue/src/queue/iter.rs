//! Iteration that takes items out: the article's generators.

use super::AnyQueue;
use crate::kind::Kind;
use crate::sync::Deadline;
use core::time::Duration;

/// Takes items, waiting for each; ends when the queue is shut down and empty. From [`AnyQueue::iter`].
#[derive(Debug)]
pub struct Iter<'a, K: Kind> {
    queue: &'a AnyQueue<K>,
}

/// Takes the items that are there, and ends when none is. From [`AnyQueue::try_iter`].
#[derive(Debug)]
pub struct TryIter<'a, K: Kind> {
    queue: &'a AnyQueue<K>,
}

/// Takes items, waiting for each so long; ends when one does not come in time. From
/// [`AnyQueue::iter_timeout`].
#[derive(Debug)]
pub struct IterTimeout<'a, K: Kind> {
    queue: &'a AnyQueue<K>,
    timeout: Duration,
}

/// Takes items until a moment. From [`AnyQueue::iter_until`].
#[derive(Debug)]
pub struct IterUntil<'a, K: Kind> {
    queue: &'a AnyQueue<K>,
    deadline: Deadline,
}

/// Takes items in batches. From [`AnyQueue::batches`].
#[derive(Debug)]
pub struct Batches<'a, K: Kind> {
    queue: &'a AnyQueue<K>,
    max: usize,
    linger: Duration,
}

impl<K: Kind> AnyQueue<K> {
    /// Takes items, waiting for each, until the queue is shut down and empty.
    ///
    /// ```
    /// let queue = queue::Queue::unbounded();
    /// queue.put_many([1, 2]).unwrap();
    /// queue.shutdown(queue::Shutdown::Drain);
    /// assert_eq!(queue.iter().collect::<Vec<_>>(), [1, 2]);
    /// ```
    pub fn iter(&self) -> Iter<'_, K> {
        Iter { queue: self }
    }

    /// Takes the items that are there, without waiting.
    pub fn try_iter(&self) -> TryIter<'_, K> {
        TryIter { queue: self }
    }

    /// Takes items, waiting for each `timeout` at most; ends when one does not come in time, or with the
    /// queue.
    ///
    /// ```
    /// use std::time::Duration;
    /// let queue = queue::Queue::unbounded();
    /// queue.put_many([1, 2]).unwrap();
    /// assert_eq!(queue.iter_timeout(Duration::from_millis(1)).collect::<Vec<_>>(), [1, 2]);
    /// ```
    pub fn iter_timeout(&self, timeout: Duration) -> IterTimeout<'_, K> {
        IterTimeout { queue: self, timeout }
    }

    /// Takes items, waiting for each, until `deadline` at most for all of them. What is there at the deadline
    /// is still taken.
    ///
    /// ```
    /// use std::time::{Duration, Instant};
    /// let queue = queue::Queue::unbounded();
    /// queue.put_many([1, 2]).unwrap();
    /// let begun = Instant::now();
    /// assert_eq!(queue.iter_until(Duration::from_millis(5)).collect::<Vec<_>>(), [1, 2]);
    /// assert!(begun.elapsed() >= Duration::from_millis(5));
    /// ```
    pub fn iter_until(&self, deadline: impl Into<Deadline>) -> IterUntil<'_, K> {
        IterUntil { queue: self, deadline: deadline.into() }
    }

    /// Takes items in batches of `max` at most: waits for the first of each, and then for `linger` at most
    /// until the batch is full. Ends when the queue is shut down and empty. See [`get_many`](Self::get_many).
    ///
    /// # Panics
    /// If `max` is 0.
    ///
    /// ```
    /// use std::time::Duration;
    /// let queue = queue::Queue::unbounded();
    /// queue.put_many(1..=5).unwrap();
    /// queue.shutdown(queue::Shutdown::Drain);
    /// let batches: Vec<_> = queue.batches(2, Duration::from_millis(1)).collect();
    /// assert_eq!(batches, [vec![1, 2], vec![3, 4], vec![5]]);
    /// ```
    pub fn batches(&self, max: usize, linger: Duration) -> Batches<'_, K> {
        assert!(max > 0, "a batch has room for one item at least");
        Batches { queue: self, max, linger }
    }
}

impl<K: Kind> Iterator for Iter<'_, K> {
    type Item = K::Item;

    fn next(&mut self) -> Option<K::Item> {
        self.queue.get().ok()
    }
}

impl<K: Kind> Iterator for TryIter<'_, K> {
    type Item = K::Item;

    fn next(&mut self) -> Option<K::Item> {
        self.queue.try_get().ok()
    }
}

impl<K: Kind> Iterator for IterTimeout<'_, K> {
    type Item = K::Item;

    fn next(&mut self) -> Option<K::Item> {
        self.queue.get_timeout(self.timeout).ok()
    }
}

impl<K: Kind> Iterator for IterUntil<'_, K> {
    type Item = K::Item;

    fn next(&mut self) -> Option<K::Item> {
        self.queue.get_timeout(&self.deadline).ok()
    }
}

impl<K: Kind> Iterator for Batches<'_, K> {
    type Item = Vec<K::Item>;

    fn next(&mut self) -> Option<Vec<K::Item>> {
        self.queue.get_many(1, self.max, self.linger).ok()
    }
}

impl<'a, K: Kind> IntoIterator for &'a AnyQueue<K> {
    type Item = K::Item;
    type IntoIter = Iter<'a, K>;

    fn into_iter(self) -> Iter<'a, K> {
        self.iter()
    }
}
