//! How far has a worker come with a batch, and what of it has not been sent yet?
//!
//! # What it promises
//! A worker may be killed at any instruction, and the results of the items that it had finished are not lost. They
//! lie in the scratch, which the pool has mapped too, and one word says which they are and how many bytes they take.
//!
//! # Protocol
//! 1. The worker writes an item's result behind the others, and then stores the word: one store, so it is there or
//!    not.
//! 2. When the scratch is full, or the batch at its end, the worker sends it as a reply, and stores that nothing
//!    is left.
//! 3. When the worker is dead, the pool reads the word, then the bytes. What it has received as a reply already (the
//!    worker died between the two steps of 2) it knows by the number of the first item.
//!
//! # Memory orderings
//! The worker is alone in writing, and the pool reads when the kernel has told that the worker is dead: after every
//! store of the worker, in whatever order the processor made them. A death falls between two instructions. So what
//! counts is the order of the instructions, and that is the compiler's: each store of the word has a compiler's fence
//! before it and behind it.
//!
//! # Proofs
//! None by loom, which has no deaths; `tests/process_pool/steps.rs` kills workers behind each store, and at any
//! instruction.

use crate::{link::message::short_head, short};
use std::{
    cell::UnsafeCell,
    ptr,
    sync::atomic::{
        AtomicU64,
        Ordering::{AcqRel, Relaxed},
        compiler_fence,
    },
};

/// The bytes of results that may wait to be sent.
pub(crate) const SCRATCH: usize = 16 << 10;

/// Items of a batch; more than fit into a request.
const ITEM_BITS: u32 = 20;
const BYTE_BITS: u32 = 24;

/// Results that were not sent yet.
#[repr(C)]
#[derive(Debug)]
pub(crate) struct Progress {
    /// `first` and `next`, of `ITEM_BITS` each, and `bytes`.
    word: AtomicU64,
    scratch: UnsafeCell<[u8; SCRATCH]>,
}

// SAFETY: the scratch is written by the worker's one thread that runs tasks, and read by the pool's process, which
// does so when the worker is dead.
unsafe impl Sync for Progress {}

/// What the word says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Unsent {
    /// The item to which the first result belongs.
    pub(crate) first: u32,
    /// The item that comes after the last result.
    pub(crate) next: u32,
    pub(crate) bytes: usize,
}

impl Unsent {
    #[inline]
    fn word(self) -> u64 {
        let limit = 1 << ITEM_BITS;
        debug_assert!(self.first < limit && self.next < limit && self.bytes < 1 << BYTE_BITS, "{self:?}");
        u64::from(self.first) << (ITEM_BITS + BYTE_BITS)
            | u64::from(self.next) << BYTE_BITS
            | self.bytes as u64
    }

    fn of(word: u64) -> Self {
        let items = |shift: u32| (word >> shift) as u32 & ((1 << ITEM_BITS) - 1);
        let bytes = (word & ((1 << BYTE_BITS) - 1)) as usize;
        Self { first: items(ITEM_BITS + BYTE_BITS), next: items(BYTE_BITS), bytes }
    }
}

impl Progress {
    pub(crate) fn new() -> Self {
        Self { word: AtomicU64::new(0), scratch: UnsafeCell::new([0; SCRATCH]) }
    }

    /// The worker's thread that runs tasks: puts the result of item `unsent.next` behind the others, if there is room.
    pub(crate) fn keep(&self, unsent: &mut Unsent, result: &[u8]) -> bool {
        if unsent.bytes + result.len() > SCRATCH {
            return false;
        }
        let scratch = self.scratch.get().cast::<u8>();
        // SAFETY: within the scratch, as was just checked.
        let end = unsafe { scratch.add(unsent.bytes) };
        // SAFETY: as many bytes are there; `result` is the worker's own memory; only this thread writes the scratch,
        // and nobody reads it while this process lives.
        unsafe { short::copy(result, end) };
        *unsent = Unsent { next: unsent.next + 1, bytes: unsent.bytes + result.len(), ..*unsent };
        self.mark(*unsent);
        true
    }

    /// The worker's thread that runs tasks: where the result of item `unsent.next` may be written, behind its head, and how
    /// many bytes it may have. They stay there as long as this does, and are that thread's alone.
    #[inline]
    pub(crate) fn room(&self, unsent: Unsent) -> (*mut u8, usize) {
        let start = unsent.bytes + 1;
        // Within the scratch, or right behind it.
        (self.scratch.get().cast::<u8>().wrapping_add(start), SCRATCH.saturating_sub(start))
    }

