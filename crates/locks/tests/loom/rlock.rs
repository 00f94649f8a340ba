//! # Claim
//! `RawRLock` has one owner at a time, until it has given back all its levels; nobody but the owner can release it
//! or takes itself for the owner; a `Condition` lets go of all levels and takes all of them again.
//!
//! # Models
//! Two threads that take the lock twice each. What is new beside `lock.rs` is the owner's number, which is read
//! without holding anything; two threads and two levels show every pair of a look and a store. Who waits, in what
//! order, and what is handed over is the inner lock's, with proofs of its own.
//!
//! # Not shown here
//! Numbers that come again, as the kernel's may (`RawRLock<Shared>`): a model's threads all live. The count at its
//! end: `tests/rlock.rs`.

use locks::{Condition, NotOwner, RLock, RLockGuard, RawRLock};
use platform::atomic::{
    AtomicU32,
    Ordering::{Acquire, Relaxed, Release},
};
use platform::cell::UnsafeCell;
use platform::check::{Death, Fault, Proof, saw};
use platform::futex::{Private, wait, wake};
use platform::thread::{id, spawn};
use platform::time::Deadline;
use std::cell::Cell;
use std::sync::Arc;
use std::time::Duration;

const RAW: &str = "crates/locks/src/rlock/raw.rs";
/// Where a thread says that it owns the lock.
const OWNS: &str = "self.owner.store(thread_id::<S>(), Relaxed)";
/// Where it says that it does no longer.
const LETS_GO: &str = "self.owner.store(NOBODY, Relaxed)";
/// The inner lock.
const INNER: &str = crate::lock::RAW;
const INNER_RELEASES: &str = "self.word.fetch_sub(HELD, Release) != HELD";
const INNER_WAKES: &str = crate::lock::WAKES;

/// What the models ask of the lock: the real one, or a twin.
trait Recursive: Send + Sync + 'static {
    fn acquire(&self);
    fn release(&self);
}

impl Recursive for RawRLock {
    fn acquire(&self) {
        self.acquire();
    }

    fn release(&self) {
        self.release().unwrap();
    }
}

/// A lock and what it guards; loom checks that no two accesses are unordered.
struct Guarded<L> {
    lock: L,
    count: UnsafeCell<u32>,
}

// SAFETY: the models touch `count` only while they own `lock`; that this is enough is what is proved.
unsafe impl<L: Sync> Sync for Guarded<L> {}

impl<L> Guarded<L> {
    fn new(lock: L) -> Arc<Self> {
        Arc::new(Self { lock, count: UnsafeCell::new(0) })
    }

    /// With the lock owned.
    fn count(&self) -> u32 {
        // SAFETY: the lock is owned.
        let count = self.count.with(|count| unsafe { *count }) + 1;
        // SAFETY: as above.
        self.count.with_mut(|to| unsafe { *to = count });
        count
    }
}

/// The model and another thread each own the lock at two levels, and count at each, also after giving one back.
fn two_levels_each<L: Recursive>(lock: L) {
    let guarded = Guarded::new(lock);
    let levels = |guarded: &Guarded<L>| {
        guarded.lock.acquire();
        let first = guarded.count();
        guarded.lock.acquire();
        guarded.count();
        guarded.lock.release();
        let last = guarded.count();
        guarded.lock.release();
        assert_eq!(last, first + 2, "nobody else counted between our first level and our last");
        first
    };
    let other = spawn({
        let guarded = Arc::clone(&guarded);
        move || levels(&guarded)
    });
    let ours = levels(&guarded);
    let theirs = other.join().unwrap();
    assert_eq!(ours + theirs, 1 + 4, "each counted three times");
    saw(if ours < theirs { "we came first" } else { "the other came first" });
}

/// The protocol in brief, with one thing wrong.
struct Twin {
    word: AtomicU32,
    owner: AtomicU32,
    levels: AtomicU32,
    flaw: Flaw,
}

#[derive(Clone, Copy, PartialEq)]
enum Flaw {
    /// The first level that is given back frees the lock.
    LetsGoAtOnce,
    /// The lock is freed first, and then nobody owns it.
    LetsGoTooEarly,
}

