//! The harness can fail: each promise that it makes about proofs is broken here once, and it says so. And the
//! model sees what loom alone does not.
#![cfg(loom)]

mod handed_over;
mod looks;
mod message;

use handed_over::hand_over_an_atomic;
use looks::two_look_for_what_the_third_writes;
use message::pass_a_message;
use platform::atomic::{
    AtomicU32,
    Ordering::{Relaxed, SeqCst},
};
use platform::check::{Death, Fault, Proof, saw};
use platform::futex::{Private, Wait, wait, wake};
use platform::thread::spawn;
use platform::time::Deadline;
use std::sync::Arc;

const MESSAGE: &str = "crates/platform/tests/harness/message.rs";
const HANDED_OVER: &str = "crates/platform/tests/harness/handed_over.rs";
const LOOKS: &str = "crates/platform/tests/harness/looks.rs";

fn proof() -> Proof {
    Proof::new("the_harness_itself", "a message that is waited for arrives whole")
        .threads(2)
        .executions_at_least(10)
        .outcomes(&["slept", "did not sleep"])
}

#[test]
fn a_proof_that_is_as_stated_passes() {
    proof()
        .refuted_by("relaxed store", Fault::Relaxed, MESSAGE, "ready.store(1", Death::Causality)
        .refuted_by("relaxed load", Fault::Relaxed, MESSAGE, "ready.load(Acquire", Death::Causality)
        .refuted_by("no wake", Fault::NoWake, MESSAGE, "wake::<Private>", Death::Deadlock)
        .refuted_by("no message", Fault::Writes(0), MESSAGE, "ready.store(1", Death::Deadlock)
        .check(pass_a_message);
}

#[test]
#[should_panic(expected = "executions explored, at least 1000000 stated")]
fn too_few_executions_fail() {
    proof().executions_at_least(1_000_000).check(pass_a_message);
}

#[test]
#[should_panic(expected = "executions explored, at least 0 stated")]
fn a_floor_must_be_stated() {
    proof().executions_at_least(0).check(pass_a_message);
}

#[test]
#[should_panic(expected = "outcomes [\"did not sleep\"] were reached, and not stated")]
fn an_outcome_that_was_not_stated_fails() {
    proof().outcomes(&["slept"]).check(pass_a_message);
}

#[test]
#[should_panic(expected = "outcomes [\"dreamt\"] were stated, and not reached")]
fn an_outcome_that_is_not_reached_fails() {
    proof().outcomes(&["slept", "did not sleep", "dreamt"]).check(pass_a_message);
}

#[test]
#[should_panic(expected = "the model's threads")]
fn a_wrong_number_of_threads_fails() {
    proof().threads(3).check(pass_a_message);
}

#[test]
#[should_panic(expected = "was stated to die of deadlock, and survived")]
fn a_refutation_that_survives_fails() {
    proof()
        .refuted_by(
            "it writes what it wrote before",
            Fault::Writes(1),
            MESSAGE,
            "ready.store(1",
            Death::Deadlock,
        )
        .check(pass_a_message);
}

#[test]
#[should_panic(expected = "died, but not of deadlock")]
fn a_refutation_that_dies_for_another_reason_fails() {
    proof()
        .refuted_by("relaxed", Fault::Relaxed, MESSAGE, "ready.store(1", Death::Deadlock)
        .check(pass_a_message);
}

#[test]
#[should_panic(expected = "was stated to survive, and died")]
fn a_survivor_that_dies_fails() {
    proof().survived_by("relaxed", Fault::Relaxed, MESSAGE, "ready.store(1").check(pass_a_message);
}

#[test]
#[should_panic(expected = "there is nothing to weaken")]
fn a_fault_that_changes_nothing_fails() {
    proof().survived_by("no fence", Fault::NoFence, MESSAGE, "ready.store(1").check(pass_a_message);
}

