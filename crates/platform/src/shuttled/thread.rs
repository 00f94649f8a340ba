//! shuttle's threads, of which there may be any number.

use super::futex::Scope;
use super::random;
use std::time::Duration;

pub use shuttle::thread::{JoinHandle, spawn, yield_now};
/// Declares values of a thread's own.
pub use shuttle::thread_local as local;

/// A step that does nothing: any thread may run here.
pub(super) fn step() {
    shuttle::thread::sleep(Duration::ZERO);
}

/// The number of the running thread: 1 or more, and no other thread's in this execution.
pub fn id<S: Scope>() -> usize {
    usize::from(shuttle::thread::current().id()) + 1
}

/// Whether the running thread's number is `number`.
pub fn has_id<S: Scope>(number: usize) -> bool {
    id::<S>() == number
}

/// A number below `n`: the first.
pub fn chance(_n: usize) -> usize {
    0
}

/// Turns of a spin: enough to see the word change, or not.
const TURNS: u32 = 2;

/// The real world's bounded spin, shorter. Its turns are no steps: what the caller looks at between them is.
#[derive(Debug)]
pub struct Spin {
    left: u32,
}

impl Spin {
    /// A fresh spin.
    #[expect(clippy::new_without_default, reason = "as in the real world")]
    pub fn new() -> Self {
        Self { left: TURNS }
    }

    /// The same.
    pub fn beside_a_holder() -> Self {
        Self::new()
    }

    /// A fresh long spin, no longer here.
    pub fn long() -> Self {
        Self::new()
    }

    /// Fresh pauses.
    pub fn pauses() -> Self {
        Self::new()
    }

    /// The same.
    pub fn brief() -> Self {
        Self::new()
    }

    /// Nothing is learned from it.
    pub fn paid(self, _: bool) {}

    /// Fresh yields.
    pub fn yields() -> Self {
        Self::new()
    }

    /// Says `true` twice; then it is time to sleep.
    pub fn turn(&mut self) -> bool {
        let left = self.left;
        self.left = left.saturating_sub(1);
        left > 0
    }
}

/// The real world's patience, without a clock: each time it is asked it may have come to an end.
#[derive(Debug)]
pub struct Patience {
    over: bool,
}

impl Patience {
    /// A waiter's patience.
    #[expect(clippy::new_without_default, reason = "as in the real world")]
    pub fn new() -> Self {
        Self { over: false }
    }

    /// Whether the waiter has waited too long: by chance, and then for good.
    pub fn is_over(&mut self) -> bool {
        self.over |= random::one_in(4);
        self.over
    }
}

/// How many moments there are: one.
pub const MOMENTS: u32 = 1;

/// The moment that there is.
pub fn moment() -> u32 {
    0
}

/// Whether somebody is late who was called: by chance.
pub fn is_late<S: Scope>(_called: u32) -> bool {
    random::one_in(4)
}

/// A deadline that the algorithm itself sets comes by chance, like any other.
pub(super) fn sooner_comes(_site: &core::panic::Location<'_>) -> bool {
    true
}
