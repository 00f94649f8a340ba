//! What the algorithms rely on, asked of both worlds: the proofs are worth what the model is worth.
//!
//! In the model world each test is a proof: every execution, and exactly the outcomes stated. In the real one
//! the same program runs some hundred times on real threads, and sees nothing but the outcomes stated.

#[cfg_attr(loom, path = "model.rs")]
#[cfg_attr(all(shuttle, not(loom)), path = "shuttled.rs")]
#[cfg_attr(not(any(loom, shuttle)), path = "real.rs")]
mod world;

mod cancelled;

use platform::atomic::{
    AtomicU32,
    Ordering::{Acquire, Relaxed, Release},
};
use platform::barrier;
use platform::cell::UnsafeCell;
use platform::futex::{Private, Scope, Shared, Wait, wait, wake};
use platform::thread::{Spin, has_id, id, spawn};
use platform::time::Deadline;
use std::sync::Arc;
use std::time::{Duration, Instant};
use world::{explore, saw};

fn soon() -> Deadline {
    Deadline::from(Duration::from_micros(50))
}

/// Sleeps until the word is no longer `value`; says how often it slept.
fn sleep_while<S: Scope>(word: &AtomicU32, value: u32) -> usize {
    let mut slept = 0;
    while word.load(Acquire) == value {
        slept += usize::from(wait::<S>(word, value, &Deadline::NEVER) == Wait::Woken);
    }
    slept
}

#[test]
fn a_word_that_has_changed_is_not_slept_on() {
    explore("a_word_that_has_changed_is_not_slept_on", 2, 2, &["changed"], || {
        let word = Arc::new(AtomicU32::new(0));
        let writer = spawn({
            let word = Arc::clone(&word);
            move || word.store(2, Relaxed)
        });
        assert_eq!(wait::<Private>(&word, 1, &Deadline::NEVER), Wait::Changed, "it is 0 or 2, never 1");
        saw("changed");
        writer.join().unwrap();
    });
}

#[test]
fn a_deadline_that_has_passed_times_out_and_leaves_nobody_asleep() {
    let outcomes = &["timed out, and the other's wake found nobody", "changed"];
    explore("a_deadline_that_has_passed_times_out_and_leaves_nobody_asleep", 2, 4, outcomes, || {
        let word = Arc::new(AtomicU32::new(0));
        let writer = spawn({
            let word = Arc::clone(&word);
            move || word.store(1, Relaxed)
        });
        match wait::<Private>(&word, 0, &Deadline::from(Instant::now())) {
            Wait::TimedOut => {
                assert_eq!(wake::<Private>(&*word, u32::MAX), 0, "who timed out is not asleep");
                saw("timed out, and the other's wake found nobody");
            }
            Wait::Changed => saw("changed"),
            Wait::Woken => assert_eq!(word.load(Relaxed), 0, "woken by nobody: allowed for a signal only"),
        }
        writer.join().unwrap();
    });
}

#[test]
fn a_store_followed_by_a_wake_is_never_lost() {
    fn scoped<S: Scope>(name: &'static str) {
        explore(name, 2, 6, &["slept", "did not sleep"], || {
            let word = Arc::new(AtomicU32::new(0));
            let sleeper = spawn({
                let word = Arc::clone(&word);
                move || sleep_while::<S>(&word, 0)
            });
            word.store(1, Release);
            let woken = wake::<S>(&*word, 1);
            let slept = sleeper.join().unwrap();
            assert!(slept >= woken, "who was woken slept");
            saw(if slept > 0 { "slept" } else { "did not sleep" });
        });
    }
    scoped::<Private>("a_store_followed_by_a_wake_is_never_lost_between_threads");
    scoped::<Shared>("a_store_followed_by_a_wake_is_never_lost_in_shared_memory");
}

#[test]
fn a_wake_reaches_no_more_than_it_is_told_to() {
    let outcomes = &["0 and 0", "1 and 0", "1 and 1"];
    explore("a_wake_reaches_no_more_than_it_is_told_to", 3, 50, outcomes, || {
        let word = Arc::new(AtomicU32::new(0));
        let sleepers = [0, 1].map(|_| {
            let word = Arc::clone(&word);
            spawn(move || sleep_while::<Private>(&word, 0))
        });
        word.store(1, Release);
        let (first, second) = (wake::<Private>(&*word, 1), wake::<Private>(&*word, 1));
        assert!(first <= 1 && second <= 1);
        saw(format!("{first} and {second}"));
        // Those who were asleep were woken one by one; the others see the word.
        for sleeper in sleepers {
            sleeper.join().unwrap();
        }
    });
}

#[test]
fn a_wake_that_counts_a_sleeper_ends_its_sleep_as_woken() {
    let outcomes = &["Woken by the wake", "TimedOut, none to wake", "Changed, none to wake"];
    explore("a_wake_that_counts_a_sleeper_ends_its_sleep_as_woken", 2, 6, outcomes, || {
        let word = Arc::new(AtomicU32::new(0));
        let sleeper = spawn({
            let word = Arc::clone(&word);
            move || wait::<Private>(&word, 0, &soon())
        });
        word.store(1, Release);
        let woken = wake::<Private>(&*word, 1);
        match (woken, sleeper.join().unwrap()) {
            (1, Wait::Woken) => saw("Woken by the wake"),
            (0, Wait::Woken) => {} // For no reason, as the contract allows; the model is not asked to here.
            (0, end) => saw(format!("{end:?}, none to wake")),
            (woken, end) => panic!("woke {woken}, and the sleeper says {end:?}"),
        }
    });
}

