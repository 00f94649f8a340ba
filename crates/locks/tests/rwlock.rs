//! Plain behaviour of the lock for readers and writers on real threads: what the proofs leave to the real
//! clock and to more threads.
#![cfg(not(loom))]

use locks::{NotHeld, RawRwLock, RwLock, RwLockReadGuard, RwLockWriteGuard, Shared};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

const SOON: Duration = Duration::from_millis(20);

/// Whether the head keeps newcomers out of `lock`, as `Debug` says.
fn keeps_out(lock: &RawRwLock, whom: &str) -> bool {
    format!("{lock:?}").contains(&format!("kept_out: {whom}"))
}

fn wait_until(holds: impl Fn() -> bool) {
    while !holds() {
        thread::yield_now();
    }
}

#[test]
fn a_timed_acquire_waits_at_least_its_time_and_the_lock_stays_usable() {
    let lock = RawRwLock::new();
    lock.acquire_write();
    let reads: fn(&RawRwLock) -> bool = |lock| lock.acquire_read_timeout(SOON);
    for acquires in [reads, |lock| lock.acquire_write_timeout(SOON)] {
        let start = Instant::now();
        assert!(!acquires(&lock));
        assert!(start.elapsed() >= SOON, "never early; how late, a test cannot say");
    }
    assert_eq!(lock.release_write(), Ok(()));
    assert!(lock.acquire_write_timeout(Duration::ZERO), "it is free");
}

#[test]
fn the_longest_duration_waits_for_the_release() {
    let lock = RawRwLock::new();
    lock.acquire_write();
    thread::scope(|scope| {
        let waiters = [
            scope.spawn(|| lock.acquire_read_timeout(Duration::MAX)),
            scope.spawn(|| lock.acquire_read_timeout(None::<Duration>)),
        ];
        lock.release_write().unwrap();
        assert!(waiters.into_iter().all(|waiter| waiter.join().unwrap()));
    });
    assert_eq!(lock.readers(), 2);
}

#[test]
fn nothing_is_released_that_is_not_held_in_that_way() {
    let lock = RawRwLock::new();
    assert_eq!(
        (lock.release_read(), lock.release_write(), lock.downgrade()),
        (Err(NotHeld), Err(NotHeld), Err(NotHeld))
    );
    lock.acquire_write();
    assert_eq!(lock.release_read(), Err(NotHeld));
    assert!(lock.is_write_locked(), "nothing was changed");
    lock.downgrade().unwrap();
    assert_eq!((lock.release_write(), lock.downgrade()), (Err(NotHeld), Err(NotHeld)));
    assert_eq!((lock.readers(), lock.locked()), (1, true), "nothing was changed");
    lock.release_read().unwrap();
    assert!(!lock.locked());
}

#[test]
fn a_waiting_writer_keeps_readers_out_until_it_gives_up() {
    let lock = RawRwLock::new();
    lock.acquire_read();
    thread::scope(|scope| {
        let writer = scope.spawn(|| lock.acquire_write_timeout(Duration::from_millis(200)));
        wait_until(|| keeps_out(&lock, "readers") || writer.is_finished());
        let reader = scope.spawn(|| lock.acquire_read());
        assert!(!writer.join().unwrap(), "a reader is there all the time");
        reader.join().unwrap();
    });
    assert!(lock.try_acquire_read());
    assert_eq!(lock.readers(), 3);
}

#[test]
fn readers_are_let_in_among_writers_that_never_stop() {
    let (lock, over) = (RwLock::new(0_u64), AtomicBool::new(false));
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                // Relaxed: nothing but the end depends on it.
                while !over.load(Relaxed) {
                    *lock.write() += 1;
                }
            });
        }
        let readers: Vec<_> =
            (0..3).map(|_| scope.spawn(|| (0..50).for_each(|_| drop(lock.read())))).collect();
        readers.into_iter().for_each(|reader| reader.join().unwrap());
        over.store(true, Relaxed);
    });
}

#[test]
fn writers_are_let_in_among_readers_that_never_stop() {
    let (lock, over) = (RwLock::new(0_u64), AtomicBool::new(false));
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                // Relaxed: as above.
                while !over.load(Relaxed) {
                    let guard = lock.read();
                    thread::yield_now();
                    drop(guard);
                }
            });
        }
        let writer = scope.spawn(|| (0..50).for_each(|_| *lock.write() += 1));
        writer.join().unwrap();
        over.store(true, Relaxed);
    });
    assert_eq!(lock.into_inner(), 50);
}

#[test]
fn readers_that_waited_are_all_together_after_the_writer() {
    let lock = RwLock::new(0);
    let together = std::sync::Barrier::new(4);
    thread::scope(|scope| {
        let mut guard = lock.write();
        for _ in 0..4 {
            scope.spawn(|| {
                let guard = lock.read();
                // Ends only when all four hold it at once.
                together.wait();
                assert_eq!(*guard, 1);
            });
        }
        *guard = 1;
        drop(guard);
    });
}

