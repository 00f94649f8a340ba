//! What `Semaphore` and `BoundedSemaphore` promise, on real threads and with the real clock.
#![cfg(not(any(loom, shuttle)))]

use locks::{BoundedSemaphore, MAX_PERMITS, OverRelease, Semaphore, Shared};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

const SHORT: Duration = Duration::from_millis(5);

#[test]
fn permits_are_taken_and_given_back_by_any_thread() {
    let semaphore = Semaphore::new(2);
    semaphore.acquire();
    assert!(semaphore.try_acquire() && !semaphore.try_acquire());
    thread::scope(|scope| {
        scope.spawn(|| assert_eq!(semaphore.release_many(3), Ok(()), "more than there were"));
    });
    assert_eq!(semaphore.value(), 3);
    assert!(semaphore.acquire_timeout(Duration::ZERO), "one that is there is taken, whatever the timeout");
}

#[test]
fn several_are_taken_at_once_or_not_at_all() {
    let semaphore = Semaphore::new(3);
    assert!(!semaphore.try_acquire_many(4) && !semaphore.acquire_many_timeout(4, SHORT));
    assert_eq!(semaphore.value(), 3, "none was taken");
    assert!(semaphore.try_acquire_many(0), "none are always there");
    assert!(semaphore.try_acquire_many(3) && semaphore.try_acquire_many(0));
    assert_eq!(semaphore.value(), 0);
}

#[test]
fn a_timeout_is_never_early_and_takes_nothing() {
    let semaphore = Semaphore::new(0);
    let start = Instant::now();
    assert!(!semaphore.acquire_timeout(SHORT));
    assert!(start.elapsed() >= SHORT);
    assert_eq!((semaphore.release(), semaphore.value()), (Ok(()), 1));
    assert!(semaphore.acquire_timeout(Duration::MAX), "centuries do not overflow");
}

#[test]
fn one_that_needs_many_gets_them_beside_others_that_need_one() {
    let (semaphore, done) = (Semaphore::new(4), AtomicU32::new(0));
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                // Relaxed, here and below: only to know when to stop.
                while done.load(Relaxed) == 0 {
                    semaphore.acquire();
                    thread::yield_now();
                    semaphore.release().unwrap();
                }
            });
        }
        for _ in 0..5 {
            semaphore.acquire_many(4);
            semaphore.release_many(4).unwrap();
        }
        done.store(1, Relaxed);
    });
    assert_eq!(semaphore.value(), 4);
}

#[test]
fn one_permit_too_many_is_an_error_and_changes_nothing() {
    let bounded = BoundedSemaphore::new(2);
    assert_eq!((bounded.release(), bounded.value()), (Err(OverRelease), 2));
    bounded.acquire();
    assert_eq!((bounded.release_many(2), bounded.value()), (Err(OverRelease), 1));
    assert_eq!((bounded.release(), bounded.value()), (Ok(()), 2));
    let semaphore = Semaphore::new(MAX_PERMITS - 1);
    assert_eq!((semaphore.release_many(2), semaphore.value()), (Err(OverRelease), MAX_PERMITS - 1));
    assert_eq!((semaphore.release(), semaphore.value()), (Ok(()), MAX_PERMITS));
    assert!(OverRelease.to_string().contains("more permits"));
}

#[test]
fn to_ask_for_more_than_any_semaphore_has_panics() {
    let semaphore = Semaphore::new(1);
    assert!(catch_unwind(AssertUnwindSafe(|| semaphore.try_acquire_many(MAX_PERMITS + 1))).is_err());
    assert!(catch_unwind(AssertUnwindSafe(|| semaphore.acquire_many(u32::MAX))).is_err());
    assert!(catch_unwind(|| Semaphore::new(MAX_PERMITS + 1)).is_err());
    assert_eq!(semaphore.value(), 1);
}

#[test]
fn a_permit_comes_back_when_it_is_dropped_also_by_a_panic() {
    let semaphore = Semaphore::new(3);
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        let _one = semaphore.permit();
        let _two = semaphore.try_permits(2).unwrap();
        assert!(semaphore.try_permit().is_none() && semaphore.permit_timeout(SHORT).is_none());
        panic!("on purpose");
    }));
    assert!(panicked.is_err());
    assert_eq!(semaphore.value(), 3);
    semaphore.permits(2).forget();
    assert_eq!(semaphore.value(), 1, "a permit that is forgotten is not given back");
    let permit = semaphore.permit();
    thread::scope(|scope| {
        scope.spawn(move || drop(permit));
    });
    assert_eq!(semaphore.value(), 1, "another thread may drop it");
}

#[test]
fn no_more_are_inside_than_there_are_permits() {
    let (bounded, inside) = (BoundedSemaphore::new(2), AtomicU32::new(0));
    thread::scope(|scope| {
        for _ in 0..6 {
            scope.spawn(|| {
                for _ in 0..200 {
                    let _permit = bounded.permit();
                    // Relaxed: one word is in order with itself.
                    assert!(inside.fetch_add(1, Relaxed) < 2, "a third is inside");
                    thread::yield_now();
                    inside.fetch_sub(1, Relaxed);
                }
            });
        }
    });
    assert_eq!(bounded.value(), 2);
}

#[test]
fn after_a_fork_it_is_as_new() {
    let (semaphore, bounded) = (Semaphore::new(1), BoundedSemaphore::new(3));
    semaphore.acquire();
    bounded.acquire_many(3);
    // SAFETY: not a child, but nobody else uses it, which is what is asked.
    unsafe { semaphore.reinit_after_fork(2) };
    // SAFETY: as above.
    unsafe { bounded.reinit_after_fork() };
    assert_eq!((semaphore.value(), bounded.value()), (2, 3));
}

#[test]
fn its_text_says_what_there_is_and_whether_somebody_waits() {
    let semaphore = Semaphore::new(2);
    let text = format!("{semaphore:?}");
    assert!(text.contains("value: 2") && text.contains("waiters: none"), "{text}");
    semaphore.acquire_many(2);
    thread::scope(|scope| {
        scope.spawn(|| semaphore.acquire());
        while format!("{semaphore:?}").contains("waiters: none") {
            thread::yield_now();
        }
        semaphore.release().unwrap();
    });
}

#[test]
fn the_sizes_are_as_stated() {
    assert_eq!((size_of::<Semaphore>(), size_of::<Semaphore<Shared>>()), (8, 8));
}
