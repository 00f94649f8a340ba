//! Where does a result go, byte by byte?
//!
//! Behind those that were kept, at once: a copy of some bytes that were written just now costs more than a tiny task. Where
//! there is no room for it, or where it is to go by itself, it is made on the heap.

use crate::{
    link::message::{LONG, LONG_HEAD, long_head},
    short,
    wire::Flavor,
};
use std::ptr;

/// Bytes that a result on the heap has without growing.
const LEAST: usize = 64 - LONG_HEAD;

/// Room for one result.
#[derive(Debug)]
pub struct Room {
    /// Where it begins, and how many bytes it may have there.
    start: *mut u8,
    capacity: usize,
    len: usize,
    /// All of it, behind a long head, if it is not there.
    heap: Vec<u8>,
}

impl Room {
    /// On the heap.
    pub(crate) fn new() -> Self {
        Self { start: ptr::null_mut(), capacity: 0, len: 0, heap: Vec::new() }
    }

    /// The next result begins, at `start`: whatever was in the room is forgotten.
    ///
    /// # Safety
    /// As long as this result is written to or taken, `start` is valid for reads and writes of `capacity` bytes, which nobody
    /// else reads or writes.
    #[inline]
    pub(crate) unsafe fn begin(&mut self, start: *mut u8, capacity: usize) {
        (self.start, self.capacity, self.len) = (start, capacity, 0);
        self.heap.clear();
    }

    #[inline]
    pub(crate) fn push(&mut self, byte: u8) {
        if self.len < self.capacity {
            // SAFETY: within the capacity.
            let end = unsafe { self.start.add(self.len) };
            // SAFETY: valid for it, says who began.
            unsafe { end.write(byte) };
            self.len += 1;
        } else if self.heap.is_empty() {
            self.leave(&[byte]);
        } else {
            self.heap.push(byte);
        }
    }

    #[inline]
    pub(crate) fn extend(&mut self, bytes: &[u8]) {
        if bytes.len() <= self.capacity - self.len {
            // SAFETY: within the capacity.
            let end = unsafe { self.start.add(self.len) };
            // SAFETY: valid for so many, says who began; nobody else has them, so they are not among `bytes`.
            unsafe { short::copy(bytes, end) };
            self.len += bytes.len();
        } else {
            self.leave(bytes);
        }
    }

    /// It does not fit, and goes on on the heap.
    #[cold]
    fn leave(&mut self, more: &[u8]) {
        if self.heap.is_empty() {
            let mut heap = Vec::with_capacity(LONG_HEAD + self.len + more.len().max(LEAST));
            heap.extend_from_slice(&[LONG; LONG_HEAD]);
            heap.extend_from_slice(self.written());
            self.heap = heap;
            (self.capacity, self.len) = (0, 0);
        }
        self.heap.extend_from_slice(more);
    }

    /// How many bytes it has where it began; `None` if it has left.
    #[inline]
    pub(crate) fn stayed(&self) -> Option<usize> {
        self.heap.is_empty().then_some(self.len)
    }

    /// As an item by itself.
    ///
    /// # Errors
    /// If it is too long.
    pub(crate) fn take(&mut self) -> Result<Vec<u8>, String> {
        self.leave(&[]);
        let head = long_head(self.heap.len() - LONG_HEAD)?;
        self.heap[..LONG_HEAD].copy_from_slice(&head);
        Ok(std::mem::take(&mut self.heap))
    }

    fn written(&self) -> &[u8] {
        if self.len == 0 {
            return &[];
        }
        // SAFETY: so many bytes were written from there on; nobody else writes them, says who began, and we do not while we
        // are borrowed.
        unsafe { std::slice::from_raw_parts(self.start, self.len) }
    }
}

impl Flavor for &mut Room {
    type Output = ();

    #[inline]
    fn try_push(&mut self, byte: u8) -> postcard::Result<()> {
        self.push(byte);
        Ok(())
    }

    #[inline]
    fn try_extend(&mut self, bytes: &[u8]) -> postcard::Result<()> {
        self.extend(bytes);
        Ok(())
    }

    #[inline]
    fn finalize(self) -> postcard::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::message::Items;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_result_is_what_was_written_wherever_it_came_to_lie(
            capacity in 0..40_usize,
            parts in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..30), 0..6),
        ) {
            let mut memory = vec![0; capacity];
            let mut room = Room::new();
            for parts in [&parts[..], &parts[..parts.len() / 2]] {
                // SAFETY: the memory is ours, and looked at below only, when the room is not written to.
                unsafe { room.begin(memory.as_mut_ptr(), capacity) };
                for part in parts {
                    match part.as_slice() {
                        [byte] => room.push(*byte),
                        bytes => room.extend(bytes),
                    }
                }
                let all = parts.concat();
                prop_assert_eq!(room.stayed(), (all.len() <= capacity).then_some(all.len()));
                if let Some(len) = room.stayed() {
                    prop_assert_eq!(&memory[..len], &all);
                }
                let item = room.take().unwrap();
                prop_assert_eq!(Items(&item).collect::<Vec<_>>(), [all]);
            }
        }
    }
}
