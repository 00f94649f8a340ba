//! A signal interrupts the sleep of a thread, and ends no wait: neither as if it had been for that, nor before its
//! deadline.
#![cfg(all(target_os = "linux", not(any(loom, shuttle, tsan))))]

use locks::{Barrier, Event, RawCondition, RawLock, RawRLock, RawRwLock, Semaphore};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::ptr;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

const SIGNALS: usize = 200;
const LONG: Duration = Duration::from_millis(30);

extern "C" fn nothing(_: libc::c_int) {}

/// Has the signal end system calls, instead of having them begun again.
fn handle_the_signal() {
    // SAFETY: zeros are an action: no flags, an empty mask.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    action.sa_sigaction = nothing as extern "C" fn(libc::c_int) as usize;
    // SAFETY: the handler does nothing, and nobody else here uses this signal.
    assert_eq!(unsafe { libc::sigaction(libc::SIGUSR1, &raw const action, ptr::null_mut()) }, 0);
}

/// Has a thread run `wait`, and interrupts it all the time; then calls `end`.
fn signalled(wait: impl FnOnce() + Send, end: impl FnOnce()) {
    handle_the_signal();
    let ((say, number), (leave, left)) = (mpsc::channel(), mpsc::channel::<()>());
    thread::scope(|scope| {
        scope.spawn(move || {
            // SAFETY: it has no condition.
            say.send(unsafe { libc::pthread_self() }).unwrap();
            let ended = catch_unwind(AssertUnwindSafe(wait));
            // Until then the thread is there, and can be sent signals.
            left.recv().unwrap_err();
            ended.unwrap_or_else(|panic| resume_unwind(panic));
        });
        let waiter = number.recv().unwrap();
        for _ in 0..SIGNALS {
            // SAFETY: the thread has not ended, as `leave` is there.
            unsafe { libc::pthread_kill(waiter, libc::SIGUSR1) };
            thread::sleep(Duration::from_micros(50));
        }
        end();
        drop(leave);
    });
}

/// Has a thread wait until `end` ends the wait.
fn interrupted(what: &str, wait: impl FnOnce() + Send, end: impl FnOnce()) {
    // Relaxed, both times: whoever ends the wait orders it before the wait's end.
    let may_end = AtomicBool::new(false);
    let waits = || {
        wait();
        assert!(may_end.load(Relaxed), "{what}: a signal ended the wait");
    };
    let ends = || {
        may_end.store(true, Relaxed);
        end();
    };
    signalled(waits, ends);
}

/// Has a thread wait for [`LONG`], in vain.
fn times_out(what: &str, wait: impl FnOnce() -> bool + Send) {
    let waits = || {
        let start = Instant::now();
        assert!(!wait(), "{what}: a signal ended the wait");
        assert!(start.elapsed() >= LONG, "{what}: before its time");
    };
    signalled(waits, || ());
}

#[test]
fn no_wait_ends_by_a_signal() {
    let lock = RawLock::new();
    lock.acquire();
    interrupted("lock", || lock.acquire(), || lock.release().unwrap());

    let (lock, condition) = (RawLock::new(), RawCondition::new());
    let wait = || {
        lock.acquire();
        condition.wait(&lock).unwrap();
        lock.release().unwrap();
    };
    interrupted("condition", wait, || assert_eq!(condition.notify(1), 1));

    let semaphore = Semaphore::new(0);
    interrupted("semaphore", || semaphore.acquire(), || semaphore.release().unwrap());
    interrupted("two permits", || semaphore.acquire_many(2), || semaphore.release_many(2).unwrap());

    let event = Event::new();
    interrupted("event", || event.wait(), || event.set());

    let barrier = Barrier::new(2);
    interrupted("barrier", || assert!(barrier.wait().is_ok()), || assert!(barrier.wait().is_ok()));

    let lock = RawRwLock::new();
    lock.acquire_read();
    interrupted("writer", || lock.acquire_write(), || lock.release_read().unwrap());
    interrupted("reader", || lock.acquire_read(), || lock.release_write().unwrap());
}

#[test]
fn no_deadline_comes_early_by_a_signal() {
    let (lock, rlock, rwlock) = (RawLock::new(), RawRLock::new(), RawRwLock::new());
    lock.acquire();
    rlock.acquire();
    rwlock.acquire_write();
    times_out("lock", || lock.acquire_timeout(LONG));
    times_out("rlock", || rlock.acquire_timeout(LONG));
    times_out("reader", || rwlock.acquire_read_timeout(LONG));
    times_out("writer", || rwlock.acquire_write_timeout(LONG));
    times_out("semaphore", || Semaphore::new(0).acquire_timeout(LONG));
    times_out("two permits", || Semaphore::new(1).acquire_many_timeout(2, LONG));
    times_out("event", || Event::new().wait_timeout(LONG));
    times_out("barrier", || Barrier::new(2).wait_timeout(LONG).is_ok());
    let free = RawLock::new();
    let wait = || {
        free.acquire();
        RawCondition::new().wait_timeout(&free, LONG).unwrap()
    };
    times_out("condition", wait);
}
