//! # Claim
//! A future ends once: with the result, or as cancelled, and what `cancel` says is what everybody sees. A callback
//! is called once, before who waits has the result. Who waits is told, also of a promise that was dropped, and who
//! gives up can ask again.
//!
//! # Models
//! A thread that completes the promise, one that waits or cancels, or both. The canceller says yes, as that of a
//! process pool, which stops what runs; or no, as that of a thread pool, when the task has begun. Waits for several:
//! `future_waits.rs`.
//!
//! # Not shown here
//! That nothing runs under the lock, and panics of callbacks: `tests/futures.rs`. Long histories: `tests/props/`.

use crate::future_twin::{Ends, Flaw, Keeps, real, twin};
use platform::atomic::{AtomicU32, Ordering::Relaxed};
use platform::check::{Death, Fault, Proof, saw};
use platform::thread::{JoinHandle, spawn};
use std::sync::Arc;
use std::task::{Wake, Waker};

pub(crate) const LOCK: &str = "crates/locks/src/lock/raw.rs";
pub(crate) const RELEASES: &str = "self.word.fetch_sub(HELD, Release) != HELD";
pub(crate) const CONDITION: &str = "crates/locks/src/condition/raw.rs";
pub(crate) const WAKES: &str = "wake::<Private>(word, 1)";

pub(crate) fn completed_by_a_thread(promise: impl Keeps, value: u32) -> JoinHandle<()> {
    spawn(move || promise.complete(value))
}

/// A callback is added while the future ends.
fn waits_after_the_callback<P: Keeps, F: Ends>((promise, future): (P, F)) {
    let thread = completed_by_a_thread(promise, 7);
    let calls = Arc::new(AtomicU32::new(0));
    let called = Arc::clone(&calls);
    future.add_callback(move |end| {
        assert_eq!(end, Some(7));
        // Relaxed: the future orders it.
        called.fetch_add(1, Relaxed);
    });
    saw(future.result().unwrap_or(0));
    // Relaxed: as above.
    assert_eq!(calls.load(Relaxed), 1, "called once, by then");
    thread.join().unwrap();
}

#[test]
fn who_waits_is_told_after_the_callback() {
    let twin_with = |flaw| move || waits_after_the_callback(twin(flaw, false));
    let dies = Death::Assertion("called once, by then");
    Proof::new(
        "future::who_waits_is_told_after_the_callback",
        "who waits gets the result, and the callback has been called by then, once, whenever it was added",
    )
    .threads(2)
    .bounded(5)
    .executions_at_least(20_000)
    .outcomes(&["7"])
    .refuted_by("nobody is woken", Fault::NoWake, CONDITION, WAKES, Death::Deadlock)
    .refuted_by("the lock's release is Relaxed", Fault::Relaxed, LOCK, RELEASES, Death::Causality)
    .refuted_by_twin("who adds it looks, and then adds", dies, twin_with(Flaw::LooksAndAdds))
    .refuted_by_twin("the result is out before it is called", dies, twin_with(Flaw::CallsLate))
    .check(|| waits_after_the_callback(real(false)));
}

/// The canceller says yes.
fn cancels<P: Keeps, F: Ends>((promise, future): (P, F)) {
    let thread = completed_by_a_thread(promise, 7);
    let cancelled = future.cancel();
    // First, so that the model is smaller.
    thread.join().unwrap();
    assert_eq!(future.result(), if cancelled { None } else { Some(7) }, "one end, as the cancel said");
    saw(if cancelled { "cancelled" } else { "7" });
}

#[test]
fn a_cancel_that_says_yes_is_the_end() {
    Proof::new(
        "future::a_cancel_that_says_yes_is_the_end",
        "of a result and a cancel one is the end, and the cancel knows which",
    )
    .threads(2)
    .bounded(5)
    .executions_at_least(6_000)
    .outcomes(&["cancelled", "7"])
    .refuted_by("the lock's release is Relaxed", Fault::Relaxed, LOCK, RELEASES, Death::Causality)
    .refuted_by_twin("who cancels looks, and then says yes", Death::Assertion("one end"), || {
        cancels(twin(Flaw::LooksAndCancels, true));
    })
    .check(|| cancels(real(true)));
}

