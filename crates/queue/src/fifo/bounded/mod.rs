//! First in, first out, with room for so many: a ring of slots, each with a stamp.
//!
//! # Promise
//! Any number of putters and getters; the order is global; at most `capacity` items; an item is taken once.
//! Put and get are one exchange and one store each, and touch nothing that the other side writes but the
//! slot.
//!
//! # Source
//! Dmitry Vyukov's bounded queue (2010), with the lap in the stamp as in `crossbeam`, which makes any
//! capacity possible, also 1. That the marks of those who wait lie in the positions is `waiting/position.rs`.
//!
//! # State
//! A position is a lap and a place in it; laps are a power of two apart, so that a position says its place
//! without a division. A slot's stamp says what may happen to it next:
//!
//! | stamp | meaning |
//! |---|---|
//! | `p` | empty; the putter that has position `p` may write |
//! | `p + FULL` | holds the item put at `p`; the getter that has position `p` may read |
//!
//! `tail` is the next position to put at, and marked `SHUT` at the end; `head` the next to take from, and marked
//! `SHUT` if what was left has been discarded.
//!
//! # Protocol
//! 1. Put: load `tail`, and the stamp of its slot. If the stamp is the position, exchange `tail` for the next
//!    position; write the item; stamp the slot `FULL`. If `tail` was `WAITED`, serve the getters.
//! 2. Get: load `head`, and the stamp of its slot. If the stamp is the position and `FULL`, exchange `head`
//!    for the next; read the item; stamp the slot with its position in the next lap. If `head` was `WAITED`,
//!    serve the putters.
//! 3. Several at once: the same for as many slots in a row as have the right stamp, with one exchange.
//! 4. A last word, where the stamp is not right: full if `head` is a lap behind `tail`; empty if they are
//!    equal. Between the two somebody is just writing or reading: let others run, and look again.
//! 5. Drain: hold `tail`, exchange `head` for it, let go; take what lay between, waiting for those who are still
//!    writing. To discard, `head` is marked `SHUT` by that exchange, and then `tail` instead of let go: so no getter
//!    gets anything after a putter was refused, and no putter is let in after a getter was.
//! 6. Force: full? Exchange `tail` for the next position first, so that nobody else gets the room. If then
//!    the oldest item is still there, exchange `head` for the next position, and replace the item by ours. If
//!    a getter was faster, wait until it has read.
//! 7. Serve: do for those who stand in line what they wait for: `serve.rs`.
//!
//! # Invariants
//! - B1. A stamp that is right for a position stays so until the one who has that position changes it; and an
//!   exchange of `tail` or `head` from that position hands it out once. So a slot has one owner at a time.
//! - B2. `head` and `tail` only grow; `tail` is never before `head`, and more than a lap ahead of it only
//!   while one `force` is under way.
//! - B3. While `tail` is `SHUT` or `HELD` it does not move: its exchange expects the word without these marks.
//!
//! # Memory orderings
//! - Stamps: the Release of the one who is done with the slot, to the Acquire of the next. The putter's
//!   carries the item; the getter's says that the item has been read.
//! - `tail` and `head` need none to make owners (B1) and to find who waits (P2): the order of each word is
//!   enough. The head is exchanged with Release and loaded with Acquire by who counts what lies between, so
//!   that it is never ahead of the tail; the tail is loaded with Acquire for the mark `SHUT`: who learns of
//!   the end sees what came before it.
//!
//! # Proofs
//! `tests/loom/bounded.rs`, `tests/loom/serve.rs`, `tests/loom/several.rs`, `tests/loom/history.rs`.

mod serve;
mod whole;

use crate::error::PutError;
use crate::feed::Feed;
use crate::sync::{AcqRel, Acquire, AtomicUsize, Relaxed, Release, UnsafeCell, yield_now};
use crate::waiting::{HELD, Hand, Position, SHUT, STEP, Sides, Verdict, WAITED, at, stay_away};
use core::mem::MaybeUninit;

/// In a stamp: the slot holds an item.
const FULL: usize = 1;

/// From this capacity on who waits does not look at once: each look takes the line from the one who works there, and a
/// little later there is more to take, or more room. Where there is less, pauses that last while they pay are faster.
const ROOMY: usize = 256;

struct Slot<T> {
    stamp: AtomicUsize,
    item: UnsafeCell<MaybeUninit<T>>,
}

pub(crate) struct Bounded<T> {
    tail: Position<T>,
    head: Position<T>,
    slots: Box<[Slot<T>]>,
    /// How far apart the laps are: a power of two, in `STEP`s at least the capacity.
    lap: usize,
}

/// Positions in a row that somebody has for itself.
struct Claim {
    first: usize,
    n: usize,
    /// Whether somebody waited for the position to move.
    waited: bool,
}

// SAFETY: an item is moved in by one thread and out by one (B1), perhaps another: `T: Send`. No reference to
// one is shared.
unsafe impl<T: Send> Send for Bounded<T> {}
// SAFETY: as above.
unsafe impl<T: Send> Sync for Bounded<T> {}