impl Twin {
    fn new(flaw: Flaw) -> Self {
        Self { word: AtomicU32::new(0), owner: AtomicU32::new(0), levels: AtomicU32::new(0), flaw }
    }

    fn free(&self) {
        self.word.swap(0, Release);
        wake::<Private>(&raw const self.word, 1);
    }
}

impl Recursive for Twin {
    fn acquire(&self) {
        if self.owner.load(Relaxed) == id::<Private>() as u32 {
            self.levels.fetch_add(1, Relaxed);
            return;
        }
        while self.word.swap(1, Acquire) != 0 {
            wait::<Private>(&self.word, 1, &Deadline::NEVER);
        }
        self.owner.swap(id::<Private>() as u32, Relaxed);
        self.levels.swap(1, Relaxed);
    }

    fn release(&self) {
        let left = self.levels.fetch_sub(1, Relaxed) - 1;
        if left == 0 && self.flaw == Flaw::LetsGoTooEarly {
            self.free();
            self.owner.swap(0, Relaxed);
        } else if left == 0 || self.flaw == Flaw::LetsGoAtOnce {
            self.owner.swap(0, Relaxed);
            self.free();
        }
    }
}

#[test]
fn one_owner_at_a_time_until_its_last_level() {
    Proof::new(
        "rlock::one_owner_at_a_time_until_its_last_level",
        "who owns it at two levels has it alone until both are given back, and the next owner sees what it wrote",
    )
    .threads(2)
    .executions_at_least(50)
    .outcomes(&["we came first", "the other came first"])
    .refuted_by("the inner release is Relaxed", Fault::Relaxed, INNER, INNER_RELEASES, Death::Causality)
    .refuted_by("the inner release wakes nobody", Fault::NoWake, INNER, INNER_WAKES, Death::Deadlock)
    .refuted_by("who takes it does not say so", Fault::Writes(0), RAW, OWNS, Death::Deadlock)
    .refuted_by("the owner is always the model", Fault::Writes(1), RAW, OWNS, Death::Deadlock)
    .refuted_by_twin("the first level given back frees it", Death::Causality, || {
        two_levels_each(Twin::new(Flaw::LetsGoAtOnce));
    })
    .refuted_by_twin("it is freed before nobody owns it", Death::Deadlock, || {
        two_levels_each(Twin::new(Flaw::LetsGoTooEarly));
    })
    .check(|| two_levels_each(RawRLock::new()));
}

#[test]
fn nobody_but_the_owner_can_release_it() {
    Proof::new(
        "rlock::nobody_but_the_owner_can_release_it",
        "whenever another thread asks, it does not own the lock; it is told, and nothing is changed",
    )
    .threads(2)
    .executions_at_least(10)
    .outcomes(&["while it was owned", "while it was free"])
    .refuted_by(
        "another is said to own it",
        Fault::Writes(2),
        RAW,
        OWNS,
        Death::Assertion("whatever others tried"),
    )
    .refuted_by("the last owner is said to be another", Fault::Writes(2), RAW, LETS_GO, Death::Causality)
    .check(|| {
        let lock = Arc::new(RawRLock::new());
        let other = spawn({
            let lock = Arc::clone(&lock);
            move || {
                assert!(lock.release() == Err(NotOwner), "it is told");
                let taken = lock.try_acquire();
                if taken {
                    lock.release().unwrap();
                }
                taken
            }
        });
        lock.acquire();
        assert_eq!(lock.recursion_count(), 1, "whatever others tried");
        lock.release().unwrap();
        assert!(lock.release() == Err(NotOwner), "it is told, after its last level");
        let was_free = other.join().unwrap();
        assert!(!lock.locked(), "it is free in the end");
        saw(if was_free { "while it was free" } else { "while it was owned" });
    });
}

