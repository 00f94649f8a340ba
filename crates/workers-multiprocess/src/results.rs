//! The results of a `map`, in the order of its input.

use crate::{Future, TaskError};
use std::{fmt, vec};

/// The results of a `map`, in the order of its input: waits for each in turn.
///
/// A task that failed is an error in its place; the others go on. Dropping the iterator cancels nothing.
pub struct Results<R> {
    futures: vec::IntoIter<Future<R>>,
}

impl<R> Results<R> {
    pub(crate) fn new(futures: Vec<Future<R>>) -> Self {
        Self { futures: futures.into_iter() }
    }
}

impl<R> Iterator for Results<R> {
    type Item = Result<R, TaskError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.futures.next().map(Future::result)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.futures.size_hint()
    }
}

impl<R> ExactSizeIterator for Results<R> {}

impl<R> fmt::Debug for Results<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Results").field("left", &self.len()).finish_non_exhaustive()
    }
}
