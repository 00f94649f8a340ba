//! What a guard layer does beside taking its lock: the order in which locks are taken (`order.rs`, its memory
//! in `graph.rs`, what it says in `cycle.rs`), how long threads wait for them (`counters.rs`), the spans of a
//! timeline (`platform`'s), and the wrapper that puts all that around a raw lock (`wrapper.rs`).
//!
//! The raw algorithms know nothing of this; all there is of it in them is [`note_hand_over`]. Without the
//! features, [`Watcher`] has no size and its methods are the calls that they are given.

// The switches between what is and what is not; a file that is not has the same names, and does nothing.
#[cfg(all(feature = "counters", not(loom)))]
mod counters;
#[cfg(not(all(feature = "counters", not(loom))))]
#[path = "no_counters.rs"]
mod counters;

#[cfg(all(feature = "lock-order", debug_assertions, not(loom)))]
mod cycle;
#[cfg(all(feature = "lock-order", debug_assertions, not(loom)))]
mod graph;
#[cfg(all(feature = "lock-order", debug_assertions, not(loom)))]
pub mod order;
#[cfg(all(feature = "lock-order", not(debug_assertions), not(loom)))]
#[path = "no_order.rs"]
pub mod order;
#[cfg(any(not(feature = "lock-order"), loom))]
#[path = "no_order.rs"]
mod order;

#[cfg(all(feature = "counters", not(loom)))]
mod state;
// The model world has no `lock_api`: see `lock/mod.rs`.
#[cfg(not(loom))]
mod face;
#[cfg(not(loom))]
mod wrapper;

#[cfg(all(feature = "counters", not(loom)))]
pub use counters::Counters;
pub(crate) use counters::note_hand_over;
#[cfg(not(loom))]
pub(crate) use face::face;
#[cfg(all(feature = "arc_lock", not(loom)))]
pub(crate) use face::shares;
#[cfg(all(feature = "counters", not(loom)))]
pub use state::State;
#[cfg(not(loom))]
pub use wrapper::{Watch, Watched};

use crate::sync::spans::{self, What};
use core::panic::Location;
use counters::Tally;
use order::Order;

/// One for each lock that is watched. Its methods are given what to do with the raw lock.
pub(crate) struct Watcher {
    order: Order,
    tally: Tally,
}

impl Watcher {
    pub(crate) const fn new() -> Self {
        Self { order: Order::new(), tally: Tally::new() }
    }

    /// Waits for the lock as long as it takes: the one call that may never end, so the one that is checked.
    ///
    /// `try_acquire` is asked first where waits are measured, and not at all where they are not.
    #[inline]
    #[track_caller]
    pub(crate) fn acquire<G>(
        &self,
        try_acquire: impl FnOnce() -> Option<G>,
        acquire: impl FnOnce() -> G,
    ) -> G {
        let place = Location::caller();
        self.order.before_acquire(place);
        let guard = self.tally.acquire(try_acquire, || {
            let _waits = spans::span(What::LockWait(place));
            acquire()
        });
        self.acquired(place);
        guard
    }

    /// As `acquire()`, for a lock that its owner may take again: that is not to wait, and makes no order.
    #[inline]
    #[track_caller]
    pub(crate) fn acquire_again<G>(
        &self,
        is_owned: impl FnOnce() -> bool,
        try_acquire: impl Fn() -> Option<G>,
        acquire: impl FnOnce() -> G,
    ) -> G {
        match Order::CHECKS && is_owned() {
            true => self.try_acquire(try_acquire).expect("the owner can take it again"),
            false => self.acquire(try_acquire, acquire),
        }
    }

    /// Waits for the lock until a deadline that `timed` knows.
    #[inline]
    #[track_caller]
    pub(crate) fn acquire_timed<G>(
        &self,
        try_acquire: impl FnOnce() -> Option<G>,
        timed: impl FnOnce() -> Option<G>,
    ) -> Option<G> {
        let place = Location::caller();
        let guard = self.tally.acquire_timed(try_acquire, || {
            let _waits = spans::span(What::LockWait(place));
            timed()
        })?;
        self.acquired(place);
        Some(guard)
    }

    /// Does not wait.
    #[inline]
    #[track_caller]
    pub(crate) fn try_acquire<G>(&self, try_acquire: impl FnOnce() -> Option<G>) -> Option<G> {
        let guard = try_acquire()?;
        self.acquired(Location::caller());
        Some(guard)
    }

    #[inline]
    fn acquired(&self, place: &'static Location<'static>) {
        self.order.acquired(place);
        spans::hold(self, place);
    }

    /// To be called before a wait that lets go of the lock and takes it again, however long that takes.
    #[inline]
    #[track_caller]
    pub(crate) fn before_wait(&self) {
        self.order.before_wait(Location::caller());
    }

    /// The thread has the lock alone, until [`disowned`](Self::disowned).
    #[cfg(not(loom))]
    #[inline]
    pub(crate) fn owned(&self) {
        self.tally.owned();
    }

    /// To be called before the release: after it, the lock may be another's.
    #[cfg(not(loom))]
    #[inline]
    pub(crate) fn disowned(&self) {
        self.tally.disowned();
    }

    /// To be called before the release: after it, the lock may be gone.
    #[inline]
    pub(crate) fn before_release(&self) {
        self.order.before_release();
        spans::release(self);
    }

    #[cfg(not(loom))]
    pub(crate) fn set_name(&self, name: &str) {
        self.order.set_name(name);
    }

    #[cfg(all(feature = "counters", not(loom)))]
    pub(crate) fn counters(&self) -> Counters {
        self.tally.counters()
    }

    #[cfg(all(feature = "counters", not(loom)))]
    pub(crate) fn state<'a>(&self, raw: &'a dyn core::fmt::Debug) -> State<'a> {
        let (owner, waiting) = self.tally.state();
        State { raw, owner, waiting }
    }
}
