//! # Claim
//! `RawLock` has one holder at a time, whose writes the next one sees; a release wakes a sleeper if there is
//! one; and no wake is lost to a waiter that gives up.
//!
//! # Models
//! Two threads with one critical section each explore every order of the fast paths and of one sleeper. Three
//! threads are needed for what two cannot show: that who takes the lock leaves the others in line, who may sleep. The
//! mutant that forgets them survives with two threads and dies with three.
//!
//! # Not shown here
//! The bounded spin (it has no turns in the model; it only loads). The millisecond: a waiter of the model is either
//! patient for ever or not at all. Who was called and is late: `late.rs`. `acquire_timeout`'s real clock: `tests/api.rs`.

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

pub(crate) const RAW: &str = "crates/locks/src/lock/raw.rs";
/// Where a newcomer takes the lock.
const COMES_FIRST: &str = "self.word.fetch_or(HELD, Acquire)";
/// Where one in line takes it.
pub(crate) const TAKES: &str = "compare_exchange(seen, taken(seen), Acquire, Relaxed)";
/// Where a release frees the lock.
const FREES: &str = "compare_exchange(HELD, FREE, Release, Relaxed)";
/// Where it does so while others wait, or hands it over.
pub(crate) const HANDS_OVER: &str = "compare_exchange(seen, released(seen, overdue), Release, Relaxed)";
/// Where a waiter leaves whose deadline has come.
pub(crate) const LEAVES: &str = "compare_exchange(seen, left(seen), Relaxed, Relaxed)";
/// Where a release wakes one of those in line.
pub(crate) const WAKES: &str = "// None was called.";

/// What the word of a model consists of, for faults that write it.
pub(crate) mod word {
    pub(crate) const HELD: u32 = 1;
    pub(crate) const STARVING: u32 = 4;
    pub(crate) const CALLED: u32 = 8;
    pub(crate) const WAITER: u32 = 16;
}
use word::{HELD, STARVING, WAITER};

/// A lock and what it guards; loom checks that no two accesses are unordered.
pub(crate) struct Guarded {
    pub(crate) lock: RawLock,
    pub(crate) count: UnsafeCell<u32>,
}

// SAFETY: the models touch `count` only while they hold `lock`; that this is enough is what is proved.
unsafe impl Sync for Guarded {}

impl Guarded {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self { lock: RawLock::new(), count: UnsafeCell::new(0) })
    }

    /// One critical section in which the lock is held already.
    pub(crate) fn count_and_release(&self) {
        // SAFETY: the lock is held.
        self.count.with_mut(|count| unsafe { *count += 1 });
        self.lock.release().unwrap();
    }

    pub(crate) fn section(&self) {
        self.lock.acquire();
        self.count_and_release();
    }

    fn looks_starving(&self) -> bool {
        format!("{:?}", self.lock).contains("starving")
    }

    /// What was counted, when all others have been joined: the lock is free again.
    pub(crate) fn total(&self) -> u32 {
        assert!(!self.lock.locked(), "the lock is free in the end");
        // SAFETY: the other threads have been joined.
        self.count.with(|count| unsafe { *count })
    }
}

/// Two threads and the model each enter once.
pub(crate) fn sections(others: usize) {
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
    /// Who takes the lock in line forgets the others who are in it.
    ForgetsTheOthers,
    /// Who was called and goes back to sleep does not say so.
    KeepsTheCall,
    /// Who was woken enters without looking at the word again.
    TrustsTheWake,
}

/// Of the word: held, one was called, and those in line, of four each.
struct Twin {
    word: AtomicU32,
    count: UnsafeCell<u32>,
    flaw: Flaw,
}

// SAFETY: as for Guarded; that it is not enough here is what is shown.
unsafe impl Sync for Twin {}

