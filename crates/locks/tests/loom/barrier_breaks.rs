//! # Claim
//! A cycle passes or fails as a whole; whatever breaks the barrier or resets it reaches everybody who waits,
//! and who comes later.
//!
//! # Models
//! Those of `barrier.rs`: two parties, or three where one step must wake two sleepers, or where
//! somebody interferes between the decision and the leaving.

use crate::barrier::{Meeting, RAW, SOON, STEPS, WAKES};
use crate::barrier_twin::{Flaw, Twin};
use locks::{ActionError, Arrival, Barrier, BrokenBarrier, Deadline};
use platform::atomic::{AtomicU32, Ordering::Relaxed};
use platform::check::{Death, Fault, Proof, saw};
use platform::thread::spawn;
use std::sync::Arc;

const LOOKS: &str = "State(self.word.load(Acquire))";

/// One party writes a note and aborts; the others come to a barrier that needs it.
fn one_aborts(parties: usize) {
    let meeting = Meeting::of(parties);
    let others: Vec<_> = (1..parties)
        .map(|_| {
            let meeting = Arc::clone(&meeting);
            spawn(move || {
                assert_eq!(meeting.barrier.wait(), Err(BrokenBarrier));
                assert_eq!(meeting.read(0), 1, "what was written before it was broken");
                assert!(meeting.barrier.broken());
            })
        })
        .collect();
    saw(format_args!("{} waited", meeting.barrier.n_waiting()));
    meeting.write(0);
    drop(meeting.barrier.party());
    others.into_iter().for_each(|other| other.join().unwrap());
    assert_eq!(meeting.barrier.wait(), Err(BrokenBarrier), "it stays broken");
}

#[test]
fn a_broken_barrier_lets_everybody_go() {
    Proof::new(
        "barrier_breaks::a_broken_barrier_lets_everybody_go",
        "who waits when a party goes away, and who comes later, is told, and sees what was written before",
    )
    .threads(2)
    .executions_at_least(1_000)
    .outcomes(&["0 waited", "1 waited"])
    .refuted_by("the steps are Relaxed", Fault::Relaxed, RAW, STEPS, Death::Causality)
    .refuted_by("the look of who is refused is Relaxed", Fault::Relaxed, RAW, LOOKS, Death::Causality)
    .refuted_by("the steps wake nobody", Fault::NoWake, RAW, WAKES, Death::Deadlock)
    .check(|| one_aborts(2));
}

#[test]
fn a_broken_barrier_lets_both_sleepers_go() {
    Proof::new(
        "barrier_breaks::a_broken_barrier_lets_both_sleepers_go",
        "of two who wait when a party goes away, both are told",
    )
    .threads(3)
    .bounded(2)
    .executions_at_least(1_000)
    .outcomes(&["0 waited", "1 waited", "2 waited"])
    .refuted_by("the steps wake nobody", Fault::NoWake, RAW, WAKES, Death::Deadlock)
    .check(|| one_aborts(3));
}

/// What came of a cycle, if all were told the same.
fn together(results: &[bool]) -> &'static str {
    assert!(results.iter().all(|passed| *passed == results[0]), "all or none: {results:?}");
    if results[0] { "all passed" } else { "none passed" }
}

#[test]
fn a_timeout_breaks_it_for_all_or_for_none() {
    Proof::new(
        "barrier_breaks::a_timeout_breaks_it_for_all_or_for_none",
        "beside a party with a deadline, either all pass or none does and the barrier is broken; nobody hangs",
    )
    .threads(3)
    .bounded(2)
    .executions_at_least(1_000)
    .outcomes(&["all passed", "none passed"])
    .refuted_by("the steps wake nobody", Fault::NoWake, RAW, WAKES, Death::Deadlock)
    .refuted_by("the steps are Relaxed", Fault::Relaxed, RAW, STEPS, Death::Causality)
    .refuted_by_twin("who gives up just leaves", Death::Deadlock, || {
        let twin = Twin::new(Flaw::LeavesSilently);
        let other = twin.party(SOON.into());
        twin.wait(Deadline::NEVER);
        other.join().unwrap();
    })
    .check(|| {
        let meeting = Meeting::of(3);
        let others = [meeting.party(1, 3, SOON.into()), meeting.party(2, 3, Deadline::NEVER)];
        let mut passed = vec![meeting.attend(0, 3, Deadline::NEVER).is_ok()];
        passed.extend(others.map(|other| other.join().unwrap().is_ok()));
        saw(together(&passed));
        assert_eq!(meeting.barrier.broken(), !passed[0]);
        assert_eq!(meeting.minutes() != 0, passed[0], "no action without its cycle");
    });
}

#[test]
fn a_cycle_passes_or_fails_as_a_whole() {
    Proof::new(
        "barrier_breaks::a_cycle_passes_or_fails_as_a_whole",
        "whenever an abort comes, also during the action or while one has left, both pass or neither",
    )
    .threads(3)
    .bounded(3)
    .executions_at_least(1_000)
    .outcomes(&["all passed", "none passed"])
    .refuted_by("the steps wake nobody", Fault::NoWake, RAW, WAKES, Death::Deadlock)
    .refuted_by_twin("an abort fails who may pass", Death::Assertion("all or none"), || {
        let twin = Twin::new(Flaw::AbortsThoseWhoPass);
        let others = [twin.party(Deadline::NEVER), twin.party(Deadline::NEVER)];
        twin.abort();
        together(&others.map(|other| other.join().unwrap()));
    })
    .check(|| {
        let meeting = Meeting::of(2);
        let others = [1, 2].map(|_| {
            let barrier = Arc::clone(&meeting);
            spawn(move || barrier.barrier.wait().is_ok())
        });
        meeting.barrier.abort();
        saw(together(&others.map(|other| other.join().unwrap())));
        assert!(meeting.barrier.broken());
    });
}