#[test]
fn a_wake_for_memory_that_is_gone_is_harmless() {
    explore("a_wake_for_memory_that_is_gone_is_harmless", 2, 2, &["nobody"], || {
        let gone = {
            let word = AtomicU32::new(0);
            &raw const word
        };
        let word = Arc::new(AtomicU32::new(0));
        let sleeper = spawn({
            let word = Arc::clone(&word);
            move || sleep_while::<Private>(&word, 0)
        });
        assert_eq!(wake::<Private>(gone, u32::MAX), 0, "another word's sleeper is not meant");
        saw("nobody");
        word.store(1, Release);
        wake::<Private>(&raw const *word, 1);
        sleeper.join().unwrap();
    });
}

#[test]
fn what_a_thread_wrote_is_seen_by_who_joins_it() {
    struct Shared(UnsafeCell<u32>);
    // SAFETY: the two accesses below are ordered by spawn and join.
    unsafe impl Sync for Shared {}
    explore("what_a_thread_wrote_is_seen_by_who_joins_it", 2, 2, &["2"], || {
        let (shared, word) = (Arc::new(Shared(UnsafeCell::new(1))), Arc::new(AtomicU32::new(0)));
        let writer = spawn({
            let (shared, word) = (Arc::clone(&shared), Arc::clone(&word));
            move || {
                // SAFETY: the only access until we are joined.
                shared.0.with_mut(|value| unsafe { *value += 1 });
                word.load(Relaxed);
            }
        });
        word.store(1, Relaxed);
        writer.join().unwrap();
        // SAFETY: the writer has been joined.
        saw(shared.0.with(|value| unsafe { *value }));
    });
}

fn a_number_is_one_threads_alone_and_stays_its_own<S: Scope>(name: &'static str) {
    explore(name, 3, 2, &["three numbers"], || {
        let (word, id) = (Arc::new(AtomicU32::new(0)), id::<S>);
        let (ours, others) = (
            id(),
            [0, 1].map(|_| {
                let word = Arc::clone(&word);
                spawn(move || {
                    let before = id();
                    word.fetch_add(1, Relaxed);
                    assert_eq!(id(), before, "whoever ran meanwhile");
                    assert!(has_id::<S>(before) && !has_id::<S>(0) && !has_id::<S>(before + 1));
                    before
                })
            }),
        );
        let [first, second] = others.map(|other| other.join().unwrap());
        assert!(ours != 0 && first != 0 && second != 0, "0 is nobody's");
        assert!(ours != first && ours != second && first != second, "no number twice");
        assert_eq!(id(), ours);
        saw("three numbers");
    });
}

#[test]
fn among_threads_a_number_is_ones_own() {
    a_number_is_one_threads_alone_and_stays_its_own::<Private>("among_threads_a_number_is_ones_own");
}

#[test]
fn among_processes_a_number_is_ones_own() {
    a_number_is_one_threads_alone_and_stays_its_own::<Shared>("among_processes_a_number_is_ones_own");
}

#[test]
fn a_spin_comes_to_an_end() {
    for mut spin in [Spin::new(), Spin::beside_a_holder(), Spin::long(), Spin::brief()] {
        let turns = std::iter::from_fn(|| spin.turn().then_some(())).take(1_000_000).count();
        assert!(turns < 1_000_000);
        assert!(!spin.turn(), "and stays there");
    }
}

/// Each stores to its own word, makes its fence, and looks at the other's.
fn one_side_sees_the_other<S: Scope>(name: &'static str) {
    explore(name, 2, 4, &["the light one sees", "the heavy one sees", "both see"], || {
        barrier::prepare::<S>();
        let words = Arc::new([AtomicU32::new(0), AtomicU32::new(0)]);
        let light = spawn({
            let words = Arc::clone(&words);
            move || {
                words[0].store(1, Relaxed);
                barrier::light::<S>();
                words[1].load(Relaxed)
            }
        });
        words[1].store(1, Relaxed);
        barrier::heavy::<S>();
        let heavy = words[0].load(Relaxed);
        saw(match (light.join().unwrap(), heavy) {
            (1, 0) => "the light one sees",
            (0, 1) => "the heavy one sees",
            (1, 1) => "both see",
            _ => "none sees",
        });
    });
}

#[test]
fn of_a_light_fence_and_a_heavy_one_one_side_sees_the_other() {
    one_side_sees_the_other::<Private>("of_a_light_fence_and_a_heavy_one_one_side_sees_the_other");
}

#[test]
fn of_a_light_fence_and_a_heavy_one_one_side_sees_the_other_shared() {
    one_side_sees_the_other::<Shared>("of_a_light_fence_and_a_heavy_one_one_side_sees_the_other_shared");
}
