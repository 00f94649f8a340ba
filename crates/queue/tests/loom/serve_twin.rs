//! The twin of a ring whose waiting putters are served, for the refutations of `serve.rs`.

use locks::Lock;
use platform::atomic::{
    AtomicU32, AtomicUsize,
    Ordering::{AcqRel, Acquire, Relaxed, Release},
};
use platform::futex::{Private, wait, wake};
use platform::thread::{spawn, yield_now};
use platform::time::Deadline;
use std::collections::VecDeque;
use std::sync::Arc;

/// What the twin does wrong, that no fault at one place can make.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Flaw {
    None,
    /// Who makes room serves those who wait for it, then stamps the slot.
    ServesFirst,
    /// Who finds the end held serves nobody.
    LeavesWhatIsHeld,
    /// Who finds the end held looks once more, and then serves nobody.
    LooksTwice,
    /// Nobody is served.
    ServesNobody,
}

const WAITED: usize = 1;
const HELD: usize = 2;
const STEP: usize = 4;

/// A full ring without items: stamps only, twice the position and one more if the slot is full.
pub(crate) struct Twin {
    tail: AtomicUsize,
    head: AtomicUsize,
    stamps: Vec<AtomicUsize>,
    line: Lock<VecDeque<Arc<AtomicU32>>>,
    flaw: Flaw,
}

impl Twin {
    pub(crate) fn new(capacity: usize, flaw: Flaw) -> Arc<Self> {
        Arc::new(Self {
            tail: AtomicUsize::new(capacity * STEP),
            head: AtomicUsize::new(0),
            stamps: (0..capacity).map(|place| AtomicUsize::new(2 * place * STEP + 1)).collect(),
            line: Lock::new(VecDeque::new()),
            flaw,
        })
    }

    /// A position of `end`, whose word it found; or the word that it cannot go on from.
    fn claim(&self, end: &AtomicUsize, full: usize) -> Result<usize, usize> {
        let mut word = end.load(Relaxed);
        loop {
            let position = word & !(STEP - 1);
            let stamp = &self.stamps[position / STEP % self.stamps.len()];
            if word & HELD != 0 || stamp.load(Acquire) != 2 * position + full {
                let now = end.load(Relaxed);
                if now == word {
                    return Err(word);
                }
                word = now;
                continue;
            }
            match end.compare_exchange(word, word + STEP, AcqRel, Relaxed) {
                Ok(_) => return Ok(word),
                Err(now) => word = now,
            }
        }
    }

    fn stamp(&self, position: usize, stamp: usize) {
        self.stamps[position / STEP % self.stamps.len()].store(stamp, Release);
    }

    fn put(&self) {
        while let Err(word) = self.claim(&self.tail, 0).map(|word| self.fill(word)) {
            let hand = Arc::new(AtomicU32::new(0));
            let mut line = self.line.lock();
            let mark = usize::from(line.is_empty());
            let head = self.head.fetch_add(mark, Relaxed) & !(STEP - 1);
            if word & HELD != 0 || self.tail.load(Relaxed) & !(STEP - 1) < head + self.stamps.len() * STEP {
                self.head.fetch_sub(mark, Relaxed);
                drop(line);
                yield_now();
                continue;
            }
            line.push_back(Arc::clone(&hand));
            drop(line);
            while hand.load(Acquire) == 0 {
                wait::<Private>(&hand, 0, &Deadline::NEVER);
            }
            return;
        }
    }

    fn fill(&self, word: usize) {
        let position = word & !(STEP - 1);
        self.stamp(position, 2 * position + 1);
    }

    fn get(&self) {
        let word = self.claim(&self.head, 1).expect("nobody else takes this many");
        let next = 2 * ((word & !(STEP - 1)) + self.stamps.len() * STEP);
        if self.flaw != Flaw::ServesFirst {
            self.stamp(word & !(STEP - 1), next);
        }
        if word & WAITED != 0 && self.flaw != Flaw::ServesNobody {
            self.serve();
        }
        if self.flaw == Flaw::ServesFirst {
            self.stamp(word & !(STEP - 1), next);
        }
    }

    fn serve(&self) {
        let mut looks = match self.flaw {
            Flaw::LeavesWhatIsHeld => 1,
            Flaw::LooksTwice => 2,
            _ => u32::MAX,
        };
        loop {
            let mut line = self.line.lock();
            if line.is_empty() {
                return;
            }
            match self.claim(&self.tail, 0) {
                Ok(word) => self.fill(word),
                Err(word) if word & HELD != 0 && looks > 1 => {
                    looks -= 1;
                    drop(line);
                    yield_now();
                    continue;
                }
                Err(_) => return,
            }
            let hand = line.pop_front().expect("it is not empty");
            if line.is_empty() {
                self.head.fetch_sub(WAITED, Relaxed);
            }
            hand.store(1, Release);
            drop(line);
            wake::<Private>(&raw const *hand, 1);
        }
    }

    /// A putter waits for room, which two make.
    pub(crate) fn two_make_room(self: Arc<Self>) {
        let putter = spawn({
            let twin = Arc::clone(&self);
            move || twin.put()
        });
        let other = spawn({
            let twin = Arc::clone(&self);
            move || twin.get()
        });
        self.get();
        other.join().unwrap();
        putter.join().unwrap();
    }

    /// A putter waits for room, which one makes while another holds the end, so many times.
    pub(crate) fn one_holds(self: Arc<Self>, times: u32) {
        let holder = spawn({
            let twin = Arc::clone(&self);
            move || {
                for _ in 0..times {
                    let word = twin.tail.load(Relaxed);
                    if twin.tail.compare_exchange(word, word | HELD, Relaxed, Relaxed).is_ok() {
                        twin.tail.fetch_sub(HELD, Release);
                    }
                }
            }
        });
        let getter = spawn({
            let twin = Arc::clone(&self);
            move || twin.get()
        });
        self.put();
        holder.join().unwrap();
        getter.join().unwrap();
    }
}
