//! # Claim
//! A permit of a `Semaphore` has one holder at a time, who sees what the one before it wrote; several are taken all at
//! once or not at all; what is given back reaches the sleepers that can use it, whatever they wait for, and whoever
//! gives up meanwhile.
//!
//! # Models
//! Two threads explore one permit with one sleeper. Three are needed for what concerns two sleepers: the wake that is
//! passed on, and the flag that who was woken sets for the others. The refutations that survive with two say so.
//!
//! # Not shown here
//! The bounded spin (it has no turns in the model; it only loads). That the word's exchanges hand a Release on whatever
//! their own ordering is belongs to the memory model; `platform`'s litmus suite shows that loom knows it. The
//! reservation: `reservation.rs`. Histories of many threads: `tests/props`.

use locks::{BoundedSemaphore, Deadline, OverRelease, Semaphore};
use platform::atomic::{
    AtomicU32,
    Ordering::{Acquire, Relaxed, Release},
};
use platform::cell::UnsafeCell;
use platform::check::{Death, Fault, Proof, saw};
use platform::futex::{Private, Wait, wait, wake};
use platform::thread::{JoinHandle, spawn};
use std::sync::Arc;
use std::time::Duration;

pub(crate) const RAW: &str = "crates/locks/src/semaphore/raw.rs";
/// Where permits are taken without a wait, and after one.
pub(crate) const TAKES: &str = "compare_exchange(seen.word(), rest.word(), Acquire, Relaxed)";
pub(crate) const TAKES_LATE: &str = "compare_exchange(seen.word(), next.word(), Acquire, Relaxed)";
/// Where one permit is given back, blindly; where that release sees to what it found beside permits, and a
/// reservation ends without its permits; and where several are given back, or one of a bounded semaphore.
pub(crate) const ADDS: &str = "self.word.fetch_add(ONE, Release)";
pub(crate) const CHANGES: &str = "compare_exchange(seen.word(), next.word(), Relaxed, Relaxed) {";
pub(crate) const RELEASES: &str = "compare_exchange(seen.word(), next.word(), Release, Relaxed)";
/// Where those who wait for one permit are woken, where they pass it on, and where the others are woken.
pub(crate) const WAKES: &str = "wake::<S>(&raw const self.word, next.value())";
pub(crate) const PASSES_ON: &str = "wake::<S>(&raw const self.word, 1)";
pub(crate) const WAKES_ROUND: &str = "wake::<S>(&raw const self.round, u32::MAX)";

/// A semaphore, and what only the holder of all of its permits may touch; loom checks that no two accesses are
/// unordered.
pub(crate) struct Guarded {
    pub(crate) semaphore: Semaphore,
    all: u32,
    count: UnsafeCell<u32>,
}

// SAFETY: the models touch `count` only while they hold all permits; that this is enough is what is proved.
unsafe impl Sync for Guarded {}

impl Guarded {
    pub(crate) fn new(all: u32) -> Arc<Self> {
        Arc::new(Self { semaphore: Semaphore::new(all), all, count: UnsafeCell::new(0) })
    }

    /// What one does who has all permits.
    pub(crate) fn count_and_release(&self) {
        // SAFETY: all permits are held.
        self.count.with_mut(|count| unsafe { *count += 1 });
        self.semaphore.release_many(self.all).unwrap();
    }

    pub(crate) fn section(&self) {
        self.semaphore.acquire_many(self.all);
        self.count_and_release();
    }

    /// How often it was counted so far, for one who has all permits.
    pub(crate) fn count(&self) -> u32 {
        // SAFETY: all permits are held, or the other threads have been joined.
        self.count.with(|count| unsafe { *count })
    }

    /// What was counted, when all others have been joined: every permit has come back.
    pub(crate) fn total(&self) -> u32 {
        assert_eq!(self.semaphore.value(), self.all, "all permits are back in the end");
        assert!(self.semaphore.try_acquire_many(self.all), "and for everybody");
        self.count()
    }
}

/// `others` threads and the model each have all of the `all` permits once.
pub(crate) fn sections(all: u32, others: usize) {
    let guarded = Guarded::new(all);
    let others: Vec<_> = (0..others)
        .map(|_| {
            let guarded = Arc::clone(&guarded);
            spawn(move || guarded.section())
        })
        .collect();
    if guarded.semaphore.try_acquire_many(all) {
        saw("found them there");
        guarded.count_and_release();
    } else {
        saw("found them taken");
        guarded.section();
    }
    let threads = 1 + others.len() as u32;
    others.into_iter().for_each(|other| other.join().unwrap());
    assert_eq!(guarded.total(), threads, "each counted once");
}

