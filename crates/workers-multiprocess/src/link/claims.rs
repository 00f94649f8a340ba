//! Who has a task that was sent to a worker: its worker, or the pool again?
//!
//! # What it promises
//! A task that was offered is taken by its worker or withdrawn by the pool, and never both: what a worker has not
//! taken has not run, and may run elsewhere. When a worker is dead its claims tell which of the tasks that it was
//! sent it had begun.
//!
//! # State
//! A word for each of the last [`SLOTS`] tickets, in memory that both processes map:
//!
//! | word | meaning |
//! |---|---|
//! | `FREE` | no task |
//! | `OFFERED` | sent; the worker has not begun |
//! | `TAKEN` | the worker has begun |
//! | `WITHDRAWN` | the pool has it again; the worker passes it over |
//!
//! # Protocol
//! 1. The pool offers a ticket before it publishes the request; at most [`SLOTS`] are without an answer.
//! 2. The worker takes the ticket before it looks at the request; if it cannot, it answers that it has passed
//!    it over.
//! 3. The pool withdraws a ticket when another worker is free, or when its task is cancelled.
//! 4. When the worker is dead, what is still `OFFERED` goes back into the pool's queue. A word that holds anything
//!    else was begun, whatever a worker that ran wild has written over it: else the task that erased its own mark
//!    would be tried on one worker after the other.
//!
//! # Invariants
//! I1. `OFFERED` is left once, by one exchange: to `TAKEN` or to `WITHDRAWN`.
//!
//! # Memory orderings
//! All are Relaxed: a claim decides who, and nothing is read because of it. The task's bytes are ordered by the
//! ring that carries them, and so is the offer itself, which comes before the request is published; a new offer in
//! a slot comes after the answer to the old one, which came through the ring too. A worker's death is told by the
//! kernel, after everything that it wrote.
//!
//! # Proofs
//! `tests/loom/claims.rs`.

use platform::atomic::{AtomicU32, Ordering::Relaxed};
use std::array;

/// How many tasks may be on their way to a worker.
pub(crate) const SLOTS: usize = 16;

const FREE: u32 = 0;
const OFFERED: u32 = 1;
const TAKEN: u32 = 2;
const WITHDRAWN: u32 = 3;

/// The claims of one worker.
#[repr(C)]
#[derive(Debug)]
pub struct Claims([AtomicU32; SLOTS]);

impl Claims {
    /// Of nothing.
    pub fn new() -> Self {
        Self(array::from_fn(|_| AtomicU32::new(FREE)))
    }

    fn slot(&self, ticket: u64) -> &AtomicU32 {
        &self.0[ticket as usize % SLOTS]
    }

    /// The pool: the worker may have it.
    pub fn offer(&self, ticket: u64) {
        // Relaxed: the ring publishes it, with the request.
        self.slot(ticket).swap(OFFERED, Relaxed);
    }

    /// The worker: begins it, if the pool has not withdrawn it.
    pub fn take(&self, ticket: u64) -> bool {
        // Relaxed: one of two exchanges comes first, and that is all that is asked (I1).
        self.slot(ticket).compare_exchange(OFFERED, TAKEN, Relaxed, Relaxed).is_ok()
    }

    /// The pool: has it back, if the worker has not begun it.
    pub fn withdraw(&self, ticket: u64) -> bool {
        // Relaxed: as in take().
        self.slot(ticket).compare_exchange(OFFERED, WITHDRAWN, Relaxed, Relaxed).is_ok()
    }

    /// Whether the worker has begun it, for a look: it may just be doing so.
    pub fn is_taken(&self, ticket: u64) -> bool {
        // Relaxed: nothing is read because of it.
        self.slot(ticket).load(Relaxed) == TAKEN
    }

    /// Whether the worker, which is dead, has left it as it was offered.
    pub fn is_untouched(&self, ticket: u64) -> bool {
        // Relaxed: the kernel told of the death, after everything that the worker wrote.
        self.slot(ticket).load(Relaxed) == OFFERED
    }
}

impl Default for Claims {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_cannot_be_withdrawn_and_the_opposite() {
        let claims = Claims::new();
        claims.offer(3);
        assert!(!claims.is_taken(3));
        assert!(claims.take(3) && claims.is_taken(3));
        assert!(!claims.withdraw(3) && !claims.take(3));
        claims.offer(3 + SLOTS as u64);
        assert!(claims.withdraw(3 + SLOTS as u64));
        assert!(!claims.take(3 + SLOTS as u64) && !claims.is_taken(3 + SLOTS as u64));
    }

    #[test]
    fn what_was_not_offered_cannot_be_taken() {
        assert!(!Claims::new().take(0));
    }

    #[test]
    fn a_word_that_was_overwritten_is_not_untouched() {
        let claims = Claims::new();
        claims.offer(0);
        assert!(claims.is_untouched(0));
        claims.take(0);
        claims.slot(0).store(0x5eed, Relaxed);
        assert!(!claims.is_taken(0) && !claims.is_untouched(0));
    }
}
