//! Those who wait at a ring are served by those who come: a getter puts for the putters that wait for room, a putter
//! gets for the getters. So one thread can take the items of many that sleep, and none of them has to run for it.
//!
//! # Protocol
//! Who has taken or put, and found the mark of those who wait for that, comes when the slots are stamped. With the
//! line held, as long as the first in line holds a hand out that may be served:
//! 1. Claim a position for it, as for ourselves. None? Then a newcomer was faster, or another is about to be done:
//!    leave it in line. If the position is only held, look again.
//! 2. Move its item into the slot, or the slot's into its hand; take it out of line, and call it. It is done.
//! 3. What was put, or taken, for others may be what those on the other side wait for: serve them likewise.
//!
//! Who waits for other things as well, or may go away with what it was given, is called, to look for itself; one for
//! each slot that is ready.
//!
//! # Invariants
//! - B4. Nobody is left in line while there is room, or an item. Who lines up has marked a full ring (P2); so each slot
//!   that is free at the end later was freed by one who found the mark, and comes here after its stamp. The line's
//!   lock orders those who come, and the last one sees all their stamps. It may load an end that is too old: then
//!   it either finds the stamp of the putter who moved it, sees with the item that it was moved, and looks again; or
//!   a stamp that is older, whose getter comes after it. Newcomers who take the room leave items, whose getters find
//!   the mark again. The same holds for getters, with the ends changed.
//! - B5. A hand that may be served, in the line for room, has its item in it; in the line for items it is empty.

use super::{Bounded, Claim, FULL};
use crate::sync::{Relaxed, yield_now};
use crate::waiting::{HELD, Position, at};

impl<T> Bounded<T> {
    /// For who has freed slots and found that putters wait, or has filled some and found that getters do.
    #[cold]
    pub(super) fn serve(&self, mut putters: bool, mut getters: bool) {
        while putters || getters {
            if core::mem::take(&mut putters) {
                getters |= self.serve_putters();
            }
            if core::mem::take(&mut getters) {
                putters |= self.serve_getters();
            }
        }
    }

    /// Puts the items of those who wait for room, as long as there is some; says whether a getter waits for one.
    fn serve_putters(&self) -> bool {
        let (mut called, mut getters) = (0, false);
        self.head.serve(|hand| {
            if !hand.is_served() {
                return self.is_ready_for(&self.tail, 0, &mut called);
            }
            let Some(Claim { first, waited, .. }) = self.claim_for(&self.tail, 0) else { return false };
            getters |= waited;
            // SAFETY: it stands in the line, whose lock is held.
            let item = unsafe { hand.exchange(None) }.expect("who waits for room has an item (B5)");
            // SAFETY: the position is ours, and its stamp said that the slot is empty.
            unsafe { self.slot(first).write(item, first | FULL) };
            true
        });
        getters
    }

    /// Takes items for those who wait for one, as long as there are some; says whether a putter waits for room.
    fn serve_getters(&self) -> bool {
        let (mut called, mut putters) = (0, false);
        self.tail.serve(|hand| {
            if !hand.is_served() {
                return self.is_ready_for(&self.head, FULL, &mut called);
            }
            let Some(Claim { first, waited, .. }) = self.claim_for(&self.head, FULL) else { return false };
            putters |= waited;
            // SAFETY: it stands in the line, whose lock is held. It is empty (B5).
            unsafe { hand.exchange(Some(self.take(first))) };
            true
        });
        putters
    }

    /// A position of `side` for one who stands in line.
    fn claim_for(&self, side: &Position<T>, mark: usize) -> Option<Claim> {
        loop {
            // We hold the line, and do not stay away.
            match self.claim(side, mark, 1, || ()) {
                // Who holds it need not know that we were here.
                Err(word) if word & HELD != 0 => yield_now(),
                claim => return claim.ok(),
            }
        }
    }

    /// Whether there is a slot for one who looks for itself, beside those for the `called` before it.
    fn is_ready_for(&self, side: &Position<T>, mark: usize, called: &mut usize) -> bool {
        *called += 1;
        // Relaxed, both: B4.
        let mut end = side.word.load(Relaxed);
        loop {
            if self.ready(at(end), mark, *called) == *called {
                return true;
            }
            let now = side.word.load(Relaxed);
            if now == end {
                return false;
            }
            end = now;
        }
    }
}
