//! What `RLock`, `RawRLock` and conditions over them promise, on real threads and with the real clock.
#![cfg(not(any(loom, shuttle)))]

use locks::{Condition, NotLocked, NotOwner, RLock, RLockGuard, RawCondition, RawLock, RawRLock, Shared};
use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

const SHORT: Duration = Duration::from_millis(5);

/// What another thread finds.
fn elsewhere<R: Send>(f: impl FnOnce() -> R + Send) -> R {
    thread::scope(|scope| scope.spawn(f).join().unwrap())
}

#[test]
fn the_owner_takes_it_again_and_others_wait_for_the_last_level() {
    let lock = RawRLock::new();
    for level in 1..=3 {
        lock.acquire();
        assert_eq!((lock.recursion_count(), lock.is_owned()), (level, true));
    }
    assert!(lock.try_acquire() && lock.acquire_timeout(Duration::ZERO));
    for left in (0..5).rev() {
        assert!(!elsewhere(|| lock.try_acquire() || lock.is_owned() || lock.acquire_timeout(Duration::ZERO)));
        assert_eq!(lock.release(), Ok(()));
        assert_eq!((lock.recursion_count(), lock.locked()), (left, left > 0));
    }
    assert_eq!(lock.release(), Err(NotOwner));
}

#[test]
fn only_the_owner_can_release() {
    let lock = RawRLock::new();
    assert_eq!((lock.release(), lock.release_all().unwrap_err()), (Err(NotOwner), NotOwner));
    lock.acquire();
    let told = elsewhere(|| (lock.release(), lock.release_all().is_err(), lock.recursion_count()));
    assert_eq!(told, (Err(NotOwner), true, 0));
    assert_eq!(lock.recursion_count(), 1, "nothing was changed");
    assert!(NotOwner.to_string().contains("own"));
}

#[test]
fn a_thread_that_ends_as_the_owner_leaves_no_heir() {
    let lock = RawRLock::new();
    elsewhere(|| lock.acquire());
    for _ in 0..10 {
        assert!(!elsewhere(|| lock.is_owned() || lock.try_acquire() || lock.release().is_ok()));
    }
    assert!(lock.locked());
}

#[test]
fn all_levels_are_given_back_and_taken_again() {
    let lock = RawRLock::new();
    (0..7).for_each(|_| lock.acquire());
    let levels = lock.release_all().unwrap();
    assert!(elsewhere(|| lock.try_acquire() && lock.release().is_ok()));
    lock.acquire();
    lock.acquire_restore(levels);
    assert_eq!(lock.recursion_count(), 8, "beside those it has");
}

#[test]
fn a_timeout_is_never_early_and_takes_nothing() {
    let lock = RawRLock::new();
    lock.acquire();
    elsewhere(|| {
        let start = Instant::now();
        assert!(!lock.acquire_timeout(SHORT));
        assert!(start.elapsed() >= SHORT);
        assert!(!lock.is_owned());
    });
    assert!(lock.acquire_timeout(Duration::MAX), "centuries do not overflow");
}

#[test]
fn the_data_is_changed_by_one_at_a_time() {
    let lock = RLock::new(Cell::new(0));
    let add = |lock: &RLock<Cell<u32>>| {
        let outer = lock.lock();
        let inner = lock.lock();
        let was = inner.get();
        thread::yield_now();
        drop(inner);
        outer.set(was + 1);
    };
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..500).for_each(|_| add(&lock)));
        }
    });
    assert_eq!(lock.into_inner().get(), 2000);
}

#[test]
fn a_guard_is_one_level_also_when_its_thread_panics() {
    let lock = RLock::new(());
    let outer = lock.lock();
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        let inner = lock.lock();
        assert_eq!(RLockGuard::recursion_count(&inner), 2);
        panic!("on purpose");
    }));
    assert!(panicked.is_err());
    assert_eq!(RLockGuard::recursion_count(&outer), 1);
    assert!(elsewhere(|| lock.try_lock().is_none() && lock.lock_timeout(Duration::ZERO).is_none()));
    drop(outer);
    assert!(elsewhere(|| lock.try_lock().is_some()));
}

