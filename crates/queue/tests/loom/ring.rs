//! # Claim
//! What the writer publishes the reader gets once, in order and whole, and its room goes back; neither waits
//! for ever, beside a publication, an end, a deadline or a death; and an end is told after the last item, to
//! a writer with what was not read.
//!
//! # Models
//! Room for one and for two, and three items: so the positions go round, both sides find the ring full and
//! empty, and each sleeps on what the other does next. The slots are loom's cells: an item that is touched by
//! both sides at once ends the proof. Two threads are all that a ring has; a third, which says of one that it
//! died, has no hand in the rest.
//!
//! # Not shown here
//! Waits for several units at once, as a long frame needs them, and the frames' own layout: `frames.rs`. That
//! the kernel's half of the light fence is as good as a full one: `platform`'s contract; the model has two
//! full ones. Processes, and one that is killed: `tests/ring_shared.rs`.

use crate::ring_twin::{Flaw, Twin};
use platform::check::{Death, Fault, Proof, saw};
use platform::thread::{JoinHandle, spawn};
use queue::ring::{End, PopError, PushError, Reader, Ring, Slot, Writer};
use std::mem;
use std::sync::Arc;
use std::time::Duration;

pub(crate) const RAW: &str = "crates/queue/src/ring/raw.rs";
pub(crate) const PUBLISHES: &str = "own.store(self.at, Release)";
pub(crate) const LOOKS: &str = "others.load(Acquire)";
pub(crate) const LOOKS_AT_FLAGS: &str = "self.ring.state.0.load(Acquire)";
const CLOSES: &str = "fetch_add(flag, Release)";
pub(crate) const SAYS_DIED: &str = "seen | flag, Release, Relaxed";
const LIGHT: &str = "light_fence::<S>()";
const HEAVY: &str = "heavy_fence::<S>()";
pub(crate) const WAKES: &str = "wake::<S>";

/// A ring and its slots, for two threads.
struct Both {
    ring: Ring,
    slots: Vec<Slot<u32>>,
}

impl Both {
    fn new(capacity: usize) -> Arc<Self> {
        Arc::new(Self { ring: Ring::new(), slots: (0..capacity).map(|_| Slot::new(0)).collect() })
    }

    /// Each model makes one.
    fn writer(&self) -> Writer<'_, u32> {
        // SAFETY: one writer; one set of slots; every u32 is one; and this writer and the reader write what
        // they do.
        unsafe { self.ring.writer(&self.slots) }
    }

    /// Each model makes one.
    fn reader(&self) -> Reader<'_, u32> {
        // SAFETY: one reader; otherwise as above.
        unsafe { self.ring.reader(&self.slots) }
    }
}

fn with<R: Send + 'static>(both: &Arc<Both>, f: impl FnOnce(&Both) -> R + Send + 'static) -> JoinHandle<R> {
    let both = Arc::clone(both);
    spawn(move || f(&both))
}

const CLOSED: Result<u32, PopError> = Err(PopError::Ended(End::Closed));

/// Three tries to push and two to pop, none of which waits; then what is left.
fn by_tries(capacity: usize) {
    let both = Both::new(capacity);
    let writer = with(&both, |both| {
        let mut writer = both.writer();
        let mut next = 1;
        for _ in 0..3 {
            if writer.try_push(next).is_ok() {
                next += 1;
            }
        }
        mem::forget(writer); // Its end is another matter.
        next
    });
    let mut reader = both.reader();
    let mut got = 0;
    for _ in 0..2 {
        if let Ok(item) = reader.try_pop() {
            got += 1;
            assert_eq!(item, got, "once and in order");
        }
    }
    saw(["none at first", "one", "two"][got as usize]);
    let next = writer.join().unwrap();
    while let Ok(item) = reader.try_pop() {
        got += 1;
        assert_eq!(item, got, "once and in order");
    }
    assert_eq!(got + 1, next, "what was pushed is there");
}

/// Items, each published by itself and waited for; then the writer closes.
fn one_by_one(capacity: usize) {
    let both = Both::new(capacity);
    let writer = with(&both, |both| {
        let mut writer = both.writer();
        for item in 1..=3 {
            writer.push(item).expect("the reader stays");
        }
    });
    let mut reader = both.reader();
    for item in 1..=3 {
        assert_eq!(reader.pop(), Ok(item), "once and in order");
    }
    saw("all");
    assert_eq!(reader.pop(), CLOSED, "and nothing after them");
    writer.join().unwrap();
}

