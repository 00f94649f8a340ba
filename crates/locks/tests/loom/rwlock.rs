//! # Claim
//! Under `RawRwLock` a writer is alone, and what is written is seen by who comes after; nobody is left
//! asleep. Who comes before whom, and what a waiter that gives up leaves behind: `rwlock_turns.rs`.
//!
//! # Models
//! Two threads of one critical section each explore the fast paths and one sleeper. With three there is a
//! head of the line and one behind it, or a head and two readers that leave: what can be forgotten is
//! forgotten there, as the twins show. The line is a `RawLock`, and its proofs are in `lock.rs`; here it is
//! explored with the rest.
//!
//! # Not shown here
//! The bounded spin (it has no turns in the model; it only loads). The most readers: a unit test in `raw.rs`.
//! The real clock, and more threads: `tests/rwlock.rs`.

use crate::rwlock_twin::{Flaw, Twin};
use locks::{Deadline, RawRwLock};
use platform::cell::UnsafeCell;
use platform::check::{Death, Fault, Proof, saw};
use platform::thread::{JoinHandle, spawn};
use std::sync::Arc;

pub(crate) const RAW: &str = "crates/locks/src/rwlock/raw.rs";
/// Where a newcomer enters.
const ENTERS: &str = "compare_exchange(seen, seen + way.share, Acquire, Relaxed)";
/// Where the head enters, or says that it sleeps.
const HEAD: &str = "compare_exchange(seen, next, Acquire, Relaxed)";
/// Where a holder releases, or downgrades.
pub(crate) const RELEASES: &str = "compare_exchange(seen, next, Release, Relaxed)";
/// Where a release wakes the head.
pub(crate) const WAKES: &str = "wake::<S>(&raw const self.state, 1)";
/// The line, and where its release wakes the next.
pub(crate) use crate::lock::{RAW as LINE, WAKES as LINE_WAKES};

/// The lock, or a twin of it.
pub(crate) trait ReadWrite: Send + Sync + 'static {
    fn read(&self, deadline: Deadline) -> bool;
    fn try_read(&self) -> bool;
    fn write(&self, deadline: Deadline) -> bool;
    fn end_read(&self);
    fn end_write(&self);
}

impl ReadWrite for RawRwLock {
    fn read(&self, deadline: Deadline) -> bool {
        self.acquire_read_timeout(deadline)
    }

    fn try_read(&self) -> bool {
        self.try_acquire_read()
    }

    fn write(&self, deadline: Deadline) -> bool {
        self.acquire_write_timeout(deadline)
    }

    fn end_read(&self) {
        self.release_read().unwrap();
    }

    fn end_write(&self) {
        self.release_write().unwrap();
    }
}

/// A lock and what it guards; loom checks that no two accesses are unordered, one of them a write.
pub(crate) struct Guarded<L> {
    pub(crate) lock: L,
    count: UnsafeCell<u32>,
}

// SAFETY: the models touch `count` only while they hold `lock`; that this is enough is what is proved.
unsafe impl<L: Sync> Sync for Guarded<L> {}

impl<L: ReadWrite> Guarded<L> {
    pub(crate) fn new(lock: L) -> Arc<Self> {
        Arc::new(Self { lock, count: UnsafeCell::new(0) })
    }

    /// What was counted, with the lock held.
    pub(crate) fn count(&self) -> u32 {
        // SAFETY: the lock is held.
        self.count.with(|count| unsafe { *count })
    }

    pub(crate) fn reads(&self) -> u32 {
        self.reads_until(Deadline::NEVER).unwrap()
    }

    /// One reader's turn: what it read, if it got in.
    pub(crate) fn reads_until(&self, deadline: Deadline) -> Option<u32> {
        self.lock.read(deadline).then(|| {
            let count = self.count();
            self.lock.end_read();
            count
        })
    }

    pub(crate) fn writes(&self) -> u32 {
        self.writes_until(Deadline::NEVER).unwrap()
    }

    /// One writer's turn: the count that it made, if it got in.
    pub(crate) fn writes_until(&self, deadline: Deadline) -> Option<u32> {
        self.lock.write(deadline).then(|| {
            self.counts();
            let count = self.count();
            self.lock.end_write();
            count
        })
    }

