//! Every raw form after a real `fork`, at which other threads of the parent held it, and waited for it: made anew, the
//! child's threads can use it, and the parent's go on.
#![cfg(all(target_os = "linux", not(any(loom, shuttle, tsan))))]

use locks::{
    Barrier, BoundedSemaphore, BrokenBarrier, Event, NotLocked, NotOwner, RawCondition, RawLock, RawRLock,
    RawRwLock, Semaphore,
};
use std::hint;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::thread;
use std::time::Duration;

/// Whether `child` says so, in a process of its own; if that one hangs, no.
fn in_child(child: impl FnOnce() -> bool) -> bool {
    // SAFETY: the child uses what it makes anew, and what the C library prepares for it: memory and threads. Then it
    // ends, without destructors.
    let pid = unsafe { libc::fork() };
    if pid == 0 {
        // SAFETY: alarm() has no condition. It ends a child that hangs.
        unsafe { libc::alarm(60) };
        let code = i32::from(!child());
        // SAFETY: _exit() has no condition.
        unsafe { libc::_exit(code) };
    }
    assert!(pid > 0);
    let mut status = 0;
    // SAFETY: the status is ours to write.
    assert_eq!(unsafe { libc::waitpid(pid, &raw mut status, 0) }, pid);
    status == 0
}

/// Whether threads can take turns by it: an addition is lost where two are inside.
fn takes_turns(take: impl Fn() + Sync, give: impl Fn() + Sync) -> bool {
    const THREADS: u32 = 3;
    const ROUNDS: u32 = 100;
    let count = AtomicU32::new(0);
    let add = || {
        for _ in 0..ROUNDS {
            take();
            // Relaxed, here and below: what orders them is the primitive under test.
            let seen = count.load(Relaxed);
            thread::yield_now();
            count.store(seen + 1, Relaxed);
            give();
        }
    };
    thread::scope(|scope| (0..THREADS).for_each(|_| drop(scope.spawn(add))));
    count.load(Relaxed) == THREADS * ROUNDS
}

/// Has a thread hold it and another wait for it while the process is forked; whether `child` says so there.
fn held_and_waited_for(
    take: impl Fn() + Sync,
    give: impl Fn() + Sync,
    waited_for: impl Fn() -> bool,
    child: impl FnOnce() -> bool,
) -> bool {
    let (held, free) = (Event::new(), Event::new());
    thread::scope(|scope| {
        scope.spawn(|| {
            take();
            held.set();
            free.wait();
            give();
        });
        held.wait();
        scope.spawn(|| {
            take();
            give();
        });
        while !waited_for() {
            hint::spin_loop();
        }
        let well = in_child(child);
        free.set();
        well
    })
}

fn says(shown: impl std::fmt::Debug, what: &str) -> bool {
    format!("{shown:?}").contains(what)
}

#[test]
fn a_lock() {
    let lock = RawLock::new();
    let (take, give) = (|| lock.acquire(), || lock.release().unwrap());
    let child = || {
        // SAFETY: the child's only thread, as below.
        unsafe { lock.reinit_after_fork() };
        !lock.locked() && lock.release() == Err(NotLocked) && takes_turns(take, give)
    };
    assert!(held_and_waited_for(take, give, || says(&lock, "contended"), child));
}

#[test]
fn an_rlock() {
    let lock = RawRLock::new();
    let take = || (0..2).for_each(|_| lock.acquire());
    let give = || (0..2).for_each(|_| lock.release().unwrap());
    let child = || {
        // SAFETY: as above.
        unsafe { lock.reinit_after_fork() };
        !lock.locked() && lock.release() == Err(NotOwner) && takes_turns(take, give)
    };
    assert!(held_and_waited_for(take, give, || says(&lock, "contended"), child));
}

#[test]
fn a_rwlock() {
    let lock = RawRwLock::new();
    let (write, written) = (|| lock.acquire_write(), || lock.release_write().unwrap());
    let child = || {
        // SAFETY: as above.
        unsafe { lock.reinit_after_fork() };
        !lock.locked() && takes_turns(write, written)
    };
    assert!(held_and_waited_for(write, written, || says(&lock, "waited_for: true"), child));

    // Read at the fork, and a writer that waits.
    lock.acquire_read();
    thread::scope(|scope| {
        scope.spawn(|| {
            write();
            written();
        });
        while !says(&lock, "waited_for: true") {
            hint::spin_loop();
        }
        assert!(in_child(child));
        lock.release_read().unwrap();
    });
}

#[test]
fn a_semaphore() {
    let semaphore = Semaphore::new(2);
    let take = || semaphore.acquire_many(2);
    let give = || semaphore.release_many(2).unwrap();
    let child = || {
        // SAFETY: as above.
        unsafe { semaphore.reinit_after_fork(2) };
        semaphore.value() == 2 && takes_turns(take, give)
    };
    assert!(held_and_waited_for(take, give, || !says(&semaphore, "waiters: none"), child));

    let bounded = BoundedSemaphore::new(1);
    let (take, give) = (|| bounded.acquire(), || bounded.release().unwrap());
    let child = || {
        // SAFETY: as above.
        unsafe { bounded.reinit_after_fork() };
        bounded.value() == 1 && bounded.release().is_err() && takes_turns(take, give)
    };
    assert!(held_and_waited_for(take, give, || !says(&bounded, "waiters: none"), child));
}

#[test]
fn an_event_a_barrier_and_a_condition() {
    let (event, barrier) = (Event::new(), Barrier::new(2));
    let (lock, condition) = (RawLock::new(), RawCondition::new());
    let wait = || {
        lock.acquire();
        condition.wait(&lock).unwrap();
        lock.release().unwrap();
    };
    let all_wait =
        || says(&event, "waited_for: true") && barrier.n_waiting() == 1 && condition.waiting() == 1;
    let all_go_on = || {
        event.set();
        barrier.wait().is_ok() && condition.notify(2) == 1
    };
    let with_three = |then: &dyn Fn() -> bool| {
        thread::scope(|scope| {
            scope.spawn(|| event.wait());
            scope.spawn(|| assert_ne!(barrier.wait(), Err(BrokenBarrier)));
            scope.spawn(wait);
            while !all_wait() {
                thread::sleep(Duration::from_millis(1));
            }
            then()
        })
    };
    let child = || {
        // SAFETY: as above.
        unsafe { event.reinit_after_fork() };
        // SAFETY: as above.
        unsafe { barrier.reinit_after_fork() };
        // SAFETY: as above.
        unsafe { lock.reinit_after_fork() };
        // SAFETY: as above.
        unsafe { condition.reinit_after_fork() };
        let nobody = !event.is_set() && barrier.n_waiting() == 0 && condition.notify(1) == 0;
        nobody && with_three(&all_go_on)
    };
    assert!(with_three(&|| in_child(child) && all_go_on()));
}
