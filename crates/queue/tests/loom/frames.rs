//! # Claim
//! A frame that is written is read once, in order and whole, wherever it lies; a frame and what is left out before it
//! are there together or not at all. Who waits for room, of several words, is woken for as often as it takes. Room
//! that was said to be there stays. (Ends and deadlines: `frame_ends.rs`.)
//!
//! # Models
//! Four words, and frames of one word (an empty one) and of two, the longest. A short one and a long one leave the last
//! word of the ring: so the next long one leaves that word out, goes round, and needs the room of both, which come back
//! one by one. Eight words where a frame has bytes in more than one. Each word has loom's cell beside it, which every
//! access to the word touches, so both sides in one word at once end the proof.
//!
//! # Not shown here
//! What is overwritten by who keeps to no protocol: `tests/ring.rs`. Long random histories of all lengths:
//! `tests/props/ring.rs`. Otherwise as in `ring.rs`, whose index protocol this is.

use crate::frame_twin::{Flaw, LONG_FIRST, SHORT_FIRST, Twin};
use crate::ring::{LOOKS, PUBLISHES, RAW, refuted};
use platform::check::{Death, Fault, Proof, saw};
use platform::thread::{JoinHandle, spawn};
use queue::ring::{End, FrameReader, FrameWriter, PopError, Ring, Words};
use std::mem;
use std::sync::Arc;
use std::time::Duration;

/// A ring and its words, for two threads.
pub(crate) struct Both {
    pub(crate) ring: Ring,
    words: Words,
}

impl Both {
    pub(crate) fn new(words: usize) -> Arc<Self> {
        Arc::new(Self { ring: Ring::new(), words: Words::new(words, 0) })
    }

    /// Each thread of a model that writes makes one, after the one before it is forgotten.
    pub(crate) fn writer(&self) -> FrameWriter<'_> {
        // SAFETY: one writer, and what one before it wrote happened before; one set of words; any bits are a word; and
        // this writer and the reader write what they do.
        unsafe { self.ring.frame_writer(&self.words) }
    }

    /// As above.
    pub(crate) fn reader(&self) -> FrameReader<'_> {
        // SAFETY: as above, with one reader.
        unsafe { self.ring.frame_reader(&self.words) }
    }

    /// Four words, of which a short frame and a long one have three: the next long one has to wait for both, and leaves
    /// the last word out.
    pub(crate) fn nearly_full() -> Arc<Self> {
        let both = Self::new(4);
        let mut writer = both.writer();
        writer.write(&SHORT).and_then(|()| writer.write(&LONG)).expect("there is room");
        mem::forget(writer);
        both
    }

    /// The same, read: the next long frame leaves the last word out, and need not wait.
    pub(crate) fn near_the_end() -> Arc<Self> {
        let both = Self::nearly_full();
        let mut reader = both.reader();
        assert_eq!(*reader.read().unwrap(), SHORT);
        assert_eq!(*reader.read().unwrap(), LONG);
        mem::forget(reader);
        both
    }
}

pub(crate) fn with<R: Send + 'static>(
    both: &Arc<Both>,
    f: impl FnOnce(&Both) -> R + Send + 'static,
) -> JoinHandle<R> {
    let both = Arc::clone(both);
    spawn(move || f(&both))
}

/// A frame of one word, and frames of two.
pub(crate) const SHORT: [u8; 0] = [];
pub(crate) const LONG: [u8; 8] = *b"eight by";
pub(crate) const ROUND: [u8; 7] = *b"goes it";

/// The next frame, or how the writer has ended; `None` if nothing is there.
pub(crate) fn next(reader: &mut FrameReader<'_>) -> Option<Result<Vec<u8>, End>> {
    match reader.try_read() {
        Ok(frame) => Some(Ok(frame.to_vec())),
        Err(PopError::Ended(end)) => Some(Err(end)),
        Err(PopError::Empty) => None,
    }
}

/// What the next frame is, as a copy.
pub(crate) fn read(reader: &mut FrameReader<'_>) -> Result<Vec<u8>, PopError> {
    reader.read().map(|frame| frame.to_vec())
}

/// Two frames that leave the last word over, and one that goes round: it has the place of both, or of one.
const ORDERS: [(&str, [&[u8]; 3]); 2] =
    [("short first", [&SHORT, &LONG, &ROUND]), ("long first", [&LONG, &SHORT, &ROUND])];

