//! Items that wait to be put, in order; one that was refused can go back to its place.

/// Items that are to be put.
pub struct Feed<T> {
    first: Option<T>,
    rest: std::vec::IntoIter<T>,
}

impl<T> Feed<T> {
    pub(crate) fn new(items: Vec<T>) -> Self {
        Self { first: None, rest: items.into_iter() }
    }

    pub(crate) fn len(&self) -> usize {
        self.rest.len() + usize::from(self.first.is_some())
    }

    pub(crate) fn next(&mut self) -> Option<T> {
        self.first.take().or_else(|| self.rest.next())
    }

    /// Gives the item back that next() returned last.
    pub(crate) fn give_back(&mut self, item: T) {
        debug_assert!(self.first.is_none(), "one item is out at a time");
        self.first = Some(item);
    }

    pub(crate) fn into_vec(self) -> Vec<T> {
        match self.first {
            None => self.rest.collect(),
            Some(first) => core::iter::once(first).chain(self.rest).collect(),
        }
    }
}
