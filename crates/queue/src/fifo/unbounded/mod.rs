//! First in, first out, without a bound: a list of blocks of slots.
//!
//! # Promise
//! Any number of putters and getters; the order is global; an item is taken once. A put waits for nobody, but
//! for the few instructions in which another putter links a new block. A block is given back when its last
//! item has been taken, but for one, the spare, which the next who needs a block gets. Where nobody has needed
//! it for `PATIENCE` blocks it is given back as well. So a queue that has been emptied holds one block, and at
//! most the spare; after a burst of `PATIENCE` + 1 blocks, which were taken when nothing more was put, one.
//!
//! # Source
//! Positions that say the block's slot, and one position a block that says "the next block is just being
//! linked", are `crossbeam`'s. Getters take turns by a lock instead of claiming positions: then it is plain
//! which of them gives a block back, and nobody ever looks at a block that may be gone. (Which block is whose
//! was the root of the double frees that `crossbeam` and `std` had: RUSTSEC-2025-0024.)
//!
//! # State
//! | field | meaning |
//! |---|---|
//! | `tail` | the next position to put at; marked `SHUT` at the end |
//! | `last` | the block of that position |
//! | `front` | under a lock: the next item's block and place, how many were taken, and how many blocks in a row found a spare |
//! | `spare` | a block that is in use no more, none, or `NOT_NEEDED` |
//! | a slot's `full` | the item is there |
//! | a block's `next` | the block after it, once its last position has been handed out |
//!
//! Positions come in groups of `GROUP`; the last of a group is no slot, but the time in which the next block
//! is linked.
//!
//! # Protocol
//! 1. Put: load `tail`; where it is between groups, let others run and look again. Load `last`. If the
//!    position is the last slot of its block, have the next block: the spare one, or a new one. Exchange `tail` for
//!    the next position. If that was the last slot: write the new block to the block's `next` and to `last`, and
//!    add one to `tail`. Write the item, and then `full`. If `tail` was `WAITED`, call a getter.
//!    Several go the same way; who has more of them than the block has slots links as many blocks as it needs,
//!    and adds all its positions in them at once.
//! 2. Get: take the lock. If the slot is `full`, take the item and count it. If it was the last slot, go on to the
//!    `next` block, and give the old one up: leave it as the spare if there is none, or free it. Where the spare has
//!    lain there for `PATIENCE` blocks that were given up, one after the other, exchange it for `NOT_NEEDED`, and
//!    free it too. Then each is freed until a putter that needs one has exchanged the mark for none.
//! 3. Verdict: empty if as many were taken as there were positions handed out.
//! 4. End: hold `tail` when it is not between groups, and mark it `SHUT`. To discard, hold the `front` as well, and
//!    take all.
//!
//! # Invariants
//! - U1. Who exchanges `tail` has the position alone, and `last`, loaded between the look at `tail` and the
//!   exchange, is its block. It is not an older one: that of the group was stored before the step out of the
//!   gap, which the look has seen. Nor a newer one: who stored that had exchanged `tail` after us; if our load
//!   saw the store, Release and Acquire would put that exchange before ours.
//! - U2. A block is given up by the holder of `front`, when all of its slots have been taken: all its putters
//!   have written `full`, which is their last touch (the one of the last slot links the next block before
//!   that).
//! - U3. Who exchanges `spare` has what was in it alone. (How many blocks find it unused is only counted: a putter
//!   may have taken it, and another left one, between two looks. Then a block is freed that might have been kept.)
//! - U4. After `SHUT` no position is handed out: the exchange expects the word without the mark.
//!
//! # Memory orderings
//! - `full`: the putter's Release to the getter's Acquire: the item, everything that was done to the block
//!   (U2), and of the last slot the next block.
//! - The step of `tail` out of the gap: Release, to the Acquire of the load of `tail`: who finds a position
//!   finds `last`, and the block's first state. `next` itself needs none; for `last`, see U1.
//! - `spare`: Release of who leaves a block there, to the Acquire of who takes it, or frees it: its items have been
//!   read before others are written, or the block is gone.
//! - The exchange of `tail` is Relaxed: see [`Position`]; what a load of it sees through the exchange is the
//!   Release of the step before it (exchanges carry a release on).
//!
//! # Proofs
//! `tests/loom/unbounded.rs`, with one slot a block, so that every put links a block.

