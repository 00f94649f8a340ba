//! A lock counts the waits for it, and nothing else.
#![cfg(all(feature = "counters", not(loom)))]

use locks::{Condition, Counters, Deadline, Lock, RLock, RwLock, Watch};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;
use std::time::Duration;

#[test]
fn a_lock_that_is_free_counts_nothing() {
    let lock = Lock::new(0);
    for _ in 0..10 {
        *lock.lock() += 1;
        assert!(lock.try_lock().is_some());
        assert!(lock.try_lock_for(Duration::from_secs(1)).is_some());
    }
    let guard = lock.lock();
    assert!(lock.try_lock().is_none(), "a try does not wait");
    drop(guard);
    assert_eq!(lock.counters(), Counters::default());
}

#[test]
fn waits_that_gave_up_are_counted_with_their_length() {
    let lock = Lock::new(());
    let _guard = lock.lock();
    let (short, long) = (Duration::from_millis(2), Duration::from_millis(10));
    assert!(lock.try_lock_for(long).is_none());
    assert!(lock.try_lock_until(std::time::Instant::now() + short).is_none());
    let counters = lock.counters();
    assert_eq!((counters.waits, counters.hand_overs), (2, 0));
    assert!(counters.longest_wait >= long && counters.longest_wait < counters.total_wait);
    assert!(format!("{counters:?}").contains("waits: 2"));
}

/// Has two threads take turns until a wait was counted, which ends only if waits are.
fn wait_for_each_other(hold: impl Fn(), take: impl Fn() + Sync, counters: impl Fn() -> Counters + Sync) {
    thread::scope(|scope| {
        scope.spawn(|| {
            while counters().waits == 0 {
                take();
            }
        });
        while counters().waits == 0 {
            hold();
            // A waiter that spins, on the same core, needs a moment when the lock is free.
            thread::sleep(Duration::from_millis(1));
        }
    });
    assert!(counters().waits <= 2, "one of each thread at most, as then both stop");
    assert!(!counters().longest_wait.is_zero() && counters().longest_wait <= counters().total_wait);
}

#[test]
fn a_wait_that_ended_well_is_counted_for_its_lock_alone() {
    let (lock, other) = (Lock::new(()), Lock::new(()));
    let hold = || {
        let _guard = lock.lock();
        drop(other.lock());
        thread::sleep(Duration::from_millis(1));
    };
    wait_for_each_other(hold, || drop(lock.lock()), || lock.counters());
    assert_eq!(other.counters(), Counters::default());
}

#[test]
fn a_lock_that_is_handed_over_says_so() {
    let lock = Lock::new(());
    let handed = || lock.counters().hand_overs > 0;
    thread::scope(|scope| {
        scope.spawn(|| {
            while !handed() {
                drop(lock.lock());
            }
        });
        // Who releases and takes it again at once comes before the sleeper, until that one has the release hand
        // the lock over.
        while !handed() {
            let _guard = lock.lock();
            thread::sleep(Duration::from_millis(2));
        }
    });
    let counters = lock.counters();
    assert!(
        counters.longest_wait >= Duration::from_millis(1),
        "only patience that is over has it handed over"
    );
    assert!(counters.hand_overs <= counters.waits);
}

#[test]
fn readers_and_writers_are_counted() {
    let (lock, other) = (RwLock::new(()), RwLock::new(()));
    drop((lock.read(), lock.try_read().unwrap()));
    assert_eq!(lock.counters(), Counters::default(), "readers do not wait for each other");
    let hold = |lock: &RwLock<()>| {
        let _guard = lock.write();
        thread::sleep(Duration::from_millis(1));
    };
    wait_for_each_other(|| hold(&lock), || drop(lock.read()), || lock.counters());
    wait_for_each_other(|| hold(&other), || drop(other.write()), || other.counters());
}

#[test]
fn an_rlock_counts_the_waits_of_others_only() {
    let lock = RLock::new(());
    drop((lock.lock(), lock.lock()));
    assert_eq!(lock.counters(), Counters::default(), "to take it again is not to wait");
    let hold = || {
        let _guard = lock.lock();
        thread::sleep(Duration::from_millis(1));
    };
    wait_for_each_other(hold, || drop((lock.lock(), lock.lock())), || lock.counters());
}

/// Whether its state says so, and its `Debug` too.
fn shows(lock: &(impl Watch + std::fmt::Debug), what: &str) -> bool {
    let [state, lock] = [format!("{:?}", lock.state()), format!("{lock:?}")];
    assert_eq!(state.contains(what), lock.contains(what), "{state}, {lock}");
    state.contains(what)
}

#[test]
fn its_state_has_the_owner_until_the_release() {
    let (lock, rlock, rwlock) = (Lock::new(()), RLock::new(()), RwLock::new(()));
    let all = |what| [shows(&lock, what), shows(&rlock, what), shows(&rwlock, what)];
    let nobody = "owner: nobody, waiting: 0";
    assert_eq!(all(nobody), [true; 3]);
    let held = (lock.try_lock().unwrap(), rlock.lock(), rwlock.write());
    let again = rlock.lock();
    assert_eq!(all("owner: this thread"), [true; 3]);
    thread::scope(|scope| {
        scope.spawn(|| assert_eq!(all("owner: another thread"), [true; 3]));
    });
    drop(held);
    assert_eq!(all(nobody), [true, false, true], "one level of the RLock is left");
    drop(again);
    assert_eq!(all(nobody), [true; 3]);
    let read = rwlock.read();
    assert!(shows(&rwlock, nobody) && shows(&rwlock, "readers: 1"), "nobody has it alone");
    drop(read);
    drop(rwlock.try_write_for(Duration::from_secs(1)).map(locks::RwLockWriteGuard::downgrade));
    assert!(shows(&rwlock, nobody));
}

#[test]
fn its_state_counts_those_who_wait_now() {
    let lock = Lock::new(());
    let guard = lock.lock();
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| drop(lock.lock()));
        }
        // The state alone: its Debug is a second look, between which and the first one somebody may come.
        while !format!("{:?}", lock.state()).contains("waiting: 2") {
            thread::yield_now();
        }
        assert!(shows(&lock, "waiting: 2"), "both have come, and stay");
        drop(guard);
    });
    assert!(shows(&lock, "waiting: 0"));
}

#[test]
fn nobody_owns_it_during_a_wait_and_the_waiter_does_after_it() {
    let (lock, changed) = (Lock::new(()), Condition::new());
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut guard = lock.lock();
            changed.wait(&mut guard);
            assert!(shows(&lock, "owner: this thread"));
        });
        while !format!("{changed:?}").contains("waiting: 1") {
            thread::yield_now();
        }
        drop(lock.lock());
        assert!(shows(&lock, "owner: nobody"), "it stands in line, and has let go of the lock");
        changed.notify_one();
    });
}

#[test]
fn a_wait_that_does_not_begin_leaves_the_owner() {
    struct Never;
    impl From<Never> for Deadline {
        fn from(_: Never) -> Self {
            panic!("on purpose")
        }
    }
    let (lock, changed) = (Lock::new(()), Condition::new());
    let mut guard = lock.lock();
    let wait = AssertUnwindSafe(|| changed.wait_timeout(&mut guard, Never));
    assert!(catch_unwind(wait).is_err());
    assert!(shows(&lock, "owner: this thread, waiting: 0"));
}
