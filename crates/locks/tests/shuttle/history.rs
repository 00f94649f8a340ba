//! # Claim
//! What eight threads see of a semaphore, a `BoundedSemaphore` or a `Semaphore` that has all the permits there may be,
//! one thread alone could have seen, in some order.
//!
//! # Model
//! Eight threads with two calls or three each: waiting, trying, giving back, giving back too much, and asking for the
//! value. The history of each schedule is checked.
//!
//! # Not shown here
//! What weak memory would show: `tests/loom/history.rs`.

use crate::permits::{Flaw, Op, Permits, Twin, Witnessed};
use locks::{BoundedSemaphore, MAX_PERMITS, Semaphore};
use platform::check::{Death, Trial, saw};
use platform::thread::spawn;
use std::sync::Arc;

const MOST: u32 = 3;

fn acts(witnessed: &Witnessed<impl Permits>, number: u32) {
    let n = 1 + number % 2;
    let done = match number % 4 {
        0 | 1 => witnessed.does(Op::Acquire(n)),
        2 => witnessed.does(Op::TryAcquire(n)),
        _ => {
            witnessed.does(Op::Value);
            witnessed.does(Op::Release(n));
            false
        }
    };
    if done {
        witnessed.does(Op::Release(n));
    }
    witnessed.does(Op::Value);
}

fn eight(most: u32, permits: impl Permits) {
    let witnessed = Arc::new(Witnessed::new(permits, most));
    let others: Vec<_> = (1..8)
        .map(|number| {
            let witnessed = Arc::clone(&witnessed);
            spawn(move || acts(&witnessed, number))
        })
        .collect();
    acts(&witnessed, 0);
    others.into_iter().for_each(|other| other.join().unwrap());
    let witnessed = Arc::into_inner(witnessed).expect("the others have ended");
    witnessed.explained().unwrap_or_else(|violation| panic!("{violation}"));
    saw("explained");
}

#[test]
fn what_eight_threads_see_has_an_order() {
    Trial::new(
        "history::what_eight_threads_see_has_an_order",
        "what eight threads see of a semaphore, one alone could have seen in some order",
    )
    .threads(8)
    .schedules(5_000)
    .outcomes(&["explained"])
    .refuted_by_twin("it looks, and takes what may be gone", Death::Assertion("no order explains"), || {
        eight(MOST, Twin::new(Flaw::LooksAndTakes, MOST));
    })
    .refuted_by_twin("permits come back one by one", Death::Assertion("no order explains"), || {
        eight(MOST, Twin::new(Flaw::ReleasesOneByOne, MOST));
    })
    .check(|| eight(MOST, BoundedSemaphore::new(MOST)));
}

#[test]
fn what_eight_threads_see_at_the_limit_has_an_order() {
    Trial::new(
        "history::what_eight_threads_see_at_the_limit_has_an_order",
        "what eight threads see of a semaphore that can have no more permits, one alone could have seen in some order",
    )
    .threads(8)
    .schedules(5_000)
    .outcomes(&["explained"])
    .refuted_by_twin("what is added may be taken", Death::Assertion("no order explains"), || {
        eight(MOST, Twin::new(Flaw::AddsAndTakesBack, MOST));
    })
    .check(|| eight(MAX_PERMITS, Semaphore::new(MAX_PERMITS)));
}