#[test]
fn guards_work_in_all_their_forms() {
    let lock = RwLock::new((1, 2));
    {
        let first = RwLockReadGuard::map(lock.read(), |pair| &pair.0);
        assert_eq!(*first, 1);
        assert!(lock.try_write().is_none() && lock.try_read().is_some());
        assert!(lock.try_write_for(Duration::from_millis(1)).is_none());
        assert!(lock.try_read_for(Duration::ZERO).is_some());
    }
    let mut guard = lock.write();
    guard.1 = 3;
    assert!(lock.try_read_until(Instant::now()).is_none() && lock.is_locked_exclusive());
    let guard = RwLockWriteGuard::downgrade(guard);
    assert_eq!((guard.1, lock.is_locked_exclusive()), (3, false));
    thread::scope(|scope| {
        scope.spawn(move || drop(guard));
    });
    *RwLockWriteGuard::map(lock.write(), |pair| &mut pair.0) = 4;
    assert_eq!(lock.into_inner(), (4, 3));
}

#[test]
fn a_panic_releases_the_lock() {
    let lock = RwLock::new(1);
    let dies = |with: &dyn Fn()| assert!(catch_unwind(AssertUnwindSafe(with)).is_err());
    dies(&|| {
        let _guard = lock.write();
        panic!("on purpose");
    });
    dies(&|| {
        let _guard = lock.read();
        panic!("on purpose");
    });
    assert_eq!(lock.try_write().map(|value| *value), Some(1), "no poison");
}

#[test]
fn a_lock_for_processes_works_between_threads() {
    let lock = RawRwLock::<Shared>::in_scope();
    lock.acquire_write();
    thread::scope(|scope| {
        scope.spawn(|| {
            lock.acquire_read();
            lock.release_read().unwrap();
        });
        scope.spawn(|| {
            lock.acquire_write();
            lock.release_write().unwrap();
        });
        lock.release_write().unwrap();
    });
    assert!(!lock.locked());
}

/// One turn of a thread in the storm below, chosen by `dice`; says whether it counted.
fn turn(pair: &RwLock<(u64, u64)>, dice: u64) -> bool {
    let moment = Duration::from_micros(dice % 50);
    let whole = |pair: &(u64, u64)| assert_eq!(pair.0, pair.1, "a writer's work is seen half done");
    match dice / 50 % 8 {
        0 => pair.try_read_for(moment).is_some_and(|pair| {
            whole(&pair);
            false
        }),
        1..=3 => {
            whole(&pair.read());
            false
        }
        way => {
            let guard = if way == 4 { pair.try_write_for(moment) } else { Some(pair.write()) };
            let Some(mut guard) = guard else { return false };
            guard.0 += 1;
            thread::yield_now();
            guard.1 += 1;
            if way == 5 {
                let counted = guard.0;
                let guard = RwLockWriteGuard::downgrade(guard);
                assert_eq!((guard.0, guard.1), (counted, counted), "a writer came between");
            } else if way == 6 {
                std::panic::resume_unwind(Box::new("on purpose"));
            }
            true
        }
    }
}

#[test]
fn a_storm_of_deadlines_panics_and_downgrades_loses_nothing() {
    let pair = RwLock::new((0, 0));
    let counted: u64 = thread::scope(|scope| {
        let threads: Vec<_> = (1..=8_u64)
            .map(|number| {
                let pair = &pair;
                scope.spawn(move || {
                    let mut dice = number;
                    let mut counted = 0;
                    for _ in 0..3_000 {
                        // Knuth's generator: any will do.
                        dice = dice
                            .wrapping_mul(6_364_136_223_846_793_005)
                            .wrapping_add(1_442_695_040_888_963_407);
                        // Who panics has counted.
                        counted += u64::from(
                            catch_unwind(AssertUnwindSafe(|| turn(pair, dice >> 33))).unwrap_or(true),
                        );
                    }
                    counted
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    assert_eq!(pair.into_inner(), (counted, counted));
}

#[test]
fn after_a_fork_nobody_holds_it() {
    let lock = RawRwLock::new();
    lock.acquire_write();
    // SAFETY: not a child, but nobody else uses the lock, which is what is asked.
    unsafe { lock.reinit_after_fork() };
    assert!(!lock.locked() && lock.try_acquire_read());
}

#[test]
fn the_sizes_are_as_stated() {
    assert_eq!(size_of::<RawRwLock>(), 8);
    #[cfg(not(any(feature = "lock-order", feature = "counters")))]
    assert_eq!(size_of::<RwLock<()>>(), 8);
}
