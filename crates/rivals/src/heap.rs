//! How many bytes has a thread asked the allocator for, and not given back?

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

/// The system's, and a count for each thread: an addition to a variable of its own, which costs no row
/// anything that can be measured.
struct Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

thread_local! {
    static HELD: Cell<isize> = const { Cell::new(0) };
}

/// As asked for, without what the allocator adds. What other threads give back stays counted.
pub(crate) fn held() -> isize {
    HELD.get()
}

/// `from` bytes have become `to`. No layout is larger than `isize::MAX`.
fn count(from: usize, to: usize) {
    HELD.set(HELD.get() + to as isize - from as isize);
}

// SAFETY: every call goes to `System` with the same arguments, and every answer comes from there; `count`
// neither allocates, since its variable needs neither a first value nor a `Drop`, nor unwinds.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(0, layout.size());
        // SAFETY: the caller keeps this function's contract, which is the same.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(0, layout.size());
        // SAFETY: as in `alloc`.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(layout.size(), size);
        // SAFETY: as in `alloc`; `block` came from `System`, as all do.
        unsafe { System.realloc(block, layout, size) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        count(layout.size(), 0);
        // SAFETY: as in `realloc`.
        unsafe { System.dealloc(block, layout) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_is_counted_until_it_is_given_back() {
        let before = held();
        let mut bytes: Vec<u8> = Vec::with_capacity(1000);
        assert_eq!(held() - before, 1000);
        bytes.reserve_exact(3000);
        assert_eq!(held() - before, 3000);
        drop(bytes);
        assert_eq!(held(), before);
    }
}