/// What every transfer dies of.
pub(crate) fn refuted(proof: Proof) -> Proof {
    proof
        .refuted_by("a publication is Relaxed", Fault::Relaxed, RAW, PUBLISHES, Death::Causality)
        .refuted_by("the look at the position is Relaxed", Fault::Relaxed, RAW, LOOKS, Death::Causality)
        .refuted_by("a publication has no fence", Fault::NoFence, RAW, LIGHT, Death::Deadlock)
        .refuted_by("a sleeper has no fence", Fault::NoFence, RAW, HEAVY, Death::Deadlock)
        .refuted_by("nobody is woken", Fault::NoWake, RAW, WAKES, Death::Deadlock)
}

#[test]
fn a_slot_is_never_both_sides() {
    for capacity in [1, 2] {
        Proof::new(
            format!("ring::a_slot_is_never_both_sides/{capacity}"),
            "an item is read after it was written, and written over after it was read, by two sides that never wait",
        )
        .threads(2)
        .executions_at_least(5_000)
        .outcomes(&["none at first", "one", "two"])
        .refuted_by("a publication is Relaxed", Fault::Relaxed, RAW, PUBLISHES, Death::Causality)
        .refuted_by("the look at the position is Relaxed", Fault::Relaxed, RAW, LOOKS, Death::Causality)
        .check(move || by_tries(capacity));
    }
}

#[test]
fn an_item_reaches_a_sleeper() {
    let proof = Proof::new(
        "ring::an_item_reaches_a_sleeper",
        "whenever the reader says that it sleeps, the publication sees it, or the reader sees the item",
    );
    refuted(proof.threads(2).executions_at_least(20_000).outcomes(&["popped"])).check(|| {
        let both = Both::new(1);
        let writer = with(&both, |both| {
            let mut writer = both.writer();
            writer.push(1).expect("the reader stays");
            mem::forget(writer); // Its end is another matter.
        });
        let mut reader = both.reader();
        assert_eq!(reader.pop(), Ok(1));
        saw("popped");
        writer.join().unwrap();
    });
}

#[test]
fn three_items_go_through_less_room() {
    for capacity in [1, 2] {
        let proof = Proof::new(
            format!("ring::three_items_go_through_less_room/{capacity}"),
            "both sides sleep and are woken as the positions go round, and nothing is lost",
        );
        let proof = proof.threads(2).bounded(2).executions_at_least(5_000).outcomes(&["all"]);
        refuted(proof).check(move || one_by_one(capacity));
    }
}

#[test]
fn what_is_staged_arrives_as_one() {
    let proof = Proof::new(
        "ring::what_is_staged_arrives_as_one",
        "of two items that are published at once the reader sees both or none, and a third waits for room",
    );
    let proof = proof.threads(2).bounded(3).executions_at_least(20_000).outcomes(&["both", "none yet"]);
    refuted(proof).check(|| {
        let both = Both::new(2);
        let writer = with(&both, |both| {
            let mut writer = both.writer();
            writer.stage(1).unwrap();
            writer.stage(2).unwrap();
            writer.stage(3).unwrap(); // Publishes the two, since it has to wait.
            writer.publish().expect("the reader stays");
        });
        let mut reader = both.reader();
        match reader.available() {
            Ok(0) => saw("none yet"),
            Ok(2) => saw("both"),
            other => panic!("half of a batch: {other:?}"),
        }
        let (mut items, mut got) = ([0; 2], vec![]);
        while got.len() < 3 {
            let n = reader.pop_many(&mut items).expect("there are three");
            got.extend_from_slice(&items[..n]);
        }
        assert_eq!(got, [1, 2, 3], "once and in order");
        writer.join().unwrap();
    });
}

