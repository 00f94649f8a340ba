//! # Claim
//! `RawLock` has one holder at a time, whose writes the next one sees; a release wakes a sleeper if there is
//! one; and no wake is lost to a waiter that gives up.
//!
//! # Models
//! Two threads with one critical section each explore every order of the fast paths and of one sleeper. Three
//! threads are needed for what two cannot show: that who has slept takes the lock as `CONTENDED`, because
//! others may sleep too. The mutant that takes it as `HELD` survives with two threads and dies with three.
//!
//! # Not shown here
//! The bounded spin (it has no turns in the model; it only loads). The millisecond: a waiter of the model is either
//! patient for ever or not at all. `acquire_timeout`'s real clock: `tests/api.rs`.

use locks::{Deadline, RawLock};
use platform::atomic::{
    AtomicU32,
    Ordering::{Acquire, Relaxed, Release},
};
use platform::cell::UnsafeCell;
use platform::check::{Death, Fault, Proof, saw};
use platform::futex::{Private, wait, wake};
use platform::thread::spawn;
use std::sync::Arc;
use std::time::Duration;

const RAW: &str = "crates/locks/src/lock/raw.rs";
/// Where a waiter takes the lock, or says that it sleeps.
const TAKES: &str = "compare_exchange(seen, next, Acquire, Relaxed)";
/// Where a release frees the lock for the sleepers, or hands it over.
const HANDS_OVER: &str = "compare_exchange(seen, next, Release, Relaxed)";
/// Where a waiter leaves whose deadline has come.
const LEAVES: &str = "compare_exchange(seen, CONTENDED, Acquire, Relaxed)";

/// A lock and what it guards; loom checks that no two accesses are unordered.
struct Guarded {
    lock: RawLock,
    count: UnsafeCell<u32>,
}

// SAFETY: the models touch `count` only while they hold `lock`; that this is enough is what is proved.
unsafe impl Sync for Guarded {}

impl Guarded {
    fn new() -> Arc<Self> {
        Arc::new(Self { lock: RawLock::new(), count: UnsafeCell::new(0) })
    }

    /// One critical section in which the lock is held already.
    fn count_and_release(&self) {
        // SAFETY: the lock is held.
        self.count.with_mut(|count| unsafe { *count += 1 });
        self.lock.release().unwrap();
    }

    fn section(&self) {
        self.lock.acquire();
        self.count_and_release();
    }

    fn looks_starving(&self) -> bool {
        format!("{:?}", self.lock).contains("starving")
    }

    /// What was counted, when all others have been joined: the lock is free again.
    fn total(&self) -> u32 {
        assert!(!self.lock.locked(), "the lock is free in the end");
        // SAFETY: the other threads have been joined.
        self.count.with(|count| unsafe { *count })
    }
}

/// Two threads and the model each enter once.
fn sections(others: usize) {
    let guarded = Guarded::new();
    let others: Vec<_> = (0..others)
        .map(|_| {
            let guarded = Arc::clone(&guarded);
            spawn(move || guarded.section())
        })
        .collect();
    if guarded.lock.try_acquire() {
        saw("found it free");
        guarded.count_and_release();
    } else {
        saw("found it held");
        guarded.section();
    }
    let threads = 1 + others.len() as u32;
    others.into_iter().for_each(|other| other.join().unwrap());
    assert_eq!(guarded.total(), threads, "each counted once");
}

/// The lock's twins: its protocol in brief, with one change that no fault at one place can make.
#[derive(Clone, Copy, PartialEq)]
enum Flaw {
    /// Who has slept takes the lock as `HELD`, and so forgets that others may sleep too.
    TakesAsHeld,
    /// Who was woken enters without looking at the word again.
    TrustsTheWake,
}

struct Twin {
    word: AtomicU32,
    count: UnsafeCell<u32>,
    flaw: Flaw,
}

// SAFETY: as for Guarded; that it is not enough here is what is shown.
unsafe impl Sync for Twin {}

impl Twin {
    fn acquire(&self) {
        while self.word.compare_exchange(0, 1, Acquire, Relaxed).is_err() {
            if self.word.swap(2, Acquire) == 0 {
                return;
            }
            wait::<Private>(&self.word, 2, &Deadline::NEVER);
            if self.flaw == Flaw::TrustsTheWake {
                return;
            }
        }
    }

    fn section(&self) {
        self.acquire();
        // SAFETY: the lock is held, or so the twin believes.
        self.count.with_mut(|count| unsafe { *count += 1 });
        if self.word.swap(0, Release) == 2 {
            wake::<Private>(&raw const self.word, 1);
        }
    }