/// A thread that takes `n` permits and keeps them.
pub(crate) fn taker(semaphore: &Arc<Semaphore>, n: u32) -> JoinHandle<()> {
    let semaphore = Arc::clone(semaphore);
    spawn(move || semaphore.acquire_many(n))
}

/// Takers of `wanted` permits from nothing, and releases of `released`, which together are enough.
pub(crate) fn supply(wanted: [u32; 2], released: &[u32]) {
    let semaphore = Arc::new(Semaphore::new(0));
    let takers = wanted.map(|n| taker(&semaphore, n));
    for &n in released {
        semaphore.release_many(n).unwrap();
    }
    saw(match semaphore.value() {
        0 => "all are taken at once",
        value if value == released.iter().sum::<u32>() => "none is taken yet",
        _ => "some are taken",
    });
    takers.into_iter().for_each(|taker| taker.join().unwrap());
    assert_eq!(semaphore.value(), released.iter().sum::<u32>() - wanted.iter().sum::<u32>(), "what is left");
}

const SUPPLIED: &[&str] = &["all are taken at once", "none is taken yet", "some are taken"];

/// A semaphore in brief, for one permit, with a flaw that no fault at one place can make.
#[derive(Clone, Copy, PartialEq)]
enum Flaw {
    /// Who is woken takes the permit without looking at the word again.
    TrustsTheWake,
    /// Who was woken after its deadline reports a time-out, as if it had not been.
    ForgetsThatItWasWoken,
}

struct Twin {
    permits: AtomicU32,
    count: UnsafeCell<u32>,
    flaw: Flaw,
}

// SAFETY: as for Guarded; that it is not enough here is what is shown.
unsafe impl Sync for Twin {}

impl Twin {
    fn new(permits: u32, flaw: Flaw) -> Arc<Self> {
        Arc::new(Self { permits: AtomicU32::new(permits), count: UnsafeCell::new(0), flaw })
    }

    fn acquire(&self, deadline: Deadline) -> bool {
        while self.permits.compare_exchange(1, 0, Acquire, Relaxed).is_err() {
            let slept = wait::<Private>(&self.permits, 0, &deadline);
            if slept == Wait::TimedOut || slept == Wait::Woken && deadline != Deadline::NEVER {
                return false;
            }
            if slept == Wait::Woken && self.flaw == Flaw::TrustsTheWake {
                return true;
            }
        }
        true
    }

    fn release(&self) {
        self.permits.fetch_add(1, Release);
        wake::<Private>(&raw const self.permits, 1);
    }

    fn section(&self) {
        self.acquire(Deadline::NEVER);
        // SAFETY: the permit is held, or so the twin believes.
        self.count.with_mut(|count| unsafe { *count += 1 });
        self.release();
    }

    fn sections() {
        let twin = Self::new(1, Flaw::TrustsTheWake);
        let other = spawn({
            let twin = Arc::clone(&twin);
            move || twin.section()
        });
        twin.section();
        other.join().unwrap();
    }

    fn a_patient_and_an_impatient_waiter() {
        let twin = Self::new(0, Flaw::ForgetsThatItWasWoken);
        let waiters = [Deadline::NEVER, Duration::from_millis(1).into()].map(|deadline| {
            let twin = Arc::clone(&twin);
            spawn(move || {
                if twin.acquire(deadline) {
                    twin.release()
                }
            })
        });
        twin.release();
        waiters.into_iter().for_each(|waiter| waiter.join().unwrap());
    }
}

#[test]
fn a_permit_is_never_held_twice() {
    Proof::new(
        "semaphore::a_permit_is_never_held_twice",
        "one permit has one holder at a time, and it sees what the holder before it wrote",
    )
    .threads(2)
    .executions_at_least(50)
    .outcomes(&["found them there", "found them taken"])
    .refuted_by("taking is Relaxed", Fault::Relaxed, RAW, TAKES, Death::Causality)
    .refuted_by("taking after a wait is Relaxed", Fault::Relaxed, RAW, TAKES_LATE, Death::Causality)
    .refuted_by("the release is Relaxed", Fault::Relaxed, RAW, ADDS, Death::Causality)
    .refuted_by("taking leaves it there", Fault::Writes(4), RAW, TAKES, Death::Assertion("all permits"))
    .refuted_by("what wakes the sleeper takes its permit", Fault::Writes(0), RAW, CHANGES, Death::Deadlock)
    .refuted_by("the release wakes nobody", Fault::NoWake, RAW, WAKES, Death::Deadlock)
    .survived_by("who was woken forgets the others: two cannot tell", Fault::Writes(0), RAW, TAKES_LATE)
    .check(|| sections(1, 1));
}

