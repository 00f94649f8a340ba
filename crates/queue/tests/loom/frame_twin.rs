//! The frames' twin, for the refutations of `frames.rs`.

use platform::atomic::{
    AtomicU32,
    Ordering::{Acquire, Release},
};
use platform::cell::UnsafeCell;
use platform::check::saw;
use platform::futex::{Private, wait, wake};
use platform::thread::spawn;
use platform::time::Deadline;
use std::sync::Arc;

/// A ring of frames in brief, which sleeps on its positions, with one flaw that no fault at one place can make.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Flaw {
    None,
    /// The header is written after the publication.
    HeaderAfter,
    /// The last word of a frame is written after the publication.
    EndAfter,
    /// The rest before the end is left out without a word.
    SkipForgotten,
    /// The rest that is left out is published before the frame that follows.
    SkipFirst,
    /// The rest that is left out is not counted as room that is needed.
    SkipUncounted,
    /// The room of a frame is given back when its header has been read.
    RoomFirst,
    /// Who waits looks, and falls asleep over what it finds later.
    SleepsOverNews,
    /// A writer that was woken does not look whether the room is enough.
    WokenWrites,
}

/// Words of the ring.
const SIZE: u32 = 4;
/// The header that says: the rest is left out. Others say how many words a frame has.
const SKIP: u32 = u32::MAX;

/// Words of frames of which two leave the last word over, and the third has the place of both, or of one.
pub(crate) const SHORT_FIRST: [u32; 3] = [1, 2, 2];
pub(crate) const LONG_FIRST: [u32; 3] = [2, 1, 2];

pub(crate) struct Twin {
    written: AtomicU32,
    read: AtomicU32,
    words: [UnsafeCell<u32>; SIZE as usize],
    flaw: Flaw,
}

// SAFETY: the words are accessed by one side at a time; loom's cells are there to check it.
unsafe impl Sync for Twin {}
// SAFETY: as above.
unsafe impl Send for Twin {}

impl Twin {
    pub(crate) fn new(flaw: Flaw) -> Arc<Self> {
        let words = [(); SIZE as usize].map(|()| UnsafeCell::new(0));
        Arc::new(Self { written: AtomicU32::new(0), read: AtomicU32::new(0), words, flaw })
    }

    fn get(&self, number: u32) -> u32 {
        // SAFETY: the word is the reader's, or the model fails here.
        self.words[(number % SIZE) as usize].with(|word| unsafe { *word })
    }

    fn set(&self, number: u32, value: u32) {
        // SAFETY: the word is the writer's, or the model fails here.
        self.words[(number % SIZE) as usize].with_mut(|word| unsafe { *word = value });
    }

    fn publish(position: &AtomicU32, value: u32) {
        position.store(value, Release);
        wake::<Private>(&raw const *position, 1);
    }

    /// Waits until `enough` says so of the position, which it returns.
    fn wait(&self, position: &AtomicU32, enough: impl Fn(u32) -> bool) -> u32 {
        loop {
            let seen = position.load(Acquire);
            if enough(seen) {
                return seen;
            }
            let expected = if self.flaw == Flaw::SleepsOverNews { position.load(Acquire) } else { seen };
            wait::<Private>(position, expected, &Deadline::NEVER);
            if self.flaw == Flaw::WokenWrites {
                return position.load(Acquire);
            }
        }
    }

    /// How many words are left out before a frame of `n`.
    fn skipped(at: u32, n: u32) -> u32 {
        let left = SIZE - at % SIZE;
        if n > left { left } else { 0 }
    }

    fn needed(&self, at: u32, n: u32) -> u32 {
        n + if self.flaw == Flaw::SkipUncounted { 0 } else { Self::skipped(at, n) }
    }

    /// Writes a frame of `n` words at `at`, and returns where the next one begins.
    fn write(&self, mut at: u32, n: u32, value: u32) -> u32 {
        let needed = self.needed(at, n);
        self.wait(&self.read, |read| SIZE - (at - read) >= needed);
        let skipped = Self::skipped(at, n);
        if skipped > 0 && self.flaw != Flaw::SkipForgotten {
            self.set(at, SKIP);
        }
        at += skipped;
        if skipped > 0 && self.flaw == Flaw::SkipFirst {
            Self::publish(&self.written, at);
        }
        let (header, end) = (|| self.set(at, n), || (1..n).for_each(|word| self.set(at + word, value)));
        let publish = || Self::publish(&self.written, at + n);
        match self.flaw {
            Flaw::HeaderAfter => (end(), publish(), header()),
            Flaw::EndAfter => (header(), publish(), end()),
            _ => (header(), end(), publish()),
        };
        at + n
    }

    /// Reads a frame at `at`, and returns where the next one begins.
    fn read(&self, mut at: u32, expected: u32) -> u32 {
        let value = at + 1;
        let written = self.wait(&self.written, |written| written != at);
        let mut n = self.get(at);
        if n == SKIP {
            at += SIZE - at % SIZE;
            assert!(written != at, "whole: a frame follows what is left out");
            n = self.get(at);
        }
        assert!((1..=written - at).contains(&n), "whole: what lies there is a frame");
        assert_eq!(n, expected, "once and in order");
        if self.flaw == Flaw::RoomFirst {
            Self::publish(&self.read, at + n);
        }
        assert!((1..n).all(|word| self.get(at + word) == value), "once and in order");
        if self.flaw != Flaw::RoomFirst {
            Self::publish(&self.read, at + n);
        }
        at + n
    }

    /// Frames of so many words, of which the last goes round.
    pub(crate) fn transfers(self: Arc<Self>, frames: [u32; 3]) {
        let twin = Arc::clone(&self);
        let writer = spawn(move || frames.iter().fold(0, |at, n| twin.write(at, *n, at + 1)));
        let read = frames.iter().fold(0, |at, n| self.read(at, *n));
        assert_eq!(writer.join().unwrap(), read);
        saw("all");
    }

    /// A writer that asks first, beside a reader of what is there.
    pub(crate) fn asks_first(self: Arc<Self>) {
        let at = self.write(0, 1, 1);
        let at = self.write(at, 2, 2);
        let twin = Arc::clone(&self);
        let reader = spawn(move || {
            let at = twin.read(0, 1);
            twin.read(at, 2)
        });
        let room = |needed| SIZE - (at - self.read.load(Acquire)) >= needed;
        if room(self.needed(at, 2)) {
            assert!(room(2 + Self::skipped(at, 2)), "there is room as long as nothing is written");
        }
        reader.join().unwrap();
    }
}
