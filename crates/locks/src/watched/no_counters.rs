//! `counters.rs` where the feature is off: nothing is measured.

/// Nothing.
#[cfg(not(loom))]
pub(super) struct Tally;

#[cfg(not(loom))]
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
}

#[inline]
pub(crate) fn note_hand_over() {}
