//! The barrier's twins: two parties, no action, and one change that no fault at one place can make.

use locks::Deadline;
use platform::atomic::{
    AtomicU32,
    Ordering::{AcqRel, Acquire},
};
use platform::cell::UnsafeCell;
use platform::futex::{Private, Wait, wait, wake};
use platform::thread::{JoinHandle, spawn};
use std::sync::Arc;

#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Flaw {
    /// The last to come opens the next cycle, though the other has not left.
    OpensAtOnce,
    /// Who was woken passes without looking.
    TrustsTheWake,
    /// Who gives up just leaves.
    LeavesSilently,
    /// An abort fails also who may pass already.
    AbortsThoseWhoPass,
    /// A reset makes the word as new, though one is inside.
    ResetsAtOnce,
}

/// The word: 0 or 1 is inside and waits; or one is inside and passes; or it is broken for good.
const PASSING: u32 = 16;
const BROKEN: u32 = 32;

pub(crate) struct Twin {
    word: AtomicU32,
    note: UnsafeCell<u32>,
    flaw: Flaw,
}

// SAFETY: as for Meeting; that it is not enough here is what is shown.
unsafe impl Sync for Twin {}

impl Twin {
    pub(crate) fn new(flaw: Flaw) -> Arc<Self> {
        Arc::new(Self { word: AtomicU32::new(0), note: UnsafeCell::new(0), flaw })
    }

    /// What a party does before it comes.
    pub(crate) fn write(&self) {
        // SAFETY: nobody reads it before we have come.
        self.note.with_mut(|note| unsafe { *note = 1 });
    }

    /// What the other does when it has passed.
    pub(crate) fn read(&self) -> u32 {
        // SAFETY: its writer has come, or so the twin believes.
        self.note.with(|note| unsafe { *note })
    }

    fn step(&self, next: impl Fn(u32) -> u32) -> u32 {
        let mut seen = self.word.load(Acquire);
        while let Err(now) = self.word.compare_exchange(seen, next(seen), AcqRel, Acquire) {
            seen = now;
        }
        wake::<Private>(&raw const self.word, u32::MAX);
        seen
    }

    pub(crate) fn wait(&self, deadline: Deadline) -> bool {
        let last = if self.flaw == Flaw::OpensAtOnce { 0 } else { PASSING };
        loop {
            match self.step(|word| {
                if word == 0 {
                    1
                } else if word == 1 {
                    last
                } else {
                    word
                }
            }) {
                0 => break,
                1 => return true,
                BROKEN => return false,
                passing => wait::<Private>(&self.word, passing, &Deadline::NEVER),
            };
        }
        while self.word.load(Acquire) == 1 {
            let slept = wait::<Private>(&self.word, 1, &deadline);
            if slept == Wait::TimedOut && self.flaw == Flaw::LeavesSilently {
                return self.step(|_| 0) == PASSING;
            }
            if self.flaw == Flaw::TrustsTheWake {
                return true;
            }
        }
        self.step(|word| if word == PASSING { 0 } else { word }) != BROKEN
    }

    pub(crate) fn abort(&self) {
        let spares = self.flaw != Flaw::AbortsThoseWhoPass;
        self.step(|word| if word == PASSING && spares { word } else { BROKEN });
    }

    pub(crate) fn reset(&self) {
        assert!(self.flaw == Flaw::ResetsAtOnce);
        self.step(|_| 0);
    }

    pub(crate) fn party(self: &Arc<Self>, deadline: Deadline) -> JoinHandle<bool> {
        let twin = Arc::clone(self);
        spawn(move || twin.wait(deadline))
    }
}
