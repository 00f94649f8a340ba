//! How often and how long threads waited for a lock; and who holds it, and how many wait, at this moment.
//!
//! Nothing is counted, and no clock is read, while a lock is taken at the first try: only what follows a try
//! that failed is measured, from then until the lock is ours or the deadline has come. A hand-over is seen by
//! the raw algorithm alone, deep in its slow path; it leaves a note for its own thread, which is read when
//! the wait is over, so that neither its word nor its results change for our sake.

use crate::sync::{Private, thread_id};
use core::cell::Cell;
use core::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

thread_local! {
    /// Whether this thread was given a lock since the note was last cleared.
    static HANDED: Cell<bool> = const { Cell::new(false) };
}

/// Said by a raw lock that was handed to the calling thread by the one who released it.
pub(crate) fn note_hand_over() {
    HANDED.set(true);
}

/// What a lock's waits have come to, since the lock is there.
///
/// From [`Watch::counters`](crate::Watch::counters); there with the feature `counters`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counters {
    /// How many calls found the lock taken and waited, those included that gave up.
    pub waits: u64,
    /// How long they waited, all together.
    pub total_wait: Duration,
    /// How long the one waited that waited longest.
    pub longest_wait: Duration,
    /// How many of the waits ended because the lock was handed over.
    pub hand_overs: u64,
}

/// Where a lock counts. `std`'s lock: one of ours would count its own waits.
pub(super) struct Tally {
    counters: Mutex<Counters>,
    /// How many calls wait now.
    waiting: AtomicUsize,
    /// The number of the thread that took it last and alone, 0 when that one has given it back.
    owner: AtomicUsize,
}

impl Tally {
    pub(super) const fn new() -> Self {
        let (none, never) = (0, Duration::ZERO);
        let counters = Counters { waits: none, total_wait: never, longest_wait: never, hand_overs: none };
        let (waiting, owner) = (AtomicUsize::new(0), AtomicUsize::new(0));
        Self { counters: Mutex::new(counters), waiting, owner }
    }

    #[inline]
    pub(super) fn acquire<G>(
        &self,
        try_acquire: impl FnOnce() -> Option<G>,
        acquire: impl FnOnce() -> G,
    ) -> G {
        try_acquire().unwrap_or_else(|| self.measured(acquire))
    }

    #[inline]
    pub(super) fn acquire_timed<G>(
        &self,
        try_acquire: impl FnOnce() -> Option<G>,
        timed: impl FnOnce() -> Option<G>,
    ) -> Option<G> {
        try_acquire().or_else(|| self.measured(timed))
    }

    // Relaxed, here and below: told to people, and nothing depends on it.
    #[inline]
    pub(super) fn owned(&self) {
        self.owner.store(thread_id::<Private>(), Relaxed);
    }

    #[inline]
    pub(super) fn disowned(&self) {
        self.owner.store(0, Relaxed);
    }

    /// Who holds it alone, and how many wait for it.
    pub(super) fn state(&self) -> (usize, usize) {
        (self.owner.load(Relaxed), self.waiting.load(Relaxed))
    }

    pub(super) fn counters(&self) -> Counters {
        *self.locked()
    }

    #[cold]
    fn measured<R>(&self, wait: impl FnOnce() -> R) -> R {
        HANDED.set(false);
        let start = Instant::now();
        self.waiting.fetch_add(1, Relaxed);
        let result = wait();
        self.waiting.fetch_sub(1, Relaxed);
        let waited = start.elapsed();
        let mut counters = self.locked();
        counters.waits += 1;
        counters.total_wait = counters.total_wait.saturating_add(waited);
        counters.longest_wait = counters.longest_wait.max(waited);
        counters.hand_overs += u64::from(HANDED.get());
        drop(counters);
        result
    }

    /// Nothing that could panic is done inside, so there is no poison to mind.
    fn locked(&self) -> MutexGuard<'_, Counters> {
        self.counters.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
