//! # Claim
//! Nobody passes before all have come and the action is done; a cycle passes or fails as a whole; whatever breaks
//! the barrier or resets it reaches everybody who waits; and it can be used again at once.
//!
//! # Models
//! Two parties and at most one who interferes. Two parties show every order of coming, sleeping, deciding and
//! leaving; a third thread is needed for one who comes while the others leave, for two sleepers that one step must
//! wake, and for an `abort` between the decision and the leaving. That more parties add nothing: the word counts
//! them, and treats those between the first and the last alike.
//!
//! # Not shown here
//! Many parties, panicking ones, and the clock: `tests/api/barrier.rs`. Long histories against a plain reference:
//! `tests/props/barrier.rs`.

mod twin;

use locks::{ActionError, Arrival, Barrier, BrokenBarrier, Deadline};
use platform::atomic::{AtomicU32, Ordering::Relaxed};
use platform::cell::UnsafeCell;
use platform::check::{Death, Fault, Proof, saw};
use platform::thread::{JoinHandle, spawn};
use std::sync::Arc;
use std::time::Duration;
use twin::{Flaw, Twin};

const RAW: &str = "crates/locks/src/barrier/raw.rs";
/// Where every step exchanges the word.
const STEPS: &str = "compare_exchange(before.0, after.0, AcqRel, Acquire)";
const LOOKS: &str = "State(self.word.load(Acquire))";
const WAKES: &str = "wake::<S>";

const SOON: Duration = Duration::from_millis(1);

/// A barrier, what each of its parties writes before it comes, and what the last one's action writes.
struct Meeting {
    barrier: Barrier,
    notes: [UnsafeCell<u32>; 3],
    minutes: UnsafeCell<u32>,
}

// SAFETY: the models write a note before they come and read it after they have passed, and write the minutes in the
// action only; that this is enough is what is proved.
unsafe impl Sync for Meeting {}

impl Meeting {
    fn of(parties: usize) -> Arc<Self> {
        let notes = [0; 3].map(UnsafeCell::new);
        Arc::new(Self { barrier: Barrier::new(parties), notes, minutes: UnsafeCell::new(0) })
    }

    fn write(&self, who: usize) {
        // SAFETY: nobody reads it before we have come.
        self.notes[who].with_mut(|note| unsafe { *note += 1 });
    }

    fn read(&self, who: usize) -> u32 {
        // SAFETY: its writer has come, and does not write before we have come again.
        self.notes[who].with(|note| unsafe { *note })
    }

    fn minutes(&self) -> u32 {
        // SAFETY: the action of this cycle is over, and that of the next waits for us.
        self.minutes.with(|minutes| unsafe { *minutes })
    }

    /// Comes as number `who` of the first `of`; in the action sums up what all have written.
    fn attend(&self, who: usize, of: usize, timeout: impl Into<Deadline>) -> Result<usize, BrokenBarrier> {
        self.write(who);
        let result = self.barrier.wait_with_timeout(timeout, || {
            let sum = (0..of).map(|other| self.read(other)).sum();
            // SAFETY: the others wait for us.
            self.minutes.with_mut(|minutes| unsafe { *minutes = sum });
            Ok::<_, ()>(())
        });
        if result.is_ok() {
            assert!(
                (0..of).all(|other| self.read(other) == self.read(who)),
                "nobody passes before all have come"
            );
            assert_eq!(self.minutes(), self.read(who) * of as u32, "nobody passes before the action is done");
        }
        result.map_err(|error| match error {
            ActionError::Broken => BrokenBarrier,
            ActionError::Failed(()) => unreachable!("it does not fail"),
        })
    }

    /// A thread that attends once.
    fn party(
        self: &Arc<Self>,
        who: usize,
        of: usize,
        timeout: Deadline,
    ) -> JoinHandle<Result<usize, BrokenBarrier>> {
        let meeting = Arc::clone(self);
        spawn(move || meeting.attend(who, of, timeout))
    }
}

/// Two parties, or three, meet once.
fn meet_once(parties: usize) {
    let meeting = Meeting::of(parties);
    let others: Vec<_> = (1..parties).map(|who| meeting.party(who, parties, Deadline::NEVER)).collect();
    let ours = meeting.attend(0, parties, Deadline::NEVER).unwrap();
    saw(if ours + 1 == parties { "we came last" } else { "another came last" });
    let mut indices: Vec<_> = others.into_iter().map(|other| other.join().unwrap().unwrap()).collect();
    indices.push(ours);
    indices.sort_unstable();
    assert!(indices.into_iter().eq(0..parties), "each index once");
}

#[test]
fn nobody_passes_before_all_have_come() {
    Proof::new(
        "barrier::nobody_passes_before_all_have_come",
        "who passes sees what both wrote before they came, and what the last one's action wrote; each index once",
    )
    .threads(2)
    .bounded(6)
    .executions_at_least(1_000)
    .outcomes(&["we came last", "another came last"])
    .refuted_by("the steps are Relaxed", Fault::Relaxed, RAW, STEPS, Death::Causality)
    .refuted_by("the steps wake nobody", Fault::NoWake, RAW, WAKES, Death::Deadlock)
    .refuted_by_twin("it waits for one too few", Death::Assertion("nobody passes"), || {
        let meeting = Meeting::of(1);
        let other = meeting.party(1, 2, Deadline::NEVER);
        let _ = meeting.attend(0, 2, Deadline::NEVER);
        other.join().unwrap().unwrap();
    })
    .check(|| meet_once(2));
}