mod block;

use crate::error::PutError;
use crate::feed::Feed;
use crate::sync::{Acquire, AtomicPtr, Lock, LockGuard, Relaxed, Release, size, yield_now};
use crate::waiting::{HELD, Hand, Position, SHUT, STEP, Sides, Verdict, WAITED, at, stay_away};
use block::{Block, Chain, GROUP, SLOTS, Slot, Spare};
use core::ptr::NonNull;

/// So many blocks in a row are given up while the spare lies there, and it goes as well.
const PATIENCE: usize = size(3, 2);

/// Where the next item is to be taken.
struct Front<T> {
    block: NonNull<Block<T>>,
    place: usize,
    /// How many items have been taken.
    taken: usize,
    /// How many blocks in a row were given up while the spare lay there.
    unused: usize,
}

pub(crate) struct Unbounded<T> {
    tail: Position<T>,
    last: AtomicPtr<Block<T>>,
    spare: Spare<T>,
    front: Beside<Lock<Front<T>>>,
}

/// On lines of its own.
#[repr(align(128))]
struct Beside<T>(T);

// SAFETY: an item is moved in by one thread (U1) and out by one (the holder of `front`), perhaps another: `T:
// Send`. Blocks belong to the queue.
unsafe impl<T: Send> Send for Unbounded<T> {}
// SAFETY: as above; no reference to an item is shared.
unsafe impl<T: Send> Sync for Unbounded<T> {}
// SAFETY: the pointer is to a block that the holder of the lock owns, items and all.
unsafe impl<T: Send> Send for Front<T> {}

impl<T> Front<T> {
    /// The slot of the next item.
    fn slot(&self) -> Option<&Slot<T>> {
        // SAFETY: the front's block is alive as long as it is the front's (U2).
        unsafe { self.block.as_ref() }.slots.get(self.place)
    }

    #[inline]
    fn take(&mut self, spare: &Spare<T>) -> Option<T> {
        let slot = self.slot()?;
        // Acquire: pairs with the Release in write(): the item is there, and its putter is done with the
        // block (U2).
        if slot.full.load(Acquire) == 0 {
            return None;
        }
        // SAFETY: the item is there; the place moves on, so that it is read once.
        let item = slot.item.with_mut(|item| unsafe { item.cast::<T>().read() });
        self.place += 1;
        self.taken += 1;
        if self.place == SLOTS {
            self.go_on(spare);
        }
        Some(item)
    }

    /// Leaves the block, of which all items have been taken, for the next.
    #[cold]
    fn go_on(&mut self, spare: &Spare<T>) {
        // SAFETY: as in slot().
        // Relaxed: the next block was linked before the last slot was full, and that has been seen.
        let next = unsafe { self.block.as_ref() }.next.load(Relaxed);
        let Some(next) = NonNull::new(next) else { return };
        // SAFETY: all its items have been taken, so all its putters are done with it (U2).
        let unused = unsafe { spare.keep(self.block) };
        (self.block, self.place) = (next, 0);
        self.unused = if unused { self.unused + 1 } else { 0 };
        if self.unused == PATIENCE {
            self.unused = 0;
            spare.give_up();
        }
    }
}

impl<T> Unbounded<T> {
    pub(crate) fn new() -> Self {
        let block = Block::allocate();
        Self {
            tail: Position::new(),
            last: AtomicPtr::new(block.as_ptr()),
            spare: Spare::new(),
            front: Beside(Lock::new(Front { block, place: 0, taken: 0, unused: 0 })),
        }
    }