    /// The worker's thread that runs tasks: puts the result of item `unsent.next`, whose `len` bytes lie in the room,
    /// behind the others; false if they are too many for a short head.
    #[inline]
    pub(crate) fn keep_room(&self, unsent: &mut Unsent, len: usize) -> bool {
        let (Some(head), (start, room)) = (short_head(len), self.room(*unsent)) else { return false };
        if len > room || room == 0 {
            return false;
        }
        // SAFETY: the room has bytes, so the one before it is within the scratch too; only this thread writes the scratch,
        // and nobody reads it while this process lives.
        unsafe { start.wrapping_sub(1).write(head) };
        *unsent = Unsent { next: unsent.next + 1, bytes: unsent.bytes + 1 + len, ..*unsent };
        self.mark(*unsent);
        true
    }

    /// Between what the worker did before and what it does next, for whoever looks when it is dead.
    #[inline]
    fn mark(&self, unsent: Unsent) {
        // The bytes are there, or the answer is in the ring.
        compiler_fence(AcqRel);
        // Relaxed: read when we are dead.
        self.word.store(unsent.word(), Relaxed);
        // The bytes are not overwritten before the word has forgotten them.
        compiler_fence(AcqRel);
    }

    /// The worker's thread that runs tasks: what it has kept.
    pub(crate) fn kept(&self, unsent: Unsent) -> &[u8] {
        // SAFETY: the first bytes of the scratch, which this thread has written; it writes no more while it reads.
        unsafe { std::slice::from_raw_parts(self.scratch.get().cast::<u8>(), unsent.bytes) }
    }

    /// The worker's thread that runs tasks: all before item `next` was sent.
    pub(crate) fn sent(&self, next: u32) -> Unsent {
        let unsent = Unsent { first: next, next, bytes: 0 };
        self.mark(unsent);
        unsent
    }

    /// The pool, when the worker is dead: what it had not sent. A worker that ran wild may have left anything: then
    /// the bytes are anything, and no more than there are.
    pub(crate) fn rest(&self) -> (Unsent, Vec<u8>) {
        // Relaxed: the worker is dead, and the kernel has told us so.
        let unsent = Unsent::of(self.word.load(Relaxed));
        let mut bytes = vec![0; unsent.bytes.min(SCRATCH)];
        // SAFETY: within the scratch; the worker is dead. Should a process that it has left behind write meanwhile,
        // the copy has any bytes, of which nothing is assumed.
        unsafe { ptr::copy_nonoverlapping(self.scratch.get().cast::<u8>(), bytes.as_mut_ptr(), bytes.len()) };
        (unsent, bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_and_not_sent_is_the_rest() {
        let progress = Progress::new();
        let mut unsent = progress.sent(0);
        assert!(progress.keep(&mut unsent, b"one") && progress.keep(&mut unsent, b"two"));
        assert_eq!(progress.rest(), (Unsent { first: 0, next: 2, bytes: 6 }, b"onetwo".to_vec()));
        let mut unsent = progress.sent(2);
        assert_eq!(progress.rest(), (Unsent { first: 2, next: 2, bytes: 0 }, Vec::new()));
        assert!(progress.keep(&mut unsent, b"three"));
        assert_eq!(progress.kept(unsent), b"three");
        assert_eq!(progress.rest(), (Unsent { first: 2, next: 3, bytes: 5 }, b"three".to_vec()));
    }

    #[test]
    fn what_has_no_room_is_not_kept_and_changes_nothing() {
        let progress = Progress::new();
        let mut unsent = progress.sent(5);
        assert!(progress.keep(&mut unsent, &[1; SCRATCH - 1]));
        let before = progress.rest();
        assert!(!progress.keep(&mut unsent, &[2; 2]));
        assert_eq!(progress.rest(), before);
        assert!(progress.keep(&mut unsent, &[2; 1]));
        assert_eq!(progress.rest().0, Unsent { first: 5, next: 7, bytes: SCRATCH });
    }

    #[test]
    fn any_word_leads_to_bytes_that_are_there() {
        let progress = Progress::new();
        progress.word.store(u64::MAX, Relaxed);
        assert_eq!(progress.rest().1.len(), SCRATCH);
    }
}
