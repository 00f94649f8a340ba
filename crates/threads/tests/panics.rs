//! Who is told of a panic. The hook belongs to the whole process: these tests run one at a time.

#![cfg(not(loom))]

mod common;

use common::{Bomb, LONG, gate};
use locks::{Lock, LockGuard};
use std::env;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::Command;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;
use threads::{Thread, Timer, excepthook};

/// One test at a time, and what the hook is told while it runs.
fn alone() -> (LockGuard<'static, ()>, Receiver<String>) {
    static ALONE: Lock<()> = Lock::new(());
    let guard = ALONE.lock();
    let (tell, told) = channel();
    excepthook(move |panic| tell.send(panic.to_string()).unwrap());
    (guard, told)
}

#[test]
fn the_panic_of_a_detached_thread_goes_to_the_hook() {
    let (_alone, told) = alone();
    let (open, gate) = gate();
    let handle = Thread::new(move || {
        gate.pass();
        panic!("nobody joins me");
    });
    drop(handle.name("detached").start().unwrap());
    drop(open);
    assert_eq!(told.recv_timeout(LONG).unwrap(), "thread 'detached' panicked: nobody joins me");
}

#[test]
fn the_panic_of_a_thread_whose_handle_is_dropped_later_goes_to_the_hook_then() {
    let (_alone, told) = alone();
    let handle = Thread::new(|| panic!("ended before")).start().unwrap();
    assert!(handle.join_timeout(LONG));
    assert_eq!(told.recv_timeout(Duration::ZERO), Err(RecvTimeoutError::Timeout), "it may still be joined");
    drop(handle);
    assert_eq!(told.recv_timeout(LONG).unwrap(), "thread '<unnamed>' panicked: ended before");
}

#[test]
fn the_panic_of_a_thread_that_is_joined_does_not_go_to_the_hook() {
    let (_alone, told) = alone();
    let handle = Thread::new(|| panic!("joined")).start().unwrap();
    assert_eq!(handle.join().unwrap_err().message(), "joined");
    assert_eq!(told.recv_timeout(Duration::ZERO), Err(RecvTimeoutError::Timeout));
}

#[test]
fn the_panic_of_a_timer_goes_to_the_hook() {
    let (_alone, told) = alone();
    Timer::new(Duration::ZERO, || panic!("in a timer")).start().unwrap();
    assert_eq!(told.recv_timeout(LONG).unwrap(), "thread 'timers' panicked: in a timer");
}

#[test]
fn a_hook_that_panics_harms_nobody() {
    let (_alone, _) = alone();
    excepthook(|_| panic!("in the hook"));
    let handle = Thread::new(|| panic!("first")).start().unwrap();
    assert!(handle.join_timeout(LONG));
    drop(handle);
    drop(Thread::new(|| panic!("second")).start().unwrap());
    assert!(threads::join_non_daemon(LONG));
}

#[test]
fn a_hook_may_set_another_hook() {
    let (_alone, _) = alone();
    let (tell, told) = channel();
    excepthook(move |panic| {
        tell.send(panic.message().to_owned()).unwrap();
        excepthook(|_| ());
    });
    drop(Thread::new(|| panic!("told once")).start().unwrap());
    assert_eq!(told.recv_timeout(LONG).unwrap(), "told once");
    assert!(told.recv_timeout(LONG).is_err(), "that hook is gone");
}

#[test]
fn a_scope_panics_if_a_thread_did_that_nobody_joined() {
    let (_alone, told) = alone();
    let in_scope = |work: fn(threads::Handle<()>)| {
        catch_unwind(AssertUnwindSafe(|| {
            threads::scope(|scope| work(scope.spawn(|| panic!("in a scope")).unwrap()));
        }))
    };
    let payload = in_scope(drop).unwrap_err();
    assert_eq!(*payload.downcast_ref::<&str>().unwrap(), "a scoped thread panicked, and nobody joined it");
    assert_eq!(told.recv_timeout(LONG).unwrap(), "thread '<unnamed>' panicked: in a scope");
    let ended = in_scope(|handle| {
        assert!(handle.join_timeout(LONG));
    });
    assert!(ended.is_err(), "its end was seen, its panic was not taken");
    assert!(in_scope(|handle| drop(handle.join().unwrap_err())).is_ok());
}

#[test]
fn the_results_of_scoped_threads_that_panic_on_drop_are_let_go() {
    let (_alone, _) = alone();
    threads::scope(|scope| {
        let (open, gate) = gate();
        let thread = scope.spawn(move || {
            gate.pass();
            Bomb("the result of a detached thread")
        });
        drop(thread.unwrap());
        drop(open);
    });
}

#[test]
fn a_backtrace_is_there_where_it_is_enabled_and_nowhere_else() {
    let name = "a_backtrace_is_there_where_it_is_enabled_and_nowhere_else";
    let Some(enabled) = env::var_os("EXPECT_BACKTRACE") else {
        // In processes of their own, as it is asked once.
        for enabled in ["0", "1"] {
            let mut child = Command::new(env::current_exe().unwrap());
            child.args(["--exact", name, "--test-threads=1"]).env("EXPECT_BACKTRACE", enabled);
            child.env("RUST_BACKTRACE", enabled).env_remove("RUST_LIB_BACKTRACE");
            let output = child.output().unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        }
        return;
    };
    #[inline(never)]
    fn somewhere_deep() {
        panic!("deep");
    }
    let panic = Thread::new(somewhere_deep).start().unwrap().join().unwrap_err();
    let backtrace = panic.backtrace().map(ToString::to_string);
    assert_eq!(backtrace.is_some(), enabled == "1");
    assert!(backtrace.is_none_or(|text| text.contains("somewhere_deep")));
    assert!(Thread::new(|| ()).start().unwrap().join().is_ok());
}
