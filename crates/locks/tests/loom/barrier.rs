//! # Claim
//! Nobody passes before all have come and the action is done, and the barrier can be used again at once.
//! `barrier_breaks.rs`: a cycle passes or fails as a whole; whatever breaks the barrier or resets it reaches
//! everybody who waits.
//!
//! # Models
//! Two parties and at most one who interferes. Two parties show every order of coming, sleeping, deciding and
//! leaving; a third thread is needed for one who comes while the others leave, for two sleepers that one step
//! must wake, and for an `abort` between the decision and the leaving. That more parties add nothing: the
//! word counts them, and treats those between the first and the last alike.
//!
//! # Not shown here
//! Many parties, panicking ones, and the clock: `tests/barrier.rs`. Long histories against a plain reference:
//! `tests/props/barrier.rs`.

use crate::barrier_twin::{Flaw, Twin};
use locks::{ActionError, Barrier, BrokenBarrier, Deadline};
use platform::cell::UnsafeCell;
use platform::check::{Death, Fault, Proof, saw};
use platform::thread::{JoinHandle, spawn};
use std::sync::Arc;
use std::time::Duration;

pub(crate) const RAW: &str = "crates/locks/src/barrier/raw.rs";
/// Where every step exchanges the word.
pub(crate) const STEPS: &str = "compare_exchange(before.0, after.0, AcqRel, Acquire)";
pub(crate) const WAKES: &str = "wake::<S>";

pub(crate) const SOON: Duration = Duration::from_millis(1);

/// A barrier, what each of its parties writes before it comes, and what the last one's action writes.
pub(crate) struct Meeting {
    pub(crate) barrier: Barrier,
    notes: [UnsafeCell<u32>; 3],
    minutes: UnsafeCell<u32>,
}

// SAFETY: the models write a note before they come and read it after they have passed, and write the minutes
// in the action only; that this is enough is what is proved.
unsafe impl Sync for Meeting {}

impl Meeting {
    pub(crate) fn of(parties: usize) -> Arc<Self> {
        let notes = [0; 3].map(UnsafeCell::new);
        Arc::new(Self { barrier: Barrier::new(parties), notes, minutes: UnsafeCell::new(0) })
    }

    pub(crate) fn write(&self, who: usize) {
        // SAFETY: nobody reads it before we have come.
        self.notes[who].with_mut(|note| unsafe { *note += 1 });
    }

    pub(crate) fn read(&self, who: usize) -> u32 {
        // SAFETY: its writer has come, and does not write before we have come again.
        self.notes[who].with(|note| unsafe { *note })
    }

    pub(crate) fn minutes(&self) -> u32 {
        // SAFETY: the action of this cycle is over, and that of the next waits for us.
        self.minutes.with(|minutes| unsafe { *minutes })
    }

    /// Comes as number `who` of the first `of`; in the action sums up what all have written.
    pub(crate) fn attend(
        &self,
        who: usize,
        of: usize,
        timeout: impl Into<Deadline>,
    ) -> Result<usize, BrokenBarrier> {
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
    pub(crate) fn party(
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