impl<T> Slot<T> {
    /// # Safety
    /// The caller owns the slot (B1), which is empty.
    unsafe fn write(&self, item: T, stamp: usize) {
        // SAFETY: the owner is alone with it.
        self.item.with_mut(|slot| unsafe { slot.cast::<T>().write(item) });
        // Release: pairs with the Acquire of who reads or replaces the item: it is there.
        self.stamp.store(stamp, Release);
    }

    /// # Safety
    /// The caller owns the slot (B1), which holds an item, and sees to it that nobody takes it again.
    unsafe fn read(&self) -> T {
        // SAFETY: the owner is alone with it, and has seen the stamp that came after the item.
        self.item.with_mut(|slot| unsafe { slot.cast::<T>().read() })
    }
}

impl<T> Bounded<T> {
    /// `capacity` is not 0.
    pub(crate) fn new(capacity: usize) -> Self {
        let lap = capacity.checked_next_power_of_two().and_then(|slots| slots.checked_mul(STEP));
        let slot = |place| Slot {
            stamp: AtomicUsize::new(place * STEP),
            item: UnsafeCell::new(MaybeUninit::uninit()),
        };
        Self {
            lap: lap.expect("a capacity that memory could hold"),
            tail: Position::new(),
            head: Position::new(),
            slots: (0..capacity).map(slot).collect(),
        }
    }

    #[inline]
    fn place(&self, position: usize) -> usize {
        (position & (self.lap - 1)) / STEP
    }

    #[inline]
    fn slot(&self, position: usize) -> &Slot<T> {
        // SAFETY: positions are made by after() and ahead(), which keep the place below the capacity; so is
        // 0.
        unsafe { self.slots.get_unchecked(self.place(position)) }
    }

    /// The position after this one.
    #[inline]
    fn after(&self, position: usize) -> usize {
        self.ahead(position, 1)
    }

    /// The position that is `n` further, which is at most a lap.
    #[inline]
    fn ahead(&self, position: usize, n: usize) -> usize {
        let place = self.place(position) + n;
        if place < self.slots.len() {
            position + n * STEP
        } else {
            (position & !(self.lap - 1)) + self.lap + (place - self.slots.len()) * STEP
        }
    }

    /// How many positions came before this one.
    fn count(&self, position: usize) -> usize {
        // A shift: the laps are a power of two apart, which the compiler does not know.
        (position >> self.lap.trailing_zeros()) * self.slots.len() + self.place(position)
    }

    /// Has up to `max` positions in a row of `side` whose slots have the stamp that their position and `mark`
    /// make; or says of which word it found none. Does `lost` when it has lost an exchange.
    #[inline]
    fn claim(&self, side: &Position<T>, mark: usize, max: usize, lost: impl Fn()) -> Result<Claim, usize> {
        // Relaxed, here and below: the exchange decides.
        let mut word = side.word.load(Relaxed);
        while word & (SHUT | HELD) == 0 {
            let first = at(word);
            let n = self.ready(first, mark, max);
            if n == 0 {
                // Another was faster, or it is not ready.
                let now = side.word.load(Relaxed);
                if now == word {
                    return Err(word);
                }
                word = now;
                continue;
            }
            let next = self.ahead(first, n) | word & WAITED;
            // AcqRel: the head's Release pairs with the Acquire in len(), and its Acquire with the Release of who let
            // go of it: who only looked at the item is done. B1 needs none, and the stamps order the slots.
            match side.word.compare_exchange(word, next, AcqRel, Relaxed) {
                Ok(_) => return Ok(Claim { first, n, waited: word & WAITED != 0 }),
                Err(_) => {
                    lost();
                    word = side.word.load(Relaxed);
                }
            }
        }
        Err(word)
    }

    /// How many slots in a row, up to `max`, have the stamp that their position and `mark` make.
    #[inline]
    fn ready(&self, from: usize, mark: usize, max: usize) -> usize {
        let max = max.min(self.slots.len());
        let mut position = from;
        for n in 0..max {
            // Acquire: pairs with the Release of whoever left the slot as it is: the item is there, or is
            // gone.
            if self.slot(position).stamp.load(Acquire) != position | mark {
                return n;
            }
            position = self.after(position);
        }
        max
    }

    /// Takes the item at a position of our own, which is there.
    #[inline]
    fn take(&self, position: usize) -> T {
        let slot = self.slot(position);
        // SAFETY: the position is ours, its stamp said FULL, and it is stamped empty below.
        let item = unsafe { slot.read() };
        // Release: pairs with the Acquire of the putter of the next lap: we have read.
        slot.stamp.store(position + self.lap, Release);
        item
    }

    /// Waits until the slot has this stamp, which somebody is about to give it.
    fn await_stamp(&self, position: usize, stamp: usize) {
        // Acquire: as in ready().
        while self.slot(position).stamp.load(Acquire) != stamp {
            yield_now();
        }
    }

    fn is_full(&self, tail: usize) -> bool {
        // Relaxed: only grows: a lap behind the end that was loaded before, it was so then.
        at(tail) >= at(self.head.word.load(Relaxed)) + self.lap
    }