#[test]
fn a_waiter_that_gives_up_owns_nothing() {
    Proof::new(
        "rlock::a_waiter_that_gives_up_owns_nothing",
        "whose deadline comes has no level and can release none; who gets it in time sees what the owner wrote",
    )
    .threads(2)
    .bounded(4)
    .executions_at_least(1000)
    .outcomes(&["in time", "too late"])
    .refuted_by("the inner release is Relaxed", Fault::Relaxed, INNER, INNER_RELEASES, Death::Causality)
    .refuted_by("the owner is always the other", Fault::Writes(2), RAW, OWNS, Death::Assertion("it has"))
    .check(|| {
        let guarded = Guarded::new(RawRLock::new());
        let other = spawn({
            let guarded = Arc::clone(&guarded);
            move || {
                assert!(!guarded.lock.is_owned(), "it has not asked for it yet");
                let taken = guarded.lock.acquire_timeout(Duration::from_millis(1));
                assert_eq!(guarded.lock.recursion_count(), usize::from(taken), "it has what it was told");
                if taken {
                    guarded.count();
                }
                assert_eq!(guarded.lock.release().is_ok(), taken);
                taken
            }
        });
        guarded.lock.acquire();
        guarded.lock.acquire();
        guarded.count();
        guarded.lock.release().unwrap();
        guarded.lock.release().unwrap();
        let taken = other.join().unwrap();
        assert!(!guarded.lock.locked(), "it is free in the end");
        saw(if taken { "in time" } else { "too late" });
    });
}

/// The model owns the lock at two levels and waits; another thread changes what it waits for.
fn waits_with_two_levels(deadline: Deadline) {
    let shared = Arc::new((RLock::new(Cell::new(0)), Condition::new()));
    let other = spawn({
        let shared = Arc::clone(&shared);
        move || {
            let (number, changed) = &*shared;
            let guard = number.lock();
            assert_eq!(RLockGuard::recursion_count(&guard), 1, "its own levels alone");
            guard.set(5);
            drop(guard);
            changed.notify_all();
        }
    });
    let (number, changed) = &*shared;
    let outer = number.lock();
    let mut inner = number.lock();
    let is_set = changed.wait_for_timeout(&mut inner, deadline, |number| number.get() == 5);
    assert_eq!(RLockGuard::recursion_count(&inner), 2, "both levels are back");
    drop(inner);
    assert_eq!(outer.get(), if is_set { 5 } else { 0 }, "it is as we were told, also with one level less");
    drop(outer);
    other.join().unwrap();
    saw(if is_set { "it was set" } else { "it was not set in time" });
    assert!(number.try_lock().is_some(), "it is free in the end");
}

#[test]
fn a_wait_lets_go_of_all_levels_and_takes_them_again() {
    Proof::new(
        "rlock::a_wait_lets_go_of_all_levels_and_takes_them_again",
        "while the owner of two levels waits another owns the lock; then both levels are back",
    )
    .threads(2)
    .bounded(4)
    .executions_at_least(1000)
    .outcomes(&["it was set"])
    .refuted_by("the inner release wakes nobody", Fault::NoWake, INNER, INNER_WAKES, Death::Deadlock)
    .refuted_by("who takes it does not say so", Fault::Writes(0), RAW, OWNS, Death::Deadlock)
    .refuted_by("the inner release is Relaxed", Fault::Relaxed, INNER, INNER_RELEASES, Death::Causality)
    .check(|| waits_with_two_levels(Deadline::NEVER));
}

#[test]
fn a_wait_that_times_out_has_its_levels_back() {
    Proof::new(
        "rlock::a_wait_that_times_out_has_its_levels_back",
        "whether the deadline comes or the notification, both levels are back when the wait is over",
    )
    .threads(2)
    .bounded(3)
    .executions_at_least(1000)
    .outcomes(&["it was set", "it was not set in time"])
    .refuted_by("who takes it does not say so", Fault::Writes(0), RAW, OWNS, Death::Deadlock)
    .refuted_by("the inner release is Relaxed", Fault::Relaxed, INNER, INNER_RELEASES, Death::Causality)
    .check(|| waits_with_two_levels(Duration::from_millis(1).into()));
}
