//! Which threads a process waits for. The count belongs to the whole process, so these tests run one at a time.
#![cfg(not(loom))]

mod common;

use common::{Bomb, LONG, gate};
use locks::{Lock, LockGuard};
use std::env;
use std::panic::catch_unwind;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use threads::{Thread, join_non_daemon};

/// One test at a time, each begun and ended without a thread that counts.
fn alone() -> LockGuard<'static, ()> {
    static ALONE: Lock<()> = Lock::new(());
    let guard = ALONE.lock();
    assert!(join_non_daemon(LONG), "the test before left no thread behind");
    guard
}

/// Sets a flag when dropped, a while after the drop began.
struct Slow(Arc<AtomicBool>);

impl Drop for Slow {
    fn drop(&mut self) {
        std::thread::sleep(Duration::from_millis(20));
        self.0.store(true, Ordering::Release);
    }
}

#[test]
fn a_thread_counts_from_its_start_to_its_end() {
    let _alone = alone();
    let (open, gate) = gate();
    let handle = Thread::new(move || gate.pass()).start().unwrap();
    assert!(!join_non_daemon(Duration::ZERO));
    assert!(!join_non_daemon(Duration::from_millis(5)));
    drop(open);
    assert!(join_non_daemon(LONG));
    assert!(!handle.is_alive(), "it does not end for some and live for others");
    assert_eq!(handle.join(), Ok(()));
}

#[test]
fn a_thread_that_has_ended_for_its_handle_does_not_count() {
    let _alone = alone();
    for _ in 0..200 {
        let handle = Thread::new(|| ()).start().unwrap();
        assert!(handle.join_timeout(LONG));
        assert!(join_non_daemon(Duration::ZERO));
    }
}

#[test]
fn a_daemon_is_not_waited_for() {
    let _alone = alone();
    let (open, gate) = gate();
    let daemon = Thread::new(move || gate.pass()).daemon(true).start().unwrap();
    assert!(join_non_daemon(Duration::ZERO));
    assert_eq!(threads::main(|| 7), 7);
    assert!(daemon.is_alive());
    drop(open);
    assert_eq!(daemon.join(), Ok(()));
}

#[test]
fn main_waits_for_a_detached_thread_and_for_the_drop_of_its_result() {
    let _alone = alone();
    let dropped = Arc::new(AtomicBool::new(false));
    threads::main(|| {
        let (open, gate) = gate();
        let result = Slow(Arc::clone(&dropped));
        let thread = Thread::new(move || {
            gate.pass();
            result
        });
        drop(thread.start().unwrap());
        drop(open);
    });
    assert!(dropped.load(Ordering::Acquire));
}

#[test]
fn main_waits_for_threads_that_threads_start() {
    let _alone = alone();
    let dropped = Arc::new(AtomicBool::new(false));
    let slow = Slow(Arc::clone(&dropped));
    threads::main(|| {
        let inner = Thread::new(move || drop(slow));
        Thread::new(|| inner.start().map(drop)).start().map(drop)
    })
    .unwrap();
    assert!(dropped.load(Ordering::Acquire));
}

#[test]
fn main_waits_also_when_its_function_panics_and_then_panics_on() {
    let _alone = alone();
    let dropped = Arc::new(AtomicBool::new(false));
    let slow = Slow(Arc::clone(&dropped));
    let payload = catch_unwind(|| {
        threads::main(move || {
            Thread::new(move || drop(slow)).start().unwrap();
            panic!("in the main function");
        })
    })
    .unwrap_err();
    assert!(dropped.load(Ordering::Acquire));
    assert_eq!(*payload.downcast_ref::<&str>().unwrap(), "in the main function");
}

#[test]
fn a_detached_thread_whose_result_panics_on_drop_leaves_the_count_and_the_process() {
    let _alone = alone();
    let (open, gate) = gate();
    let thread = Thread::new(move || {
        gate.pass();
        Bomb("the result of a detached thread")
    });
    drop(thread.start().unwrap());
    drop(open);
    assert!(join_non_daemon(LONG));
}

#[test]
fn a_thread_that_panics_leaves_the_count() {
    let _alone = alone();
    drop(Thread::new(|| panic!("nobody joins me")).start().unwrap());
    assert!(join_non_daemon(LONG));
}

#[test]
fn a_thread_does_not_wait_for_itself_but_for_the_others() {
    let _alone = alone();
    let (open, gate) = gate();
    let other = Thread::new(move || gate.pass()).start().unwrap();
    let asker = Thread::new(move || {
        let early = join_non_daemon(Duration::from_millis(5));
        drop(open);
        (early, join_non_daemon(LONG))
    });
    assert_eq!(asker.start().unwrap().join(), Ok((false, true)));
    assert_eq!(other.join(), Ok(()));
}

#[test]
fn a_start_that_fails_gives_its_count_back() {
    let _alone = alone();
    let name = "a_start_that_fails_gives_its_count_back";
    if env::var_os("RUST_MIN_STACK").is_none() {
        // In a process of its own, in which no stack can be had; the harness then starts no thread either.
        let status = Command::new(env::current_exe().unwrap())
            .args(["--exact", name, "--test-threads=1", "--nocapture"])
            .env("RUST_MIN_STACK", (1_usize << (usize::BITS - 1)).to_string())
            .status();
        assert!(status.unwrap().success());
        return;
    }
    let witness = Arc::new(());
    let held = Arc::clone(&witness);
    let error = Thread::new(move || drop(held)).start().unwrap_err();
    assert!(error.to_string().contains("os error"), "it is the system that refuses: {error}");
    assert_eq!(Arc::strong_count(&witness), 1, "what it captured is dropped");
    assert!(join_non_daemon(Duration::ZERO));
}
