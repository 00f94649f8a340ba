//! # Claim
//! Who waits for several futures, or together with others for one, is told when it is enough, whichever ends first.
//!
//! # Models
//! Two threads that complete, or two that wait for the same. That more of either change nothing is what shuttle tries
//! (`tests/shuttle/futures.rs`).
//!
//! # Not shown here
//! Long histories: `tests/props/`.

use crate::future::{CONDITION, WAKES, completed_by_a_thread};
use crate::future_twin::{Ends, Flaw, Keeps, real, twin};
use platform::check::{Death, Fault, Proof, saw};
use platform::thread::spawn;
use std::sync::Arc;

/// Two futures end while somebody waits for both, or for one of them.
fn waits_for_two<P: Keeps, F: Ends>(pairs: [(P, F); 2], all: bool) {
    let [(first, one), (second, other)] = pairs;
    let threads = [completed_by_a_thread(first, 7), completed_by_a_thread(second, 8)];
    let done = F::wait(&[&one, &other], all);
    assert!(done.contains(&true) && (!all || done == [true, true]), "it is enough");
    saw(match done[..] {
        [true, true] => "both",
        [true, false] => "the first",
        _ => "the second",
    });
    assert_eq!([one.result(), other.result()], [Some(7), Some(8)]);
    threads.into_iter().for_each(|thread| thread.join().unwrap());
}

#[test]
fn who_waits_for_two_is_told_of_both() {
    let twin_with = |flaw| move || waits_for_two([(); 2].map(|()| twin(flaw, false)), true);
    Proof::new(
        "future_waits::who_waits_for_two_is_told_of_both",
        "who waits for two futures is woken when both are done, whichever is first",
    )
    .threads(3)
    .bounded(2)
    .executions_at_least(2_100)
    .outcomes(&["both"])
    .refuted_by("nobody is woken", Fault::NoWake, CONDITION, WAKES, Death::Deadlock)
    .refuted_by_twin("who waits looks, and then says so", Death::Deadlock, twin_with(Flaw::LooksAndWaits))
    .check(|| waits_for_two([(); 2].map(|()| real(false)), true));
}

#[test]
fn who_waits_for_the_first_of_two_is_told_of_one() {
    let twin_with = |flaw| move || waits_for_two([(); 2].map(|()| twin(flaw, false)), false);
    Proof::new(
        "future_waits::who_waits_for_the_first_of_two_is_told_of_one",
        "who waits for one of two futures is woken by whichever is first, and neither result is lost",
    )
    .threads(3)
    .bounded(2)
    .executions_at_least(7_000)
    .outcomes(&["both", "the first", "the second"])
    .refuted_by("nobody is woken", Fault::NoWake, CONDITION, WAKES, Death::Deadlock)
    .refuted_by_twin("who waits looks, and then says so", Death::Deadlock, twin_with(Flaw::LooksAndWaits))
    .check(|| waits_for_two([(); 2].map(|()| real(false)), false));
}

/// One future, which is lent to two that wait.
fn two_wait<P: Keeps, F: Ends>((promise, future): (P, F)) {
    let future = Arc::new(future);
    let other = spawn({
        let future = Arc::clone(&future);
        move || assert_eq!(F::wait(&[&future], true), [true])
    });
    let thread = completed_by_a_thread(promise, 7);
    assert_eq!(F::wait(&[&future], true), [true]);
    other.join().unwrap();
    thread.join().unwrap();
    let future = Arc::into_inner(future).expect("the other has let go of it");
    saw(future.result().unwrap_or(0));
}

#[test]
fn two_who_wait_for_one_are_both_told() {
    Proof::new(
        "future_waits::two_who_wait_for_one_are_both_told",
        "of two threads that wait for one future, each is woken when it is done",
    )
    .threads(3)
    .bounded(2)
    .executions_at_least(3_500)
    .outcomes(&["7"])
    .refuted_by("nobody is woken", Fault::NoWake, CONDITION, WAKES, Death::Deadlock)
    .refuted_by_twin("one of both is told", Death::Deadlock, || two_wait(twin(Flaw::TellsOne, false)))
    .check(|| two_wait(real(false)));
}
