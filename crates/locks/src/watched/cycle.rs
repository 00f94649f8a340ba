//! What is said about locks whose order can deadlock.

use core::fmt;
use core::panic::Location;

/// Locks that threads take in an order in which they can wait for each other, as a sentence for people
/// (`Display`): each lock by its name, and where it was held and the next one taken.
#[derive(Debug)]
pub struct Cycle {
    /// From the lock that is held to the one about to be taken, and from that one back, by what was seen
    /// before.
    pub(super) steps: Vec<Step>,
}

impl Cycle {
    /// Whether the lock is the one that the thread has.
    pub(super) fn is_of_one_lock(&self) -> bool {
        self.steps.len() == 1
    }
}

/// A thread held one lock while it took another.
#[derive(Debug)]
pub(super) struct Step {
    pub(super) held: String,
    pub(super) held_at: &'static Location<'static>,
    pub(super) taken: String,
    pub(super) taken_at: &'static Location<'static>,
}

impl fmt::Display for Cycle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [now, before @ ..] = &*self.steps else { return Ok(()) };
        let Step { held, held_at, taken, taken_at } = now;
        if self.is_of_one_lock() {
            return write!(f, "{held}, taken at {held_at}, is taken again by the same thread at {taken_at}");
        }
        f.write_str("locks are taken in an order that can deadlock:")?;
        write!(f, "\n  now: {held}, taken at {held_at}, is held while {taken} is taken at {taken_at}")?;
        for Step { held, held_at, taken, taken_at } in before {
            write!(
                f,
                "\n  before: {held}, taken at {held_at}, was held while {taken} was taken at {taken_at}"
            )?;
        }
        Ok(())
    }
}