#[test]
fn three_parties_pass_together() {
    Proof::new(
        "barrier::three_parties_pass_together",
        "the last to come wakes both of the others, and all see what all wrote",
    )
    .threads(3)
    .bounded(2)
    .executions_at_least(1_000)
    .outcomes(&["we came last", "another came last"])
    .refuted_by("the steps are Relaxed", Fault::Relaxed, RAW, STEPS, Death::Causality)
    .refuted_by("the steps wake nobody", Fault::NoWake, RAW, WAKES, Death::Deadlock)
    .check(|| meet_once(3));
}

#[test]
fn a_sleep_that_ends_for_no_reason_lets_nobody_pass() {
    Proof::new(
        "barrier::a_sleep_that_ends_for_no_reason_lets_nobody_pass",
        "who is woken looks at the word again before it passes",
    )
    .threads(2)
    .bounded(4)
    .executions_at_least(1_000)
    .spurious_wakeups(1)
    .outcomes(&["we came last", "another came last"])
    .refuted_by_twin("who is woken passes", Death::Causality, || {
        let twin = Twin::new(Flaw::TrustsTheWake);
        let other = spawn({
            let twin = Arc::clone(&twin);
            move || {
                twin.write();
                twin.wait(Deadline::NEVER);
            }
        });
        twin.wait(Deadline::NEVER);
        twin.read();
        other.join().unwrap();
    })
    .check(|| meet_once(2));
}

#[test]
fn a_barrier_can_be_used_again_at_once() {
    Proof::new(
        "barrier::a_barrier_can_be_used_again_at_once",
        "who comes again while the other has not left waits for it to leave, and then both pass once more",
    )
    .threads(2)
    .bounded(3)
    .executions_at_least(10_000)
    .outcomes(&["the same came last twice", "each came last once"])
    .refuted_by("the steps wake nobody", Fault::NoWake, RAW, WAKES, Death::Deadlock)
    .refuted_by("the steps are Relaxed", Fault::Relaxed, RAW, STEPS, Death::Causality)
    .refuted_by_twin("the last opens the next cycle at once", Death::Deadlock, || {
        let twin = Twin::new(Flaw::OpensAtOnce);
        let other = spawn({
            let twin = Arc::clone(&twin);
            move || twin.wait(Deadline::NEVER) && twin.wait(Deadline::NEVER)
        });
        twin.wait(Deadline::NEVER);
        twin.wait(Deadline::NEVER);
        other.join().unwrap();
    })
    .check(|| {
        let meeting = Meeting::of(2);
        // Two waits a round: one before the notes are read, one before they are written again.
        let rounds = |meeting: &Meeting, who| {
            let first = meeting.attend(who, 2, Deadline::NEVER).unwrap();
            let second = meeting.barrier.wait().unwrap();
            (first, second)
        };
        let other = spawn({
            let meeting = Arc::clone(&meeting);
            move || rounds(&meeting, 1)
        });
        let ours = rounds(&meeting, 0);
        let theirs = other.join().unwrap();
        assert_eq!((ours.0 + theirs.0, ours.1 + theirs.1), (1, 1), "each index once in each cycle");
        saw(if ours.0 == ours.1 { "the same came last twice" } else { "each came last once" });
    });
}

#[test]
fn of_three_at_a_barrier_for_two_two_pass_and_no_third() {
    Proof::new(
        "barrier::of_three_at_a_barrier_for_two_two_pass_and_no_third",
        "who comes while two are leaving waits for them and for a second of its own; exactly two pass, or none",
    )
    .threads(3)
    .bounded(2)
    .executions_at_least(1_000)
    .outcomes(&["we and another", "the two others", "none"])
    .refuted_by("the steps wake nobody", Fault::NoWake, RAW, WAKES, Death::Deadlock)
    .refuted_by_twin("the last opens the next cycle at once", Death::Deadlock, || {
        let twin = Twin::new(Flaw::OpensAtOnce);
        let others = [twin.party(Deadline::NEVER), twin.party(Deadline::NEVER)];
        if twin.wait(Deadline::NEVER) {
            twin.abort();
        }
        let _ = others.map(|other| other.join().unwrap());
    })
    .check(|| {
        let barrier = Arc::new(Barrier::new(2));
        let others = [0, 1].map(|_| {
            let barrier = Arc::clone(&barrier);
            spawn(move || barrier.wait())
        });
        let ours = barrier.wait_timeout(SOON);
        // One of them may be left alone.
        barrier.abort();
        let mut passed: Vec<_> = others.into_iter().filter_map(|other| other.join().unwrap().ok()).collect();
        passed.extend(ours);
        passed.sort_unstable();
        assert!(passed.is_empty() || passed == [0, 1], "exactly two, or none: {passed:?}");
        saw(match (ours.is_ok(), passed.is_empty()) {
            (true, _) => "we and another",
            (false, false) => "the two others",
            (false, true) => "none",
        });
    });
}

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
        "barrier::a_broken_barrier_lets_everybody_go",
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
        "barrier::a_broken_barrier_lets_both_sleepers_go",
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
        "barrier::a_timeout_breaks_it_for_all_or_for_none",
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
        "barrier::a_cycle_passes_or_fails_as_a_whole",
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
        "barrier::an_action_that_fails_is_told_to_one_and_breaks_it_for_the_other",
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
        "barrier::reset_lets_no_one_hang",
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
        "barrier::who_looked_before_a_reset_meets_who_came_after_it",
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
