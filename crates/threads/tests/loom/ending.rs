//! # Claim
//! Who joins a thread is told of its end, finds its outcome, and sees what the thread did; the outcome comes out
//! once, whoever goes first. Who waits for all threads is told when they have left, and of none of them it is
//! ever said that it has left and lives, or the opposite.
//!
//! # Models
//! A thread that ends, and one that joins it, asks after it, or lets go of it. They take the steps of
//! `Handle` and `Place`, over the same parts.
//!
//! # Not shown here
//! What the system does with a thread that has ended, and what a value's drop does: `tests/api.rs`,
//! `tests/non_daemon.rs`.

use platform::cell::UnsafeCell;
use platform::check::{Death, Fault, Proof, saw};
use platform::thread::{JoinHandle, spawn};
use std::sync::Arc;
use std::time::Duration;
use threads::Deadline;
use threads::raw::{End, Roll, Slot};

const EVENT: &str = "crates/locks/src/event.rs";
const EVENT_WAKES: &str = "wake::<S>";
const EVENT_SETS: &str = "compare_exchange(seen, next, Release, Relaxed)";
const CONDITION: &str = "crates/locks/src/condition/raw.rs";
const CONDITION_WAKES: &str = "wake::<Private>(word, 1)";

/// A thread, as its handle and the roll see it, and what it writes; loom checks that no two accesses are
/// unordered.
struct Thread<S> {
    slot: S,
    end: End,
    roll: Roll<()>,
    work: UnsafeCell<u32>,
}

// SAFETY: the models write `work` on the thread before it ends, and read it when they know that it has ended; that
// this is an order is what is proved.
unsafe impl<S: Sync> Sync for Thread<S> {}

/// A slot, or its twin.
trait Keeps: Send + Sync + 'static {
    fn new() -> Self;
    fn keep(&self, outcome: u32) -> Result<(), u32>;
    fn take(&self) -> Option<u32>;
    fn refuse(&self) -> Option<u32>;
}

impl Keeps for Slot<u32> {
    fn new() -> Self {
        Slot::new()
    }

    fn keep(&self, outcome: u32) -> Result<(), u32> {
        Slot::keep(self, outcome)
    }

    fn take(&self) -> Option<u32> {
        Slot::take(self)
    }

    fn refuse(&self) -> Option<u32> {
        Slot::refuse(self)
    }
}

/// The slot's twin: it asks whether the outcome is unwanted, and keeps it later.
struct InTwoSteps {
    outcome: locks::Lock<Option<u32>>,
    unwanted: locks::Lock<bool>,
}

impl Keeps for InTwoSteps {
    fn new() -> Self {
        Self { outcome: locks::Lock::new(None), unwanted: locks::Lock::new(false) }
    }

    fn keep(&self, outcome: u32) -> Result<(), u32> {
        if *self.unwanted.lock() {
            return Err(outcome);
        }
        *self.outcome.lock() = Some(outcome);
        Ok(())
    }

    fn take(&self) -> Option<u32> {
        self.outcome.lock().take()
    }

    fn refuse(&self) -> Option<u32> {
        *self.unwanted.lock() = true;
        self.take()
    }
}

/// Starts a thread that works, keeps its outcome and leaves; it says what it had back.
fn start<S: Keeps>() -> (Arc<Thread<S>>, JoinHandle<Option<u32>>) {
    let (end, roll) = (End::new(), Roll::new());
    let thread = Arc::new(Thread { slot: S::new(), end, roll, work: UnsafeCell::new(0) });
    thread.roll.enter(Some((1, ())), true);
    let running = Arc::clone(&thread);
    let os = spawn(move || {
        // SAFETY: it has not ended.
        running.work.with_mut(|work| unsafe { *work = 1 });
        let unwanted = running.slot.keep(7).err();
        running.roll.leave(Some(1), true, || running.end.come());
        unwanted
    });
    (thread, os)
}

impl<S> Thread<S> {
    /// What one does who knows that it has ended.
    fn look(&self) {
        // SAFETY: it has ended.
        let work = self.work.with(|work| unsafe { *work });
        assert_eq!(work, 1, "what the thread did");
    }
}

