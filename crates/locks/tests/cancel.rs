//! Every wait of this crate ends when its token is cancelled, though what it waits for never comes.
#![cfg(not(loom))]

use locks::{
    Barrier, Cancel, Cancelled, Condition, Deadline, Event, Lock, RLock, RawLock, RawRwLock, Semaphore,
    Shared,
};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

/// Longer than anything takes: a test that would hang fails instead.
const LONG: Duration = Duration::from_secs(60);

/// `wait` is given a token that is cancelled a moment later; it has to give up within a minute.
fn gives_up(wait: impl FnOnce(&Cancel) -> bool + Send + 'static) {
    let cancel = Cancel::new();
    let (tell, told) = mpsc::channel();
    let waiter = thread::spawn({
        let cancel = cancel.clone();
        move || tell.send(wait(&cancel)).unwrap()
    });
    // Most often it sleeps by then.
    thread::sleep(Duration::from_millis(20));
    assert!(told.try_recv().is_err(), "it waits");
    cancel.cancel();
    assert_eq!(told.recv_timeout(LONG), Ok(false), "it gave up");
    waiter.join().unwrap();
}

#[test]
fn a_wait_for_a_lock_ends() {
    gives_up(|cancel| {
        let lock = RawLock::new();
        lock.acquire();
        lock.acquire_timeout(cancel)
    });
}

#[test]
fn a_wait_for_a_lock_in_shared_memory_ends() {
    gives_up(|cancel| {
        let lock = RawLock::<Shared>::in_scope();
        lock.acquire();
        lock.acquire_timeout(cancel)
    });
}

#[test]
fn a_wait_for_an_rlock_ends() {
    static LOCK: RLock<()> = RLock::new(());
    let _held = LOCK.lock();
    gives_up(|cancel| LOCK.lock_timeout(cancel).is_some());
}

#[test]
fn a_wait_for_a_condition_ends_with_the_lock_held() {
    gives_up(|cancel| {
        let (lock, condition) = (Lock::new(1), Condition::new());
        let mut guard = lock.lock();
        let notified = condition.wait_timeout(&mut guard, cancel);
        *guard += 1;
        assert!(lock.try_lock().is_none());
        notified
    });
}

#[test]
fn a_wait_until_a_condition_is_true_ends() {
    gives_up(|cancel| {
        let (lock, condition) = (Lock::new(()), Condition::new());
        condition.wait_for_timeout(&mut lock.lock(), cancel, |()| false)
    });
}

#[test]
fn a_wait_for_permits_ends() {
    gives_up(|cancel| Semaphore::new(0).acquire_timeout(cancel));
    gives_up(|cancel| Semaphore::new(2).acquire_many_timeout(3, cancel));
}

#[test]
fn a_wait_for_an_event_ends() {
    gives_up(|cancel| Event::new().wait_timeout(cancel));
}

#[test]
fn a_wait_at_a_barrier_ends_and_breaks_it() {
    gives_up(|cancel| {
        let barrier = Barrier::new(2);
        let passed = barrier.wait_timeout(cancel).is_ok();
        assert!(barrier.broken());
        passed
    });
}

#[test]
fn a_wait_to_read_or_to_write_ends() {
    let held = || {
        let lock = RawRwLock::new();
        lock.acquire_write();
        lock
    };
    gives_up(move |cancel| held().acquire_read_timeout(cancel));
    gives_up(move |cancel| held().acquire_write_timeout(cancel));
}

#[test]
fn a_deadline_with_a_token_comes_when_either_does() {
    let (lock, cancel) = (RawLock::new(), Cancel::new());
    lock.acquire();
    assert!(!lock.acquire_timeout(cancel.within(Duration::from_millis(5))), "the time is over");
    assert!(!lock.acquire_timeout(cancel.until(Instant::now())));
    assert!(!cancel.is_cancelled());
    gives_up(move |cancel| lock.acquire_timeout(cancel.within(LONG)));
}

#[test]
fn what_is_there_is_taken_though_the_token_is_cancelled() {
    let cancel = Cancel::new();
    cancel.cancel();
    cancel.cancel();
    assert!(RawLock::new().acquire_timeout(&cancel));
    assert!(Semaphore::new(1).acquire_timeout(&cancel));
    assert!(!Semaphore::new(0).acquire_timeout(&cancel));
    assert!(Deadline::from(&cancel).is_over());
}

#[test]
fn a_sleep_ends_with_its_time_or_its_token() {
    let cancel = Cancel::new();
    assert_eq!(cancel.sleep(Duration::from_millis(1)), Ok(()));
    gives_up(|cancel| cancel.sleep(Duration::MAX) == Ok(()));
    cancel.cancel();
    assert_eq!(cancel.sleep(Duration::ZERO), Err(Cancelled));
    assert_eq!(cancel.sleep(Duration::MAX), Err(Cancelled));
}

#[test]
fn clones_are_one_token_and_others_are_not() {
    let (cancel, other) = (Cancel::new(), Cancel::new());
    let clone = cancel.clone();
    assert_eq!(cancel, clone);
    assert_ne!(cancel, other);
    clone.cancel();
    assert!(cancel.is_cancelled() && !other.is_cancelled());
    assert_eq!(
        format!("{cancel:?} {other:?}"),
        "Cancel { is_cancelled: true } Cancel { is_cancelled: false }"
    );
}

#[test]
fn a_token_wakes_all_of_many() {
    let cancel = Cancel::new();
    let waiters: Vec<_> = (0..16)
        .map(|_| {
            let cancel = cancel.clone();
            thread::spawn(move || Event::new().wait_timeout(cancel.within(LONG)))
        })
        .collect();
    cancel.cancel();
    let began = Instant::now();
    assert!(waiters.into_iter().all(|waiter| !waiter.join().unwrap()));
    assert!(began.elapsed() < LONG, "the token, not the time");
}