#[test]
#[should_panic(expected = "is on 0 lines of")]
fn a_place_that_is_not_there_fails() {
    proof().survived_by("nowhere", Fault::Relaxed, MESSAGE, "steady.store").check(pass_a_message);
}

#[test]
#[should_panic(expected = "use fence(SeqCst)")]
fn a_seqcst_access_is_refused() {
    proof().check(|| {
        AtomicU32::new(0).load(SeqCst);
    });
}

#[test]
#[should_panic(expected = "sleeps on w0")]
fn a_failing_execution_is_shown_step_by_step() {
    proof().check(|| {
        let word = AtomicU32::new(0);
        word.store(1, Relaxed);
        wait::<Private>(&word, 1, &Deadline::NEVER);
    });
}

#[test]
fn a_sleep_may_end_for_no_reason_where_the_proof_asks_for_it() {
    Proof::new("a_sleep_may_end_for_no_reason", "a spurious wake-up is one of the outcomes")
        .threads(2)
        .executions_at_least(3)
        .spurious_wakeups(1)
        .outcomes(&["woken for a reason", "woken for none", "not asleep"])
        .check(|| {
            let word = Arc::new(AtomicU32::new(0));
            let waker = spawn({
                let word = Arc::clone(&word);
                move || {
                    word.store(1, Relaxed);
                    wake::<Private>(&*word, 1)
                }
            });
            let slept = wait::<Private>(&word, 0, &Deadline::NEVER) == Wait::Woken;
            saw(match (slept, waker.join().unwrap()) {
                (true, 1) => "woken for a reason",
                (true, _) => "woken for none",
                (false, _) => "not asleep",
            });
        });
}

#[test]
fn loom_alone_overlooks_a_store_after_an_own_load_and_the_companion_shows_it() {
    use loom::sync::atomic::AtomicU32 as Bare;
    Proof::new(
        "loom_alone_overlooks_a_store_after_an_own_load_and_the_companion_shows_it",
        "a limit of loom 0.7.3's complete search: after its own load, a thread's store is not seen",
    )
    .threads(2)
    .executions_at_least(2)
    .outcomes(&["bare 0", "ours 0", "ours 1"])
    .check(|| {
        let (bare, ours) = (Arc::new(Bare::new(0)), Arc::new(AtomicU32::new(0)));
        let writer = spawn({
            let (bare, ours) = (bare.clone(), ours.clone());
            move || {
                bare.load(Relaxed);
                bare.store(1, Relaxed);
                ours.load(Relaxed);
                ours.store(1, Relaxed);
            }
        });
        saw(format_args!("bare {}", bare.load(Relaxed)));
        saw(format_args!("ours {}", ours.load(Relaxed)));
        writer.join().unwrap();
    });
}

#[test]
fn an_atomic_that_was_handed_over_without_order_is_noticed() {
    Proof::new("the_atomic_is_made", "who finds a pointer to an atomic finds the atomic made")
        .threads(2)
        .executions_at_least(2)
        .outcomes(&["nothing yet", "7"])
        .refuted_by("a Relaxed store", Fault::Relaxed, HANDED_OVER, "place.store", Death::Causality)
        .refuted_by("a Relaxed load", Fault::Relaxed, HANDED_OVER, "place.load", Death::Causality)
        .check(hand_over_an_atomic);
}

#[test]
fn vain_looks_are_followed_so_often_and_the_search_ends() {
    Proof::new("vain_looks", "who looks for long enough finds it")
        .threads(3)
        .bounded(2)
        .executions_at_least(2)
        .outcomes(&["found"])
        .refuted_by("nothing is written", Fault::Writes(0), LOOKS, "word.store", Death::Livelock)
        .check(two_look_for_what_the_third_writes);
}

#[test]
#[should_panic(expected = "the search is not complete")]
fn a_search_that_was_cut_is_not_called_complete() {
    Proof::new("a_search_that_was_cut", "who looks for long enough finds it")
        .threads(3)
        .executions_at_least(2)
        .outcomes(&["found"])
        .check(two_look_for_what_the_third_writes);
}