    fn front(&self) -> LockGuard<'_, Front<T>> {
        self.front.0.lock()
    }

    /// How many positions were handed out before this one: the gaps are none.
    fn count(word: usize) -> usize {
        let n = at(word) / STEP;
        n / GROUP * SLOTS + n % GROUP
    }

    fn tail(&self) -> usize {
        // Acquire: pairs with the Release in let_go(): who learns of the end sees what came before it.
        self.tail.word.load(Acquire)
    }

    /// Has `n` positions: the block of the first, its place in it, and whether a getter waits.
    #[inline]
    fn claim(&self, n: usize) -> Option<(NonNull<Block<T>>, usize, bool)> {
        let mut chain = Chain::new(&self.spare);
        loop {
            // Acquire: pairs with the Release in link(): the block of this position can be found, U1.
            let tail = self.tail.word.load(Acquire);
            if tail & SHUT != 0 {
                return None;
            }
            let place = at(tail) / STEP % GROUP;
            if place == SLOTS || tail & HELD != 0 {
                yield_now();
                continue;
            }
            // Acquire: pairs with the Release in link(): it is not one that is stored only later (U1).
            // waiver(relaxed): loom lets no load see what is stored later, as ARM may; covered by: no run, only by
            // the argument of U1
            let block = self.last.load(Acquire);
            // Before the exchange: nobody has to wait for an allocation.
            let blocks = (place + n) / SLOTS;
            chain.resize(blocks);
            let to = if blocks == 0 { place + n } else { SLOTS };
            // Relaxed: the word's own order makes one owner; see "Memory orderings" for what it carries on.
            let next = tail + (to - place) * STEP;
            if self.tail.word.compare_exchange(tail, next, Relaxed, Relaxed).is_err() {
                // As in a ring's claim().
                stay_away();
                continue;
            }
            let block = NonNull::new(block)?;
            if blocks > 0 {
                self.link(block, chain, place + n - blocks * SLOTS);
            }
            return Some((block, place, tail & WAITED != 0));
        }
    }

    /// Puts the next blocks after the one whose last slot we have, and has the first `places` of the last of them.
    #[cold]
    fn link(&self, block: NonNull<Block<T>>, blocks: Chain<'_, T>, places: usize) {
        // SAFETY: we have a slot of the block and have not written `full` yet (U2).
        let block = unsafe { block.as_ref() };
        let (first, last, n) = blocks.into_parts();
        // Relaxed: a getter sees it by the `full` of this block's last slot.
        block.next.store(first, Relaxed);
        // Release: pairs with the Acquire in claim() (U1).
        // waiver(relaxed): as there: loom has no such loads; covered by: no run, only by the argument of U1
        self.last.store(last, Release);
        // Release: pairs with the Acquire in claim(): who finds a position of the next group finds its block.
        self.tail.word.fetch_add((1 + (n - 1) * GROUP + places) * STEP, Release);
    }

    /// Writes an item to a place of our own.
    ///
    /// # Safety
    /// The place is ours by claim(), and has not been written.
    #[inline]
    unsafe fn write(block: NonNull<Block<T>>, place: usize, item: T) {
        // SAFETY: the block lives until all of its slots are full and taken (U2), and ours is not full.
        let slots = unsafe { &(*block.as_ptr()).slots };
        // SAFETY: claim() gives places below SLOTS.
        let slot = unsafe { slots.get_unchecked(place) };
        // SAFETY: the place is ours, and nobody reads it before it is full.
        slot.item.with_mut(|slot| unsafe { slot.cast::<T>().write(item) });
        // Release: pairs with the Acquire in take(): the item is there, and we are done with the block.
        slot.full.store(1, Release);
    }

    pub(crate) fn peek(&self) -> Option<T>
    where
        T: Copy,
    {
        let front = self.front();
        while front.taken < Self::count(self.tail()) {
            // Acquire: as in take().
            if let Some(slot) = front.slot().filter(|slot| slot.full.load(Acquire) == 1) {
                // SAFETY: the item is there, and nobody takes it while we have the front.
                return Some(slot.item.with(|item| unsafe { item.cast::<T>().read() }));
            }
            // A putter is about to write.
            yield_now();
        }
        None
    }

    pub(crate) fn drain(&self) -> Vec<T> {
        self.take_all(&mut self.front())
    }

    pub(crate) fn discard(&self) -> Vec<T> {
        // With the front held, who learns of the end has to wait for the rest of it.
        let mut front = self.front();
        self.end();
        let items = self.take_all(&mut front);
        drop(front);
        self.tail.call(usize::MAX);
        items
    }

    pub(crate) fn shut(&self) {
        self.end();
        self.tail.call(usize::MAX);
    }

    fn end(&self) {
        // Not between groups: who links a block has some positions more to come.
        self.tail.hold(|tail| at(tail) / STEP % GROUP < SLOTS);
        self.tail.let_go(true);
    }

    /// Takes all that is there: with the front held, nobody else takes.
    fn take_all(&self, front: &mut Front<T>) -> Vec<T> {
        let end = Self::count(self.tail());
        let mut items = Vec::with_capacity(end - front.taken);
        while front.taken < end {
            match front.take(&self.spare) {
                Some(item) => items.push(item),
                // A putter is about to write.
                None => yield_now(),
            }
        }
        items
    }

    pub(crate) fn is_shut(&self) -> bool {
        self.tail() & SHUT != 0
    }

    pub(crate) fn len(&self) -> usize {
        let front = self.front();
        Self::count(self.tail()) - front.taken
    }

    pub(crate) fn puts(&self) -> usize {
        Self::count(self.tail())
    }
}