/// As before, and a callback is told.
fn cancels_before_a_callback<P: Keeps, F: Ends>((promise, future): (P, F)) {
    let calls = Arc::new(AtomicU32::new(0));
    let called = Arc::clone(&calls);
    future.add_callback(move |end| {
        // Relaxed: the future orders it.
        called.fetch_add(if end.is_some() { 1 } else { 10 }, Relaxed);
    });
    let thread = completed_by_a_thread(promise, 7);
    let cancelled = future.cancel();
    let end = future.result();
    // Relaxed: as above.
    let calls = calls.load(Relaxed);
    let expected = if cancelled { (None, 10) } else { (Some(7), 1) };
    assert_eq!((end, calls), expected, "one end, as the cancel said");
    saw(if cancelled { "cancelled" } else { "7" });
    thread.join().unwrap();
}

#[test]
fn a_callback_is_told_what_the_cancel_says() {
    let twin_with = |flaw| move || cancels_before_a_callback(twin(flaw, true));
    let dies = Death::Assertion("one end");
    Proof::new(
        "future::a_callback_is_told_what_the_cancel_says",
        "whichever of a result and a cancel is the end, the callback is called with it, once, before it is out",
    )
    .threads(2)
    .bounded(4)
    .executions_at_least(12_000)
    .outcomes(&["cancelled", "7"])
    .refuted_by("nobody is woken", Fault::NoWake, CONDITION, WAKES, Death::Deadlock)
    .refuted_by_twin("who cancels looks, and then says yes", dies, twin_with(Flaw::LooksAndCancels))
    .refuted_by_twin("the result is out before it is called", dies, twin_with(Flaw::CallsLate))
    .check(|| cancels_before_a_callback(real(true)));
}

/// The canceller says no, once or twice.
fn cancels_in_vain<P: Keeps, F: Ends>((promise, future): (P, F), twice: bool) {
    let future = Arc::new(future);
    let thread = completed_by_a_thread(promise, 7);
    let other = twice.then(|| {
        let future = Arc::clone(&future);
        spawn(move || assert!(!future.cancel()))
    });
    assert!(!future.cancel());
    other.into_iter().chain([thread]).for_each(|other| other.join().unwrap());
    let future = Arc::into_inner(future).expect("the other has let go of it");
    saw(future.result().unwrap_or(0));
}

#[test]
fn a_cancel_that_says_no_changes_nothing() {
    Proof::new(
        "future::a_cancel_that_says_no_changes_nothing",
        "a result that comes while a cancel is refused is kept",
    )
    .threads(2)
    .executions_at_least(25_000)
    .outcomes(&["7"])
    .refuted_by("the lock's release is Relaxed", Fault::Relaxed, LOCK, RELEASES, Death::Causality)
    .refuted_by_twin("what comes meanwhile is dropped", Death::Deadlock, || {
        cancels_in_vain(twin(Flaw::LosesWhatComes, false), false);
    })
    .check(|| cancels_in_vain(real(false), false));
}

#[test]
fn two_cancels_that_say_no_change_nothing() {
    Proof::new(
        "future::two_cancels_that_say_no_change_nothing",
        "of two that cancel while the result comes, the second waits for the answer to the first; the result is kept",
    )
    .threads(3)
    .bounded(2)
    .executions_at_least(2_000)
    .outcomes(&["7"])
    .refuted_by("nobody is woken", Fault::NoWake, CONDITION, WAKES, Death::Deadlock)
    .refuted_by_twin("what comes meanwhile is dropped", Death::Deadlock, || {
        cancels_in_vain(twin(Flaw::LosesWhatComes, false), true);
    })
    .check(|| cancels_in_vain(real(false), true));
}

