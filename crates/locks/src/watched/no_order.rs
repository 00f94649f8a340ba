//! `order.rs` where nothing is checked: without the feature, and in builds without debug assertions.

use core::panic::Location;

/// Nothing.
pub(super) struct Order;

impl Order {
    pub(super) const CHECKS: bool = false;

    pub(super) const fn new() -> Self {
        Self
    }

    #[cfg(not(loom))]
    #[inline]
    pub(super) fn set_name(&self, _: &str) {}

    #[inline]
    pub(super) fn before_acquire(&self, _: &'static Location<'static>) {}

    #[inline]
    pub(super) fn before_wait(&self, _: &'static Location<'static>) {}

    #[inline]
    pub(super) fn acquired(&self, _: &'static Location<'static>) {}

    #[inline]
    pub(super) fn before_release(&self) {}
}

/// Locks that threads take in an order in which they can wait for each other: in this build, never found.
#[cfg(all(feature = "lock-order", not(loom)))]
#[derive(Debug)]
pub enum Cycle {}

#[cfg(all(feature = "lock-order", not(loom)))]
impl core::fmt::Display for Cycle {
    fn fmt(&self, _: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match *self {}
    }
}

/// Says what to do about a cycle: in this build, nothing, as none is looked for.
#[cfg(all(feature = "lock-order", not(loom)))]
pub fn on_cycle(_: impl Fn(&Cycle) + Send + Sync + 'static) {}