#[test]
fn a_sleep_that_ends_for_no_reason_gives_nothing() {
    Proof::new(
        "ring::a_sleep_that_ends_for_no_reason_gives_nothing",
        "who is woken looks again, and sleeps on if nothing came",
    )
    .threads(2)
    .bounded(2)
    .executions_at_least(3_000)
    .spurious_wakeups(1)
    .outcomes(&["both"])
    .refuted_by("nobody is woken", Fault::NoWake, RAW, WAKES, Death::Deadlock)
    .refuted_by("a publication is Relaxed", Fault::Relaxed, RAW, PUBLISHES, Death::Causality)
    .check(|| {
        let both = Both::new(1);
        let writer = with(&both, |both| {
            let mut writer = both.writer();
            writer.push(1).and_then(|()| writer.push(2)).expect("the reader stays");
        });
        let mut reader = both.reader();
        assert_eq!([reader.pop(), reader.pop()], [Ok(1), Ok(2)], "once and in order");
        saw("both");
        writer.join().unwrap();
    });
}

#[test]
fn the_end_comes_after_the_last_item() {
    Proof::new(
        "ring::the_end_comes_after_the_last_item",
        "who finds the ring closed has been given all of it, whether it asks or sleeps",
    )
    .threads(2)
    .bounded(3)
    .executions_at_least(1_000)
    .outcomes(&["asked", "slept or waited"])
    .survived_by("the flag is set Relaxed: the model's light fence releases too", Fault::Relaxed, RAW, CLOSES)
    .refuted_by(
        "the look is Relaxed",
        Fault::Relaxed,
        RAW,
        LOOKS_AT_FLAGS,
        Death::Assertion("before the end"),
    )
    .refuted_by("a close wakes nobody", Fault::NoWake, RAW, WAKES, Death::Deadlock)
    .refuted_by_twin(
        "without that fence, the flag is set Relaxed",
        Death::Assertion("before the end"),
        || {
            Twin::new(Flaw::ClosesRelaxed).closes();
        },
    )
    .survived_by_twin("without that fence", || Twin::new(Flaw::ClosesWithoutFence).closes())
    .refuted_by_twin("no second look at the position", Death::Assertion("before the end"), || {
        Twin::new(Flaw::LooksOnce).closes();
    })
    .check(|| {
        let both = Both::new(2);
        let writer = with(&both, |both| both.writer().push(1));
        let mut reader = both.reader();
        let mut got = 0;
        match reader.try_pop() {
            Ok(_) => {
                got += 1;
                saw("asked");
            }
            Err(PopError::Empty) => saw("slept or waited"),
            Err(PopError::Ended(_)) => panic!("all items before the end"),
        }
        while let Ok(item) = reader.pop() {
            got += item;
        }
        assert_eq!(got, 1, "all items before the end");
        assert_eq!(reader.try_pop(), CLOSED, "an end stays");
        assert_eq!(writer.join().unwrap(), Ok(()), "the reader has not gone before");
    });
}

#[test]
fn a_writer_gets_back_what_was_not_read() {
    Proof::new(
        "ring::a_writer_gets_back_what_was_not_read",
        "a reader that goes after one item ends the writer's waits; the item that it read is not given back",
    )
    .threads(2)
    .bounded(3)
    .executions_at_least(1_000)
    .outcomes(&["the second in time", "the second refused"])
    .refuted_by("the look is Relaxed", Fault::Relaxed, RAW, LOOKS_AT_FLAGS, Death::Assertion("it was read"))
    .refuted_by("a close wakes nobody", Fault::NoWake, RAW, WAKES, Death::Deadlock)
    .check(|| {
        let both = Both::new(1);
        let reader = with(&both, |both| both.reader().pop());
        let mut writer = both.writer();
        assert_eq!(writer.push(1), Ok(()), "it was read");
        match writer.push(2) {
            Ok(()) => {
                saw("the second in time");
                assert_eq!(writer.push(3), Err(PushError::Ended(3, End::Closed)), "there is no room");
            }
            Err(error) => {
                assert_eq!(error, PushError::Ended(2, End::Closed));
                saw("the second refused");
            }
        }
        assert_eq!(reader.join().unwrap(), Ok(1));
    });
}

