//! What is done to a ring as a whole: an item is forced in where there is no room, the next is
//! looked at, all are taken out, it ends.

use super::{Bounded, FULL};
use crate::error::PutError;
use crate::sync::{AcqRel, Acquire, Relaxed, yield_now};
use crate::waiting::{HELD, SHUT, Sides, Verdict, WAITED, at, try_put};

impl<T> Bounded<T> {
    pub(crate) fn force_put(&self, mut item: T) -> Result<Option<T>, PutError<T>> {
        loop {
            item = match try_put(self, item) {
                Ok(()) => return Ok(None),
                Err(PutError::Full(item)) => item,
                Err(error) => return Err(error),
            };
            // Relaxed: the exchange decides.
            let tail = self.tail.word.load(Relaxed);
            let position = at(tail);
            // Relaxed: only grows; a lap behind the end it says that the queue is full, and stays so while
            // the end does.
            let oldest = at(self.head.word.load(Relaxed));
            if tail & (SHUT | HELD) == 0 && position == oldest + self.lap {
                let next = self.after(position) | tail & WAITED;
                // Relaxed: B1; who sees the head go on after it sees it, too.
                if self.tail.word.compare_exchange(tail, next, Relaxed, Relaxed).is_ok() {
                    let replaced = self.replace(position, item);
                    if tail & WAITED != 0 {
                        self.serve(false, true);
                    }
                    return Ok(replaced);
                }
            }
            yield_now();
        }
    }

    /// Puts the item at a position of our own whose slot is not free yet: takes the oldest item out of it, if
    /// nobody else does.
    fn replace(&self, position: usize, item: T) -> Option<T> {
        let (oldest, slot) = (position - self.lap, self.slot(position));
        // Relaxed: the exchange decides.
        let mut head = self.head.word.load(Relaxed);
        let mut is_ours = false;
        while !is_ours && at(head) == oldest {
            // Not while somebody looks at the item.
            let seen = head & !HELD;
            // AcqRel: as in claim().
            match self.head.word.compare_exchange(seen, self.after(oldest) | seen & WAITED, AcqRel, Relaxed) {
                Ok(_) => is_ours = true,
                Err(now) => {
                    if now & HELD != 0 {
                        yield_now();
                    }
                    head = now;
                }
            }
        }
        self.await_stamp(position, if is_ours { oldest | FULL } else { position });
        // SAFETY: where the oldest item is ours, the slot is; the item is overwritten below.
        let replaced = is_ours.then(|| unsafe { slot.read() });
        // SAFETY: the position is ours, and its slot holds no item that anybody will read.
        unsafe { slot.write(item, position | FULL) };
        replaced
    }

    pub(crate) fn peek(&self) -> Option<T>
    where
        T: Copy,
    {
        loop {
            // Nobody takes the item meanwhile.
            let next = self.head.hold(|_| true);
            let slot = self.slot(next);
            // Acquire: as in ready().
            let is_there = slot.stamp.load(Acquire) == next | FULL;
            // SAFETY: it is there, and stays.
            let item = is_there.then(|| slot.item.with(|item| unsafe { item.cast::<T>().read() }));
            self.head.let_go(false);
            if item.is_some() || !matches!(self.verdict_get(), Verdict::Again) {
                return item;
            }
            // A putter is about to write, or another was faster.
            yield_now();
        }
    }

    pub(crate) fn drain(&self) -> Vec<T> {
        let end = self.tail.hold(|_| true);
        let (first, n, waited) = self.clear(end, 0);
        self.tail.let_go(false);
        let items = self.take_all(first, n);
        if waited {
            self.serve(true, false);
        }
        items
    }

    pub(crate) fn discard(&self) -> Vec<T> {
        let end = self.tail.hold(|_| true);
        let (first, n, _) = self.clear(end, SHUT);
        self.tail.let_go(true);
        self.call_all();
        self.take_all(first, n)
    }

    pub(crate) fn shut(&self) {
        self.tail.hold(|_| true);
        self.tail.let_go(true);
        self.call_all();
    }

    fn call_all(&self) {
        self.tail.call(usize::MAX);
        self.head.call(usize::MAX);
    }

    /// Has all positions up to the end, which we hold: the first, how many, and whether a putter waits. The head has
    /// `mark` then.
    fn clear(&self, end: usize, mark: usize) -> (usize, usize, bool) {
        loop {
            // Acquire: pairs with the Release in claim(): it is not one that is stored only after we let go.
            // waiver(relaxed): loom lets no load see what is stored later, as C11 may; covered by: no run, only by
            // this argument: its put would come both before and after our hold
            let head = self.head.word.load(Acquire) & !HELD;
            let n = self.count(end) - self.count(at(head));
            let next = end | head & (WAITED | SHUT) | mark;
            // If there are more than there is room for, one is just forcing its item in, and moves the head first.
            // If the head is held, somebody looks at the next item.
            // AcqRel: as in claim().
            if n <= self.slots.len() && self.head.word.compare_exchange(head, next, AcqRel, Relaxed).is_ok() {
                return (at(head), n, head & WAITED != 0);
            }
            yield_now();
        }
    }

    fn take_all(&self, first: usize, n: usize) -> Vec<T> {
        let mut items = Vec::with_capacity(n);
        let mut position = first;
        for _ in 0..n {
            self.await_stamp(position, position | FULL);
            items.push(self.take(position));
            position = self.after(position);
        }
        items
    }
}
