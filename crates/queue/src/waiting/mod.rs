//! How a thread waits for a queue, and is called: the same for every kind.
//!
//! A wait is an [`Attempt`] that is made again and again: while the spin lasts with a cheap look, then with a
//! verdict, then from a place in a line ([`Waiter`], [`Position`]), where whoever makes the wait needless
//! calls one.

mod hand;
mod position;
mod sides;
mod waiter;

use crate::sync::{Deadline, Spin, yield_now};
pub(crate) use hand::Hand;
pub(crate) use position::{HELD, Position, SHUT, STEP, WAITED, at};
pub(crate) use sides::{Sides, Verdict, get_some, get_until, put_some, put_until, try_get, try_put};
pub(crate) use waiter::Waiter;
pub(crate) use waiter::{Line, Wake};

/// Something that can be done now, or can be waited for.
pub(crate) trait Attempt {
    type Done;

    /// Does it, if a cheap look says that it can be done.
    fn poll(&mut self) -> Option<Self::Done>;

    /// Why it may not be possible now.
    fn verdict(&self) -> Verdict;

    /// What is said when it is over.
    fn over(&mut self) -> Self::Done;

    /// Lines up, unless there is no need to wait any more: `false`.
    fn enter(&self, waiter: &Waiter) -> bool;

    /// Leaves the line; `false` if somebody has called us meanwhile.
    fn leave(&self, waiter: &Waiter) -> bool;
}

/// Makes the attempt, which has just failed, until it succeeds, or until the deadline: `None`.
#[cold]
pub(crate) fn wait_until<A: Attempt>(attempt: &mut A, deadline: &Deadline) -> Option<A::Done> {
    let mut late = false;
    loop {
        let mut spin = Spin::long();
        while !late && spin.turn() && !deadline.is_over() {
            if let Some(done) = attempt.poll() {
                return Some(done);
            }
        }
        match attempt.verdict() {
            Verdict::Over => return Some(attempt.over()),
            Verdict::Again => yield_now(),
            Verdict::Wait if late || deadline.is_over() => return None,
            Verdict::Wait => {
                let waiter = Waiter::new();
                // Who leaves uncalled is late. Who was called just then has to look for what the call was
                // for.
                late = attempt.enter(&waiter) && !waiter.sleep(deadline) && attempt.leave(&waiter);
            }
        }
        if let Some(done) = attempt.poll() {
            return Some(done);
        }
    }
}
