//! The twin of the place in which an unbounded list keeps its spare block, for a refutation of `unbounded.rs`.

use platform::atomic::{
    AtomicUsize,
    Ordering::{Acquire, Relaxed, Release},
};
use platform::cell::UnsafeCell;
use platform::check::saw;
use platform::thread::spawn;
use std::sync::Arc;

const NONE: usize = 0;
const BLOCK: usize = 1;
const NOT_NEEDED: usize = 2;

struct Twin {
    place: AtomicUsize,
    /// How many have had the block since it was left.
    owners: UnsafeCell<u32>,
}

// SAFETY: that the accesses of the cell are ordered is what is proved.
unsafe impl Sync for Twin {}

impl Twin {
    fn has_it(&self) {
        // SAFETY: who has the block has it alone: that is what is proved.
        self.owners.with_mut(|owners| unsafe { *owners += 1 });
    }
}

/// A getter leaves a block and gives it up again, beside a putter that needs one. With the flaw it is not given up
/// by an exchange.
pub(crate) fn meet(flaw: bool) {
    let twin = Arc::new(Twin { place: AtomicUsize::new(NONE), owners: UnsafeCell::new(0) });
    let putter = spawn({
        let twin = Arc::clone(&twin);
        move || {
            let taken = twin.place.swap(NONE, Acquire) == BLOCK;
            if taken {
                twin.has_it();
            }
            taken
        }
    });
    twin.place.compare_exchange(NONE, BLOCK, Release, Relaxed).unwrap();
    let found = if flaw {
        let found = twin.place.load(Acquire);
        twin.place.store(NOT_NEEDED, Relaxed);
        found
    } else {
        twin.place.swap(NOT_NEEDED, Acquire)
    };
    if found == BLOCK {
        twin.has_it();
    }
    let taken = putter.join().unwrap();
    // SAFETY: the putter is gone.
    assert_eq!(twin.owners.with(|owners| unsafe { *owners }), 1, "it is had once");
    saw(if taken { "taken" } else { "freed" });
}