    /// Adds one, with the lock held for writing.
    pub(crate) fn counts(&self) {
        // SAFETY: the lock is held for writing.
        self.count.with_mut(|count| unsafe { *count += 1 });
    }
}

/// Starts a thread that does its part.
pub(crate) fn part<L: ReadWrite, T: Send + 'static>(
    guarded: &Arc<Guarded<L>>,
    does: impl FnOnce(&Guarded<L>) -> T + Send + 'static,
) -> JoinHandle<T> {
    let guarded = Arc::clone(guarded);
    spawn(move || does(&guarded))
}

/// The model and another thread write.
fn two_writers<L: ReadWrite>(lock: L) {
    let guarded = Guarded::new(lock);
    let other = part(&guarded, Guarded::writes);
    let first = guarded.writes() == 1;
    saw(if first { "came first" } else { "came second" });
    other.join().unwrap();
    assert_eq!(guarded.reads(), 2, "each counted once");
}

#[test]
fn a_writer_is_alone() {
    Proof::new(
        "rwlock::a_writer_is_alone",
        "of two writers one comes first, and the other sees what it wrote",
    )
    .threads(2)
    .executions_at_least(50)
    .outcomes(&["came first", "came second"])
    .refuted_by("a newcomer enters Relaxed", Fault::Relaxed, RAW, ENTERS, Death::Causality)
    .refuted_by("the head enters Relaxed", Fault::Relaxed, RAW, HEAD, Death::Causality)
    .refuted_by("the release is Relaxed", Fault::Relaxed, RAW, RELEASES, Death::Causality)
    .refuted_by("the release wakes nobody", Fault::NoWake, RAW, WAKES, Death::Deadlock)
    .refuted_by("who enters says nothing of it", Fault::Writes(0), RAW, ENTERS, Death::Assertion("NotHeld"))
    .refuted_by_twin("a newcomer adds its share blindly", Death::Causality, || {
        two_writers(Twin::new(Flaw::AddsBlindly))
    })
    .check(|| two_writers(RawRwLock::new()));
}

/// The model reads while another thread writes.
fn a_reader_and_a_writer<L: ReadWrite>(lock: L) {
    let guarded = Guarded::new(lock);
    let writer = part(&guarded, Guarded::writes);
    let read = guarded.reads();
    writer.join().unwrap();
    saw(format_args!("read {read}"));
    assert_eq!(guarded.reads(), 1);
}

#[test]
fn readers_see_what_the_writer_wrote() {
    Proof::new(
        "rwlock::readers_see_what_the_writer_wrote",
        "a reader comes before a writer, or after it and sees all that it wrote",
    )
    .threads(2)
    .executions_at_least(50)
    .outcomes(&["read 0", "read 1"])
    .refuted_by("a newcomer enters Relaxed", Fault::Relaxed, RAW, ENTERS, Death::Causality)
    .refuted_by("the head enters Relaxed", Fault::Relaxed, RAW, HEAD, Death::Causality)
    .refuted_by("the release is Relaxed", Fault::Relaxed, RAW, RELEASES, Death::Causality)
    .refuted_by("the release wakes nobody", Fault::NoWake, RAW, WAKES, Death::Deadlock)
    .check(|| a_reader_and_a_writer(RawRwLock::new()));
}

/// Two threads read while the model writes, or two write while it reads.
fn a_mix<L: ReadWrite>(lock: L, others: [fn(&Guarded<L>) -> u32; 2], own: fn(&Guarded<L>) -> u32) {
    let guarded = Guarded::new(lock);
    let others = others.map(|does| part(&guarded, does));
    let mut read = own(&guarded);
    others.into_iter().for_each(|other| read += other.join().unwrap());
    saw(read);
}

fn reader<L: ReadWrite>(guarded: &Guarded<L>) -> u32 {
    guarded.reads()
}

fn writer<L: ReadWrite>(guarded: &Guarded<L>) -> u32 {
    guarded.writes();
    0
}

/// The model reads; another reader and a writer come.
fn two_readers_and_a_writer<L: ReadWrite>(lock: L) {
    let guarded = Guarded::new(lock);
    assert!(guarded.lock.try_read());
    let reader = part(&guarded, Guarded::reads);
    let writer = part(&guarded, Guarded::writes);
    assert_eq!(guarded.count(), 0, "the writer waits for us");
    guarded.lock.end_read();
    saw(format_args!("read {}", reader.join().unwrap()));
    writer.join().unwrap();
}