/// Three tries to write and two to read, none of which waits; then what is left.
fn by_tries(frames: [&'static [u8]; 3]) {
    let both = Both::new(4);
    let writer = with(&both, move |both| {
        let mut writer = both.writer();
        let mut written = 0;
        for _ in 0..3 {
            written += usize::from(writer.try_write(frames[written]).is_ok());
        }
        mem::forget(writer); // Its end is another matter.
        written
    });
    let mut reader = both.reader();
    let mut got = vec![];
    got.extend(next(&mut reader));
    got.extend(next(&mut reader));
    saw(["none at first", "one", "two"][got.len()]);
    let written = writer.join().unwrap();
    got.extend(std::iter::from_fn(|| next(&mut reader)));
    let expected = frames[..written].iter().map(|frame| Ok(frame.to_vec()));
    assert!(got.into_iter().eq(expected), "once, whole and in order");
}

/// Frames, each published by itself and waited for; then the writer closes.
fn one_by_one(frames: [&'static [u8]; 3]) {
    let both = Both::new(4);
    let writer = with(&both, move |both| {
        let mut writer = both.writer();
        for frame in frames {
            writer.write(frame).expect("the reader stays");
        }
    });
    let mut reader = both.reader();
    for frame in frames {
        assert_eq!(*reader.read().unwrap(), *frame, "once, whole and in order");
    }
    saw("all");
    assert_eq!(read(&mut reader), Err(PopError::Ended(End::Closed)), "and nothing after them");
    writer.join().unwrap();
}

#[test]
fn a_word_is_never_both_sides() {
    for (order, frames) in ORDERS {
        Proof::new(
            format!("frames::a_word_is_never_both_sides/{order}"),
            "frames that go round are read once, whole and in order, by two sides that never wait",
        )
        .threads(2)
        .executions_at_least(10_000)
        .outcomes(&["none at first", "one", "two"])
        .refuted_by("a publication is Relaxed", Fault::Relaxed, RAW, PUBLISHES, Death::Causality)
        .refuted_by("the look at the position is Relaxed", Fault::Relaxed, RAW, LOOKS, Death::Causality)
        .check(move || by_tries(frames));
    }
}

#[test]
fn frames_go_round_past_two_that_sleep() {
    for (order, frames) in ORDERS {
        let proof = Proof::new(
            format!("frames::frames_go_round_past_two_that_sleep/{order}"),
            "both sides sleep and are woken as frames go round, and none is lost, split or doubled",
        );
        refuted(proof.threads(2).bounded(2).executions_at_least(1_000).outcomes(&["all"]))
            .check(move || one_by_one(frames));
    }
}

#[test]
fn the_twin_without_a_flaw_is_sound() {
    let twin = |flaw, order| move || Twin::new(flaw).transfers(order);
    let whole = Death::Assertion("whole");
    Proof::new(
        "frames::the_twin_without_a_flaw_is_sound",
        "the twin that the flaws are put into loses, splits and doubles no frame by itself",
    )
    .threads(2)
    .bounded(3)
    .executions_at_least(1_000)
    .outcomes(&["all"])
    .refuted_by_twin(
        "the header after the publication",
        Death::Causality,
        twin(Flaw::HeaderAfter, SHORT_FIRST),
    )
    .refuted_by_twin(
        "the last word after the publication",
        Death::Causality,
        twin(Flaw::EndAfter, SHORT_FIRST),
    )
    .refuted_by_twin("what is left out is not marked", whole, twin(Flaw::SkipForgotten, SHORT_FIRST))
    .refuted_by_twin(
        "what is left out is not counted",
        Death::Causality,
        twin(Flaw::SkipUncounted, SHORT_FIRST),
    )
    .refuted_by_twin(
        "room is given back before it is read",
        Death::Causality,
        twin(Flaw::RoomFirst, LONG_FIRST),
    )
    .refuted_by_twin("who is woken does not look", Death::Causality, twin(Flaw::WokenWrites, SHORT_FIRST))
    .refuted_by_twin("who waits sleeps over news", Death::Deadlock, twin(Flaw::SleepsOverNews, SHORT_FIRST))
    .check(twin(Flaw::None, SHORT_FIRST));
}

#[test]
fn a_writer_is_woken_for_the_rest_of_its_room() {
    let proof = Proof::new(
        "frames::a_writer_is_woken_for_the_rest_of_its_room",
        "whenever a writer says that it sleeps, with some of its room there, the reader sees it, or the writer the rest",
    );
    refuted(proof.threads(2).executions_at_least(1_000).outcomes(&["written"])).check(|| {
        let both = Both::nearly_full();
        let mut reader = both.reader();
        assert_eq!(*reader.read().unwrap(), SHORT);
        let writer = with(&both, |both| {
            let mut writer = both.writer();
            writer.write(&ROUND).expect("the reader stays");
            mem::forget(writer);
        });
        assert_eq!(*reader.read().unwrap(), LONG);
        writer.join().unwrap();
        assert_eq!(next(&mut reader), Some(Ok(ROUND.to_vec())));
        saw("written");
    });
}

#[test]
fn a_long_frame_waits_for_all_of_its_room() {
    let proof = Proof::new(
        "frames::a_long_frame_waits_for_all_of_its_room",
        "a writer that needs the room of two frames is woken for each, and sleeps on after the first",
    );
    refuted(proof.threads(2).bounded(4).executions_at_least(1_000).outcomes(&["written"])).check(|| {
        let both = Both::nearly_full();
        let writer = with(&both, |both| {
            let mut writer = both.writer();
            writer.write(&ROUND).expect("the reader stays");
            mem::forget(writer);
        });
        let mut reader = both.reader();
        assert_eq!(*reader.read().unwrap(), SHORT);
        assert_eq!(*reader.read().unwrap(), LONG);
        writer.join().unwrap();
        assert_eq!(next(&mut reader), Some(Ok(ROUND.to_vec())));
        saw("written");
    });
}

#[test]
fn a_frame_reaches_a_sleeper() {
    let proof = Proof::new(
        "frames::a_frame_reaches_a_sleeper",
        "a frame that goes round wakes a reader that sleeps, which copies it whole",
    );
    refuted(proof.threads(2).executions_at_least(20_000).outcomes(&["read"])).check(|| {
        let both = Both::near_the_end();
        let writer = with(&both, |both| {
            let mut writer = both.writer();
            writer.write(&ROUND).expect("the reader stays");
            mem::forget(writer);
        });
        let (mut reader, mut copy) = (both.reader(), vec![]);
        assert_eq!(reader.read_into(&mut copy, None::<Duration>), Ok(ROUND.len()));
        assert_eq!(copy, ROUND, "whole");
        saw("read");
        writer.join().unwrap();
    });
}

#[test]
fn a_frame_and_what_is_left_out_before_it_are_one() {
    Proof::new(
        "frames::a_frame_and_what_is_left_out_before_it_are_one",
        "who asks while a frame goes round finds the whole frame or none",
    )
    .threads(2)
    .executions_at_least(50)
    .outcomes(&["the frame", "none yet"])
    .refuted_by("a publication is Relaxed", Fault::Relaxed, RAW, PUBLISHES, Death::Causality)
    .refuted_by("the look at the position is Relaxed", Fault::Relaxed, RAW, LOOKS, Death::Causality)
    .refuted_by_twin("what is left out is published first", Death::Assertion("whole"), || {
        Twin::new(Flaw::SkipFirst).transfers(SHORT_FIRST);
    })
    .check(|| {
        let both = Both::near_the_end();
        let writer = with(&both, |both| {
            let mut writer = both.writer();
            writer.write(&ROUND).expect("the reader stays");
            mem::forget(writer);
        });
        let mut reader = both.reader();
        let first = next(&mut reader);
        saw(if first.is_some() { "the frame" } else { "none yet" });
        writer.join().unwrap();
        assert_eq!(first.or_else(|| next(&mut reader)), Some(Ok(ROUND.to_vec())), "whole");
    });
}

#[test]
fn a_batch_is_there_at_once() {
    Proof::new(
        "frames::a_batch_is_there_at_once",
        "of two frames that were staged, one written in place, the reader sees both or none; of a grant that was dropped, nothing",
    )
    .threads(2)
    .executions_at_least(50)
    .outcomes(&["both", "none yet"])
    .refuted_by("a publication is Relaxed", Fault::Relaxed, RAW, PUBLISHES, Death::Causality)
    .refuted_by("the look at the position is Relaxed", Fault::Relaxed, RAW, LOOKS, Death::Causality)
    .check(|| {
        let both = Both::new(8);
        let writer = with(&both, |both| {
            let mut writer = both.writer();
            writer.stage(b"first").unwrap();
            writer.reserve(24).unwrap().fill(1);
            let mut grant = writer.reserve(11).unwrap();
            grant[..].copy_from_slice(b"second of 2");
            assert_eq!(*grant, *b"second of 2");
            grant.commit().expect("the reader stays");
            mem::forget(writer);
        });
        let mut reader = both.reader();
        let first = next(&mut reader);
        saw(if first.is_some() { "both" } else { "none yet" });
        let second = first.is_some().then(|| next(&mut reader).expect("half of a batch"));
        writer.join().unwrap();
        let first = first.or_else(|| next(&mut reader)).unwrap();
        let second = second.or_else(|| next(&mut reader)).unwrap();
        assert_eq!((first.unwrap(), second.unwrap()), (b"first".to_vec(), b"second of 2".to_vec()));
        assert_eq!(next(&mut reader), None, "no more than was committed");
    });
}

#[test]
fn room_that_was_promised_stays() {
    Proof::new(
        "frames::room_that_was_promised_stays",
        "where a writer is told that there is room for a frame that goes round, it need not wait",
    )
    .threads(2)
    .executions_at_least(50)
    .outcomes(&["room", "no room"])
    .refuted_by("a publication is Relaxed", Fault::Relaxed, RAW, PUBLISHES, Death::Causality)
    .refuted_by("the look at the position is Relaxed", Fault::Relaxed, RAW, LOOKS, Death::Causality)
    .refuted_by_twin("what is left out is not counted", Death::Assertion("there is room"), || {
        Twin::new(Flaw::SkipUncounted).asks_first();
    })
    .check(|| {
        let both = Both::nearly_full();
        let reader = with(&both, |both| {
            let mut reader = both.reader();
            assert_eq!(*reader.read().unwrap(), SHORT);
            assert_eq!(*reader.read().unwrap(), LONG);
            mem::forget(reader);
        });
        let mut writer = both.writer();
        assert!(writer.has_room(SHORT.len()), "a word is left");
        let has_room = writer.has_room(ROUND.len());
        saw(if has_room { "room" } else { "no room" });
        assert!(!has_room || writer.try_write(&ROUND).is_ok(), "there is room as long as nothing is written");
        reader.join().unwrap();
        assert!(writer.has_room(0), "all was read");
    });
}
