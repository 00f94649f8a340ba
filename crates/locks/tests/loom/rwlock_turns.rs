//! # Claim
//! A writer that waits for a `RawRwLock` keeps newcomers out, and lets them in again when it gives up; a
//! waiter that gives up takes nobody's wake with it; a downgrade lets readers in, and no writer between; who
//! has waited long comes first.
//!
//! # Models
//! Those of `rwlock.rs`. The order in which threads come is what is asserted, so each model asks first
//! whether somebody waits (`try_acquire_read` is refused, or `Debug` says so) and then who came first.
//!
//! # Not shown here
//! How long a millisecond is: in the model patience is over from the start, or never.

use crate::rwlock::{Guarded, LINE, LINE_WAKES, RAW, RELEASES, ReadWrite, WAKES, part};
use crate::rwlock_twin::{Flaw, Twin};
use locks::{Deadline, RawRwLock};
use platform::check::{Death, Fault, Proof, saw};
use std::time::Duration;

/// Where a head leaves whose deadline has come.
const LEAVES: &str = "compare_exchange(seen, seen & !FLAGS, Relaxed, Relaxed)";

/// A deadline that may come at any moment.
fn soon() -> Deadline {
    Duration::from_millis(1).into()
}

/// The model reads while a writer comes; tries to read once more; and when it has ended its reading, reads
/// again.
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
        "rwlock_turns::a_waiting_writer_holds_back_newcomers",
        "while readers hold it, a writer at the head keeps others out, and comes before them",
    )
    .threads(2)
    .bounded(3)
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
        "rwlock_turns::a_downgrade_lets_no_writer_between",
        "who turns from writer to reader reads what it wrote, whoever waits to write",
    )
    .threads(2)
    .bounded(3)
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
        "rwlock_turns::a_downgrade_lets_waiting_readers_in",
        "readers that wait for a writer come in when it turns into a reader, without waiting for its end",
    )
    .threads(3)
    .bounded(3)
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
        "rwlock_turns::a_timed_out_writer_leaves_readers_free",
        "readers kept out by a writer that gives up come in, though nobody releases the lock",
    )
    .threads(3)
    .bounded(3)
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
        "rwlock_turns::a_timed_out_waiter_swallows_no_wake",
        "beside a writer that gives up, at the head or behind it, one that does not still gets in",
    )
    .threads(3)
    .bounded(3)
    .executions_at_least(1_000)
    .outcomes(&["in time", "timed out"])
    .refuted_by("the release wakes nobody", Fault::NoWake, RAW, WAKES, Death::Deadlock)
    .refuted_by("the head wakes nobody behind it", Fault::NoWake, LINE, LINE_WAKES, Death::Deadlock)
    .check(|| a_patient_and_an_impatient(RawRwLock::new(), |it| it.writes_until(soon()).is_some()));
}

#[test]
fn who_gives_up_reading_swallows_no_wake() {
    Proof::new(
        "rwlock_turns::who_gives_up_reading_swallows_no_wake",
        "beside a reader that gives up, at the head or behind it, a writer that does not still gets in",
    )
    .threads(3)
    .bounded(3)
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
        "rwlock_turns::a_head_that_gives_up_takes_no_flag_of_the_next",
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
        "rwlock_turns::a_reader_that_has_waited_long_keeps_writers_out",
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
