//! The last that came goes first. Where one is forced in, the oldest makes room.

use super::Store;
use std::collections::VecDeque;

/// The store of a [`LifoQueue`](crate::LifoQueue).
#[derive(Debug)]
pub struct Stack<T>(VecDeque<T>);

impl<T> Stack<T> {
    pub(crate) const fn new() -> Self {
        Self(VecDeque::new())
    }
}

impl<T> Store for Stack<T> {
    type Item = T;

    fn push(&mut self, item: T) -> Result<(), T> {
        self.0.push_back(item);
        Ok(())
    }

    fn pop(&mut self) -> Option<T> {
        self.0.pop_back()
    }

    fn peek(&self) -> Option<&T> {
        self.0.back()
    }

    fn exchange(&mut self, item: T) -> Result<T, T> {
        self.0.push_back(item);
        self.0.pop_front().ok_or_else(|| unreachable!("one was pushed"))
    }

    fn len(&self) -> usize {
        self.0.len()
    }
}
