//! # Claim
//! Among eight threads `RawLock` has one holder at a time; every thread that waits without a deadline gets
//! in; and one that gives up takes nobody's wake with it.
//!
//! # Model
//! Eight threads with three critical sections each. Some wait as long as it takes, some with deadlines that
//! come by chance. loom's proofs have two or three threads with one section each: here there are long lines
//! of sleepers, newcomers among them, and locks that are handed over while others give up.
//!
//! # Not shown here
//! That every schedule is right: these are some thousands of very many. The orderings: `tests/loom/lock.rs`.

use locks::{Deadline, Lock, RawLock};
use platform::atomic::{
    AtomicU32,
    Ordering::{Acquire, Relaxed, Release},
};
use platform::cell::UnsafeCell;
use platform::check::{Death, Trial, saw};
use platform::futex::{Private, Wait, wait, wake};
use platform::thread::spawn;
use std::sync::Arc;
use std::time::Duration;

const THREADS: u32 = 8;
const SECTIONS: u32 = 3;

/// What the model asks of a lock: a real one, or a twin.
trait Exclusive: Send + Sync + 'static {
    /// Calls `inside` with the lock, if it can be had; says whether it was.
    fn enters(&self, deadline: Deadline, inside: impl FnOnce()) -> bool;
}

impl Exclusive for RawLock {
    fn enters(&self, deadline: Deadline, inside: impl FnOnce()) -> bool {
        let enters = self.acquire_timeout(deadline);
        if enters {
            inside();
            self.release().unwrap();
        }
        enters
    }
}

/// By a guard, whose release is another.
impl Exclusive for Lock<()> {
    fn enters(&self, deadline: Deadline, inside: impl FnOnce()) -> bool {
        let waits = deadline == Deadline::NEVER;
        let guard = if waits { Some(self.lock()) } else { self.try_lock_for(Duration::from_millis(1)) };
        guard.map(|_guard| inside()).is_some()
    }
}

struct Guarded<L> {
    lock: L,
    count: UnsafeCell<u32>,
}

// SAFETY: the model touches `count` only while it holds `lock`; that this is enough is what is tried.
unsafe impl<L: Sync> Sync for Guarded<L> {}

impl<L: Exclusive> Guarded<L> {
    /// Enters so often, if it can; says how often it did.
    fn sections(&self, deadline: Deadline) -> u32 {
        let entered = (0..SECTIONS).filter(|_| {
            // SAFETY: the lock is held.
            self.lock.enters(deadline.clone(), || self.count.with_mut(|count| unsafe { *count += 1 }))
        });
        entered.count() as u32
    }
}

/// Eight threads, of which so many wait for a while only.
fn eight(lock: impl Exclusive, hasty: u32) {
    let guarded = Arc::new(Guarded { lock, count: UnsafeCell::new(0) });
    let others: Vec<_> = (1..THREADS)
        .map(|number| {
            let guarded = Arc::clone(&guarded);
            let deadline = if number <= hasty { Duration::from_millis(1).into() } else { Deadline::NEVER };
            spawn(move || guarded.sections(deadline))
        })
        .collect();
    let own = guarded.sections(Deadline::NEVER);
    let entered = own + others.into_iter().map(|other| other.join().unwrap()).sum::<u32>();
    assert!(guarded.lock.enters(Duration::ZERO.into(), || ()), "the lock is free in the end");
    // SAFETY: the others have been joined.
    assert_eq!(guarded.count.with(|count| unsafe { *count }), entered, "who entered was counted");
    assert!(entered >= (THREADS - hasty) * SECTIONS, "who waits as long as it takes gets in");
    saw(if entered == THREADS * SECTIONS { "all got in" } else { "some gave up" });
}

/// The one thing that a twin does wrong.
#[derive(Clone, Copy, PartialEq)]
enum Flaw {
    /// The release wakes nobody.
    SilentRelease,
    /// Who has slept takes the lock as held, and so forgets that others may sleep too.
    TakesAsHeld,
    /// Who was woken enters without looking at the word again.
    TrustsTheWake,
    /// Who gives up says that nobody sleeps any more.
    LeavesAsTheLast,
}

