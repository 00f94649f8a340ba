//! # Claim
//! Among eight threads a writer of `RawRwLock` is alone, readers are not disturbed, everybody who waits as long as it
//! takes gets in, and one that gives up takes nobody's wake with it.
//!
//! # Model
//! Five readers and three writers with two visits each; writers turn into readers now and then; some give up at
//! deadlines that come by chance. loom's proofs have three threads: here the line is long.
//!
//! # Not shown here
//! That every schedule is right. The orderings: `tests/loom/rwlock.rs`.

use locks::{Deadline, RawRwLock};
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
const VISITS: u32 = 2;

/// What the model asks of the lock: the real one, or a twin.
trait ReadWrite: Send + Sync + 'static {
    fn read(&self, deadline: Deadline) -> bool;
    fn write(&self, deadline: Deadline) -> bool;
    fn release_read(&self);
    fn release_write(&self);
    fn downgrade(&self);
}

impl ReadWrite for RawRwLock {
    fn read(&self, deadline: Deadline) -> bool {
        self.acquire_read_timeout(deadline)
    }

    fn write(&self, deadline: Deadline) -> bool {
        self.acquire_write_timeout(deadline)
    }

    fn release_read(&self) {
        self.release_read().unwrap();
    }

    fn release_write(&self) {
        self.release_write().unwrap();
    }

    fn downgrade(&self) {
        self.downgrade().unwrap();
    }
}

/// The one thing that a twin does wrong.
#[derive(Clone, Copy, PartialEq)]
enum Flaw {
    /// A reader that leaves wakes nobody, though a writer waits.
    SilentReader,
    /// A writer enters beside readers.
    IgnoresReaders,
}

const WRITER: u32 = 1 << 16;

/// A count of readers, or a writer; all sleep on it who may not enter.
struct Twin {
    state: AtomicU32,
    flaw: Flaw,
}

impl Twin {
    fn new(flaw: Flaw) -> Self {
        Self { state: AtomicU32::new(0), flaw }
    }

    fn enter(&self, share: u32, forbidden: impl Fn(u32) -> bool, deadline: Deadline) -> bool {
        loop {
            let seen = self.state.load(Relaxed);
            if forbidden(seen) {
                if wait::<Private>(&self.state, seen, &deadline) == Wait::TimedOut {
                    return false;
                }
            } else if self.state.compare_exchange(seen, seen + share, Acquire, Relaxed).is_ok() {
                return true;
            }
        }
    }

    fn leave(&self, share: u32) {
        self.state.fetch_sub(share, Release);
        if share == WRITER || self.flaw != Flaw::SilentReader {
            wake::<Private>(&raw const self.state, u32::MAX);
        }
    }
}

impl ReadWrite for Twin {
    fn read(&self, deadline: Deadline) -> bool {
        self.enter(1, |state| state & WRITER != 0, deadline)
    }

    fn write(&self, deadline: Deadline) -> bool {
        let ignores = self.flaw == Flaw::IgnoresReaders;
        self.enter(WRITER, |state| if ignores { state & WRITER != 0 } else { state != 0 }, deadline)
    }

    fn release_read(&self) {
        self.leave(1);
    }

    fn release_write(&self) {
        self.leave(WRITER);
    }

    fn downgrade(&self) {
        self.state.fetch_add(1, Relaxed);
        self.leave(WRITER);
    }
}

struct Guarded<L> {
    lock: L,
    count: UnsafeCell<u32>,
}

// SAFETY: the model reads `count` as a reader and writes it as a writer; that this is enough is what is tried.
unsafe impl<L: Sync> Sync for Guarded<L> {}

impl<L: ReadWrite> Guarded<L> {
    fn read(&self) -> u32 {
        // SAFETY: the lock is held.
        self.count.with(|count| unsafe { *count })
    }

    /// One visit, if it can; what it added.
    fn visit(&self, number: u32, deadline: Deadline) -> Option<u32> {
        if number < 5 {
            if !self.lock.read(deadline) {
                return None;
            }
            self.read();
            self.lock.release_read();
            return Some(0);
        }
        if !self.lock.write(deadline) {
            return None;
        }
        let count = self.read() + 1;
        // SAFETY: the lock is held for writing.
        self.count.with_mut(|to| unsafe { *to = count });
        if number == 5 {
            self.lock.downgrade();
            assert_eq!(self.read(), count, "no writer comes between");
            self.lock.release_read();
        } else {
            self.lock.release_write();
        }
        Some(1)
    }
}

/// Eight threads, of which the even ones wait for a while only where `hasty`.
fn eight(lock: impl ReadWrite, hasty: bool) {
    let guarded = Arc::new(Guarded { lock, count: UnsafeCell::new(0) });
    let others: Vec<_> = (1..THREADS)
        .map(|number| {
            let guarded = Arc::clone(&guarded);
            let gives_up = hasty && number.is_multiple_of(2);
            let deadline = if gives_up { Duration::from_millis(1).into() } else { Deadline::NEVER };
            spawn(move || {
                let visits: Vec<_> = (0..VISITS).map(|_| guarded.visit(number, deadline.clone())).collect();
                assert!(
                    gives_up || visits.iter().all(Option::is_some),
                    "who waits as long as it takes gets in"
                );
                visits
            })
        })
        .collect();
    let mut visits: Vec<_> = (0..VISITS).map(|_| guarded.visit(0, Deadline::NEVER)).collect();
    others.into_iter().for_each(|other| visits.extend(other.join().unwrap()));
    assert!(guarded.lock.write(Duration::ZERO.into()), "the lock is free in the end");
    assert_eq!(guarded.read(), visits.iter().flatten().sum::<u32>(), "who wrote was counted");
    saw(if visits.iter().all(Option::is_some) { "all got in" } else { "some gave up" });
}

#[test]
fn a_writer_is_alone_among_eight_and_all_get_in() {
    Trial::new(
        "rwlock::a_writer_is_alone_among_eight_and_all_get_in",
        "of five readers and three writers a writer is alone, and each gets in as often as it wants to",
    )
    .threads(8)
    .schedules(10_000)
    .outcomes(&["all got in"])
    .refuted_by_twin("a reader that leaves wakes nobody", Death::Deadlock, || {
        eight(Twin::new(Flaw::SilentReader), false);
    })
    .refuted_by_twin("a writer enters beside readers", Death::Overlap, || {
        eight(Twin::new(Flaw::IgnoresReaders), false);
    })
    .check(|| eight(RawRwLock::new(), false));
}

#[test]
fn who_gives_up_takes_nobody_s_turn_along() {
    Trial::new(
        "rwlock::who_gives_up_takes_nobody_s_turn_along",
        "beside readers and writers that give up, those that do not get in as often as they want to",
    )
    .threads(8)
    .schedules(10_000)
    .outcomes(&["all got in", "some gave up"])
    .refuted_by_twin("a reader that leaves wakes nobody", Death::Deadlock, || {
        eight(Twin::new(Flaw::SilentReader), true);
    })
    .check(|| eight(RawRwLock::new(), true));
}
