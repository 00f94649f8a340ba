//! Threads that borrow.

#![cfg(not(loom))]

mod common;

use common::LONG;
use locks::Lock;
use std::sync::atomic::{AtomicUsize, Ordering};
use threads::{Thread, join_non_daemon};

#[test]
fn scoped_threads_borrow_and_end_before_the_scope_does() {
    let (sum, numbers) = (Lock::new(0), [1, 2, 3, 4]);
    threads::scope(|scope| {
        for number in &numbers {
            let sum = &sum;
            drop(scope.spawn(move || *sum.lock() += number).unwrap());
        }
    });
    assert_eq!(sum.into_inner(), 10);
}

#[test]
fn a_scoped_thread_has_a_handle_as_any_other() {
    let text = String::from("borrowed");
    let (name, alive_after, result) = threads::scope(|scope| {
        let handle =
            Thread::new(|| text.as_str()).name("reader").stack_size(128 << 10).start_in(&scope).unwrap();
        assert!(handle.join_timeout(LONG));
        (handle.name(), handle.is_alive(), handle.join())
    });
    assert_eq!((name.as_deref(), alive_after, result), (Some("reader"), false, Ok("borrowed")));
}

#[test]
fn scoped_threads_start_others_in_their_scope() {
    let started = AtomicUsize::new(0);
    let started = &started;
    threads::scope(|scope| {
        let inner = scope.clone();
        scope
            .spawn(move || {
                started.fetch_add(1, Ordering::Relaxed);
                drop(inner.spawn(|| started.fetch_add(1, Ordering::Relaxed)).unwrap());
            })
            .map(drop)
            .unwrap();
    });
    assert_eq!(started.load(Ordering::Relaxed), 2);
}

#[test]
fn the_result_of_a_scope_is_its_functions() {
    assert_eq!(threads::scope(|_| 7), 7);
    assert!(join_non_daemon(LONG));
}

#[test]
fn a_start_that_fails_in_a_scope_is_an_error_and_the_scope_goes_on() {
    let witness = AtomicUsize::new(0);
    threads::scope(|scope| {
        let add = || witness.fetch_add(1, Ordering::Relaxed);
        assert!(Thread::new(add).stack_size(0).start_in(&scope).is_err());
        assert!(Thread::new(add).stack_size(1 << 46).start_in(&scope).is_err());
        assert_eq!(scope.spawn(add).unwrap().join(), Ok(0));
    });
    assert_eq!(witness.into_inner(), 1);
}
