//! What a queue should do, in the plainest words: a `VecDeque`, a count and a flag.

use queue::{GetError, NotInWork, PutError, Shutdown};
use std::collections::VecDeque;

#[derive(Debug, Default)]
pub(crate) struct Reference {
    pub(crate) items: VecDeque<u32>,
    pub(crate) maxsize: usize,
    pub(crate) unfinished: usize,
    pub(crate) shut: bool,
}

impl Reference {
    pub(crate) fn is_full(&self) -> bool {
        self.maxsize > 0 && self.items.len() >= self.maxsize
    }

    pub(crate) fn put(&mut self, item: u32) -> Result<(), PutError<u32>> {
        if self.shut {
            return Err(PutError::ShutDown(item));
        }
        if self.is_full() {
            return Err(PutError::Full(item));
        }
        self.items.push_back(item);
        self.unfinished += 1;
        Ok(())
    }

    pub(crate) fn get(&mut self) -> Result<u32, GetError> {
        let nothing = if self.shut { GetError::ShutDown } else { GetError::Empty };
        self.items.pop_front().ok_or(nothing)
    }

    pub(crate) fn task_done(&mut self) -> Result<(), NotInWork> {
        if self.unfinished == 0 {
            return Err(NotInWork);
        }
        self.unfinished -= 1;
        Ok(())
    }

    /// CPython 3.13 takes the items out one by one, and counts each as done while there is anything to count.
    pub(crate) fn shutdown(&mut self, how: Shutdown) -> Vec<u32> {
        self.shut = true;
        let mut discarded = Vec::new();
        while how == Shutdown::Discard && !self.items.is_empty() {
            discarded.extend(self.items.pop_front());
            if self.unfinished > 0 {
                self.unfinished -= 1;
            }
        }
        discarded
    }
}
