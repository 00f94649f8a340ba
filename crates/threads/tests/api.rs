//! What a thread and its handle do. What a process waits for is in `non_daemon.rs`.
#![cfg(not(loom))]

mod common;

use common::{Bomb, LONG, gate};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc;
use std::sync::{Arc, Weak};
use std::time::Duration;
use std::{io, panic, thread};
use threads::{Handle, Panic, Thread};

fn assert_error(panic: &Panic) -> &(dyn std::error::Error + Send + Sync + 'static) {
    panic
}

#[test]
fn join_returns_the_value_of_the_function() {
    let text = String::from("moved in and out");
    assert_eq!(Thread::new(move || text).start().unwrap().join().unwrap(), "moved in and out");
}

#[test]
fn a_panic_is_the_error_of_join_and_names_its_thread() {
    let number = 7;
    let handle = Thread::new(move || panic!("not {number}")).name("doubter").start().unwrap();
    let panic = handle.join().unwrap_err();
    assert_eq!((panic.message(), panic.thread()), ("not 7", Some("doubter")));
    assert_eq!(assert_error(&panic).to_string(), "thread 'doubter' panicked: not 7");
}

#[test]
fn a_panic_without_a_name_and_without_text_says_so() {
    let panic = Thread::new(|| panic::panic_any(7_u8)).start().unwrap().join().unwrap_err();
    assert_eq!(panic.thread(), None);
    assert_eq!(panic.to_string(), "thread '<unnamed>' panicked: a payload that is no text");
}

#[test]
fn a_panic_in_the_drop_of_what_the_function_captured_is_the_threads_panic() {
    let bomb = Bomb("captured");
    let handle = Thread::new(move || drop(bomb)).start().unwrap();
    assert_eq!(handle.join().unwrap_err().message(), "captured");

    let bomb = Bomb("captured, and left alone");
    let handle = Thread::new(move || {
        let _ = &bomb;
        "a value"
    });
    assert_eq!(handle.start().unwrap().join().unwrap_err().message(), "captured, and left alone");
}

#[test]
fn a_result_that_panics_on_drop_reaches_the_joiner_whole() {
    let handle = Thread::new(|| Bomb("result")).start().unwrap();
    assert!(handle.join_timeout(LONG));
    let bomb = handle.join().unwrap();
    let payload = catch_unwind(AssertUnwindSafe(|| drop(bomb))).unwrap_err();
    assert_eq!(payload.downcast_ref::<String>().unwrap(), "result");
}

#[test]
fn a_payload_that_panics_on_drop_does_not_hide_the_end() {
    let handle = Thread::new(|| panic::panic_any(Bomb("payload"))).start().unwrap();
    assert!(handle.join_timeout(LONG));
    assert!(!handle.is_alive());
    assert_eq!(handle.join().unwrap_err().message(), "a payload that is no text");
}

#[test]
fn join_timeout_says_no_before_the_end_and_yes_for_ever_after() {
    let (open, gate) = gate();
    let handle = Thread::new(move || gate.pass()).start().unwrap();
    assert!(!handle.join_timeout(Duration::ZERO));
    assert!(!handle.join_timeout(Duration::from_millis(5)));
    assert!(handle.is_alive());
    drop(open);
    assert!(handle.join_timeout(Duration::MAX), "a duration that overflows means never");
    assert!(!handle.is_alive());
    assert!(handle.join_timeout(Duration::ZERO));
    assert!(handle.join_timeout(None::<Duration>));
    assert_eq!(handle.join(), Ok(()));
}

#[test]
fn several_threads_wait_for_one() {
    let (open, gate) = gate();
    let handle = Thread::new(move || gate.pass()).start().unwrap();
    thread::scope(|scope| {
        let waiters: Vec<_> = (0..4).map(|_| scope.spawn(|| handle.join_timeout(LONG))).collect();
        drop(open);
        for waiter in waiters {
            assert!(waiter.join().unwrap());
        }
    });
    assert_eq!(handle.join(), Ok(()));
}

#[test]
fn a_thread_that_waits_for_itself_is_told_at_once() {
    let (give, given) = mpsc::channel::<Arc<Handle<bool>>>();
    let handle = Thread::new(move || given.recv().unwrap().join_timeout(None::<Duration>));
    let handle = Arc::new(handle.start().unwrap());
    give.send(Arc::clone(&handle)).unwrap();
    assert!(handle.join_timeout(LONG), "it did not wait for itself");
    assert_eq!(joined(handle), Ok(false));
}

#[test]
fn a_thread_that_joins_itself_is_told_so_and_goes_on() {
    let (give, given) = mpsc::channel::<Handle<()>>();
    let (tell, told) = mpsc::channel();
    let handle = Thread::new(move || {
        let itself = given.recv().unwrap();
        tell.send(itself.join()).unwrap();
    });
    give.send(handle.name("narcissus").start().unwrap()).unwrap();
    let error = told.recv_timeout(LONG).unwrap().unwrap_err();
    assert_eq!((error.message(), error.thread()), ("a thread cannot join itself", Some("narcissus")));
}