/// The lock's protocol in brief.
struct Twin {
    word: AtomicU32,
    flaw: Flaw,
}

impl Twin {
    fn new(flaw: Flaw) -> Self {
        Self { word: AtomicU32::new(0), flaw }
    }
}

impl Twin {
    fn acquire(&self, deadline: Deadline) -> bool {
        if self.word.compare_exchange(0, 1, Acquire, Relaxed).is_ok() {
            return true;
        }
        while self.word.swap(2, Acquire) != 0 {
            match wait::<Private>(&self.word, 2, &deadline) {
                Wait::TimedOut => {
                    if self.flaw == Flaw::LeavesAsTheLast {
                        let _ = self.word.compare_exchange(2, 1, Relaxed, Relaxed);
                    }
                    return false;
                }
                Wait::Woken if self.flaw == Flaw::TrustsTheWake => return true,
                Wait::Woken | Wait::Changed => {}
            }
            if self.flaw == Flaw::TakesAsHeld && self.word.compare_exchange(0, 1, Acquire, Relaxed).is_ok() {
                return true;
            }
        }
        true
    }

    fn release(&self) {
        if self.word.swap(0, Release) == 2 && self.flaw != Flaw::SilentRelease {
            wake::<Private>(&raw const self.word, 1);
        }
    }
}

impl Exclusive for Twin {
    fn enters(&self, deadline: Deadline, inside: impl FnOnce()) -> bool {
        let enters = self.acquire(deadline);
        if enters {
            inside();
            self.release();
        }
        enters
    }
}

#[test]
fn one_of_eight_is_inside_and_all_get_in() {
    Trial::new(
        "lock::one_of_eight_is_inside_and_all_get_in",
        "one of eight threads is inside at a time, and each gets in as often as it wants to",
    )
    .threads(8)
    .schedules(10_000)
    .outcomes(&["all got in"])
    .refuted_by_twin("the release wakes nobody", Death::Deadlock, || {
        eight(Twin::new(Flaw::SilentRelease), 0);
    })
    .refuted_by_twin("who slept takes it as HELD", Death::Deadlock, || eight(Twin::new(Flaw::TakesAsHeld), 0))
    .refuted_by_twin("who is woken enters", Death::Overlap, || eight(Twin::new(Flaw::TrustsTheWake), 0))
    .check(|| eight(RawLock::new(), 0));
}

#[test]
fn who_gives_up_takes_nobody_s_wake_along() {
    Trial::new(
        "lock::who_gives_up_takes_nobody_s_wake_along",
        "beside four threads that give up, four that do not get in as often as they want to",
    )
    .threads(8)
    .schedules(10_000)
    .outcomes(&["all got in", "some gave up"])
    .refuted_by_twin("who gives up says that nobody sleeps", Death::Deadlock, || {
        eight(Twin::new(Flaw::LeavesAsTheLast), 4);
    })
    .refuted_by_twin("who is woken enters", Death::Overlap, || eight(Twin::new(Flaw::TrustsTheWake), 4))
    .check(|| eight(RawLock::new(), 4));
}

#[test]
fn one_of_eight_with_guards_is_inside() {
    Trial::new(
        "lock::one_of_eight_with_guards_is_inside",
        "of eight threads with guards, four of which give up, one is inside at a time, and the others get in",
    )
    .threads(8)
    .schedules(10_000)
    .outcomes(&["all got in", "some gave up"])
    .refuted_by_twin("the release wakes nobody", Death::Deadlock, || eight(Twin::new(Flaw::SilentRelease), 4))
    .refuted_by_twin("who is woken enters", Death::Overlap, || eight(Twin::new(Flaw::TrustsTheWake), 4))
    .check(|| eight(Lock::new(()), 4));
}
