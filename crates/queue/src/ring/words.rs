//! The memory of frames: words of eight bytes, in one piece.
//!
//! loom's cells do not lie in one piece. So in the model each word has a cell beside it, which is accessed as the word
//! is.

use super::slots::Slot;
use core::{ptr, slice};

/// Bytes of a word.
pub(super) const WORD: usize = 8;

/// The words of a ring of frames, as their owner has them.
#[cfg(not(loom))]
pub(super) type Words = [Slot<u64>];

/// The words of a ring of frames, each with the cell that loom looks at.
#[cfg(loom)]
#[derive(Debug)]
pub struct Words {
    words: Box<[core::cell::UnsafeCell<u64>]>,
    cells: Box<[Slot<()>]>,
}

// SAFETY: as for slots: the words are accessed by this module only, and by the index protocol one side at a time has
// them; that it is so is what the cells are there to check.
#[cfg(loom)]
unsafe impl Sync for Words {}

#[cfg(loom)]
impl Words {
    /// So many words, each of which is `value` until something is written.
    #[must_use]
    pub fn new(len: usize, value: u64) -> Self {
        Self {
            words: (0..len).map(|_| core::cell::UnsafeCell::new(value)).collect(),
            cells: (0..len).map(|_| Slot::new(())).collect(),
        }
    }

    fn len(&self) -> usize {
        self.words.len()
    }
}

/// The words of a ring of frames, as one of its sides has them.
#[derive(Clone, Copy)]
pub(super) struct Memory<'a>(&'a Words);

impl<'a> Memory<'a> {
    pub(super) fn new(words: &'a Words) -> Self {
        Self(words)
    }

    #[inline]
    pub(super) fn len(self) -> usize {
        self.0.len()
    }

    /// The word at `at`; see [`load_all`](Self::load_all).
    ///
    /// # Safety
    /// As of [`load_all`](Self::load_all).
    #[inline]
    pub(super) unsafe fn load(self, at: usize) -> u64 {
        // SAFETY: valid and aligned, as it is a word; every value is a u64; and it is ours, says the caller. Against a
        // process that keeps to no protocol, volatile is what there is: one load, of which the compiler assumes
        // nothing.
        unsafe { ptr::read_volatile(self.to_read(at, 1)) }
    }

    /// `n` words from `at` on, each loaded once, whatever it is: another process may be writing it, if it does not
    /// keep to the protocol.
    ///
    /// # Safety
    /// By the ring's positions these words are the caller's, and no slice of [`bytes_mut`](Self::bytes_mut) has them.
    pub(super) unsafe fn load_all(self, at: usize, n: usize) -> impl Iterator<Item = u64> {
        let words = self.to_read(at, n);
        // SAFETY: as in load(), for `n` words in one piece.
        (0..n).map(move |number| unsafe { ptr::read_volatile(words.wrapping_add(number)) })
    }

    /// # Safety
    /// By the ring's positions this word is the caller's, and no slice has it.
    #[inline]
    pub(super) unsafe fn store(self, at: usize, word: u64) {
        // SAFETY: valid, aligned, in a cell; and ours alone, says the caller.
        unsafe { *self.to_write(at, 1) = word }
    }

    /// The first `len` bytes of the words from `at` on.
    ///
    /// # Safety
    /// By the ring's positions these words are the caller's as long as the slice lives, and nobody writes them.
    #[inline]
    pub(super) unsafe fn bytes(self, at: usize, len: usize) -> &'a [u8] {
        let words = self.to_read(at, len.div_ceil(WORD));
        // SAFETY: `len` bytes at most of these words, in one piece, initialized; and the caller sees to it that they
        // stay as they are.
        unsafe { slice::from_raw_parts(words.cast(), len) }
    }

    /// The same, to be written.
    ///
    /// # Safety
    /// By the ring's positions these words are the caller's as long as the slice lives, and nobody uses them otherwise.
    #[inline]
    pub(super) unsafe fn bytes_mut(self, at: usize, len: usize) -> &'a mut [u8] {
        let words = self.to_write(at, len.div_ceil(WORD));
        // SAFETY: as in bytes(); and they are in cells, so they may be written through a shared reference, by the
        // caller alone.
        unsafe { slice::from_raw_parts_mut(words.cast(), len) }
    }
}

#[cfg(not(loom))]
impl Memory<'_> {
    /// `n` words from `at` on.
    #[inline]
    fn to_read(self, at: usize, n: usize) -> *const u64 {
        self.0[at..][..n].as_ptr().cast()
    }

    #[inline]
    fn to_write(self, at: usize, n: usize) -> *mut u64 {
        self.to_read(at, n).cast_mut()
    }
}

#[cfg(loom)]
impl Memory<'_> {
    #[track_caller]
    fn to_read(self, at: usize, n: usize) -> *const u64 {
        for cell in &self.0.cells[at..][..n] {
            cell.cell().with(|_| ());
        }
        self.0.words[at..][..n].as_ptr().cast()
    }

    #[track_caller]
    fn to_write(self, at: usize, n: usize) -> *mut u64 {
        for cell in &self.0.cells[at..][..n] {
            cell.cell().with_mut(|_| ());
        }
        self.0.words[at..][..n].as_ptr().cast::<u64>().cast_mut()
    }
}
