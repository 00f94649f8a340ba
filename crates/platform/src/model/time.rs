//! Deadlines without a clock: one that may come at any moment, or never; or when a token is cancelled.

use crate::cancel::Cancel;
use crate::world::thread::sooner_comes;
use core::panic::Location;
use std::time::{Duration, Instant};

/// The real world's `Deadline`. There is no clock in the model, and none is needed: a wait with a time to
/// give up may always time out, whatever the time is, and loom places every wake before and after that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deadline {
    comes: bool,
    cancel: Option<Cancel>,
}

impl Deadline {
    /// The deadline that does not come.
    pub const NEVER: Self = Self { comes: false, cancel: None };

    /// Whether it has come already: a time, here, never before a wait.
    pub fn is_over(&self) -> bool {
        self.cancel.as_ref().is_some_and(Cancel::is_cancelled)
    }

    /// This deadline, or one that may come at any moment, where the proof lets it.
    #[track_caller]
    pub fn sooner(&self, _timeout: Duration) -> Self {
        let comes = self.comes || sooner_comes(Location::caller());
        Self { comes, cancel: self.cancel.clone() }
    }

    pub(super) fn comes(&self) -> bool {
        self.comes
    }

    pub(super) fn cancel(&self) -> Option<&Cancel> {
        self.cancel.as_ref()
    }

    pub(crate) fn or_cancelled(self, cancel: Cancel) -> Self {
        Self { cancel: Some(cancel), ..self }
    }
}

impl From<Duration> for Deadline {
    fn from(timeout: Duration) -> Self {
        Self { comes: timeout != Duration::MAX, cancel: None }
    }
}

impl From<Instant> for Deadline {
    fn from(_: Instant) -> Self {
        Self { comes: true, cancel: None }
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
