//! An item that comes with something written beside it: loom looks whether the queue orders the two.

use platform::cell::UnsafeCell;
use std::sync::Arc;

/// A number, and the same number in a cell without a lock of its own.
#[derive(Clone)]
pub(crate) struct Parcel {
    number: u32,
    inside: Arc<Inside>,
}

struct Inside(UnsafeCell<u32>);

// SAFETY: who puts a parcel wrote it before, and who got it reads it after; that this is ordered is what is
// proved.
unsafe impl Sync for Inside {}

pub(crate) fn parcel(number: u32) -> Parcel {
    let parcel = Parcel { number, inside: Arc::new(Inside(UnsafeCell::new(0))) };
    // SAFETY: nobody else knows it yet.
    parcel.inside.0.with_mut(|inside| unsafe { *inside = number });
    parcel
}

impl Parcel {
    /// Reads what was written, and writes again: whoever had it before is done with it.
    pub(crate) fn open(self) -> u32 {
        // SAFETY: it was put by one thread, and got by this one alone.
        let inside = self.inside.0.with_mut(|inside| unsafe { core::mem::replace(&mut *inside, 0) });
        assert_eq!(inside, self.number, "what was written before the put is seen after the get");
        inside
    }
}

impl Parcel {
    /// Writes the same once more.
    pub(crate) fn rewrite(&self) {
        // SAFETY: the model sees to it that nobody reads it before it was told.
        self.inside.0.with_mut(|inside| unsafe { *inside = self.number });
    }
}
