//! A block of slots, one that is kept for the next who needs one, and blocks in a row that are about to be linked.

use crate::sync::{Acquire, AtomicPtr, AtomicU32, Relaxed, Release, UnsafeCell, size};
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

    /// Makes it as allocate() did.
    fn reset(&self) {
        // Relaxed, both: it is the caller's alone, and others see it as they see a new one.
        self.slots.iter().for_each(|slot| slot.full.store(0, Relaxed));
        self.next.store(ptr::null_mut(), Relaxed);
    }

    /// # Safety
    /// It came from allocate(), and nobody will look at it again.
    pub(super) unsafe fn free(block: NonNull<Self>) {
        // A look at each slot, for the model: all others are done with it.
        // SAFETY: the caller's promise.
        unsafe { block.as_ref() }.slots.iter().for_each(|slot| slot.item.with_mut(|_| ()));
        // SAFETY: the caller's promise.
        drop(unsafe { Box::from_raw(block.as_ptr()) });
    }
}

/// A place for one block that is in use no more: null, that block, or `NOT_NEEDED`.
pub(super) struct Spare<T>(AtomicPtr<Block<T>>);

impl<T> Spare<T> {
    /// Nobody has needed one for a while. No block lies there, as none is aligned to a byte.
    const NOT_NEEDED: *mut Block<T> = {
        assert!(align_of::<Block<T>>() > 1);
        ptr::without_provenance_mut(1)
    };

    pub(super) fn new() -> Self {
        Self(AtomicPtr::new(ptr::null_mut()))
    }

    /// Leaves a block for the next who needs one; frees it if there is one already, or if nobody needs one. Says
    /// whether there was one.
    ///
    /// # Safety
    /// It came from allocate(), and nobody else will look at it again.
    pub(super) unsafe fn keep(&self, block: NonNull<Block<T>>) -> bool {
        // Release: pairs with the Acquire in take() and in give_up(): we are done with the block. Relaxed: a block that
        // is there is not looked at.
        let kept = self.0.compare_exchange(ptr::null_mut(), block.as_ptr(), Release, Relaxed);
        if kept.is_err() {
            // SAFETY: the caller's promise.
            unsafe { Block::free(block) };
        }
        kept.is_err_and(|found| found != Self::NOT_NEEDED)
    }

    /// The block that was left, as good as new.
    fn take(&self) -> Option<NonNull<Block<T>>> {
        // Acquire: pairs with the Release in keep(): whoever left the block is done with it.
        let block = Self::left(self.0.swap(ptr::null_mut(), Acquire))?;
        // SAFETY: keep() was promised that nobody else looks at it, and the exchange gave it to us alone (U3).
        unsafe { block.as_ref() }.reset();
        Some(block)
    }

    /// Frees the block that was left, and leaves none until somebody has needed one.
    pub(super) fn give_up(&self) {
        // Acquire: as in take(), before it is freed.
        if let Some(block) = Self::left(self.0.swap(Self::NOT_NEEDED, Acquire)) {
            // SAFETY: keep() was promised where it comes from, and the exchange gave it to us alone (U3).
            unsafe { Block::free(block) };
        }
    }

    /// The block that was there, if it was one.
    fn left(found: *mut Block<T>) -> Option<NonNull<Block<T>>> {
        NonNull::new(found).filter(|block| block.as_ptr() != Self::NOT_NEEDED)
    }
}

impl<T> Drop for Spare<T> {
    fn drop(&mut self) {
        self.give_up();
    }
}

/// Blocks in a row, that nobody else knows yet.
pub(super) struct Chain<'a, T> {
    first: *mut Block<T>,
    last: *mut Block<T>,
    len: usize,
    /// Where they come from, if there is one, and where those go that are not needed.
    spare: &'a Spare<T>,
}

impl<'a, T> Chain<'a, T> {
    #[inline]
    pub(super) const fn new(spare: &'a Spare<T>) -> Self {
        Self { first: ptr::null_mut(), last: ptr::null_mut(), len: 0, spare }
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
            let block = self.spare.take().unwrap_or_else(Block::allocate);
            // SAFETY: it is ours alone. Relaxed: nobody else knows it yet.
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
            unsafe { self.spare.keep(block) };
            self.len -= 1;
        }
    }

    /// The first, the last, and how many.
    pub(super) fn into_parts(self) -> (*mut Block<T>, *mut Block<T>, usize) {
        let chain = ManuallyDrop::new(self);
        (chain.first, chain.last, chain.len)
    }
}

impl<T> Drop for Chain<'_, T> {
    #[inline]
    fn drop(&mut self) {
        self.resize(0);
    }
}