#[test]
fn every_sleeper_of_three_threads_is_woken_in_the_end() {
    Proof::new(
        "semaphore::every_sleeper_of_three_threads_is_woken_in_the_end",
        "who was woken for the last permit leaves a word that makes the next release wake the other sleeper",
    )
    .threads(3)
    .bounded(2)
    .executions_at_least(1_000)
    .outcomes(&["found them there", "found them taken"])
    .refuted_by("who was woken forgets the others", Fault::Writes(0), RAW, TAKES_LATE, Death::Deadlock)
    .refuted_by("the release wakes nobody", Fault::NoWake, RAW, WAKES, Death::Deadlock)
    .check(|| sections(1, 2));
}

#[test]
fn a_sleep_that_ends_for_no_reason_lets_nobody_in() {
    Proof::new(
        "semaphore::a_sleep_that_ends_for_no_reason_lets_nobody_in",
        "who is woken looks at the word again before it takes a permit",
    )
    .threads(2)
    .executions_at_least(50)
    .spurious_wakeups(1)
    .outcomes(&["found them there", "found them taken"])
    .refuted_by_twin("who is woken takes it", Death::Causality, Twin::sections)
    .check(|| sections(1, 1));
}

#[test]
fn no_release_is_lost_on_sleepers() {
    Proof::new(
        "semaphore::no_release_is_lost_on_sleepers",
        "of two sleepers both get a permit of two releases, though the second release finds the flag cleared",
    )
    .threads(3)
    .bounded(2)
    .executions_at_least(1_000)
    .outcomes(SUPPLIED)
    .refuted_by("the wake is not passed on", Fault::NoWake, RAW, PASSES_ON, Death::Deadlock)
    .refuted_by("the release wakes nobody", Fault::NoWake, RAW, WAKES, Death::Deadlock)
    .check(|| supply([1, 1], &[1, 1]));
}

#[test]
fn release_many_wakes_enough() {
    Proof::new(
        "semaphore::release_many_wakes_enough",
        "a release of two wakes both sleepers, and needs neither to pass anything on",
    )
    .threads(3)
    .bounded(2)
    .executions_at_least(1_000)
    .outcomes(SUPPLIED)
    .refuted_by("the release wakes nobody", Fault::NoWake, RAW, WAKES, Death::Deadlock)
    .survived_by("the wake is not passed on: the release woke both", Fault::NoWake, RAW, PASSES_ON)
    .check(|| supply([1, 1], &[2]));
}

#[test]
fn a_release_of_none_takes_nobodys_wake() {
    Proof::new(
        "semaphore::a_release_of_none_takes_nobodys_wake",
        "after a release of no permits a release of one still reaches the sleeper",
    )
    .threads(2)
    .executions_at_least(10)
    .outcomes(&["taken at once", "not taken yet"])
    .refuted_by("the release wakes nobody", Fault::NoWake, RAW, WAKES, Death::Deadlock)
    .check(|| {
        let semaphore = Arc::new(Semaphore::new(0));
        let taker = taker(&semaphore, 1);
        semaphore.release_many(0).unwrap();
        semaphore.release().unwrap();
        saw(if semaphore.value() == 0 { "taken at once" } else { "not taken yet" });
        taker.join().unwrap();
    });
}

#[test]
fn acquire_many_takes_all_or_nothing() {
    Proof::new(
        "semaphore::acquire_many_takes_all_or_nothing",
        "of two that need both permits each has them alone, and neither waits with one of them",
    )
    .threads(2)
    .executions_at_least(50)
    .outcomes(&["found them there", "found them taken"])
    .refuted_by("taking is Relaxed", Fault::Relaxed, RAW, TAKES, Death::Causality)
    .refuted_by("taking after a wait is Relaxed", Fault::Relaxed, RAW, TAKES_LATE, Death::Causality)
    .refuted_by("the release is Relaxed", Fault::Relaxed, RAW, RELEASES, Death::Causality)
    .refuted_by("the release gives nothing back", Fault::Writes(0), RAW, RELEASES, Death::Deadlock)
    .refuted_by("one permit is taken, not two", Fault::Writes(4), RAW, TAKES, Death::Assertion("all permits"))
    .refuted_by("a new round wakes nobody", Fault::NoWake, RAW, WAKES_ROUND, Death::Deadlock)
    .refuted_by_twin("one after the other", Death::Deadlock, one_after_the_other)
    .check(|| sections(2, 1));
}

