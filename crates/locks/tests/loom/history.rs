//! # Claim
//! What two threads see of a `BoundedSemaphore`, whatever the interleaving and whatever weak memory shows them, one
//! thread alone could have seen in some order: each execution's history is checked for it.
//!
//! # Model
//! Two threads that take one permit or two of two, at once or waiting, and give them back. `tests/semaphore_histories.rs`
//! has longer histories, on real threads, and `tests/shuttle/history.rs` has more threads.
//!
//! # Not shown here
//! While others are at work, `value()`, and a try that fails, may be about a moment past: no ordering ties them to
//! the calls of others.

use crate::permits::{Flaw, Op, Permits, Twin, Witnessed};
use locks::BoundedSemaphore;
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