#[test]
fn a_writer_sees_that_readers_are_done() {
    Proof::new(
        "rwlock::a_writer_sees_that_readers_are_done",
        "a writer comes after all the readers before it, not only after the one that left last",
    )
    .threads(3)
    .bounded(3)
    .executions_at_least(500)
    .outcomes(&["read 0", "read 1"])
    .refuted_by("the release is Relaxed", Fault::Relaxed, RAW, RELEASES, Death::Causality)
    .refuted_by("the release wakes nobody", Fault::NoWake, RAW, WAKES, Death::Deadlock)
    .refuted_by_twin("a reader that is not the last takes the flag away", Death::Deadlock, || {
        two_readers_and_a_writer(Twin::new(Flaw::AnyReaderForgets))
    })
    .check(|| two_readers_and_a_writer(RawRwLock::new()));
}

#[test]
fn a_sleep_that_ends_for_no_reason_lets_nobody_in() {
    Proof::new(
        "rwlock::a_sleep_that_ends_for_no_reason_lets_nobody_in",
        "a head that is woken looks at the holders again before it enters",
    )
    .threads(2)
    .executions_at_least(50)
    .spurious_wakeups(1)
    .outcomes(&["read 0", "read 1"])
    .refuted_by_twin("the head trusts its wake", Death::Causality, || {
        a_reader_and_a_writer(Twin::new(Flaw::TrustsTheWake))
    })
    .check(|| a_reader_and_a_writer(RawRwLock::new()));
}

#[test]
fn nobody_is_left_asleep() {
    Proof::new(
        "rwlock::nobody_is_left_asleep",
        "two writers and a reader all get in, whoever is at the head and whoever behind it",
    )
    .threads(3)
    .bounded(3)
    .executions_at_least(1_000)
    .outcomes(&["0", "1", "2"])
    .refuted_by("the release wakes nobody", Fault::NoWake, RAW, WAKES, Death::Deadlock)
    .refuted_by("the head wakes nobody behind it", Fault::NoWake, LINE, LINE_WAKES, Death::Deadlock)
    .refuted_by_twin("the head says only once that it sleeps", Death::Deadlock, || {
        a_mix(Twin::new(Flaw::SaysOnceThatItSleeps), [writer, writer], reader)
    })
    .check(|| a_mix(RawRwLock::new(), [writer, writer], reader));
}

#[test]
fn nobody_is_left_asleep_where_all_have_waited_long() {
    Proof::new(
        "rwlock::nobody_is_left_asleep_where_all_have_waited_long",
        "a head that keeps everybody out comes in, and so do those behind it",
    )
    .threads(3)
    .bounded(3)
    .executions_at_least(1_000)
    .impatient()
    .outcomes(&["0", "1", "2"])
    .refuted_by("the release wakes nobody", Fault::NoWake, RAW, WAKES, Death::Deadlock)
    .refuted_by("the head wakes nobody behind it", Fault::NoWake, LINE, LINE_WAKES, Death::Deadlock)
    .check(|| a_mix(RawRwLock::new(), [writer, writer], reader));
}

/// Two threads release what the model took, once.
fn two_releases(acquire: fn(&RawRwLock), release: fn(&RawRwLock) -> bool) {
    let guarded = Guarded::new(RawRwLock::new());
    acquire(&guarded.lock);
    let other = part(&guarded, move |guarded| release(&guarded.lock));
    let ours = release(&guarded.lock);
    assert!(ours != other.join().unwrap(), "exactly one releases it");
    saw(if ours { "we did" } else { "the other did" });
}

#[test]
fn a_share_is_released_but_once() {
    Proof::new(
        "rwlock::a_share_is_released_but_once",
        "of two threads that release one reader, exactly one succeeds and the other is told",
    )
    .threads(2)
    .executions_at_least(2)
    .outcomes(&["we did", "the other did"])
    .refuted_by("it releases nothing", Fault::Writes(1), RAW, RELEASES, Death::Assertion("exactly one"))
    .check(|| two_releases(RawRwLock::acquire_read, |lock| lock.release_read().is_ok()));
}