    fn sections(flaw: Flaw, others: usize) {
        let lock = Arc::new(Self { word: AtomicU32::new(0), count: UnsafeCell::new(0), flaw });
        let others: Vec<_> = (0..others)
            .map(|_| {
                let lock = Arc::clone(&lock);
                spawn(move || lock.section())
            })
            .collect();
        lock.section();
        others.into_iter().for_each(|other| other.join().unwrap());
    }
}

#[test]
fn two_threads_are_never_inside_at_once() {
    Proof::new(
        "lock::two_threads_are_never_inside_at_once",
        "one holder at a time, and it sees what the holder before it wrote",
    )
    .threads(2)
    .executions_at_least(50)
    .outcomes(&["found it free", "found it held"])
    .refuted_by(
        "the first attempt is Relaxed",
        Fault::Relaxed,
        RAW,
        "self.word.compare_exchange(FREE, HELD, Acquire, Relaxed)",
        Death::Causality,
    )
    .refuted_by("the later attempt is Relaxed", Fault::Relaxed, RAW, TAKES, Death::Causality)
    .refuted_by(
        "the release is Relaxed",
        Fault::Relaxed,
        RAW,
        "compare_exchange(HELD, FREE, Release, Relaxed)",
        Death::Causality,
    )
    .refuted_by("the release with sleepers is Relaxed", Fault::Relaxed, RAW, HANDS_OVER, Death::Causality)
    .refuted_by(
        "the release frees nothing",
        Fault::Writes(1),
        RAW,
        "compare_exchange(HELD, FREE, Release, Relaxed)",
        Death::Deadlock,
    )
    .refuted_by("the release wakes nobody", Fault::NoWake, RAW, "wake::<S>", Death::Deadlock)
    .refuted_by(
        "taking it leaves it free",
        Fault::Writes(0),
        RAW,
        "self.word.compare_exchange(FREE, HELD, Acquire, Relaxed)",
        Death::Assertion("NotLocked"),
    )
    .survived_by_twin("who slept takes it as HELD: two threads cannot tell", || {
        Twin::sections(Flaw::TakesAsHeld, 1)
    })
    .check(|| sections(1));
}

#[test]
fn every_sleeper_of_three_threads_is_woken_in_the_end() {
    Proof::new(
        "lock::every_sleeper_of_three_threads_is_woken_in_the_end",
        "a release that wakes one of two sleepers leaves a word that makes the next release wake the other",
    )
    .threads(3)
    .bounded(3)
    .executions_at_least(1_000)
    .outcomes(&["found it free", "found it held"])
    .refuted_by_twin("who slept takes it as HELD", Death::Deadlock, || Twin::sections(Flaw::TakesAsHeld, 2))
    .refuted_by("the release wakes nobody", Fault::NoWake, RAW, "wake::<S>", Death::Deadlock)
    .check(|| sections(2));
}

#[test]
fn a_sleep_that_ends_for_no_reason_lets_nobody_in() {
    Proof::new(
        "lock::a_sleep_that_ends_for_no_reason_lets_nobody_in",
        "who is woken looks at the word again before it enters",
    )
    .threads(2)
    .executions_at_least(50)
    .spurious_wakeups(1)
    .outcomes(&["found it free", "found it held"])
    .refuted_by_twin("who is woken enters", Death::Causality, || Twin::sections(Flaw::TrustsTheWake, 1))
    .check(|| sections(1));
}

/// The model holds the lock; one waiter would wait for ever, another gives up.
fn a_patient_and_an_impatient_waiter() {
    let guarded = Guarded::new();
    guarded.lock.acquire();
    let patient = spawn({
        let guarded = Arc::clone(&guarded);
        move || guarded.section()
    });
    let impatient = spawn({
        let guarded = Arc::clone(&guarded);
        move || {
            let taken = guarded.lock.acquire_timeout(Duration::from_millis(1));
            if taken {
                guarded.count_and_release();
            }
            taken
        }
    });
    guarded.count_and_release();
    patient.join().unwrap();
    let taken = impatient.join().unwrap();
    saw(if taken { "taken in time" } else { "timed out" });
    assert_eq!(guarded.total(), 2 + u32::from(taken), "who was let in counted, who was not did not");
}

#[test]
fn a_wake_is_never_lost_to_a_waiter_that_times_out() {
    Proof::new(
        "lock::a_wake_is_never_lost_to_a_waiter_that_times_out",
        "beside a waiter that gives up, one that does not still gets the lock",
    )
    .threads(3)
    .bounded(3)
    .executions_at_least(1_000)
    .outcomes(&["taken in time", "timed out"])
    .refuted_by("the release wakes nobody", Fault::NoWake, RAW, "wake::<S>", Death::Deadlock)
    .check(a_patient_and_an_impatient_waiter);
}

