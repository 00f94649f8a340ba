//! # Claim
//! Under `RawRwLock` a writer is alone, and what is written is seen by who comes after; nobody is left asleep; a
//! writer that waits keeps newcomers out, and lets them in again when it gives up; a downgrade lets no writer
//! between.
//!
//! # Models
//! Two threads of one critical section each explore the fast paths and one sleeper. With three there is a head of
//! the line and one behind it, or a head and two readers that leave: what can be forgotten is forgotten there, as
//! the twins show. The line is a `RawLock`, and its proofs are in `lock.rs`; here it is explored with the rest.
//!
//! # Not shown here
//! The bounded spin (it has no turns in the model; it only loads). The most readers: a unit test in `raw.rs`. The
//! real clock, and more threads: `tests/rwlock.rs`.

mod twin;

use locks::{Deadline, RawRwLock};
use platform::cell::UnsafeCell;
use platform::check::{Death, Fault, Proof, saw};
use platform::thread::{JoinHandle, spawn};
use std::sync::Arc;
use std::time::Duration;
use twin::{Flaw, Twin};

const RAW: &str = "crates/locks/src/rwlock/raw.rs";
/// Where a newcomer enters.
const ENTERS: &str = "compare_exchange(seen, seen + way.share, Acquire, Relaxed)";
/// Where the head enters, or says that it sleeps.
const HEAD: &str = "compare_exchange(seen, next, Acquire, Relaxed)";
/// Where a holder releases, or downgrades.
const RELEASES: &str = "compare_exchange(seen, next, Release, Relaxed)";
/// Where a head leaves whose deadline has come.
const LEAVES: &str = "compare_exchange(seen, seen & !FLAGS, Relaxed, Relaxed)";
/// Where a release wakes the head.
const WAKES: &str = "wake::<S>(&raw const self.state, 1)";
/// The line, and where its release wakes the next.
const LINE: &str = "crates/locks/src/lock/raw.rs";
const LINE_WAKES: &str = "wake::<S>";

/// The lock, or a twin of it.
trait ReadWrite: Send + Sync + 'static {
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
struct Guarded<L> {
    lock: L,
    count: UnsafeCell<u32>,
}

// SAFETY: the models touch `count` only while they hold `lock`; that this is enough is what is proved.
unsafe impl<L: Sync> Sync for Guarded<L> {}

impl<L: ReadWrite> Guarded<L> {
    fn new(lock: L) -> Arc<Self> {
        Arc::new(Self { lock, count: UnsafeCell::new(0) })
    }

    /// What was counted, with the lock held.
    fn count(&self) -> u32 {
        // SAFETY: the lock is held.
        self.count.with(|count| unsafe { *count })
    }

    fn reads(&self) -> u32 {
        self.reads_until(Deadline::NEVER).unwrap()
    }

    /// One reader's turn: what it read, if it got in.
    fn reads_until(&self, deadline: Deadline) -> Option<u32> {
        self.lock.read(deadline).then(|| {
            let count = self.count();
            self.lock.end_read();
            count
        })
    }

    fn writes(&self) -> u32 {
        self.writes_until(Deadline::NEVER).unwrap()
    }

    /// One writer's turn: the count that it made, if it got in.
    fn writes_until(&self, deadline: Deadline) -> Option<u32> {
        self.lock.write(deadline).then(|| {
            self.counts();
            let count = self.count();
            self.lock.end_write();
            count
        })
    }

    /// Adds one, with the lock held for writing.
    fn counts(&self) {
        // SAFETY: the lock is held for writing.
        self.count.with_mut(|count| unsafe { *count += 1 });
    }
}

/// Starts a thread that does its part.
fn part<L: ReadWrite, T: Send + 'static>(
    guarded: &Arc<Guarded<L>>,
    does: impl FnOnce(&Guarded<L>) -> T + Send + 'static,
) -> JoinHandle<T> {
    let guarded = Arc::clone(guarded);
    spawn(move || does(&guarded))
}

/// A deadline that may come at any moment.
fn soon() -> Deadline {
    Duration::from_millis(1).into()
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
    Proof::new("rwlock::a_writer_is_alone", "of two writers one comes first, and the other sees what it wrote")
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
    .bounded(2)
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
    .bounded(2)
    .executions_at_least(1_000)
    .outcomes(&["0", "1", "2"])
    .refuted_by("the release wakes nobody", Fault::NoWake, RAW, WAKES, Death::Deadlock)
    .refuted_by("the head wakes nobody behind it", Fault::NoWake, LINE, LINE_WAKES, Death::Deadlock)
    .refuted_by_twin("the head says only once that it sleeps", Death::Deadlock, || {
        a_mix(Twin::new(Flaw::SaysOnceThatItSleeps), [writer, writer], reader)
    })
    .check(|| a_mix(RawRwLock::new(), [writer, writer], reader));
}