impl Twin {
    fn acquire(&self) {
        if self.word.fetch_or(1, Acquire) & 1 == 0 {
            return;
        }
        let mut in_line = 0;
        loop {
            let seen = self.word.load(Relaxed);
            let joined = seen + 4 - in_line;
            let next = match seen & 1 {
                0 if in_line > 0 && self.flaw == Flaw::ForgetsTheOthers => 1,
                0 => (joined - 4) / 4 * 4 + 1,
                _ if in_line > 0 && self.flaw == Flaw::KeepsTheCall => joined,
                _ => joined & !2,
            };
            if self.word.compare_exchange(seen, next, Acquire, Relaxed).is_ok() {
                if seen & 1 == 0 {
                    return;
                }
                in_line = 4;
                wait::<Private>(&self.word, next, &Deadline::NEVER);
                if self.flaw == Flaw::TrustsTheWake {
                    return;
                }
            }
        }
    }

    fn release(&self) {
        let mut seen = self.word.load(Relaxed);
        loop {
            let calls = seen >= 4 && seen & 2 == 0;
            let next = seen - 1 + if calls { 2 } else { 0 };
            match self.word.compare_exchange(seen, next, Release, Relaxed) {
                Ok(_) => {
                    return if calls {
                        wake::<Private>(&raw const self.word, 1);
                    };
                }
                Err(now) => seen = now,
            }
        }
    }

    fn section(&self) {
        self.acquire();
        // SAFETY: the lock is held, or so the twin believes.
        self.count.with_mut(|count| unsafe { *count += 1 });
        self.release();
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
    .refuted_by("who comes first is Relaxed", Fault::Relaxed, RAW, COMES_FIRST, Death::Causality)
    .refuted_by("who waited is Relaxed", Fault::Relaxed, RAW, TAKES, Death::Causality)
    .refuted_by("the release is Relaxed", Fault::Relaxed, RAW, FREES, Death::Causality)
    .refuted_by("the release with a line is Relaxed", Fault::Relaxed, RAW, HANDS_OVER, Death::Causality)
    .refuted_by("the release frees nothing", Fault::Writes(HELD), RAW, FREES, Death::Deadlock)
    .refuted_by("the release wakes nobody", Fault::NoWake, RAW, WAKES, Death::Deadlock)
    .refuted_by("who waited leaves it free", Fault::Writes(0), RAW, TAKES, Death::Assertion("NotLocked"))
    .survived_by_twin("who waited forgets the others: two threads cannot tell", || {
        Twin::sections(Flaw::ForgetsTheOthers, 1)
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
    .refuted_by_twin("who waited forgets the others", Death::Deadlock, || {
        Twin::sections(Flaw::ForgetsTheOthers, 2)
    })
    .refuted_by_twin("who was called and sleeps again does not say so", Death::Deadlock, || {
        Twin::sections(Flaw::KeepsTheCall, 2)
    })
    .refuted_by("the release wakes nobody", Fault::NoWake, RAW, WAKES, Death::Deadlock)
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
pub(crate) fn a_patient_and_an_impatient_waiter() {
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
    .refuted_by("the release wakes nobody", Fault::NoWake, RAW, WAKES, Death::Deadlock)
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
    .refuted_by("the release frees nothing", Fault::Writes(HELD), RAW, FREES, Death::Assertion("exactly one"))
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
    .refuted_by("handing over wakes nobody", Fault::NoWake, RAW, WAKES, Death::Deadlock)
    .refuted_by(
        "the lock stays with who gave it",
        Fault::Writes(HELD + STARVING + WAITER),
        RAW,
        HANDS_OVER,
        Death::Deadlock,
    )
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
    .refuted_by("who is handed it forgets the others", Fault::Writes(HELD), RAW, TAKES, Death::Deadlock)
    .refuted_by("handing over wakes nobody", Fault::NoWake, RAW, WAKES, Death::Deadlock)
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
        Fault::Writes(HELD + STARVING + WAITER),
        RAW,
        LEAVES,
        Death::Assertion("free in the end"),
    )
    .refuted_by("leaving with the lock is Relaxed", Fault::Relaxed, RAW, TAKES, Death::Causality)
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
        Fault::Writes(WAITER),
        RAW,
        HANDS_OVER,
        Death::Assertion("a newcomer came"),
    )
    .check(a_newcomer_after_a_hand_over);
}