    fn tail(&self) -> usize {
        // Acquire: pairs with the Release in let_go(): who learns of the end sees what came before it.
        self.tail.word.load(Acquire)
    }

    pub(crate) fn is_shut(&self) -> bool {
        loop {
            let tail = self.tail();
            // Held: it may be about to end, and a getter may know already.
            if tail & HELD == 0 {
                return tail & SHUT != 0;
            }
            yield_now();
        }
    }

    pub(crate) fn len(&self) -> usize {
        loop {
            let tail = at(self.tail());
            // Acquire: pairs with the Release in claim(): whoever took so many saw as many put.
            let head = at(self.head.word.load(Acquire));
            // Relaxed: not before the load above, and not before that of the end.
            if at(self.tail.word.load(Relaxed)) == tail {
                // At the moment of the middle load the end was this; and B2.
                return (self.count(tail) - self.count(head)).min(self.slots.len());
            }
        }
    }

    pub(crate) fn capacity(&self) -> usize {
        self.slots.len()
    }

    pub(crate) fn puts(&self) -> usize {
        self.count(at(self.tail()))
    }

    /// For who has lost an exchange. Where there is little room, two threads that hand items over should stay together.
    #[cold]
    fn stay_away(&self) {
        if self.is_roomy() {
            stay_away();
        }
    }
}

impl<T> Sides for Bounded<T> {
    type Item = T;

    fn is_roomy(&self) -> bool {
        self.slots.len() >= ROOMY
    }

    #[inline]
    fn poll_put(&self, item: T) -> Result<(), PutError<T>> {
        let Ok(Claim { first, waited, .. }) = self.claim(&self.tail, 0, 1, || self.stay_away()) else {
            return Err(PutError::Full(item));
        };
        // SAFETY: the position is ours, and its stamp said that the slot is empty.
        unsafe { self.slot(first).write(item, first | FULL) };
        if waited {
            self.serve(false, true);
        }
        Ok(())
    }

    fn poll_put_some(&self, feed: &mut Feed<T>) -> Result<usize, PutError<()>> {
        let Ok(Claim { first, n, waited }) = self.claim(&self.tail, 0, feed.len(), || self.stay_away())
        else {
            return Ok(0);
        };
        let mut position = first;
        for _ in 0..n {
            let item = feed.next().expect("no more positions than items");
            // SAFETY: the position is ours, and its stamp said that the slot is empty.
            unsafe { self.slot(position).write(item, position | FULL) };
            position = self.after(position);
        }
        if waited {
            self.serve(false, true);
        }
        Ok(n)
    }

    fn verdict_put(&self) -> Verdict {
        let tail = self.tail();
        match tail & SHUT == 0 {
            false => Verdict::Over,
            true if self.is_full(tail) => Verdict::Wait,
            // A getter is about to read what lies in the slot.
            true => Verdict::Again,
        }
    }

    fn enter_put(&self, hand: &Hand<T>) -> bool {
        // The end is marked before those in this line are called, so that who comes too late for the call
        // sees it.
        self.head.enter(hand, |head| {
            let tail = self.tail();
            tail & SHUT == 0 && at(tail) >= at(head) + self.lap
        })
    }

    fn leave_put(&self, hand: &Hand<T>) -> bool {
        self.head.leave(hand)
    }

    fn call_putter(&self) {
        self.serve(true, false);
    }

    #[inline]
    fn poll_get(&self) -> Option<T> {
        let Claim { first, waited, .. } = self.claim(&self.head, FULL, 1, || self.stay_away()).ok()?;
        let item = self.take(first);
        if waited {
            self.serve(true, false);
        }
        Some(item)
    }

    fn poll_get_some(&self, max: usize, into: &mut Vec<T>) -> usize {
        let Ok(Claim { first, n, waited }) = self.claim(&self.head, FULL, max, || self.stay_away()) else {
            return 0;
        };
        let mut position = first;
        into.reserve(n);
        for _ in 0..n {
            into.push(self.take(position));
            position = self.after(position);
        }
        if waited {
            self.serve(true, false);
        }
        n
    }

    fn verdict_get(&self) -> Verdict {
        // Acquire: pairs with the Release of who moved it: as many were put as it had seen.
        let head = self.head.word.load(Acquire);
        if head & SHUT != 0 {
            return Verdict::Over;
        }
        // If the end is no further, nothing was there when it was loaded (B2).
        let tail = self.tail();
        match at(head) == at(tail) {
            true if tail & SHUT == 0 => Verdict::Wait,
            true => Verdict::Over,
            // A putter is about to write into the slot.
            false => Verdict::Again,
        }
    }

    fn enter_get(&self, hand: &Hand<T>) -> bool {
        // Relaxed: only grows: if it says that there is nothing, there is nothing.
        self.tail.enter(hand, |tail| tail & SHUT == 0 && at(self.head.word.load(Relaxed)) == at(tail))
    }

    fn leave_get(&self, hand: &Hand<T>) -> bool {
        self.tail.leave(hand)
    }

    fn call_getter(&self) {
        self.serve(false, true);
    }
}

impl<T> Drop for Bounded<T> {
    fn drop(&mut self) {
        while self.poll_get().is_some() {}
    }
}
