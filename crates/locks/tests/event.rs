//! Plain behaviour of the event on real threads: what the proofs leave to the real clock and to more threads.
#![cfg(not(loom))]

use locks::{Event, Shared};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

#[test]
fn a_timed_wait_lasts_at_least_its_time_unless_it_is_set() {
    let event = Event::new();
    let start = Instant::now();
    assert!(!event.wait_timeout(Duration::from_millis(20)));
    assert!(start.elapsed() >= Duration::from_millis(20), "never early; how late, a test cannot say");
    event.set();
    assert!(event.wait_timeout(Duration::ZERO), "a deadline that has passed asks");
    assert!(event.wait_timeout(Duration::MAX));
}

#[test]
fn it_is_set_until_it_is_cleared_however_often_one_says_so() {
    let event = Event::new();
    assert!(!event.is_set());
    for _ in 0..3 {
        event.set();
        event.set();
        assert!(event.is_set());
        event.wait();
        event.clear();
        event.clear();
        assert!(!event.is_set());
    }
}

#[test]
fn eight_waiters_pass_though_it_is_cleared_at_once() {
    for _ in 0..200 {
        let (event, inside) = (Event::new(), AtomicUsize::new(0));
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    // Relaxed: a count to wait for, no more.
                    inside.fetch_add(1, Relaxed);
                    event.wait();
                    inside.fetch_sub(1, Relaxed);
                });
            }
            while inside.load(Relaxed) < 8 {
                thread::yield_now();
            }
            // Who counted itself but does not wait yet is reached by one of the later ones.
            while inside.load(Relaxed) > 0 {
                event.set();
                event.clear();
                thread::yield_now();
            }
        });
    }
}

#[test]
fn two_threads_that_hand_over_by_two_events_miss_no_turn() {
    let (ping, pong, turns) = (Event::new(), Event::new(), 10_000);
    thread::scope(|scope| {
        scope.spawn(|| {
            for _ in 0..turns {
                ping.wait();
                ping.clear();
                pong.set();
            }
        });
        for _ in 0..turns {
            ping.set();
            pong.wait();
            pong.clear();
        }
    });
}

#[test]
fn the_child_of_a_fork_finds_it_as_it_was_with_nobody_waiting() {
    let event = Event::<Shared>::in_scope();
    assert!(!event.wait_timeout(Duration::from_millis(1)));
    assert!(format!("{event:?}").contains("waited_for: true"), "who timed out leaves its mark: {event:?}");
    // SAFETY: no other thread uses it.
    unsafe { event.reinit_after_fork() };
    assert_eq!(format!("{event:?}"), "Event { set: false, waited_for: false }");
    event.set();
    // SAFETY: no other thread uses it.
    unsafe { event.reinit_after_fork() };
    assert!(event.is_set(), "as Python's");
}

#[test]
fn it_is_four_bytes_and_can_be_static() {
    static EVENT: Event = Event::new();
    EVENT.set();
    EVENT.wait();
    assert_eq!((size_of::<Event>(), align_of::<Event<Shared>>()), (4, 4));
}
