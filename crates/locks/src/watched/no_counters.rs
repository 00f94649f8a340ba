//! `counters.rs` where the feature is off: nothing is measured. A first try tells a wait from none, where that is
//! traced.

use crate::sync::spans::ON as TRACED;

/// Nothing.
pub(super) struct Tally;

impl Tally {
    pub(super) const fn new() -> Self {
        Self
    }

    #[inline]
    pub(super) fn acquire<G>(
        &self,
        try_acquire: impl FnOnce() -> Option<G>,
        acquire: impl FnOnce() -> G,
    ) -> G {
        if TRACED { try_acquire().unwrap_or_else(acquire) } else { acquire() }
    }

    #[inline]
    pub(super) fn acquire_timed<G>(
        &self,
        try_acquire: impl FnOnce() -> Option<G>,
        timed: impl FnOnce() -> Option<G>,
    ) -> Option<G> {
        if TRACED { try_acquire().or_else(timed) } else { timed() }
    }

    #[cfg(not(loom))]
    #[inline]
    pub(super) fn owned(&self) {}

    #[cfg(not(loom))]
    #[inline]
    pub(super) fn disowned(&self) {}
}

#[inline]
pub(crate) fn note_hand_over() {}
