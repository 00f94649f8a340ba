//! # Claim
//! A future ends once: with the result, or as cancelled, and what `cancel` says is what everybody sees. A callback
//! is called once, before who waits has the result. Who waits for one future or for several is told.
//!
//! # Models
//! A thread that completes the promise, one that waits or cancels, or both. The canceller says yes, as that of a
//! process pool, which stops what runs; or no, as that of a thread pool, when the task has begun.
//!
//! # Not shown here
//! That nothing runs under the lock, panics of callbacks, and wakers: `tests/futures.rs`.

use platform::atomic::{AtomicU32, Ordering::Relaxed};
use platform::check::{Death, Fault, Proof, saw};
use platform::thread::{JoinHandle, spawn};
use platform::time::Deadline;
use std::sync::Arc;
use workers_multiprocess::raw::{Canceller, Promise, promise, promise_with};
use workers_multiprocess::{Future, TaskError, When, wait};

const LOCK: &str = "crates/locks/src/lock/raw.rs";
const RELEASES: &str = "self.word.fetch_sub(1, Release)";
const CONDITION: &str = "crates/locks/src/condition/raw.rs";
const WAKES: &str = "wake::<Private>(word, 1)";

/// Always of the same opinion.
struct Says(bool);

impl Canceller for Says {
    fn cancel(&self, _ticket: u64) -> bool {
        self.0
    }
}

fn pair(canceller: bool) -> (Promise<u32>, Future<u32>) {
    promise_with(Arc::new(Says(canceller)), 0)
}

fn completed_by_a_thread(promise: Promise<u32>) -> JoinHandle<()> {
    spawn(move || promise.complete(Ok(7)))
}

#[test]
fn who_waits_is_told_after_the_callback() {
    Proof::new(
        "future::who_waits_is_told_after_the_callback",
        "who waits gets the result, and the callback has been called by then, once, whenever it was added",
    )
    .threads(2)
    .bounded(2)
    .executions_at_least(100)
    .outcomes(&["7"])
    .refuted_by("nobody is woken", Fault::NoWake, CONDITION, WAKES, Death::Deadlock)
    .refuted_by("the lock's release is Relaxed", Fault::Relaxed, LOCK, RELEASES, Death::Causality)
    .check(|| {
        let (promise, future) = promise();
        let thread = completed_by_a_thread(promise);
        let calls = Arc::new(AtomicU32::new(0));
        let called = Arc::clone(&calls);
        future.add_done_callback(move |result| {
            assert_eq!(*result, Ok(7));
            // Relaxed: the future orders it.
            called.fetch_add(1, Relaxed);
        });
        saw(future.result().unwrap());
        // Relaxed: as above.
        assert_eq!(calls.load(Relaxed), 1);
        thread.join().unwrap();
    });
}

#[test]
fn a_cancel_that_says_yes_is_the_end() {
    Proof::new(
        "future::a_cancel_that_says_yes_is_the_end",
        "of a result and a cancel one is the end, the cancel knows which, and the callback is called with it",
    )
    .threads(2)
    .bounded(2)
    .executions_at_least(330)
    .outcomes(&["cancelled", "7"])
    .refuted_by("the lock's release is Relaxed", Fault::Relaxed, LOCK, RELEASES, Death::Causality)
    .check(|| {
        let (promise, future) = pair(true);
        let calls = Arc::new(AtomicU32::new(0));
        let called = Arc::clone(&calls);
        future.add_done_callback(move |result| {
            // Relaxed: the future orders it.
            called.fetch_add(if result.is_ok() { 1 } else { 10 }, Relaxed);
        });
        let thread = completed_by_a_thread(promise);
        let cancelled = future.cancel();
        let result = future.result();
        // Relaxed: as above.
        let calls = calls.load(Relaxed);
        if cancelled {
            assert_eq!((result, calls), (Err(TaskError::Cancelled), 10));
            saw("cancelled");
        } else {
            assert_eq!((result, calls), (Ok(7), 1));
            saw(7);
        }
        thread.join().unwrap();
    });
}

#[test]
fn a_cancel_that_says_no_changes_nothing() {
    Proof::new(
        "future::a_cancel_that_says_no_changes_nothing",
        "a result that comes while a cancel is refused is kept, and two that cancel are both refused",
    )
    .threads(3)
    .bounded(2)
    .executions_at_least(3300)
    .outcomes(&["7"])
    .refuted_by("nobody is woken", Fault::NoWake, CONDITION, WAKES, Death::Deadlock)
    .check(|| {
        let (promise, future) = pair(false);
        let future = Arc::new(future);
        let thread = completed_by_a_thread(promise);
        let other = spawn({
            let future = Arc::clone(&future);
            move || assert!(!future.cancel())
        });
        assert!(!future.cancel());
        other.join().unwrap();
        let future = Arc::into_inner(future).expect("the other has let go of it");
        saw(future.result().unwrap());
        thread.join().unwrap();
    });
}

#[test]
fn who_waits_for_two_is_told_of_both() {
    Proof::new(
        "future::who_waits_for_two_is_told_of_both",
        "who waits for two futures is woken when both are done, whichever is first",
    )
    .threads(3)
    .bounded(2)
    .executions_at_least(2100)
    .outcomes(&["all done"])
    .refuted_by("nobody is woken", Fault::NoWake, CONDITION, WAKES, Death::Deadlock)
    .check(|| {
        let (pairs, futures): (Vec<_>, Vec<_>) = [(); 2].map(|()| promise()).into_iter().unzip();
        let threads: Vec<_> = pairs.into_iter().map(completed_by_a_thread).collect();
        let (done, not_done) = wait(futures, Deadline::NEVER, When::All);
        assert!(not_done.is_empty());
        assert!(done.into_iter().all(|future| future.result() == Ok(7)));
        saw("all done");
        threads.into_iter().for_each(|thread| thread.join().unwrap());
    });
}
