//! # Claim
//! What a guard does when it is dropped releases the lock as `RawLock::release` does: it frees it or hands it over, the
//! next holder sees what was written, and a sleeper is woken.
//!
//! # Models
//! Those of `lock.rs`, in brief, through `Lock` and its guards: two threads and three, patient or not at all.
//!
//! # Not shown here
//! What `lock_api` makes of it: its guards are another crate's. The model has a double of them, `lock/double.rs`.

use crate::lock::{HANDS_OVER, RAW, TAKES, WAKES, word::HELD};
use locks::Lock;
use platform::check::{Death, Fault, Proof, saw};
use platform::thread::spawn;
use std::sync::Arc;

const RELEASES: &str = "self.word.fetch_sub(HELD, Release) != HELD";
/// Where it wakes one that came after it looked, and one that went back to sleep.
const WAKES_NEW: &str = "// Somebody has just";
const WAKES_AGAIN: &str = "// Who was called has gone";
/// Where it releases the lock while one in line was called.
const RELEASES_AHEAD: &str = "is_contended(self.word.fetch_sub(HELD, Release))";

/// The model and so many others each count once.
fn sections(others: usize) {
    let lock = Arc::new(Lock::new(0));
    let count = |lock: &Lock<usize>| {
        let mut count = lock.lock();
        *count += 1;
        *count
    };
    let others: Vec<_> = (0..others)
        .map(|_| {
            let lock = Arc::clone(&lock);
            spawn(move || count(&lock))
        })
        .collect();
    let ours = count(&lock);
    let threads = 1 + others.len();
    let theirs: usize = others.into_iter().map(|other| other.join().unwrap()).sum();
    assert_eq!(ours + theirs, threads * (threads + 1) / 2, "each found what the others had counted");
    saw(match ours {
        1 => "we came first",
        last if last == threads => "we came last",
        _ => "we came between",
    });
}

#[test]
fn what_a_guard_gives_back_the_next_holder_has_whole() {
    Proof::new(
        "guard::what_a_guard_gives_back_the_next_holder_has_whole",
        "of two threads with guards one is inside at a time, and sees what the one before it wrote",
    )
    .threads(2)
    .executions_at_least(50)
    .outcomes(&["we came first", "we came last"])
    .refuted_by("the guard's release is Relaxed", Fault::Relaxed, RAW, RELEASES, Death::Causality)
    .refuted_by("it wakes nobody", Fault::NoWake, RAW, WAKES, Death::Deadlock)
    .refuted_by("it forgets who has just come", Fault::NoWake, RAW, WAKES_NEW, Death::Deadlock)
    .check(|| sections(1));
}

#[test]
fn of_three_with_guards_none_is_left_asleep() {
    Proof::new(
        "guard::of_three_with_guards_none_is_left_asleep",
        "a guard that wakes one of two sleepers leaves a word that makes the next guard wake the other",
    )
    .threads(3)
    .bounded(3)
    .executions_at_least(1_000)
    .outcomes(&["we came first", "we came between", "we came last"])
    .refuted_by("it wakes nobody", Fault::NoWake, RAW, WAKES, Death::Deadlock)
    .refuted_by("it forgets who slept again", Fault::NoWake, RAW, WAKES_AGAIN, Death::Deadlock)
    .refuted_by("who was woken forgets the others", Fault::Writes(HELD), RAW, TAKES, Death::Deadlock)
    .refuted_by(
        "who comes before one that was called is Relaxed",
        Fault::Relaxed,
        RAW,
        RELEASES_AHEAD,
        Death::Causality,
    )
    .check(|| sections(2));
}

#[test]
fn a_guard_hands_over_to_who_starves() {
    Proof::new(
        "guard::a_guard_hands_over_to_who_starves",
        "a guard's lock that is handed over has one holder, who sees what was written, and nobody is left asleep",
    )
    .threads(3)
    .bounded(3)
    .executions_at_least(1_000)
    .impatient()
    .outcomes(&["we came first", "we came between", "we came last"])
    .refuted_by("the guard's release is Relaxed", Fault::Relaxed, RAW, RELEASES, Death::Causality)
    .refuted_by("handing over is Relaxed", Fault::Relaxed, RAW, HANDS_OVER, Death::Causality)
    .refuted_by("handing over wakes nobody", Fault::NoWake, RAW, WAKES, Death::Deadlock)
    .check(|| sections(2));
}

#[test]
fn a_guard_hands_over_to_who_is_late() {
    Proof::new(
        "guard::a_guard_hands_over_to_who_is_late",
        "a guard that came before one that was called hands it the lock, and nobody is left asleep",
    )
    .threads(3)
    .bounded(3)
    .executions_at_least(1_000)
    .late()
    .outcomes(&["we came first", "we came between", "we came last"])
    .refuted_by("handing over is Relaxed", Fault::Relaxed, RAW, HANDS_OVER, Death::Causality)
    .refuted_by("it wakes nobody", Fault::NoWake, RAW, WAKES, Death::Deadlock)
    .check(|| sections(2));
}
