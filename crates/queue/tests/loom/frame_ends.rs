//! # Claim
//! An end is told after the last frame, also to who sleeps or waits for more room than will come. A deadline leaves no
//! part of a frame.
//!
//! # Models
//! The rings of `frames.rs`: nearly full, where a long frame waits for the room of two, or near the end, where it goes
//! round.
//!
//! # Not shown here
//! As in `frames.rs`.

use crate::frames::{Both, LONG, ROUND, SHORT, next, read, with};
use crate::ring::{LOOKS, LOOKS_AT_FLAGS, PUBLISHES, RAW, SAYS_DIED, WAKES};
use platform::check::{Death, Fault, Proof, saw};
use queue::ring::{End, PopError, WriteError};
use std::mem;
use std::time::Duration;

#[test]
fn a_timeout_leaves_no_part_of_a_frame() {
    Proof::new(
        "frame_ends::a_timeout_leaves_no_part_of_a_frame",
        "a writer that gives up beside room that comes in parts has written nothing, and can write later",
    )
    .threads(2)
    .bounded(4)
    .executions_at_least(500)
    .outcomes(&["in time", "too late"])
    .refuted_by("a publication is Relaxed", Fault::Relaxed, RAW, PUBLISHES, Death::Causality)
    .refuted_by("the look at the position is Relaxed", Fault::Relaxed, RAW, LOOKS, Death::Causality)
    .check(|| {
        let both = Both::nearly_full();
        let reader = with(&both, |both| {
            let mut reader = both.reader();
            assert_eq!(*reader.read().unwrap(), SHORT);
            assert_eq!(*reader.read().unwrap(), LONG);
            let third = next(&mut reader);
            mem::forget(reader);
            third
        });
        let mut writer = both.writer();
        let in_time = writer.write_timeout(&ROUND, Duration::from_millis(1));
        saw(if in_time.is_ok() { "in time" } else { "too late" });
        let third = reader.join().unwrap();
        if in_time == Err(WriteError::Full) {
            assert_eq!(third, None, "nothing was written");
            assert_eq!(writer.try_write(&ROUND), Ok(()), "all was read");
        }
        let third = third.or_else(|| next(&mut both.reader()));
        assert_eq!(third, Some(Ok(ROUND.to_vec())), "whole");
    });
}

#[test]
fn the_end_comes_after_the_last_frame() {
    Proof::new(
        "frame_ends::the_end_comes_after_the_last_frame",
        "who finds the ring closed has read every frame, what was staged at the end and went round, too",
    )
    .threads(2)
    .bounded(4)
    .executions_at_least(500)
    .outcomes(&["all, then the end"])
    .refuted_by(
        "the look is Relaxed",
        Fault::Relaxed,
        RAW,
        LOOKS_AT_FLAGS,
        Death::Assertion("before the end"),
    )
    .refuted_by("a close wakes nobody", Fault::NoWake, RAW, WAKES, Death::Deadlock)
    .check(|| {
        let both = Both::near_the_end();
        let writer = with(&both, |both| both.writer().stage(&ROUND));
        let mut reader = both.reader();
        assert_eq!(read(&mut reader), Ok(ROUND.to_vec()), "all frames before the end");
        assert_eq!(read(&mut reader), Err(PopError::Ended(End::Closed)), "one end, and it stays");
        saw("all, then the end");
        assert_eq!(writer.join().unwrap(), Ok(()));
    });
}

#[test]
fn a_reader_that_goes_ends_the_wait_for_room() {
    Proof::new(
        "frame_ends::a_reader_that_goes_ends_the_wait_for_room",
        "a writer that waits for more room than a reader gave back before it went is told, also when it sleeps",
    )
    .threads(2)
    .bounded(4)
    .executions_at_least(200)
    .outcomes(&["told"])
    .refuted_by("a close wakes nobody", Fault::NoWake, RAW, WAKES, Death::Deadlock)
    .check(|| {
        let both = Both::nearly_full();
        let reader = with(&both, |both| assert_eq!(*both.reader().read().unwrap(), SHORT));
        let mut writer = both.writer();
        assert_eq!(writer.write(&ROUND), Err(WriteError::Ended(End::Closed)), "a part of the room is none");
        saw("told");
        reader.join().unwrap();
    });
}

#[test]
fn a_death_is_told_after_the_frames_that_were_published() {
    Proof::new(
        "frame_ends::a_death_is_told_after_the_frames_that_were_published",
        "the reader of a writer that died gets its last frame, nothing of the one that was staged, and is told",
    )
    .threads(3)
    .bounded(3)
    .executions_at_least(500)
    .outcomes(&["published and told"])
    .refuted_by("it wakes nobody", Fault::NoWake, RAW, WAKES, Death::Deadlock)
    .refuted_by("the flag is set Relaxed", Fault::Relaxed, RAW, SAYS_DIED, Death::Assertion("what was published"))
    .refuted_by("the look is Relaxed", Fault::Relaxed, RAW, LOOKS_AT_FLAGS, Death::Assertion("what was published"))
    .check(|| {
        let both = Both::near_the_end();
        let reader = with(&both, |both| {
            let mut reader = both.reader();
            assert_eq!(read(&mut reader), Ok(ROUND.to_vec()), "what was published");
            assert_eq!(read(&mut reader), Err(PopError::Ended(End::PeerDied)), "and no more");
        });
        let writer = with(&both, |both| {
            let mut writer = both.writer();
            writer.write(&ROUND).expect("the reader stays");
            writer.stage(&SHORT).unwrap();
            mem::forget(writer);
        });
        writer.join().unwrap();
        both.ring.writer_died();
        reader.join().unwrap();
        saw("published and told");
    });
}

#[test]
fn a_writer_that_waits_for_a_dead_reader_is_told() {
    Proof::new(
        "frame_ends::a_writer_that_waits_for_a_dead_reader_is_told",
        "a writer that waits for room, or publishes, when its reader is said to have died",
    )
    .threads(2)
    .executions_at_least(100)
    .outcomes(&["at the first", "at the second"])
    .refuted_by("it wakes nobody", Fault::NoWake, RAW, WAKES, Death::Deadlock)
    .check(|| {
        let both = Both::nearly_full();
        let writer = with(&both, |both| {
            let mut writer = both.writer();
            let first = writer.write(&SHORT);
            let died = Err(WriteError::Ended(End::PeerDied));
            assert_eq!(writer.write(&LONG), died, "nobody reads");
            assert!(first.is_ok() || first == died);
            first.is_ok()
        });
        both.ring.reader_died();
        saw(if writer.join().unwrap() { "at the second" } else { "at the first" });
    });
}
