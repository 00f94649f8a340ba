//! How long a call may wait.

use std::time::{Duration, Instant};

/// The moment at which a wait gives up, or never.
///
/// Made from a [`Duration`] (from now on), an [`Instant`], or an `Option` of either, where `None` means
/// never. A duration too long for the clock means never as well, so `Duration::MAX` is a safe way to say "for
/// ever".
///
/// ```
/// use platform::time::Deadline;
/// use std::time::Duration;
///
/// assert_eq!(Deadline::from(Duration::MAX), Deadline::NEVER);
/// assert_eq!(Deadline::from(None::<Duration>), Deadline::NEVER);
/// assert_ne!(Deadline::from(Duration::from_secs(1)), Deadline::NEVER);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadline(Option<Instant>);

impl Deadline {
    /// The deadline that does not come.
    pub const NEVER: Self = Self(None);

    /// Whether it has come already. Reads the clock, unless it is [`NEVER`](Self::NEVER).
    pub fn is_over(self) -> bool {
        self.0.is_some_and(|at| at <= Instant::now())
    }

    /// The time left: `None` when there is no end, zero when it has come.
    pub(crate) fn remaining(self) -> Option<Duration> {
        self.0.map(|at| at.saturating_duration_since(Instant::now()))
    }
}

impl From<Duration> for Deadline {
    fn from(timeout: Duration) -> Self {
        Self(Instant::now().checked_add(timeout))
    }
}

impl From<Instant> for Deadline {
    fn from(at: Instant) -> Self {
        Self(Some(at))
    }
}

impl<T: Into<Deadline>> From<Option<T>> for Deadline {
    fn from(timeout: Option<T>) -> Self {
        timeout.map_or(Self::NEVER, Into::into)
    }
}
