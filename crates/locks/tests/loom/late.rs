//! # Claim
//! Who was called and does not come is handed the lock by whoever came before it, once that one notices: no newcomer
//! comes before it twice, the lock has one holder at a time, and nobody is left asleep or without a lock.
//!
//! # Models
//! A thread that waits and one that takes the lock three times in a row, which is what keeps the other away where both run
//! on one core. Three threads for those who sleep meanwhile, and for one that gives up when it has been called. And a
//! newcomer that joins the line while the lock is handed over, and then runs so late that the word is the same once more
//! when it falls asleep, and the lock its own: it comes, as it sleeps for a while only. Random schedules of eight
//! threads found that (`tests/shuttle/lock.rs`), when it slept for ever.
//!
//! # Not shown here
//! The clock: in these models everyone who was called is late. That nobody looks at it where processes share the lock:
//! `platform::thread::is_late` says so. What a guard does about it: `guard.rs`.

use crate::lock::{
    Guarded, HANDS_OVER, LEAVES, RAW, TAKES, WAKES, a_patient_and_an_impatient_waiter, sections, word,
};
use platform::check::{Death, Fault, Proof, saw};
use platform::thread::spawn;
use std::sync::Arc;

/// The model takes the lock, and twice more, while another thread wants it.
fn a_thread_that_comes_first_again_and_again() {
    let guarded = Guarded::new();
    guarded.lock.acquire();
    let waiter = spawn({
        let guarded = Arc::clone(&guarded);
        move || guarded.section()
    });
    guarded.lock.release().unwrap();
    guarded.lock.acquire();
    guarded.lock.release().unwrap();
    let handed = format!("{:?}", guarded.lock).contains("handed over");
    guarded.lock.acquire();
    // SAFETY: the lock is held.
    let waiter_was_in = guarded.count.with(|count| unsafe { *count }) == 1;
    guarded.lock.release().unwrap();
    waiter.join().unwrap();
    assert!(waiter_was_in || !handed, "it came first for the third time");
    saw(match (handed, waiter_was_in) {
        (true, _) => "handed over",
        (false, true) => "the waiter came by itself",
        (false, false) => "the waiter had not been called",
    });
    assert_eq!(guarded.total(), 1, "the waiter counted");
}

#[test]
fn nobody_comes_before_one_that_is_late_for_ever() {
    Proof::new(
        "late::nobody_comes_before_one_that_is_late_for_ever",
        "who has come before one that was called hands it the lock, and waits behind it",
    )
    .threads(2)
    .bounded(4)
    .executions_at_least(1_000)
    .late()
    .outcomes(&["handed over", "the waiter came by itself", "the waiter had not been called"])
    .refuted_by("handing over is Relaxed", Fault::Relaxed, RAW, HANDS_OVER, Death::Causality)
    .refuted_by("being handed it is Relaxed", Fault::Relaxed, RAW, TAKES, Death::Causality)
    .refuted_by("a release wakes nobody", Fault::NoWake, RAW, WAKES, Death::Deadlock)
    .check(a_thread_that_comes_first_again_and_again);
}

#[test]
fn nobody_sleeps_on_beside_one_that_is_late() {
    Proof::new(
        "late::nobody_sleeps_on_beside_one_that_is_late",
        "of three threads, one of which comes before another that was called, all get in",
    )
    .threads(3)
    .bounded(3)
    .executions_at_least(1_000)
    .late()
    .outcomes(&["found it free", "found it held"])
    .refuted_by("who is handed it forgets the others", Fault::Writes(word::HELD), RAW, TAKES, Death::Deadlock)
    .refuted_by("a release wakes nobody", Fault::NoWake, RAW, WAKES, Death::Deadlock)
    .check(|| sections(2));
}

#[test]
fn who_gives_up_when_it_was_called_says_so() {
    Proof::new(
        "late::who_gives_up_when_it_was_called_says_so",
        "a lock is never handed to one that was called and has left: a patient waiter gets it, and it ends up free",
    )
    .threads(3)
    .bounded(3)
    .executions_at_least(1_000)
    .late()
    .outcomes(&["taken in time", "timed out"])
    .refuted_by(
        "it leaves the call behind",
        Fault::Writes(word::HELD + word::CALLED + word::WAITER),
        RAW,
        LEAVES,
        Death::Assertion("free in the end"),
    )
    .check(a_patient_and_an_impatient_waiter);
}

/// The model comes before the first thread, hands it the lock as it is late, does the same with the second one, which
/// comes meanwhile, and then waits itself.
fn a_newcomer_that_is_slow_to_fall_asleep() {
    let guarded = Guarded::new();
    guarded.lock.acquire();
    let [first, second] = [(); 2].map(|()| {
        let guarded = Arc::clone(&guarded);
        spawn(move || guarded.section())
    });
    for _ in 0..2 {
        guarded.lock.release().unwrap();
        guarded.lock.acquire();
    }
    guarded.count_and_release();
    guarded.section();
    first.join().unwrap();
    second.join().unwrap();
    assert_eq!(guarded.total(), 4, "each counted, and we twice");
    saw("all came in");
}

#[test]
fn a_newcomer_that_leaves_the_lock_to_others_comes_itself_if_nobody_does() {
    Proof::new(
        "late::a_newcomer_that_leaves_the_lock_to_others_comes_itself_if_nobody_does",
        "who joins the line while the lock is handed over is not asleep for ever when it is handed over to it alone",
    )
    .threads(3)
    .bounded(3)
    .executions_at_least(100_000)
    .late()
    .short_waits_end()
    .outcomes(&["all came in"])
    .refuted_by(
        "it sleeps until it is woken",
        Fault::NoDeadline,
        RAW,
        "deadline.sooner(FOR_OTHERS)",
        Death::Deadlock,
    )
    .check(a_newcomer_that_is_slow_to_fall_asleep);
}
