//! # Claim
//! Among eight threads `RawRLock` has one owner at a time, at whatever level, and every thread gets in.
//!
//! # Model
//! Eight threads that each own the lock three times, at one, two and three levels, and count at each level on the
//! way up and on the way down. Half of them give all levels back in between and take them again.
//!
//! # Not shown here
//! That every schedule is right. The orderings: `tests/loom/rlock.rs`.

use locks::RawRLock;
use platform::atomic::{AtomicUsize, Ordering::Relaxed};
use platform::cell::UnsafeCell;
use platform::check::{Death, Trial, saw};
use platform::futex::Private;
use platform::thread::{id, spawn};
use std::sync::Arc;

const THREADS: u32 = 8;
const DEEPEST: u32 = 3;

/// What the model asks of the lock: the real one, or a twin.
trait Recursive: Send + Sync + 'static {
    fn acquire(&self);
    fn release(&self);
    /// Gives all levels back, and takes them again.
    fn pause(&self);
}

impl Recursive for RawRLock {
    fn acquire(&self) {
        self.acquire();
    }

    fn release(&self) {
        self.release().unwrap();
    }

    fn pause(&self) {
        let before = self.recursion_count();
        let levels = self.release_all().unwrap();
        self.acquire_restore(levels);
        assert_eq!(self.recursion_count(), before, "all levels are back");
    }
}

struct Guarded<L> {
    lock: L,
    count: UnsafeCell<u32>,
}

// SAFETY: the model touches `count` only while it owns `lock`; that this is enough is what is tried.
unsafe impl<L: Sync> Sync for Guarded<L> {}

impl<L: Recursive> Guarded<L> {
    fn count(&self) {
        // SAFETY: the lock is owned.
        self.count.with_mut(|count| unsafe { *count += 1 });
    }

    /// Counts on each level, up and down.
    fn climb(&self, levels: u32, pauses: bool) {
        for _ in 0..levels {
            self.lock.acquire();
            self.count();
        }
        if pauses {
            self.lock.pause();
        }
        for _ in 0..levels {
            self.count();
            self.lock.release();
        }
    }
}

fn eight<L: Recursive>(lock: L) {
    let guarded = Arc::new(Guarded { lock, count: UnsafeCell::new(0) });
    let climbs = |guarded: &Guarded<L>, number: u32| {
        (1..=DEEPEST).for_each(|levels| guarded.climb(levels, number.is_multiple_of(2)));
    };
    let others: Vec<_> = (1..THREADS)
        .map(|number| {
            let guarded = Arc::clone(&guarded);
            spawn(move || climbs(&guarded, number))
        })
        .collect();
    climbs(&guarded, 0);
    others.into_iter().for_each(|other| other.join().unwrap());
    // SAFETY: the others have been joined.
    let counted = guarded.count.with(|count| unsafe { *count });
    assert_eq!(counted, THREADS * 2 * (1 + 2 + 3), "each counted on each level, twice");
    saw("all were counted");
}

/// The real lock, with one thing wrong about it.
struct Twin {
    lock: RawRLock,
    owner: AtomicUsize,
    flaw: Flaw,
}

#[derive(Clone, Copy, PartialEq)]
enum Flaw {
    /// The first level given back gives back all.
    LetsGoAtOnce,
    /// A look at who owned it last takes the place of a look at who does.
    RemembersTheLastOwner,
}

impl Twin {
    fn new(flaw: Flaw) -> Self {
        Self { lock: RawRLock::new(), owner: AtomicUsize::new(0), flaw }
    }
}

impl Recursive for Twin {
    fn acquire(&self) {
        let remembers = self.flaw == Flaw::RemembersTheLastOwner;
        if remembers && self.owner.load(Relaxed) == id::<Private>() {
            return;
        }
        self.lock.acquire();
        self.owner.swap(id::<Private>(), Relaxed);
    }

    fn release(&self) {
        let at_once = self.flaw == Flaw::LetsGoAtOnce;
        // What is not owned any more cannot be released: in the twin, nobody minds.
        let _ = if at_once { self.lock.release_all().map(drop) } else { self.lock.release() };
    }

    fn pause(&self) {}
}

#[test]
fn one_of_eight_owns_it_at_whatever_level() {
    Trial::new(
        "rlock::one_of_eight_owns_it_at_whatever_level",
        "one of eight threads owns it at a time, until its last level, and each gets in",
    )
    .threads(8)
    .schedules(5_000)
    .outcomes(&["all were counted"])
    .refuted_by_twin("the first level given back frees it", Death::Overlap, || {
        eight(Twin::new(Flaw::LetsGoAtOnce));
    })
    .refuted_by_twin("who owned it last need not take it", Death::Overlap, || {
        eight(Twin::new(Flaw::RemembersTheLastOwner));
    })
    .check(|| eight(RawRLock::new()));
}