#[test]
fn the_name_is_seen_from_inside_and_from_outside() {
    let inside = || thread::current().name().map(str::to_owned);
    let named = Thread::new(inside).name("näme").start().unwrap();
    assert_eq!(named.name().as_deref(), Some("näme"));
    assert_eq!(named.join().unwrap().as_deref(), Some("näme"));

    let nameless = Thread::new(inside).start().unwrap();
    assert_eq!(nameless.name(), None);
    assert_eq!(nameless.join().unwrap(), None);
}

#[test]
fn a_nul_in_the_name_is_an_error_and_the_function_does_not_run() {
    let witness = Arc::new(());
    let held = Arc::clone(&witness);
    let error = Thread::new(move || drop(held)).name("a\0b").start().unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
    assert_eq!(Arc::strong_count(&witness), 1, "what it captured is dropped");
}

#[test]
fn a_daemons_threads_are_daemons_unless_they_say_otherwise() {
    let kinds = || {
        let inherited = Thread::new(|| ()).start().unwrap();
        let chosen = Thread::new(|| ()).daemon(false).start().unwrap();
        let kinds = (inherited.is_daemon(), chosen.is_daemon());
        assert_eq!((inherited.join(), chosen.join()), (Ok(()), Ok(())));
        kinds
    };
    assert_eq!(kinds(), (false, false));
    assert_eq!(Thread::new(kinds).daemon(true).start().unwrap().join().unwrap(), (true, false));
    assert_eq!(Thread::new(kinds).daemon(false).start().unwrap().join().unwrap(), (false, false));
}

#[test]
fn the_handle_of_a_thread_that_has_ended_drops_its_result() {
    let result = Arc::new(());
    let weak: Weak<()> = Arc::downgrade(&result);
    let handle = Thread::new(move || result).start().unwrap();
    assert!(handle.join_timeout(LONG));
    assert!(weak.upgrade().is_some(), "kept for the handle");
    drop(handle);
    assert!(weak.upgrade().is_none());
}

#[test]
fn a_handle_shows_its_thread() {
    let (open, gate) = gate();
    let handle = Thread::new(move || gate.pass()).name("shown").start().unwrap();
    let shown = |is_alive| {
        let ident = handle.ident();
        format!(
            "Handle(ThreadRef {{ ident: {ident}, name: Some(\"shown\"), is_daemon: false, is_alive: {is_alive} }})"
        )
    };
    assert_eq!(format!("{handle:?}"), shown(true));
    drop(open);
    assert!(handle.join_timeout(LONG));
    assert_eq!(format!("{handle:?}"), shown(false));
}

/// Joins through an `Arc` that the thread itself may hold for a moment still.
fn joined<T>(mut handle: Arc<Handle<T>>) -> Result<T, Panic> {
    loop {
        match Arc::try_unwrap(handle) {
            Ok(handle) => return handle.join(),
            Err(shared) => handle = shared,
        }
        thread::yield_now();
    }
}

#[test]
fn a_stack_of_no_bytes_or_of_more_than_there_are_addresses_is_refused() {
    for bytes in [0, usize::MAX, 1 << (usize::BITS - 1)] {
        let error = Thread::new(|| ()).stack_size(bytes).start().unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
        assert_eq!(error.to_string(), format!("a thread cannot have a stack of {bytes} bytes"));
    }
}

#[test]
fn a_stack_is_as_large_as_asked_for() {
    #[inline(never)]
    fn depth(bytes: usize) -> usize {
        let page = std::hint::black_box([1_u8; 4096]);
        if bytes <= page.len() { page.len() } else { page.len() + depth(bytes - page.len()) }
    }
    let deep = Thread::new(|| depth(8 << 20)).stack_size(64 << 20).start().unwrap();
    assert!(deep.join().unwrap() >= 8 << 20);
    assert_eq!(
        Thread::new(|| 1).stack_size(1).start().unwrap().join(),
        Ok(1),
        "rounded up to what is needed"
    );
}

#[test]
fn a_thread_that_the_system_does_not_start_is_an_error_that_names_it() {
    let witness = Arc::new(());
    let held = Arc::clone(&witness);
    let error = Thread::new(move || drop(held)).name("huge").stack_size(1 << 46).start().unwrap_err();
    assert!(error.to_string().starts_with("thread 'huge' cannot be started: "), "{error}");
    assert_eq!(Arc::strong_count(&witness), 1, "what it captured is dropped");
}

#[test]
fn spawn_is_short_for_a_thread_without_a_name() {
    let handle = threads::spawn(|| thread::current().name().map(str::to_owned)).unwrap();
    assert_eq!(handle.join(), Ok(None));
}

#[test]
fn a_token_ends_a_join() {
    let (open, gate) = gate();
    let handle = Thread::new(move || gate.pass()).start().unwrap();
    let cancel = threads::Cancel::new();
    thread::scope(|scope| {
        let joiner = scope.spawn(|| handle.join_timeout(&cancel));
        cancel.cancel();
        assert!(!joiner.join().unwrap());
    });
    drop(open);
    assert_eq!(handle.join(), Ok(()));
}
