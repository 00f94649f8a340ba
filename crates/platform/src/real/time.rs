//! How long a call may wait.

use crate::cancel::Cancel;
use std::time::{Duration, Instant};

/// The moment at which a wait gives up: at a time, when a token is cancelled, whichever comes first, or never.
///
/// Made from a [`Duration`] (from now on), an [`Instant`], a [`Cancel`], or an `Option` of any, where `None`
/// means never. A duration too long for the clock means never as well, so `Duration::MAX` is a safe way to
/// say "for ever".
///
/// ```
/// use platform::{cancel::Cancel, time::Deadline};
/// use std::time::Duration;
///
/// assert_eq!(Deadline::from(Duration::MAX), Deadline::NEVER);
/// assert_eq!(Deadline::from(None::<Duration>), Deadline::NEVER);
/// assert_ne!(Deadline::from(Duration::from_secs(1)), Deadline::NEVER);
///
/// let cancel = Cancel::new();
/// let deadline = cancel.within(Duration::from_secs(60));
/// assert!(!deadline.is_over());
/// cancel.cancel();
/// assert!(deadline.is_over(), "a minute early");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deadline {
    at: Option<Instant>,
    cancel: Option<Cancel>,
}

impl Deadline {
    /// The deadline that does not come.
    pub const NEVER: Self = Self { at: None, cancel: None };

    /// Whether it has come already. Reads the clock, unless no time was given.
    #[inline]
    pub fn is_over(&self) -> bool {
        self.cancel.as_ref().is_some_and(Cancel::is_cancelled)
            || self.at.is_some_and(|at| at <= Instant::now())
    }

    /// This deadline, or one that comes when `timeout` from now has passed, whichever comes first.
    ///
    /// ```
    /// use platform::time::Deadline;
    /// use std::time::Duration;
    ///
    /// assert_ne!(Deadline::NEVER.sooner(Duration::from_secs(1)), Deadline::NEVER);
    /// assert!(Deadline::from(Duration::ZERO).sooner(Duration::from_secs(60)).is_over());
    /// ```
    pub fn sooner(&self, timeout: Duration) -> Self {
        let at = Self::from(timeout).at.into_iter().chain(self.at).min();
        Self { at, cancel: self.cancel.clone() }
    }

    /// The time left: `None` when there is no end, zero when it has come.
    pub(crate) fn remaining(&self) -> Option<Duration> {
        self.at.map(|at| at.saturating_duration_since(Instant::now()))
    }

    pub(crate) fn cancel(&self) -> Option<&Cancel> {
        self.cancel.as_ref()
    }

    pub(crate) fn or_cancelled(self, cancel: Cancel) -> Self {
        Self { cancel: Some(cancel), ..self }
    }
}

impl From<Duration> for Deadline {
    fn from(timeout: Duration) -> Self {
        Self { at: Instant::now().checked_add(timeout), cancel: None }
    }
}

impl From<Instant> for Deadline {
    fn from(at: Instant) -> Self {
        Self { at: Some(at), cancel: None }
    }
}

impl From<&Cancel> for Deadline {
    fn from(cancel: &Cancel) -> Self {
        Self::NEVER.or_cancelled(cancel.clone())
    }
}

impl From<&Deadline> for Deadline {
    fn from(deadline: &Deadline) -> Self {
        deadline.clone()
    }
}

impl<T: Into<Deadline>> From<Option<T>> for Deadline {
    fn from(timeout: Option<T>) -> Self {
        timeout.map_or(Self::NEVER, Into::into)
    }
}