/// What `acquire_many` is for: two threads that take two permits one by one.
fn one_after_the_other() {
    let semaphore = Arc::new(Semaphore::new(2));
    let takes_two = |semaphore: &Semaphore| {
        semaphore.acquire();
        semaphore.acquire();
        semaphore.release_many(2).unwrap();
    };
    let other = spawn({
        let semaphore = Arc::clone(&semaphore);
        move || takes_two(&semaphore)
    });
    takes_two(&semaphore);
    other.join().unwrap();
}

#[test]
fn who_needs_several_misses_no_release() {
    Proof::new(
        "semaphore::who_needs_several_misses_no_release",
        "two releases of one reach a sleeper that needs both, however they fall beside its look at the round",
    )
    .threads(2)
    .bounded(4)
    .executions_at_least(50)
    .outcomes(&["all are taken at once", "none is taken yet"])
    .refuted_by("a new round wakes nobody", Fault::NoWake, RAW, WAKES_ROUND, Death::Deadlock)
    .refuted_by(
        "the round is counted Relaxed",
        Fault::Relaxed,
        RAW,
        "self.round.fetch_add(1",
        Death::Deadlock,
    )
    .refuted_by("the round is read Relaxed", Fault::Relaxed, RAW, "self.round.load(Acquire)", Death::Deadlock)
    .check(|| {
        let semaphore = Arc::new(Semaphore::new(0));
        let taker = taker(&semaphore, 2);
        semaphore.release().unwrap();
        semaphore.release().unwrap();
        saw(if semaphore.value() == 0 { "all are taken at once" } else { "none is taken yet" });
        taker.join().unwrap();
        assert_eq!(semaphore.value(), 0, "what is left");
    });
}

#[test]
fn sleepers_of_different_sizes_all_get_theirs() {
    Proof::new(
        "semaphore::sleepers_of_different_sizes_all_get_theirs",
        "one that needs one permit and one that needs two both get theirs of a release of one and one of two",
    )
    .threads(3)
    .bounded(2)
    .executions_at_least(1_000)
    .outcomes(SUPPLIED)
    .refuted_by("the release wakes nobody on the word", Fault::NoWake, RAW, WAKES, Death::Deadlock)
    .refuted_by("a new round wakes nobody", Fault::NoWake, RAW, WAKES_ROUND, Death::Deadlock)
    .check(|| supply([1, 2], &[1, 2]));
}

#[test]
fn a_timed_out_waiter_swallows_no_wake() {
    Proof::new(
        "semaphore::a_timed_out_waiter_swallows_no_wake",
        "beside a waiter that gives up, one that does not still gets the permit",
    )
    .threads(3)
    .bounded(3)
    .executions_at_least(1_000)
    .outcomes(&["taken in time", "timed out"])
    .refuted_by("the release wakes nobody", Fault::NoWake, RAW, WAKES, Death::Deadlock)
    .refuted_by_twin("who was woken late gives up", Death::Deadlock, Twin::a_patient_and_an_impatient_waiter)
    .check(|| a_patient_and_an_impatient_waiter(1));
}

/// The model holds all of the `all` permits; one waiter would wait for ever, another gives up.
pub(crate) fn a_patient_and_an_impatient_waiter(all: u32) {
    let guarded = Guarded::new(all);
    guarded.semaphore.acquire_many(all);
    let patient = spawn({
        let guarded = Arc::clone(&guarded);
        move || guarded.section()
    });
    let impatient = spawn({
        let guarded = Arc::clone(&guarded);
        move || {
            let taken = guarded.semaphore.acquire_many_timeout(guarded.all, Duration::from_millis(1));
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
fn over_release_changes_nothing() {
    Proof::new(
        "semaphore::over_release_changes_nothing",
        "of two releases of one permit of a bounded semaphore one succeeds; the other is told and adds nothing",
    )
    .threads(2)
    .executions_at_least(2)
    .outcomes(&["we did", "the other did"])
    .refuted_by("the release gives nothing back", Fault::Writes(0), RAW, RELEASES, Death::Assertion("exactly one"))
    .check(|| {
        let semaphore = Arc::new(BoundedSemaphore::new(1));
        semaphore.acquire();
        let other = spawn({
            let semaphore = Arc::clone(&semaphore);
            move || semaphore.release()
        });
        let ours = semaphore.release();
        let theirs = other.join().unwrap();
        assert!(ours.is_ok() != theirs.is_ok(), "exactly one releases it");
        assert!(ours.is_ok() || ours == Err(OverRelease), "and the other is told");
        assert_eq!(semaphore.value(), 1, "nothing was added");
        saw(if ours.is_ok() { "we did" } else { "the other did" });
    });
}
