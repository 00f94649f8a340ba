//! # Claim
//! A semaphore keeps what comes back for a waiter that has waited too long: no newcomer comes before it, and when it has
//! its permits, or gives up, all that it kept from the others is theirs again.
//!
//! # Models
//! Those of `semaphore.rs`, with waiters whose patience is over from the start. The proof that ends with a waiter that
//! gives up needs three threads, so that there is one from whom something was kept.
//!
//! # Not shown here
//! How long the patience is: the real world's clock decides that. Which of several waiters is the next to reserve is
//! left to chance.

use crate::semaphore::{
    ADDS, CHANGES, Guarded, RAW, TAKES_LATE, WAKES, WAKES_ROUND, a_patient_and_an_impatient_waiter, sections,
    supply,
};
use platform::check::{Death, Fault, Proof, saw};
use platform::thread::spawn;
use std::sync::Arc;

#[test]
fn who_reserves_has_its_permits_alone() {
    Proof::new(
        "reservation::who_reserves_has_its_permits_alone",
        "a permit that was set aside has one holder at a time too, and it sees what the one before it wrote",
    )
    .threads(2)
    .executions_at_least(50)
    .impatient()
    .outcomes(&["found them there", "found them taken"])
    .refuted_by("taking what was set aside is Relaxed", Fault::Relaxed, RAW, TAKES_LATE, Death::Causality)
    .refuted_by("the release is Relaxed", Fault::Relaxed, RAW, ADDS, Death::Causality)
    .refuted_by("a new round wakes nobody", Fault::NoWake, RAW, WAKES_ROUND, Death::Deadlock)
    .check(|| sections(1, 1));
}

#[test]
fn what_was_set_aside_leaves_nobody_asleep() {
    Proof::new(
        "reservation::what_was_set_aside_leaves_nobody_asleep",
        "who sleeps while a permit is set aside for another, or comes meanwhile, is woken in the end",
    )
    .threads(3)
    .bounded(2)
    .executions_at_least(1_000)
    .impatient()
    .outcomes(&["found them there", "found them taken"])
    .refuted_by("who takes it forgets the others", Fault::Writes(0), RAW, TAKES_LATE, Death::Deadlock)
    .refuted_by("a new round wakes nobody", Fault::NoWake, RAW, WAKES_ROUND, Death::Deadlock)
    .check(|| sections(1, 2));
}

#[test]
fn what_is_left_of_it_goes_to_the_others() {
    Proof::new(
        "reservation::what_is_left_of_it_goes_to_the_others",
        "who takes one of three that were set aside wakes the one that waits for two, and the other way round",
    )
    .threads(3)
    .bounded(2)
    .executions_at_least(1_000)
    .impatient()
    .outcomes(&["all are taken at once", "none is taken yet", "some are taken"])
    .refuted_by("the rest wakes nobody on the word", Fault::NoWake, RAW, WAKES, Death::Deadlock)
    .refuted_by("a new round wakes nobody", Fault::NoWake, RAW, WAKES_ROUND, Death::Deadlock)
    .check(|| supply([1, 2], &[3]));
}

#[test]
fn a_waiter_that_gives_up_takes_no_reservation_with_it() {
    Proof::new(
        "reservation::a_waiter_that_gives_up_takes_no_reservation_with_it",
        "a permit is never set aside for one that has left: a patient waiter gets it, and it is free in the end",
    )
    .threads(3)
    .bounded(2)
    .executions_at_least(1_000)
    .impatient()
    .outcomes(&["taken in time", "timed out"])
    .refuted_by("its end wakes nobody", Fault::NoWake, RAW, WAKES, Death::Deadlock)
    .check(|| a_patient_and_an_impatient_waiter(1));
}

#[test]
fn who_gives_up_leaves_what_was_kept_for_it_to_one_who_needs_as_many() {
    Proof::new(
        "reservation::who_gives_up_leaves_what_was_kept_for_it_to_one_who_needs_as_many",
        "two permits are never set aside for one that has left: a patient waiter gets both, and both are free in the end",
    )
    .threads(3)
    .bounded(2)
    .executions_at_least(1_000)
    .impatient()
    .outcomes(&["taken in time", "timed out"])
    .refuted_by(
        "it leaves its mark behind",
        Fault::Writes(0x8000_0003),
        RAW,
        CHANGES,
        Death::Assertion("and for everybody"),
    )
    .refuted_by("its end wakes nobody", Fault::NoWake, RAW, WAKES_ROUND, Death::Deadlock)
    .check(|| a_patient_and_an_impatient_waiter(2));
}

/// The model holds three permits while a thread waits for them; gives one back, and wants it again at once.
fn a_newcomer_beside_one_who_needs_all() {
    let guarded = Guarded::new(3);
    guarded.semaphore.acquire_many(3);
    let waiter = spawn({
        let guarded = Arc::clone(&guarded);
        move || guarded.section()
    });
    let reserved = format!("{:?}", guarded.semaphore).contains("too long");
    guarded.semaphore.release().unwrap();
    let again = guarded.semaphore.try_acquire();
    assert!(!again || !reserved, "a newcomer came before one who has waited too long");
    saw(match (reserved, again) {
        (true, _) => "it is set aside",
        (false, true) => "the newcomer has it",
        (false, false) => "it is set aside since",
    });
    guarded.semaphore.release_many(2 + u32::from(again)).unwrap();
    waiter.join().unwrap();
    assert_eq!(guarded.total(), 1, "the waiter had all");
}

#[test]
fn one_who_needs_many_is_not_passed_over_for_ever() {
    Proof::new(
        "reservation::one_who_needs_many_is_not_passed_over_for_ever",
        "a permit that comes back is kept for a waiter that needs three: it cannot be taken away again one by one",
    )
    .threads(2)
    .bounded(3)
    .executions_at_least(50)
    .impatient()
    .outcomes(&["it is set aside", "the newcomer has it", "it is set aside since"])
    .refuted_by("a release ends the reservation", Fault::Writes(4), RAW, CHANGES, Death::Assertion("a newcomer"))
    .check(a_newcomer_beside_one_who_needs_all);
}
