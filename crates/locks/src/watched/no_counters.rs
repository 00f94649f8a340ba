//! `counters.rs` where the feature is off: nothing is measured.

/// Nothing.
pub(super) struct Tally;

impl Tally {
    pub(super) const fn new() -> Self {
        Self
    }

    #[inline]
    pub(super) fn acquire<G>(&self, _: impl FnOnce() -> Option<G>, acquire: impl FnOnce() -> G) -> G {
        acquire()
    }

    #[inline]
    pub(super) fn acquire_timed<G>(
        &self,
        _: impl FnOnce() -> Option<G>,
        timed: impl FnOnce() -> Option<G>,
    ) -> Option<G> {
        timed()
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