#[test]
fn any_thread_may_release_but_once() {
    Proof::new(
        "lock::any_thread_may_release_but_once",
        "of two threads that release one acquisition, exactly one succeeds and the other is told",
    )
    .threads(2)
    .executions_at_least(2)
    .outcomes(&["we did", "the other did"])
    .refuted_by(
        "the release frees nothing",
        Fault::Writes(1),
        RAW,
        "compare_exchange(HELD, FREE, Release, Relaxed)",
        Death::Assertion("exactly one"),
    )
    .check(|| {
        let lock = Arc::new(RawLock::new());
        lock.acquire();
        let other = spawn({
            let lock = Arc::clone(&lock);
            move || lock.release().is_ok()
        });
        let ours = lock.release().is_ok();
        assert!(ours != other.join().unwrap(), "exactly one releases it");
        saw(if ours { "we did" } else { "the other did" });
    });
}

#[test]
fn an_impatient_waiter_gets_the_lock_and_sees_the_data() {
    Proof::new(
        "lock::an_impatient_waiter_gets_the_lock_and_sees_the_data",
        "a lock that is handed over has one holder at a time too, and it sees what the one before it wrote",
    )
    .threads(2)
    .executions_at_least(50)
    .impatient()
    .outcomes(&["found it free", "found it held"])
    .refuted_by("handing over is Relaxed", Fault::Relaxed, RAW, HANDS_OVER, Death::Causality)
    .refuted_by("being handed it is Relaxed", Fault::Relaxed, RAW, TAKES, Death::Causality)
    .refuted_by("handing over wakes nobody", Fault::NoWake, RAW, "wake::<S>", Death::Deadlock)
    .refuted_by("the lock stays with who gave it", Fault::Writes(3), RAW, HANDS_OVER, Death::Deadlock)
    .check(|| sections(1));
}

#[test]
fn a_lock_handed_over_leaves_nobody_asleep() {
    Proof::new(
        "lock::a_lock_handed_over_leaves_nobody_asleep",
        "who sleeps beside the one that is handed the lock, or comes meanwhile, is woken in the end",
    )
    .threads(3)
    .bounded(3)
    .executions_at_least(1_000)
    .impatient()
    .outcomes(&["found it free", "found it held"])
    .refuted_by("who is handed it takes it as HELD", Fault::Writes(1), RAW, TAKES, Death::Livelock)
    .refuted_by("handing over wakes nobody", Fault::NoWake, RAW, "wake::<S>", Death::Deadlock)
    .check(|| sections(2));
}

#[test]
fn a_waiter_that_gives_up_takes_no_hand_over_with_it() {
    Proof::new(
        "lock::a_waiter_that_gives_up_takes_no_hand_over_with_it",
        "a lock is never handed to a waiter that has left: it ends up free, and a patient waiter got it",
    )
    .threads(3)
    .bounded(3)
    .executions_at_least(1_000)
    .impatient()
    .outcomes(&["taken in time", "timed out"])
    .refuted_by(
        "it leaves its mark behind",
        Fault::Writes(5),
        RAW,
        LEAVES,
        Death::Assertion("free in the end"),
    )
    .refuted_by("leaving with the lock is Relaxed", Fault::Relaxed, RAW, LEAVES, Death::Causality)
    .check(a_patient_and_an_impatient_waiter);
}

/// The model holds the lock while another thread waits; then releases it, and wants it again at once.
fn a_newcomer_after_a_hand_over() {
    let guarded = Guarded::new();
    guarded.lock.acquire();
    let waiter = spawn({
        let guarded = Arc::clone(&guarded);
        move || guarded.section()
    });
    let starving = guarded.looks_starving();
    guarded.lock.release().unwrap();
    guarded.lock.acquire();
    // SAFETY: the lock is held.
    let waiter_was_in = guarded.count.with(|count| unsafe { *count }) == 1;
    guarded.lock.release().unwrap();
    waiter.join().unwrap();
    assert!(waiter_was_in || !starving, "a newcomer came before one who starved");
    saw(match (starving, waiter_was_in) {
        (true, _) => "handed over",
        (false, true) => "the waiter was quicker",
        (false, false) => "the newcomer was quicker",
    });
}

#[test]
fn no_newcomer_comes_before_one_who_starves() {
    Proof::new(
        "lock::no_newcomer_comes_before_one_who_starves",
        "a release that finds a waiter starving gives it the lock: the holder cannot take it again first",
    )
    .threads(2)
    .bounded(3)
    .executions_at_least(50)
    .impatient()
    .outcomes(&["handed over", "the waiter was quicker", "the newcomer was quicker"])
    .refuted_by(
        "it is freed, not handed over",
        Fault::Writes(0),
        RAW,
        HANDS_OVER,
        Death::Assertion("a newcomer came"),
    )
    .check(a_newcomer_after_a_hand_over);
}