/// The promise is dropped while somebody waits.
fn drops<P: Keeps, F: Ends>((promise, future): (P, F)) {
    let thread = spawn(move || drop(promise));
    assert_eq!(future.result(), None);
    saw("cancelled");
    thread.join().unwrap();
}

#[test]
fn a_promise_that_is_dropped_ends_the_wait() {
    Proof::new(
        "future::a_promise_that_is_dropped_ends_the_wait",
        "who waits for a promise that is dropped is told that nothing comes",
    )
    .threads(2)
    .bounded(6)
    .executions_at_least(3_000)
    .outcomes(&["cancelled"])
    .refuted_by("nobody is woken", Fault::NoWake, CONDITION, WAKES, Death::Deadlock)
    .refuted_by_twin("it is dropped in silence", Death::Deadlock, || drops(twin(Flaw::DropsSilently, false)))
    .check(|| drops(real(false)));
}

/// Somebody waits for a while, and then again.
fn gives_up<P: Keeps, F: Ends>((promise, future): (P, F)) {
    let thread = completed_by_a_thread(promise, 7);
    let (end, seen) = match future.result_soon() {
        Ok(end) => (end, "in time"),
        Err(future) => (future.result(), "later"),
    };
    assert_eq!(end, Some(7));
    saw(seen);
    thread.join().unwrap();
}

#[test]
fn who_gives_up_can_ask_again() {
    Proof::new(
        "future::who_gives_up_can_ask_again",
        "a result that comes as the time is over is had at once, or when it is asked for again",
    )
    .threads(2)
    .bounded(4)
    .executions_at_least(20_000)
    .outcomes(&["in time", "later"])
    .refuted_by("nobody is woken", Fault::NoWake, CONDITION, WAKES, Death::Deadlock)
    .refuted_by_twin("who gives up ends it", Death::Deadlock, || gives_up(twin(Flaw::TakesItAlong, false)))
    .check(|| gives_up(real(false)));
}

struct Flag(AtomicU32);

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        // Relaxed: the model looks when the thread has ended.
        self.0.swap(1, Relaxed);
    }
}

/// It is polled while it ends.
fn polled<P: Keeps, F: Ends>((promise, mut future): (P, F)) {
    let flag = Arc::new(Flag(AtomicU32::new(0)));
    let waker = Waker::from(Arc::clone(&flag));
    let thread = completed_by_a_thread(promise, 7);
    let first = future.poll(&waker);
    thread.join().unwrap();
    let Some(end) = first else {
        // Relaxed: the thread has ended.
        assert_eq!(flag.0.load(Relaxed), 1, "who was told to wait is woken");
        assert_eq!(future.poll(&waker), Some(Some(7)));
        return saw("woken");
    };
    assert_eq!(end, Some(7));
    saw("ready");
}

#[test]
fn a_task_that_awaits_is_woken() {
    Proof::new(
        "future::a_task_that_awaits_is_woken",
        "who polls a future that ends meanwhile has the result, or its waker is woken",
    )
    .threads(2)
    .executions_at_least(5_000)
    .outcomes(&["ready", "woken"])
    .refuted_by("the lock's release is Relaxed", Fault::Relaxed, LOCK, RELEASES, Death::Causality)
    .refuted_by_twin("who polls looks, and then leaves its waker", Death::Assertion("is woken"), || {
        polled(twin(Flaw::LooksAndLeaves, false));
    })
    .check(|| polled(real(false)));
}

#[test]
fn the_twin_without_a_flaw_is_sound() {
    Proof::new(
        "future::the_twin_without_a_flaw_is_sound",
        "the twin that the flaws are put into ends once, and tells who waits",
    )
    .threads(2)
    .bounded(4)
    .executions_at_least(2_000)
    .outcomes(&["cancelled", "7"])
    .refuted_by_twin("who cancels looks, and then says yes", Death::Assertion("one end"), || {
        cancels(twin(Flaw::LooksAndCancels, true));
    })
    .check(|| cancels(twin(Flaw::None, true)));
}
