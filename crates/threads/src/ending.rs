//! What a thread leaves behind: its outcome, for the one handle that may take it, and the news of its end, for
//! everybody.
//!
//! # What it promises
//! - The outcome comes out once: to who takes it, or, where nobody can take it any more, to who must drop it.
//! - Who learns of the end finds the outcome there, and sees what the thread did.
//!
//! # Protocol
//! 1. The thread keeps its outcome, unless it is unwanted: then it has it back, and drops it.
//! 2. It ends: sets the event.
//! 3. The handle waits for the event, then takes the outcome; or it is dropped: it says that the outcome is
//!    unwanted, and takes what is there already.
//!
//! # Invariants
//! - E1: the outcome is kept before the event is set, so who has waited for the event finds it.
//! - E2: `unwanted` and `outcome` change under one lock: either the thread sees that it is unwanted, or the
//!   handle finds what was kept.
//!
//! # Memory orderings
//! Those of `locks`: the slot is under a lock, the end is an `Event`.
//!
//! # Proofs
//! `tests/loom/ending.rs`.

use locks::{Deadline, Event, Lock};

/// Where a thread's outcome lies until it is taken.
pub struct Slot<T>(Lock<State<T>>);

struct State<T> {
    outcome: Option<T>,
    /// Nobody can take it any more.
    unwanted: bool,
}

impl<T> Slot<T> {
    /// Of a thread that has not ended.
    #[expect(clippy::new_without_default, reason = "it is made by name")]
    pub fn new() -> Self {
        Self(Lock::new(State { outcome: None, unwanted: false }))
    }

    /// Keeps the outcome for who takes it.
    ///
    /// # Errors
    /// The outcome, if nobody will.
    pub fn keep(&self, outcome: T) -> Result<(), T> {
        let mut state = self.0.lock();
        if state.unwanted {
            return Err(outcome);
        }
        state.outcome = Some(outcome);
        Ok(())
    }

    /// The outcome, where it is kept and nobody has taken it.
    pub fn take(&self) -> Option<T> {
        self.0.lock().outcome.take()
    }

    /// Nobody will take the outcome: it is given out, or will be given back to who keeps it.
    pub fn refuse(&self) -> Option<T> {
        let mut state = self.0.lock();
        state.unwanted = true;
        state.outcome.take()
    }
}

/// Whether a thread has ended.
pub struct End(Event);

impl End {
    /// Of a thread that has not ended.
    #[expect(clippy::new_without_default, reason = "it is made by name")]
    pub fn new() -> Self {
        Self(Event::new())
    }

    /// Has come: for who asks, and for all who wait.
    pub fn come(&self) {
        self.0.set();
    }

    /// Whether it has come.
    pub fn has_come(&self) -> bool {
        self.0.is_set()
    }

    /// Waits for it, until `timeout` at most; says whether it has come.
    pub fn wait_timeout(&self, timeout: impl Into<Deadline>) -> bool {
        self.0.wait_timeout(timeout)
    }
}
