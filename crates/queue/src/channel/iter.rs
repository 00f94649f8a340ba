//! Iteration that receives.

use super::receiver::Receiver;
use core::{fmt, iter::FusedIterator};

/// Receives items, waiting for each; ends when there is no item and no sender any more. From
/// [`Receiver::iter`].
#[must_use = "nothing is received before it is iterated over"]
pub struct Iter<'a, T> {
    pub(super) receiver: &'a Receiver<T>,
}

/// Receives the items that are there, and ends when none is. From [`Receiver::try_iter`].
#[must_use = "nothing is received before it is iterated over"]
pub struct TryIter<'a, T> {
    pub(super) receiver: &'a Receiver<T>,
}

/// As [`Iter`], and has the receiver: who drops it drops that. From `Receiver::into_iter`.
///
/// ```
/// let (sender, receiver) = queue::channel::unbounded();
/// let doubling = std::thread::spawn(move || receiver.into_iter().map(|item| 2 * item).collect::<Vec<_>>());
/// (1..=3).for_each(|item| sender.send(item).unwrap());
/// drop(sender);
/// assert_eq!(doubling.join().unwrap(), [2, 4, 6]);
/// ```
#[must_use = "nothing is received before it is iterated over"]
pub struct IntoIter<T> {
    pub(super) receiver: Receiver<T>,
}

impl<T> Iterator for Iter<'_, T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        self.receiver.recv().ok()
    }
}

impl<T> Iterator for TryIter<'_, T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        self.receiver.try_recv().ok()
    }
}

impl<T> Iterator for IntoIter<T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        self.receiver.recv().ok()
    }
}

// No sender comes back.
impl<T> FusedIterator for Iter<'_, T> {}
impl<T> FusedIterator for IntoIter<T> {}

impl<T> fmt::Debug for Iter<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Iter").field(self.receiver).finish()
    }
}

impl<T> fmt::Debug for TryIter<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TryIter").field(self.receiver).finish()
    }
}

impl<T> fmt::Debug for IntoIter<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("IntoIter").field(&self.receiver).finish()
    }
}