/// The model reads while a writer comes; tries to read once more; and when it has ended its reading, reads again.
fn a_newcomer_beside_a_waiting_writer<L: ReadWrite>(lock: L) {
    let guarded = Guarded::new(lock);
    assert!(guarded.lock.try_read());
    let writer = part(&guarded, Guarded::writes);
    let kept_out = !guarded.lock.try_read();
    if !kept_out {
        guarded.lock.end_read();
    }
    guarded.lock.end_read();
    let read = guarded.reads();
    writer.join().unwrap();
    assert!(!kept_out || read == 1, "a newcomer that was kept out came first");
    saw(match (kept_out, read) {
        (true, _) => "kept out",
        (false, 0) => "came first",
        (false, _) => "came after",
    });
}

#[test]
fn a_waiting_writer_holds_back_newcomers() {
    Proof::new(
        "rwlock::a_waiting_writer_holds_back_newcomers",
        "while readers hold it, a writer at the head keeps others out, and comes before them",
    )
    .threads(2)
    .bounded(2)
    .executions_at_least(50)
    .outcomes(&["kept out", "came first", "came after"])
    .refuted_by_twin("the flag goes with the wake", Death::Assertion("came first"), || {
        a_newcomer_beside_a_waiting_writer(Twin::new(Flaw::OpensWithTheWake))
    })
    .check(|| a_newcomer_beside_a_waiting_writer(RawRwLock::new()));
}

/// A writer turns into a reader while another writer comes; its own share of the work is in two places.
fn a_downgrade_beside_a_writer(downgrade: impl Fn(&RawRwLock)) {
    let guarded = Guarded::new(RawRwLock::new());
    guarded.lock.acquire_write();
    let other = part(&guarded, Guarded::writes);
    guarded.counts();
    downgrade(&guarded.lock);
    assert_eq!(guarded.count(), 1, "a writer came between");
    guarded.lock.end_read();
    let read = guarded.reads();
    other.join().unwrap();
    saw(format_args!("then {read}"));
}

#[test]
fn a_downgrade_lets_no_writer_between() {
    Proof::new(
        "rwlock::a_downgrade_lets_no_writer_between",
        "who turns from writer to reader reads what it wrote, whoever waits to write",
    )
    .threads(2)
    .bounded(2)
    .executions_at_least(50)
    .outcomes(&["then 1", "then 2"])
    .refuted_by("the release is Relaxed", Fault::Relaxed, RAW, RELEASES, Death::Causality)
    .refuted_by_twin("it releases and acquires", Death::Assertion("a writer came between"), || {
        a_downgrade_beside_a_writer(|lock| {
            lock.end_write();
            lock.acquire_read();
        });
    })
    .check(|| a_downgrade_beside_a_writer(|lock| lock.downgrade().unwrap()));
}

#[test]
fn a_downgrade_lets_waiting_readers_in() {
    Proof::new(
        "rwlock::a_downgrade_lets_waiting_readers_in",
        "readers that wait for a writer come in when it turns into a reader, without waiting for its end",
    )
    .threads(3)
    .bounded(2)
    .executions_at_least(100)
    .outcomes(&["both"])
    .refuted_by("it wakes nobody", Fault::NoWake, RAW, WAKES, Death::Deadlock)
    .refuted_by("who came in wakes nobody", Fault::NoWake, LINE, LINE_WAKES, Death::Deadlock)
    .refuted_by("it is Relaxed", Fault::Relaxed, RAW, RELEASES, Death::Causality)
    .check(|| {
        let guarded = Guarded::new(RawRwLock::new());
        guarded.lock.acquire_write();
        let readers = [part(&guarded, Guarded::reads), part(&guarded, Guarded::reads)];
        guarded.counts();
        guarded.lock.downgrade().unwrap();
        for reader in readers {
            assert_eq!(reader.join().unwrap(), 1);
        }
        guarded.lock.end_read();
        saw("both");
    });
}

/// The model reads all the time; a writer tries and gives up; another reader comes.
fn a_writer_that_gives_up<L: ReadWrite>(lock: L) {
    let guarded = Guarded::new(lock);
    assert!(guarded.lock.try_read());
    let writer = part(&guarded, |guarded| guarded.writes_until(soon()));
    let reader = part(&guarded, |guarded| {
        let kept_out = !guarded.lock.try_read();
        if !kept_out {
            guarded.lock.end_read();
        }
        guarded.reads();
        kept_out
    });
    saw(if reader.join().unwrap() { "kept out for a while" } else { "came in at once" });
    assert_eq!(writer.join().unwrap(), None, "a reader is there");
    assert!(guarded.lock.try_read(), "the way is free for readers");
    guarded.lock.end_read();
    guarded.lock.end_read();
}

#[test]
fn a_timed_out_writer_leaves_readers_free() {
    Proof::new(
        "rwlock::a_timed_out_writer_leaves_readers_free",
        "readers kept out by a writer that gives up come in, though nobody releases the lock",
    )
    .threads(3)
    .bounded(2)
    .executions_at_least(500)
    .outcomes(&["kept out for a while", "came in at once"])
    .refuted_by("who gives up wakes nobody", Fault::NoWake, LINE, LINE_WAKES, Death::Deadlock)
    .refuted_by(
        "its flag stays behind",
        Fault::Writes(1 | 1 << 30),
        RAW,
        LEAVES,
        Death::Assertion("the way is free"),
    )
    .check(|| a_writer_that_gives_up(RawRwLock::new()));
}