#[test]
fn a_raw_condition_waits_with_either_lock_and_tells_who_does_not_hold_it() {
    let condition = RawCondition::new();
    let (plain, recursive) = (RawLock::new(), RawRLock::new());
    assert_eq!(condition.wait(&plain), Err(NotLocked));
    assert_eq!(condition.wait_timeout(&recursive, SHORT), Err(NotOwner));
    recursive.acquire();
    recursive.acquire();
    assert_eq!(elsewhere(|| condition.wait(&recursive)), Err(NotOwner), "another thread owns it");
    assert_eq!(condition.wait_timeout(&recursive, SHORT), Ok(false));
    assert_eq!((recursive.recursion_count(), condition.notify(9)), (2, 0));
}

#[test]
fn several_conditions_over_one_lock_wake_their_own() {
    let (lock, odd, even) = (RLock::new(Cell::new(0)), Condition::new(), Condition::new());
    let turns = AtomicU32::new(0);
    thread::scope(|scope| {
        for (parity, ours, others) in [(0, &even, &odd), (1, &odd, &even)] {
            let (lock, turns) = (&lock, &turns);
            scope.spawn(move || {
                for _ in 0..100 {
                    let _outer = lock.lock();
                    let mut number = lock.lock();
                    ours.wait_for(&mut number, |number| number.get() % 2 == parity);
                    number.set(number.get() + 1);
                    // Relaxed: read after both have been joined.
                    turns.fetch_add(1, Relaxed);
                    others.notify_one();
                }
            });
        }
    });
    assert_eq!((turns.load(Relaxed), lock.into_inner().get()), (200, 200));
}

#[test]
fn a_borrow_that_is_out_during_a_wait_keeps_others_from_borrowing() {
    let (lock, changed) = (RLock::new(RefCell::new(1)), Condition::new());
    let outer = lock.lock();
    let borrowed = outer.borrow_mut();
    thread::scope(|scope| {
        scope.spawn(|| {
            let guard = lock.lock();
            assert!(guard.try_borrow_mut().is_err(), "somebody sleeps with a borrow");
            drop(guard);
            changed.notify_all();
        });
        let mut inner = lock.lock();
        while !changed.wait_timeout(&mut inner, Duration::from_secs(10)) {}
    });
    assert_eq!(*borrowed, 1);
}

#[test]
fn after_a_fork_nobody_owns_it() {
    let lock = RawRLock::new();
    lock.acquire();
    // SAFETY: not a child, but nobody else uses the lock, which is what is asked.
    unsafe { lock.reinit_after_fork() };
    assert!(!lock.locked() && !lock.is_owned() && elsewhere(|| lock.try_acquire()));
}

#[test]
fn after_a_fork_nobody_waits_for_a_condition() {
    let condition = RawCondition::new();
    // SAFETY: not a child, but nobody else uses the condition, which is what is asked.
    unsafe { condition.reinit_after_fork() };
    assert_eq!(condition.notify(1), 0);
    let lock = RawLock::new();
    lock.acquire();
    assert_eq!(condition.wait_timeout(&lock, Duration::ZERO), Ok(false));
}

#[test]
fn it_works_among_processes_scope_and_all() {
    let lock = RawRLock::<Shared>::in_scope();
    lock.acquire();
    lock.acquire();
    assert!(elsewhere(|| !lock.try_acquire() && lock.release().is_err()));
    assert_eq!((lock.recursion_count(), size_of::<RawRLock<Shared>>()), (2, size_of::<RawRLock>()));
}

#[test]
fn its_text_says_state_owner_and_levels() {
    let lock = RLock::new(7);
    assert!(format!("{lock:?}").contains("owner: nobody"));
    let _guard = lock.lock();
    let text = format!("{lock:?}");
    assert!(text.contains("owner: this thread, our_levels: 1") && text.contains("data: 7"), "{text}");
    let text = elsewhere(|| format!("{lock:?}"));
    assert!(text.contains("owner: another thread") && text.contains("data: <locked>"), "{text}");
}

#[test]
fn the_sizes_are_as_stated() {
    assert_eq!(size_of::<RawRLock>(), 16);
    #[cfg(not(any(feature = "lock-order", feature = "counters")))]
    assert_eq!(size_of::<RLock<()>>(), 16);
}