#[test]
fn a_timeout_against_a_publication_loses_nothing() {
    Proof::new(
        "ring::a_timeout_against_a_publication_loses_nothing",
        "an item comes in time, or the wait is over and the next one gets it; a wait for room likewise",
    )
    .threads(2)
    .bounded(2)
    .executions_at_least(5_000)
    .outcomes(&["in time", "too late", "room in time", "room too late"])
    .refuted_by("a publication is Relaxed", Fault::Relaxed, RAW, PUBLISHES, Death::Causality)
    .refuted_by("the look at the position is Relaxed", Fault::Relaxed, RAW, LOOKS, Death::Causality)
    .refuted_by("nobody is woken", Fault::NoWake, RAW, WAKES, Death::Deadlock)
    .check(|| {
        let both = Both::new(1);
        let writer = with(&both, |both| {
            let mut writer = both.writer();
            writer.push(1).expect("the reader stays");
            let in_time = writer.push_timeout(2, Duration::from_millis(1));
            if let Err(error) = in_time {
                assert_eq!(error, PushError::Full(2));
                writer.push(2).expect("the reader stays");
            }
            in_time.is_ok()
        });
        let mut reader = both.reader();
        match reader.pop_timeout(Duration::from_millis(1)) {
            Ok(item) => {
                assert_eq!(item, 1);
                saw("in time");
            }
            Err(error) => {
                assert_eq!(error, PopError::Empty);
                saw("too late");
                assert_eq!(reader.pop(), Ok(1), "the next wait gets it");
            }
        }
        assert_eq!(reader.pop(), Ok(2));
        saw(if writer.join().unwrap() { "room in time" } else { "room too late" });
    });
}

#[test]
fn a_death_is_told_after_what_was_published() {
    Proof::new(
        "ring::a_death_is_told_after_what_was_published",
        "the reader of a writer that died without a word gets what was published, nothing of what was not, and is told",
    )
    .threads(3).bounded(3).executions_at_least(1_000)
    .outcomes(&["published and told"])
    .refuted_by("it wakes nobody", Fault::NoWake, RAW, WAKES, Death::Deadlock)
    .refuted_by("the flag is set Relaxed", Fault::Relaxed, RAW, SAYS_DIED, Death::Assertion("what was published"))
    .refuted_by(
        "the look is Relaxed",
        Fault::Relaxed,
        RAW,
        LOOKS_AT_FLAGS,
        Death::Assertion("what was published"),
    )
    .check(|| {
        let both = Both::new(2);
        let reader = with(&both, |both| {
            let mut reader = both.reader();
            assert_eq!(reader.pop(), Ok(1), "what was published");
            assert_eq!(reader.pop(), Err(PopError::Ended(End::PeerDied)), "and no more");
        });
        let writer = with(&both, |both| {
            let mut writer = both.writer();
            writer.push(1).expect("the reader stays");
            writer.stage(2).unwrap();
            mem::forget(writer);
        });
        writer.join().unwrap();
        both.ring.writer_died();
        reader.join().unwrap();
        saw("published and told");
    });
}

#[test]
fn a_writer_is_told_that_its_reader_died() {
    Proof::new(
        "ring::a_writer_is_told_that_its_reader_died",
        "a writer that waits for room, or publishes, when its reader is said to have died",
    )
    .threads(2)
    .executions_at_least(200)
    .outcomes(&["at the first", "at the second"])
    .refuted_by("it wakes nobody", Fault::NoWake, RAW, WAKES, Death::Deadlock)
    .check(|| {
        let both = Both::new(1);
        let writer = with(&both, |both| {
            let mut writer = both.writer();
            let first = writer.push(1);
            assert_eq!(writer.push(2), Err(PushError::Ended(2, End::PeerDied)), "nobody reads");
            first
        });
        both.ring.reader_died();
        saw(if writer.join().unwrap().is_ok() { "at the second" } else { "at the first" });
    });
}

#[test]
fn the_twin_without_a_flaw_is_sound() {
    Proof::new(
        "ring::the_twin_without_a_flaw_is_sound",
        "the twin that the flaws are put into loses no wake by itself",
    )
    .threads(2)
    .executions_at_least(3_000)
    .outcomes(&["popped"])
    .refuted_by_twin("who says that it sleeps does not look again", Death::Deadlock, || {
        Twin::new(Flaw::SleepsAtOnce).publishes();
    })
    .refuted_by_twin("the writer looks before it publishes", Death::Deadlock, || {
        Twin::new(Flaw::LooksFirst).publishes();
    })
    .check(|| Twin::new(Flaw::None).publishes());
}
