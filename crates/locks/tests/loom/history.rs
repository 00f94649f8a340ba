//! # Claim
//! What two threads see of a `BoundedSemaphore`, whatever the interleaving and whatever weak memory shows them, one
//! thread alone could have seen in some order: each execution's history is checked for it. So also for two and three
//! threads that give a `Semaphore` more than `MAX_PERMITS`.
//!
//! # Model
//! Two threads that take one permit or two of two, at once or waiting, and give them back. At the limit, one or two that
//! give back what they have not taken, while the model takes permits and gives them back.
//! `tests/semaphore_histories.rs` has longer histories, on real threads, and `tests/shuttle/history.rs` has more threads.
//!
//! # Not shown here
//! While others are at work, `value()`, and a try that fails, may be about a moment past: no ordering ties them to
//! the calls of others.

use crate::permits::{Flaw, Op, Permits, Twin, Witnessed};
use locks::{BoundedSemaphore, MAX_PERMITS, Semaphore};
use platform::check::{Death, Proof, saw};
use platform::thread::spawn;
use std::sync::Arc;

/// The model waits for both permits; the other tries for one, and gives back what it has.
fn two_threads(permits: impl Permits) {
    let witnessed = Arc::new(Witnessed::new(permits, 2));
    let other = spawn({
        let witnessed = Arc::clone(&witnessed);
        move || {
            let got = witnessed.does(Op::TryAcquire(1));
            got && witnessed.does(Op::Release(1))
        }
    });
    witnessed.does(Op::Acquire(2));
    let again = witnessed.does(Op::Release(2));
    assert!(again, "what was taken can be given back");
    witnessed.does(Op::TryAcquire(2));
    saw(if other.join().unwrap() { "the other got one" } else { "the other got none" });
    witnessed.does(Op::Value);
    let witnessed = Arc::into_inner(witnessed).expect("the other has ended");
    witnessed.explained().unwrap_or_else(|violation| panic!("{violation}"));
}

#[test]
fn a_semaphores_history_is_linearizable() {
    Proof::new(
        "history::a_semaphores_history_is_linearizable",
        "whatever two threads see of a semaphore, one alone could have seen in some order",
    )
    .threads(2)
    .executions_at_least(100)
    .outcomes(&["the other got one", "the other got none"])
    .refuted_by_twin("it looks, and takes what may be gone", Death::Assertion("no order explains"), || {
        two_threads(Twin::new(Flaw::LooksAndTakes, 2));
    })
    .check(|| two_threads(BoundedSemaphore::new(2)));
}

/// So many others give back a permit each that nobody took, while the model has `n` for a while, and does without one.
fn one_too_many(permits: impl Permits, most: u32, n: u32, others: usize) {
    let witnessed = Arc::new(Witnessed::new(permits, most));
    let others: Vec<_> = (0..others)
        .map(|_| {
            let witnessed = Arc::clone(&witnessed);
            spawn(move || witnessed.does(Op::Release(1)))
        })
        .collect();
    witnessed.does(Op::Acquire(n));
    witnessed.does(Op::Value);
    witnessed.does(Op::Release(1));
    let fitted = others.into_iter().map(|other| other.join().unwrap()).filter(|fitted| *fitted);
    saw(match fitted.count() {
        0 => "none fitted",
        1 => "one fitted",
        _ => "two fitted",
    });
    witnessed.does(Op::Value);
    let witnessed = Arc::into_inner(witnessed).expect("the others have ended");
    witnessed.explained().unwrap_or_else(|violation| panic!("{violation}"));
}

#[test]
fn a_permit_too_many_is_as_if_it_had_never_been() {
    Proof::new(
        "history::a_permit_too_many_is_as_if_it_had_never_been",
        "a permit that is added to a full semaphore, and taken back, is nobody's meanwhile",
    )
    .threads(2)
    .executions_at_least(50)
    .outcomes(&["none fitted", "one fitted"])
    .refuted_by_twin("it may be taken", Death::Assertion("no order explains"), || {
        one_too_many(Twin::new(Flaw::AddsAndTakesBack, 2), 2, 2, 1);
    })
    .check(|| one_too_many(Semaphore::new(MAX_PERMITS), MAX_PERMITS, MAX_PERMITS, 1));
}

#[test]
fn two_permits_too_many_are_taken_back_once_each() {
    Proof::new(
        "history::two_permits_too_many_are_taken_back_once_each",
        "of two permits that are added to a full semaphore each is taken back or fits, whoever takes some meanwhile",
    )
    .threads(3)
    .bounded(3)
    .executions_at_least(1_000)
    .outcomes(&["none fitted", "one fitted", "two fitted"])
    .refuted_by_twin("they may be taken", Death::Assertion("no order explains"), || {
        one_too_many(Twin::new(Flaw::AddsAndTakesBack, 3), 3, 3, 2);
    })
    .check(|| one_too_many(Semaphore::new(MAX_PERMITS), MAX_PERMITS, 3, 2));
}
