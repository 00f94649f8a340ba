//! # Claim
//! A release that adds its permit before it looks forgets nobody who sleeps, whoever takes the permit before it has
//! looked.
//!
//! # Model
//! A thread that takes a permit, one that gives it, and the model, which takes it if it is there and gives it back: a
//! sleeper, a release and a newcomer.
//!
//! # Not shown here
//! What becomes of a permit too many: `history.rs`.

use crate::semaphore::{RAW, WAKES, taker};
use locks::{Deadline, Semaphore};
use platform::atomic::{
    AtomicU32,
    Ordering::{Acquire, Relaxed, Release},
};
use platform::check::{Death, Fault, Proof, saw};
use platform::futex::{Private, wait, wake};
use platform::thread::spawn;
use std::sync::Arc;

/// A sleeper's mark beside permits that count two each.
const MARK: u32 = 1;

/// A release that adds first, in brief, and takes the mark away though the permit has gone meanwhile.
struct Twin {
    word: AtomicU32,
}

impl Twin {
    fn acquire(&self) {
        let mut seen = self.word.load(Relaxed);
        loop {
            let next = if seen > MARK { seen - 2 } else { MARK };
            match self.word.compare_exchange(seen, next, Acquire, Relaxed) {
                Ok(MARK..) if seen > MARK => return,
                Ok(_) => {
                    wait::<Private>(&self.word, MARK, &Deadline::NEVER);
                    seen = self.word.load(Relaxed);
                }
                Err(now) => seen = now,
            }
        }
    }

    fn release(&self) {
        if self.word.fetch_add(2, Release) & MARK == 0 {
            return;
        }
        let mut seen = self.word.load(Relaxed);
        while let Err(now) = self.word.compare_exchange(seen, seen & !MARK, Relaxed, Relaxed) {
            seen = now;
        }
        // As many as there are permits for: none, where a newcomer has taken it.
        wake::<Private>(&raw const self.word, seen / 2);
    }

    fn sleeper_release_and_newcomer() {
        let twin = Arc::new(Self { word: AtomicU32::new(0) });
        let sleeper = spawn({
            let twin = Arc::clone(&twin);
            move || {
                twin.acquire();
                twin.release();
            }
        });
        let release = spawn({
            let twin = Arc::clone(&twin);
            move || twin.release()
        });
        twin.acquire();
        twin.release();
        sleeper.join().unwrap();
        release.join().unwrap();
    }
}

#[test]
fn who_sleeps_is_not_forgotten_for_a_permit_that_a_newcomer_took() {
    Proof::new(
        "release::who_sleeps_is_not_forgotten_for_a_permit_that_a_newcomer_took",
        "a release whose permit is gone before it has woken anybody leaves the sleeper to the next release",
    )
    .threads(3)
    .bounded(3)
    .executions_at_least(1_000)
    .outcomes(&["one was there", "none was there"])
    .refuted_by("the release wakes nobody", Fault::NoWake, RAW, WAKES, Death::Deadlock)
    .refuted_by_twin(
        "it takes the mark away all the same",
        Death::Deadlock,
        Twin::sleeper_release_and_newcomer,
    )
    .check(|| {
        let semaphore = Arc::new(Semaphore::new(0));
        let sleeper = taker(&semaphore, 1);
        let release = spawn({
            let semaphore = Arc::clone(&semaphore);
            move || semaphore.release().unwrap()
        });
        let was_there = semaphore.try_acquire();
        saw(if was_there { "one was there" } else { "none was there" });
        if was_there {
            semaphore.release().unwrap();
        }
        sleeper.join().unwrap();
        release.join().unwrap();
        assert_eq!(semaphore.value(), 0, "the sleeper has it");
    });
}
