//! Deadlines without a clock: one that may come at any moment, or never.

use std::time::{Duration, Instant};

/// The real world's `Deadline`. There is no clock in the model, and none is needed: a wait with a deadline
/// may always time out, whatever the deadline says, and loom places every wake before and after that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadline {
    comes: bool,
}

impl Deadline {
    /// The deadline that does not come.
    pub const NEVER: Self = Self { comes: false };

    /// Whether it has come already: here, never before a wait.
    pub fn is_over(self) -> bool {
        false
    }

    pub(super) fn comes(self) -> bool {
        self.comes
    }
}

impl From<Duration> for Deadline {
    fn from(timeout: Duration) -> Self {
        Self { comes: timeout != Duration::MAX }
    }
}

impl From<Instant> for Deadline {
    fn from(_: Instant) -> Self {
        Self { comes: true }
    }
}

impl<T: Into<Deadline>> From<Option<T>> for Deadline {
    fn from(timeout: Option<T>) -> Self {
        timeout.map_or(Self::NEVER, Into::into)
    }
}
