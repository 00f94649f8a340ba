//! How a thread waits for a queue, and is called: the same for every kind.
//!
//! A wait is an [`Attempt`] that is made again and again: with a cheap look after each of a few pauses or yields, with
//! a verdict, then from a place in a line ([`Waiter`], [`Position`]), where whoever makes the wait needless calls one.
//! Who waits there holds a [`Hand`] out, with an item or for one; a ring serves it before it calls.

mod hand;
mod position;
mod sides;
mod waiter;

use crate::sync::{Deadline, Spin, yield_now};
pub(crate) use hand::{Hand, Line, Stand};
pub(crate) use position::{HELD, Position, SHUT, STEP, WAITED, at};
pub(crate) use sides::{Sides, Verdict, get_some, get_until, put_some, put_until, try_get, try_put};
pub(crate) use waiter::{Waiter, Wake};

/// Something that can be done now, or can be waited for.
pub(crate) trait Attempt {
    type Item;
    type Done;

    /// Does it, if a cheap look says that it can be done.
    fn poll(&mut self) -> Option<Self::Done>;

    /// Whether there is room for many.
    fn is_roomy(&self) -> bool {
        false
    }

    /// Why it may not be possible now.
    fn verdict(&self) -> Verdict;

    /// What is said when it is over.
    fn over(&mut self) -> Self::Done;

    /// What is held out in the line.
    fn hold_out(&mut self, waiter: &Waiter) -> Hand<Self::Item>;

    /// Lines up, unless there is no need to wait any more: `false`.
    fn enter(&self, hand: &Hand<Self::Item>) -> bool;

    /// Leaves the line; `false` if somebody has called us meanwhile.
    fn leave(&self, hand: &Hand<Self::Item>) -> bool;

    /// Takes what is in the hand, out of line: what we held out, or what was done with it.
    fn draw_back(&mut self, item: Option<Self::Item>);
}

/// For who has lost an exchange: another core works there now, and is the faster the less it is asked for the word.
/// Meanwhile another thread may have this core.
#[cold]
pub(crate) fn stay_away() {
    Spin::yields().turn();
}

/// Makes the attempt, which has just failed, until it succeeds, or until the deadline: `None`.
#[cold]
pub(crate) fn wait_until<A: Attempt>(attempt: &mut A, deadline: &Deadline) -> Option<A::Done> {
    let mut late = false;
    loop {
        let mut spin = if attempt.is_roomy() { Spin::brief() } else { Spin::pauses() };
        while !late && spin.turn() && !deadline.is_over() {
            if let Some(done) = attempt.poll() {
                spin.paid(true);
                return Some(done);
            }
        }
        spin.paid(false);
        match attempt.verdict() {
            Verdict::Over => return Some(attempt.over()),
            Verdict::Again => yield_now(),
            Verdict::Wait if late || deadline.is_over() => return None,
            Verdict::Wait => {
                let mut stand = Stand::new();
                let (waiter, hand) = stand.hold_out(|waiter| attempt.hold_out(waiter));
                // Who leaves uncalled is late. Who was called just then has been served, or has to look for what
                // the call was for.
                late = attempt.enter(hand) && !waiter.wait(deadline) && attempt.leave(hand);
                attempt.draw_back(stand.into_item());
            }
        }
        if let Some(done) = attempt.poll() {
            return Some(done);
        }
    }
}
