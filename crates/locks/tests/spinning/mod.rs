//! The plainest lock for readers and a writer, to be watched: any raw lock can be.

use lock_api::GuardSend;
use locks::{Watched, lock_api};
use std::sync::atomic::{
    AtomicUsize,
    Ordering::{Acquire, Relaxed, Release},
};

pub(crate) type RwLock<T> = lock_api::RwLock<Watched<Spinning>, T>;

/// 0 when free, `usize::MAX` with a writer, else the number of readers.
pub(crate) struct Spinning(AtomicUsize);

const WRITER: usize = usize::MAX;

// SAFETY: only the exchange of 0 for WRITER makes a writer, and readers are added where there is none.
unsafe impl lock_api::RawRwLock for Spinning {
    const INIT: Self = Self(AtomicUsize::new(0));
    type SharedGuard = GuardSend;
    type ExclusiveGuard = GuardSend;

    fn lock_shared(&self) -> GuardSend {
        std::iter::repeat_with(|| self.try_lock_shared()).flatten().next().unwrap()
    }

    fn try_lock_shared(&self) -> Option<GuardSend> {
        let more = |word| (word != WRITER).then(|| word + 1);
        // Acquire: pairs with the Release of either unlock. Relaxed on failure: nothing was taken.
        self.0.fetch_update(Acquire, Relaxed, more).ok().map(|_| GuardSend::new())
    }

    unsafe fn unlock_shared(&self, _: GuardSend) {
        // Release: pairs with the Acquire of the writer that finds 0.
        self.0.fetch_sub(1, Release);
    }

    fn lock_exclusive(&self) -> GuardSend {
        std::iter::repeat_with(|| self.try_lock_exclusive()).flatten().next().unwrap()
    }

    fn try_lock_exclusive(&self) -> Option<GuardSend> {
        // Acquire: pairs with the Release of either unlock. Relaxed on failure: nothing was taken.
        self.0.compare_exchange(0, WRITER, Acquire, Relaxed).ok().map(|_| GuardSend::new())
    }

    unsafe fn unlock_exclusive(&self, _: GuardSend) {
        // Release: pairs with the Acquire of either try.
        self.0.swap(0, Release);
    }

    fn is_locked(&self) -> bool {
        // Relaxed: an answer that may be stale promises nothing.
        self.0.load(Relaxed) != 0
    }

    fn is_locked_exclusive(&self) -> bool {
        // Relaxed: as above.
        self.0.load(Relaxed) == WRITER
    }
}
