//! A block of slots, and blocks in a row that are about to be linked.

use crate::sync::{AtomicPtr, AtomicU32, Relaxed, UnsafeCell, size};
use core::mem::{ManuallyDrop, MaybeUninit};
use core::ptr::{self, NonNull};

/// Positions from one block to the next: a power of two.
pub(super) const GROUP: usize = size(64, 2);
/// Slots of a block.
pub(super) const SLOTS: usize = GROUP - 1;

pub(super) struct Slot<T> {
    pub(super) full: AtomicU32,
    pub(super) item: UnsafeCell<MaybeUninit<T>>,
}

pub(super) struct Block<T> {
    pub(super) slots: [Slot<T>; SLOTS],
    pub(super) next: AtomicPtr<Block<T>>,
}

impl<T> Block<T> {
    pub(super) fn allocate() -> NonNull<Self> {
        let slot = |_| Slot { full: AtomicU32::new(0), item: UnsafeCell::new(MaybeUninit::uninit()) };
        let block = Self { slots: core::array::from_fn(slot), next: AtomicPtr::new(ptr::null_mut()) };
        NonNull::from(Box::leak(Box::new(block)))
    }

    /// # Safety
    /// It came from allocate(), and nobody will look at it again.
    pub(super) unsafe fn free(block: NonNull<Self>) {
        // SAFETY: the caller's promise.
        drop(unsafe { Box::from_raw(block.as_ptr()) });
    }
}

/// New blocks in a row, that nobody else knows yet.
pub(super) struct Chain<T> {
    first: *mut Block<T>,
    last: *mut Block<T>,
    len: usize,
}

impl<T> Chain<T> {
    #[inline]
    pub(super) const fn new() -> Self {
        Self { first: ptr::null_mut(), last: ptr::null_mut(), len: 0 }
    }

    /// Makes it so many blocks long.
    #[inline]
    pub(super) fn resize(&mut self, len: usize) {
        if self.len != len {
            self.resize_slowly(len);
        }
    }

    #[cold]
    fn resize_slowly(&mut self, len: usize) {
        while self.len < len {
            let block = Block::allocate();
            // SAFETY: it has just been made. Relaxed: nobody else knows it yet.
            unsafe { block.as_ref() }.next.store(self.first, Relaxed);
            if self.len == 0 {
                self.last = block.as_ptr();
            }
            (self.first, self.len) = (block.as_ptr(), self.len + 1);
        }
        while self.len > len {
            let Some(block) = NonNull::new(self.first) else { return };
            // SAFETY: it is ours. Relaxed: as above.
            self.first = unsafe { block.as_ref() }.next.load(Relaxed);
            // SAFETY: allocate() made it, and nobody else knows it.
            unsafe { Block::free(block) };
            self.len -= 1;
        }
    }

    /// The first, the last, and how many.
    pub(super) fn into_parts(self) -> (*mut Block<T>, *mut Block<T>, usize) {
        let chain = ManuallyDrop::new(self);
        (chain.first, chain.last, chain.len)
    }
}

impl<T> Drop for Chain<T> {
    #[inline]
    fn drop(&mut self) {
        self.resize(0);
    }
}
