//! Plain behaviour of the locks on real threads: what the proofs leave to the real clock, to longer lines and
//! to more threads.
#![cfg(not(loom))]

use locks::{
    Barrier, BoundedSemaphore, Condition, Event, Lock, NotLocked, RawCondition, RawLock, RawRLock, Semaphore,
};
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

#[test]
fn a_timed_acquire_waits_at_least_its_time_and_the_lock_stays_usable() {
    let lock = RawLock::new();
    lock.acquire();
    let start = Instant::now();
    assert!(!lock.acquire_timeout(Duration::from_millis(20)));
    assert!(start.elapsed() >= Duration::from_millis(20), "never early; how late, a test cannot say");
    assert_eq!(lock.release(), Ok(()));
    assert!(lock.try_acquire());
}

#[test]
fn the_longest_duration_waits_for_the_release() {
    let lock = RawLock::new();
    lock.acquire();
    thread::scope(|scope| {
        let waiter = scope.spawn(|| lock.acquire_timeout(Duration::MAX));
        lock.release().unwrap();
        assert!(waiter.join().unwrap());
    });
}

#[test]
fn a_panic_releases_the_lock() {
    let lock = Lock::new(1);
    thread::scope(|scope| {
        let died = scope.spawn(|| {
            let _guard = lock.lock();
            panic!("on purpose");
        });
        assert!(died.join().is_err());
    });
    assert_eq!(lock.try_lock().map(|value| *value), Some(1), "no poison");
}

#[test]
fn a_guard_may_be_released_by_another_thread() {
    let lock = Lock::new(0);
    let mut guard = lock.lock();
    *guard = 1;
    thread::scope(|scope| {
        scope.spawn(move || drop(guard));
    });
    assert_eq!(*lock.lock(), 1);
}

#[test]
fn eight_threads_count_without_a_loss() {
    let count = Lock::new(0_u32);
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| (0..10_000).for_each(|_| *count.lock() += 1));
        }
    });
    assert_eq!(count.into_inner(), 80_000);
}

#[test]
fn a_lock_that_is_not_held_cannot_be_waited_with() {
    let (lock, condition) = (RawLock::new(), RawCondition::new());
    assert_eq!(condition.wait(&lock), Err(NotLocked));
    assert_eq!(condition.waiting(), 0, "nobody was left in line");
    assert!(!lock.locked());
}

/// Starts `n` waiters, each in line before the next one starts; calls `notify`; returns who was woken, in the
/// order of their numbers.
fn woken_of_line(n: usize, leaves: &[usize], notify: impl FnOnce(&Condition)) -> Vec<bool> {
    let (line, turn) = (Lock::new(0), Condition::new());
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        let waiters: Vec<_> = (0..n)
            .map(|number| {
                let (line, turn, over) = (&line, &turn, &over);
                let waiter = scope.spawn(move || {
                    let mut guard = line.lock();
                    *guard += 1;
                    if leaves.contains(&number) {
                        return turn.wait_timeout(&mut guard, Duration::from_millis(1));
                    }
                    turn.wait(&mut guard);
                    // Relaxed: it was set before the notification that we saw.
                    !over.load(Relaxed)
                });
                // The count is raised under the lock that the wait releases: who is counted, and the lock
                // free, is in line.
                while *line.lock() <= number {
                    thread::yield_now();
                }
                waiter
            })
            .collect();
        // Those with a deadline leave; a line of theirs is shorter.
        while !leaves.iter().all(|&number| waiters[number].is_finished()) {
            thread::yield_now();
        }
        notify(&turn);
        // Who was notified ends by itself; the rest are told afterwards that it is over.
        let reached = n - leaves.len() - waiting(&turn);
        while waiters.iter().filter(|waiter| waiter.is_finished()).count() < reached + leaves.len() {
            thread::yield_now();
        }
        over.store(true, Relaxed);
        turn.notify_all();
        waiters.into_iter().map(|waiter| waiter.join().unwrap()).collect()
    })
}

/// How many wait, as `Debug` says.
fn waiting(condition: &Condition) -> usize {
    let text = format!("{condition:?}");
    text.chars().filter(char::is_ascii_digit).collect::<String>().parse().unwrap()
}

#[test]
fn the_longest_waiters_are_woken_and_no_others() {
    let notify = |n, reached| {
        move |turn: &Condition| assert_eq!(turn.notify(n), reached, "notify({n}) says how many it reached")
    };
    assert_eq!(woken_of_line(5, &[], notify(2, 2)), [true, true, false, false, false]);
    assert_eq!(woken_of_line(3, &[], notify(0, 0)), [false, false, false]);
    assert_eq!(woken_of_line(3, &[], notify(9, 3)), [true, true, true]);
}

#[test]
fn who_leaves_the_middle_of_the_line_is_passed_over() {
    let three = |turn: &Condition| assert_eq!(turn.notify(3), 3);
    assert_eq!(woken_of_line(6, &[0, 2, 5], three), [false, true, false, true, true, false]);
    let one = |turn: &Condition| assert_eq!(turn.notify_one(), 1);
    assert_eq!(woken_of_line(4, &[1, 2], one), [true, false, false, false]);
}

#[test]
fn a_predicate_is_asked_once_more_at_the_deadline() {
    let (value, changed) = (Lock::new(0), Condition::new());
    let mut asked = 0;
    let ready = changed.wait_for_timeout(&mut value.lock(), Duration::from_millis(1), |_| {
        asked += 1;
        asked > 1
    });
    assert!(ready);
}

#[test]
fn a_panic_in_a_predicate_leaves_nobody_in_line() {
    let (value, changed) = (Lock::new(0), Condition::new());
    let died = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        changed.wait_for(&mut value.lock(), |_| panic!("on purpose"));
    }));
    assert!(died.is_err());
    assert_eq!(changed.notify_all(), 0);
    assert!(value.try_lock().is_some());
}

#[test]
fn the_sizes_are_as_stated() {
    assert_eq!((size_of::<RawLock>(), size_of::<Condition>()), (4, 32));
    // With one of the features, a lock has more to keep.
    #[cfg(not(any(feature = "lock-order", feature = "counters")))]
    assert_eq!((size_of::<Lock<()>>(), std::mem::needs_drop::<Lock<()>>()), (4, false));
}

#[test]
fn a_panic_does_no_harm_to_what_holds_no_data() {
    fn may<T: Send + Sync + UnwindSafe + RefUnwindSafe>(_: &T) {}
    may(&(RawLock::new(), RawRLock::new()));
    may(&(RawCondition::new(), Condition::new()));
    may(&(Semaphore::new(1), BoundedSemaphore::new(1), Event::new(), Barrier::new(1)));
}