#[test]
fn who_joins_is_told_and_finds_the_outcome() {
    Proof::new(
        "ending::who_joins_is_told_and_finds_the_outcome",
        "who joins a thread is woken when it ends, finds its outcome, and sees what it did",
    )
    .threads(2)
    .executions_at_least(300)
    .outcomes(&["7"])
    .refuted_by("the end wakes nobody", Fault::NoWake, EVENT, EVENT_WAKES, Death::Deadlock)
    .check(|| {
        let (thread, os) = start::<Slot<u32>>();
        assert!(thread.end.wait_timeout(Deadline::NEVER));
        saw(thread.slot.take().expect("it is kept before the end"));
        thread.look();
        assert_eq!(os.join().unwrap(), None, "it was wanted");
    });
}

#[test]
fn who_asks_after_a_thread_is_told_what_is_so() {
    Proof::new(
        "ending::who_asks_after_a_thread_is_told_what_is_so",
        "a join with a timeout says whether the thread has ended, can be made again, and who was told sees what the thread did",
    )
    .threads(3)
    .bounded(2)
    .executions_at_least(2_000)
    .outcomes(&["not yet", "ended"])
    .refuted_by("the end wakes nobody", Fault::NoWake, EVENT, EVENT_WAKES, Death::Deadlock)
    .refuted_by("the end publishes nothing", Fault::Relaxed, EVENT, EVENT_SETS, Death::Causality)
    .check(|| {
        let (thread, os) = start::<Slot<u32>>();
        let other = spawn({
            let thread = Arc::clone(&thread);
            move || {
                assert!(thread.end.wait_timeout(Deadline::NEVER));
                thread.look();
            }
        });
        let ended = thread.end.wait_timeout(Duration::from_millis(1));
        saw(if ended { "ended" } else { "not yet" });
        if ended {
            assert!(thread.end.has_come(), "for ever");
            thread.look();
        }
        other.join().unwrap();
        os.join().unwrap();
        assert!(thread.end.wait_timeout(Duration::ZERO));
    });
}

/// The handle is dropped while the thread ends.
fn let_go<S: Keeps>() {
    let (thread, os) = start::<S>();
    let refused = thread.slot.refuse();
    let given_back = os.join().unwrap();
    assert_eq!(refused.or(given_back), Some(7), "somebody drops it");
    assert!(refused.is_none() || given_back.is_none(), "and nobody a second time");
    saw(if refused.is_some() { "by who let go" } else { "by the thread" });
}

#[test]
fn an_outcome_that_nobody_takes_is_dropped_once() {
    Proof::new(
        "ending::an_outcome_that_nobody_takes_is_dropped_once",
        "when the handle is dropped while the thread ends, one of the two has the outcome to drop",
    )
    .threads(2)
    .executions_at_least(25)
    .outcomes(&["by who let go", "by the thread"])
    .refuted_by_twin(
        "it asks whether it is unwanted, and keeps it later",
        Death::Assertion("somebody drops it"),
        let_go::<InTwoSteps>,
    )
    .check(let_go::<Slot<u32>>);
}

#[test]
fn who_waits_for_all_is_told_when_all_have_left() {
    Proof::new(
        "ending::who_waits_for_all_is_told_when_all_have_left",
        "who waits until no thread is left is woken when the last leaves, which has ended then; and who knows that it has ended need not wait",
    )
    .threads(2)
    .executions_at_least(3_000)
    .outcomes(&["had to wait", "need not wait"])
    .refuted_by("who leaves wakes nobody", Fault::NoWake, CONDITION, CONDITION_WAKES, Death::Deadlock)
    .check(|| {
        let (thread, os) = start::<Slot<u32>>();
        let ended = thread.end.has_come();
        saw(if ended { "need not wait" } else { "had to wait" });
        if ended {
            assert!(thread.roll.wait_timeout(0, Duration::ZERO), "it ends and leaves in one step");
            assert!(thread.roll.entries().is_empty());
        } else {
            assert!(thread.roll.wait_timeout(0, Deadline::NEVER));
        }
        assert!(thread.end.has_come(), "who has left has ended");
        thread.look();
        os.join().unwrap();
    });
}