impl<T> Sides for Unbounded<T> {
    type Item = T;

    #[inline]
    fn poll_put(&self, item: T) -> Result<(), PutError<T>> {
        let Some((block, place, waited)) = self.claim(1) else { return Err(PutError::Full(item)) };
        // SAFETY: we have claimed the place just now.
        unsafe { Self::write(block, place, item) };
        if waited {
            self.tail.call(1);
        }
        Ok(())
    }

    fn poll_put_some(&self, feed: &mut Feed<T>) -> Result<usize, PutError<()>> {
        let n = feed.len();
        let Some((mut block, mut place, waited)) = self.claim(n) else { return Ok(0) };
        while let Some(item) = feed.next() {
            // Before the last of its slots is full: after that the block may be gone.
            // SAFETY: we have a slot of it that is not full (U2).
            // Relaxed: for a last slot we stored it ourselves; else it is not looked at.
            let next = unsafe { block.as_ref() }.next.load(Relaxed);
            // SAFETY: we have claimed as many places as there are items.
            unsafe { Self::write(block, place, item) };
            place += 1;
            if let Some(next) = NonNull::new(next).filter(|_| place == SLOTS) {
                (block, place) = (next, 0);
            }
        }
        if waited {
            self.tail.call(n);
        }
        Ok(n)
    }

    fn verdict_put(&self) -> Verdict {
        // There is always room.
        if self.is_shut() { Verdict::Over } else { Verdict::Again }
    }

    fn enter_put(&self, _: &Hand<T>) -> bool {
        false
    }

    fn leave_put(&self, _: &Hand<T>) -> bool {
        false
    }

    fn call_putter(&self) {}

    #[inline]
    fn poll_get(&self) -> Option<T> {
        self.front().take(&self.spare)
    }

    fn poll_get_some(&self, max: usize, into: &mut Vec<T>) -> usize {
        let mut front = self.front();
        let before = into.len();
        while into.len() - before < max {
            let Some(item) = front.take(&self.spare) else { break };
            if into.len() == before {
                // Once, for what may lie in a block.
                into.reserve(max.min(SLOTS));
            }
            into.push(item);
        }
        into.len() - before
    }

    fn verdict_get(&self) -> Verdict {
        let front = self.front();
        let tail = self.tail();
        match front.taken == Self::count(tail) {
            true if tail & SHUT == 0 => Verdict::Wait,
            true => Verdict::Over,
            // A putter is about to write.
            false => Verdict::Again,
        }
    }

    fn enter_get(&self, hand: &Hand<T>) -> bool {
        self.tail.enter(hand, |tail| tail & SHUT == 0 && self.front().taken == Self::count(tail))
    }

    fn leave_get(&self, hand: &Hand<T>) -> bool {
        self.tail.leave(hand)
    }

    fn call_getter(&self) {
        self.tail.call(1);
    }
}

impl<T> Drop for Unbounded<T> {
    fn drop(&mut self) {
        let front = self.front.0.get_mut();
        while front.take(&self.spare).is_some() {}
        let mut block = Some(front.block);
        while let Some(old) = block {
            // SAFETY: nobody else uses the queue any more; a block is the front's, or the next of one.
            // Relaxed: whoever linked it is done with the queue, which is ours alone now.
            block = NonNull::new(unsafe { old.as_ref() }.next.load(Relaxed));
            // SAFETY: it is not looked at again.
            unsafe { Block::free(old) };
        }
    }
}