#[test]
fn an_action_that_fails_is_told_to_one_and_breaks_it_for_the_other() {
    Proof::new(
        "barrier_breaks::an_action_that_fails_is_told_to_one_and_breaks_it_for_the_other",
        "the last gets its own error or drops what it should complete; the other is told that the barrier broke",
    )
    .threads(2)
    .bounded(5)
    .executions_at_least(1_000)
    .outcomes(&["our action failed", "the other dropped it"])
    .refuted_by("the steps wake nobody", Fault::NoWake, RAW, WAKES, Death::Deadlock)
    .refuted_by("the steps are Relaxed", Fault::Relaxed, RAW, STEPS, Death::Causality)
    .check(|| {
        let meeting = Meeting::of(2);
        let other = spawn({
            let meeting = Arc::clone(&meeting);
            move || {
                let arrival = meeting.barrier.arrive(Deadline::NEVER);
                let is_last = matches!(arrival, Ok(Arrival::Last(_)));
                if is_last {
                    meeting.write(0);
                } else {
                    assert_eq!(arrival.err(), Some(BrokenBarrier));
                    assert_eq!(meeting.read(0), 1, "what the action wrote before it failed");
                }
                is_last
            }
        });
        let ours = meeting.barrier.wait_with(|| {
            meeting.write(0);
            Err("on purpose")
        });
        let other_was_last = other.join().unwrap();
        let expected = if other_was_last { ActionError::Broken } else { ActionError::Failed("on purpose") };
        assert_eq!(ours, Err(expected));
        assert_eq!(meeting.read(0), 1, "one of them acted");
        assert!(meeting.barrier.broken());
        saw(if other_was_last { "the other dropped it" } else { "our action failed" });
    });
}

#[test]
fn reset_lets_no_one_hang() {
    Proof::new(
        "barrier_breaks::reset_lets_no_one_hang",
        "who waits when it is reset is told; then all meet in a new cycle, which waits until the old one has left",
    )
    .threads(2)
    .bounded(5)
    .executions_at_least(1_000)
    .outcomes(&["came after the reset", "was told of the reset"])
    .refuted_by("the steps wake nobody", Fault::NoWake, RAW, WAKES, Death::Deadlock)
    .refuted_by("the steps are Relaxed", Fault::Relaxed, RAW, STEPS, Death::Causality)
    .refuted_by_twin("a reset forgets who is inside", Death::Deadlock, || {
        let twin = Twin::new(Flaw::ResetsAtOnce);
        let other = twin.party(Deadline::NEVER);
        twin.reset();
        twin.wait(Deadline::NEVER);
        other.join().unwrap();
    })
    .check(|| {
        let meeting = Meeting::of(2);
        let other = spawn({
            let meeting = Arc::clone(&meeting);
            move || {
                meeting.write(1);
                let told = meeting.barrier.wait() == Err(BrokenBarrier);
                if told {
                    meeting.barrier.wait().unwrap();
                }
                assert_eq!(meeting.read(0), 1, "nobody passes before all have come");
                told
            }
        });
        meeting.barrier.reset();
        meeting.write(0);
        meeting.barrier.wait().unwrap();
        assert_eq!(meeting.read(1), 1, "nobody passes before all have come");
        assert!(!meeting.barrier.broken());
        saw(if other.join().unwrap() { "was told of the reset" } else { "came after the reset" });
    });
}

#[test]
fn who_looked_before_a_reset_meets_who_came_after_it() {
    Proof::new(
        "barrier_breaks::who_looked_before_a_reset_meets_who_came_after_it",
        "the word may look the same before and after a reset; the action sees what was written after it",
    )
    .threads(2)
    .bounded(4)
    .executions_at_least(5_000)
    .outcomes(&["the action saw its first note", "the action saw its second note", "another end"])
    .refuted_by("the steps are Relaxed", Fault::Relaxed, RAW, STEPS, Death::Assertion("its latest note"))
    .check(|| {
        let shared = Arc::new((Barrier::new(2), AtomicU32::new(0)));
        let other = spawn({
            let shared = Arc::clone(&shared);
            move || {
                let (barrier, note) = &*shared;
                // Which of its attempts passes, if one does.
                (1..=2).find(|attempt| {
                    // Relaxed, here and below: what is proved is that the barrier alone is enough.
                    note.store(*attempt, Relaxed);
                    let passes = barrier.wait_timeout(SOON).is_ok();
                    barrier.reset();
                    passes
                })
            }
        });
        let (barrier, note) = &*shared;
        let mut read = None;
        let passed = barrier.wait_with_timeout(SOON, || {
            read = Some(note.load(Relaxed));
            Ok::<_, ()>(())
        });
        let attempt = other.join().unwrap();
        saw(match (passed, read) {
            (Ok(1), Some(read)) => {
                assert_eq!(Some(read), attempt, "its latest note");
                if read == 1 { "the action saw its first note" } else { "the action saw its second note" }
            }
            _ => "another end",
        });
    });
}
