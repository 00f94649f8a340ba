//! A position that only grows, and those who wait for it to grow: the end at which items are put, which
//! getters wait for; the front at which they are taken, which putters wait for; the count of finished tasks,
//! which `join` waits for.
//!
//! # Promise
//! Who moves the position learns at no cost whether somebody waits for that. Who waits either is called by
//! one who moved the position later, or does not wait.
//!
//! # Source
//! That the sleepers' mark lies in the word which the other side has to change anyway is what locks do
//! (Drepper's mutex). The channels that we know keep a separate count of sleepers, and so need a fence
//! between the item and the look at it.
//!
//! # State
//! | bits of `word` | meaning |
//! |---|---|
//! | `WAITED` | somebody stands in `line` |
//! | `SHUT` | the position moves no more |
//! | `HELD` | the position moves no more until one thread, which moves something else, lets go of it |
//! | the rest | the position, in units of `STEP` |
//!
//! # Protocol
//! - Move: exchange the word for a later position with the same marks; do what the move was for; then, if the
//!   word was `WAITED`, call() or serve().
//! - Enter: with the line held, mark the word `WAITED` by an exchange, and look at the position that this
//!   found: if it says that there is nothing to wait for, undo it; else stand in line.
//! - Call: with the line held, call the first and take it out; if it was the last, take the mark away.
//! - Serve: the same, if there is something for the first in line, or has been done for it what it waits for.
//! - Hold: mark the word `HELD`, by an exchange, when nobody else does; then do what needs it to stay; then take the mark
//!   away, or exchange it for `SHUT`.
//! - Leave: with the line held, go, unless called; if it was the last, take the mark away.
//!
//! # Invariants
//! - P1. Whenever nobody holds the line, the word is `WAITED` if and only if somebody stands in it.
//! - P2. No wake-up is lost. All changes of the word are exchanges, hence in one order. A move that comes
//!   before an entry's mark is in the position which the entry looks at. A move that comes after it finds the
//!   mark, as long as the one who entered stands in line, and calls; the call takes the line after the entry
//!   has let go of it: before it could have taken it, the move would have come before the mark.
//! - P3. A call is spent on one who stands in line (C1), so on one who will look again, or has been served. If a
//!   newcomer was faster, that newcomer has taken what the call was for.
//!
//! # Memory orderings
//! None on the marks: the order of one word is enough for P2, and the line's lock orders the rest. What a
//! move has to order is said where it is made. `SHUT` is set with Release: who sees it with Acquire sees what
//! came before the end.

use super::{Hand, Line, Wake};
use crate::sync::{AtomicUsize, Lock, Relaxed, Release, yield_now};

/// Somebody waits for the position to move.
pub(crate) const WAITED: usize = 1;
/// The position moves no more.
pub(crate) const SHUT: usize = 2;
/// The position stays, for the time being.
pub(crate) const HELD: usize = 4;
/// From one position to the next.
pub(crate) const STEP: usize = 8;

// Positions never come round: it would take 2^61 items.
const _: () = assert!(usize::BITS >= 64, "this crate needs words of 64 bits");

/// The position in a word.
pub(crate) const fn at(word: usize) -> usize {
    word & !(STEP - 1)
}

/// On lines of its own (two: processors fetch them in pairs), as the two sides of a queue change one each.
#[repr(align(128))]
pub(crate) struct Position<T> {
    pub(crate) word: AtomicUsize,
    line: Lock<Line<T>>,
}

impl<T> Position<T> {
    pub(crate) fn new() -> Self {
        Self { word: AtomicUsize::new(0), line: Lock::new(Line::new()) }
    }

    /// Stands in line if `must_wait` says so of the word, which is no older than our mark.
    pub(crate) fn enter(&self, hand: &Hand<T>, must_wait: impl FnOnce(usize) -> bool) -> bool {
        let mut line = self.line.lock();
        let mark = if line.is_empty() { WAITED } else { 0 };
        // Relaxed: P2. An exchange also where the mark is there already: a load might find an older position.
        let seen = self.word.fetch_add(mark, Relaxed);
        if must_wait(seen) {
            line.push(hand);
            return true;
        }
        // Relaxed: as above.
        self.word.fetch_sub(mark, Relaxed);
        false
    }

    /// Leaves the line; `false` if somebody has called us.
    pub(crate) fn leave(&self, hand: &Hand<T>) -> bool {
        let mut line = self.line.lock();
        let was_in_line = line.remove(hand);
        if was_in_line && line.is_empty() {
            // Relaxed: P1, P2.
            self.word.fetch_sub(WAITED, Relaxed);
        }
        was_in_line
    }

    /// Calls the first `n` in line, or all if there are fewer: for who has moved the position and found
    /// `WAITED`.
    #[cold]
    pub(crate) fn call(&self, n: usize) {
        for _ in 0..n {
            let mut line = self.line.lock();
            let Some(wake) = line.call_first() else { return };
            if line.is_empty() {
                // Relaxed: P1, P2.
                self.word.fetch_sub(WAITED, Relaxed);
            }
            drop(line);
            wake.wake();
        }
    }

    /// Calls the first in line, and those behind it, as long as `serve` says of each that there is something for it,
    /// or that it has done for it what it waits for: for who has moved the position and found `WAITED`.
    #[cold]
    pub(crate) fn serve(&self, mut serve: impl FnMut(&Hand<T>) -> bool) {
        let mut more = true;
        while more {
            let mut line = self.line.lock();
            if !line.first().is_some_and(&mut serve) {
                return;
            }
            let wake = line.call_first();
            more = !line.is_empty();
            if !more {
                // Relaxed: P1, P2.
                self.word.fetch_sub(WAITED, Relaxed);
            }
            drop(line);
            wake.into_iter().for_each(Wake::wake);
        }
    }

    /// Keeps the position where it is, when `may` says of the word that it can; says which it is.
    pub(crate) fn hold(&self, may: impl Fn(usize) -> bool) -> usize {
        loop {
            // Relaxed, both: who holds it has the word's order, and needs no other here.
            let word = self.word.load(Relaxed);
            let can = word & HELD == 0 && may(word);
            if can && self.word.compare_exchange(word, word | HELD, Relaxed, Relaxed).is_ok() {
                return at(word);
            }
            yield_now();
        }
    }

    /// Lets the position, which we hold, move again; or never any more.
    pub(crate) fn let_go(&self, shut: bool) {
        // Relaxed: only who holds it marks it SHUT.
        let marks = if shut && self.word.load(Relaxed) & SHUT == 0 { HELD - SHUT } else { HELD };
        // Release: pairs with the Acquire of whoever looks whether it is SHUT, and of the exchange that comes next:
        // what we did while we held it is done.
        self.word.fetch_sub(marks, Release);
    }
}
