//! A sleep with a token: the token ends it, and takes no wake along.

use crate::world::{explore, saw};
use platform::atomic::{
    AtomicU32,
    Ordering::{Relaxed, Release},
};
use platform::cancel::Cancel;
use platform::futex::{Private, Scope, Shared, Wait, wait, wake};
use platform::thread::spawn;
use platform::time::Deadline;
use std::sync::Arc;

#[test]
fn a_token_that_is_cancelled_ends_a_sleep() {
    fn scoped<S: Scope>(name: &'static str) {
        explore(name, 2, 2, &["TimedOut"], || {
            let (word, cancel) = (AtomicU32::new(0), Cancel::new());
            let canceller = spawn({
                let cancel = cancel.clone();
                move || cancel.cancel()
            });
            let deadline = Deadline::from(&cancel);
            let end = loop {
                match wait::<S>(&word, 0, &deadline) {
                    Wait::Woken => {} // For no reason, as the contract allows.
                    end => break end,
                }
            };
            assert!(deadline.is_over());
            assert_eq!(wake::<S>(&word, u32::MAX), 0, "who was cancelled is not asleep");
            saw(format!("{end:?}"));
            canceller.join().unwrap();
        });
    }
    scoped::<Private>("a_token_that_is_cancelled_ends_a_sleep_between_threads");
    scoped::<Shared>("a_token_that_is_cancelled_ends_a_sleep_in_shared_memory");
}

/// The wake and the cancelling, in this order or the other.
fn a_wake_beside_a_token(name: &'static str, outcomes: &'static [&'static str], cancelled_first: bool) {
    explore(name, 2, 6, outcomes, move || {
        let (word, cancel) = (Arc::new(AtomicU32::new(0)), Cancel::new());
        let sleeper = spawn({
            let (word, deadline) = (Arc::clone(&word), Deadline::from(&cancel));
            move || wait::<Private>(&word, 0, &deadline)
        });
        if cancelled_first {
            cancel.cancel();
        }
        word.store(1, Release);
        let woken = wake::<Private>(&*word, 1);
        cancel.cancel();
        match (woken, sleeper.join().unwrap()) {
            (1, Wait::Woken) => saw("Woken by the wake"),
            (0, Wait::Woken) => {} // For no reason, as the contract allows; the model is not asked to here.
            (0, end) => saw(format!("{end:?}, none to wake")),
            (woken, end) => panic!("woke {woken}, and the sleeper says {end:?}"),
        }
    });
}

#[test]
fn a_wake_that_counts_a_sleeper_ends_its_sleep_as_woken_before_it_is_cancelled() {
    let name = "a_wake_that_counts_a_sleeper_ends_its_sleep_as_woken_before_it_is_cancelled";
    let outcomes = &["Woken by the wake", "Changed, none to wake", "TimedOut, none to wake"];
    a_wake_beside_a_token(name, outcomes, false);
}

#[test]
fn a_wake_that_counts_a_sleeper_ends_its_sleep_as_woken_though_it_is_cancelled() {
    let name = "a_wake_that_counts_a_sleeper_ends_its_sleep_as_woken_though_it_is_cancelled";
    let outcomes = &["Woken by the wake", "TimedOut, none to wake"];
    a_wake_beside_a_token(name, outcomes, true);
}

#[test]
fn a_token_that_is_cancelled_before_the_sleep_lets_nobody_sleep() {
    explore("a_token_that_is_cancelled_before_the_sleep_lets_nobody_sleep", 2, 2, &["TimedOut"], || {
        let (word, cancel) = (Arc::new(AtomicU32::new(0)), Cancel::new());
        cancel.cancel();
        let writer = spawn({
            let (word, cancel) = (Arc::clone(&word), cancel.clone());
            move || {
                word.store(1, Relaxed);
                cancel.cancel();
            }
        });
        saw(format!("{:?}", wait::<Private>(&word, 0, &Deadline::from(&cancel))));
        writer.join().unwrap();
    });
}