/// The model writes; of two who wait for it one gives up.
fn a_patient_and_an_impatient<L: ReadWrite>(lock: L, gives_up: fn(&Guarded<L>) -> bool) {
    let guarded = Guarded::new(lock);
    assert!(guarded.lock.write(Deadline::NEVER));
    let patient = part(&guarded, Guarded::writes);
    let impatient = part(&guarded, gives_up);
    guarded.counts();
    guarded.lock.end_write();
    assert!(patient.join().unwrap() > 1, "it came after us");
    saw(if impatient.join().unwrap() { "in time" } else { "timed out" });
    assert!(guarded.lock.try_read(), "the way is free for readers");
    guarded.lock.end_read();
}

#[test]
fn a_timed_out_waiter_swallows_no_wake() {
    Proof::new(
        "rwlock::a_timed_out_waiter_swallows_no_wake",
        "beside a writer that gives up, at the head or behind it, one that does not still gets in",
    )
    .threads(3)
    .bounded(2)
    .executions_at_least(1_000)
    .outcomes(&["in time", "timed out"])
    .refuted_by("the release wakes nobody", Fault::NoWake, RAW, WAKES, Death::Deadlock)
    .refuted_by("the head wakes nobody behind it", Fault::NoWake, LINE, LINE_WAKES, Death::Deadlock)
    .check(|| a_patient_and_an_impatient(RawRwLock::new(), |it| it.writes_until(soon()).is_some()));
}

#[test]
fn who_gives_up_reading_swallows_no_wake() {
    Proof::new(
        "rwlock::who_gives_up_reading_swallows_no_wake",
        "beside a reader that gives up, at the head or behind it, a writer that does not still gets in",
    )
    .threads(3)
    .bounded(2)
    .executions_at_least(1_000)
    .outcomes(&["in time", "timed out"])
    .refuted_by("the head wakes nobody behind it", Fault::NoWake, LINE, LINE_WAKES, Death::Deadlock)
    .check(|| a_patient_and_an_impatient(RawRwLock::new(), |it| it.reads_until(soon()).is_some()));
}

/// The model writes, and tries in vain to do so once more, while another thread waits for it.
fn one_gives_up_before_another<L: ReadWrite>(lock: L) {
    let guarded = Guarded::new(lock);
    assert!(guarded.lock.write(Deadline::NEVER));
    let patient = part(&guarded, Guarded::writes);
    assert!(!guarded.lock.write(soon()), "it waited for itself");
    guarded.lock.end_write();
    saw(format_args!("counted {}", patient.join().unwrap()));
}

#[test]
fn a_head_that_gives_up_takes_no_flag_of_the_next() {
    Proof::new(
        "rwlock::a_head_that_gives_up_takes_no_flag_of_the_next",
        "who stands behind a head that gives up says for itself that it sleeps, and is woken",
    )
    .threads(2)
    .bounded(3)
    .executions_at_least(50)
    .outcomes(&["counted 1"])
    .refuted_by("the release wakes nobody", Fault::NoWake, RAW, WAKES, Death::Deadlock)
    .refuted_by_twin("it tidies up when it is the head no longer", Death::Deadlock, || {
        one_gives_up_before_another(Twin::new(Flaw::TidiesUpTooLate))
    })
    .check(|| one_gives_up_before_another(RawRwLock::new()));
}

/// The model writes while a reader waits; then it ends that, and writes again at once.
fn a_writer_comes_again() {
    let guarded = Guarded::new(RawRwLock::new());
    guarded.lock.acquire_write();
    let reader = part(&guarded, Guarded::reads);
    let waits_long = format!("{:?}", guarded.lock).contains("kept_out: writers");
    guarded.lock.end_write();
    guarded.writes();
    let read = reader.join().unwrap();
    assert!(!waits_long || read == 0, "a writer came before a reader that had waited too long");
    saw(match (waits_long, read) {
        (true, _) => "kept out",
        (false, 0) => "the reader was quicker",
        (false, _) => "the writer was quicker",
    });
}

#[test]
fn a_reader_that_has_waited_long_keeps_writers_out() {
    Proof::new(
        "rwlock::a_reader_that_has_waited_long_keeps_writers_out",
        "who has waited a millisecond at the head comes before a writer that releases and comes again",
    )
    .threads(2)
    .bounded(3)
    .executions_at_least(50)
    .impatient()
    .outcomes(&["kept out", "the reader was quicker", "the writer was quicker"])
    .refuted_by(
        "the release opens the way for writers",
        Fault::Writes(0),
        RAW,
        RELEASES,
        Death::Assertion("a writer came before"),
    )
    .check(a_writer_comes_again);
}

#[test]
fn nobody_is_left_asleep_where_all_have_waited_long() {
    Proof::new(
        "rwlock::nobody_is_left_asleep_where_all_have_waited_long",
        "a head that keeps everybody out comes in, and so do those behind it",
    )
    .threads(3)
    .bounded(2)
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
