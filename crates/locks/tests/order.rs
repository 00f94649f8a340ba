//! Locks taken in an order that can deadlock are reported, by a panic, in runs that do not deadlock.
#![cfg(all(feature = "lock-order", debug_assertions, not(loom)))]

use locks::{Condition, Lock, RLock, RLockGuard, RwLock, Watch};
use std::hint;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread;
use std::time::Duration;

/// What the check says, or nothing.
fn said(run: impl FnOnce()) -> Option<String> {
    let died = catch_unwind(AssertUnwindSafe(run)).err()?;
    Some(*died.downcast::<String>().expect("a report is a String"))
}

fn named<const N: usize>(names: [&str; N]) -> [Lock<()>; N] {
    names.map(|name| {
        let lock = Lock::new(());
        lock.set_name(name);
        lock
    })
}

fn take(first: &Lock<()>, second: &Lock<()>) {
    let _first = first.lock();
    let _second = second.lock();
}

#[test]
fn a_dining_table_that_does_not_deadlock_is_reported_with_names_and_places() {
    let forks = named(["left", "middle", "right"]);
    let eat = |first: usize, second: usize| {
        thread::scope(|scope| scope.spawn(|| said(|| take(&forks[first], &forks[second]))).join().unwrap())
    };
    assert_eq!(eat(0, 1), None);
    assert_eq!(eat(1, 2), None);
    let first = (file!(), line!() + 3);
    let said = said(|| {
        thread::scope(|_| {
            let _held = forks[2].lock();
            let _taken = forks[0].lock();
        });
    });
    let said = said.expect("the third closes the circle");
    let now = format!("now: \"right\", taken at {}:{}:", first.0, first.1);
    let then = format!("is held while \"left\" is taken at {}:{}:", first.0, first.1 + 1);
    let taken = format!("was held while \"middle\" was taken at {}:", file!());
    assert!(said.contains(&now) && said.contains(&then), "{said}");
    assert!(said.contains("before: \"left\"") && said.contains(&taken), "{said}");
    assert!(said.contains("before: \"middle\"") && said.contains("\"right\" was taken at"), "{said}");
    assert_eq!(said.lines().count(), 4);
    assert!(forks.iter().all(|fork| fork.try_lock().is_some()), "told before it was taken, and released");
}

#[test]
fn a_lock_without_a_name_is_called_by_its_first_place() {
    let locks = [Lock::new(()), Lock::new(())];
    let place = format!("a lock first taken at {}:{}:", file!(), line!() + 1);
    drop(locks[0].lock());
    take(&locks[0], &locks[1]);
    let said = said(|| take(&locks[1], &locks[0])).expect("the other way round");
    assert!(said.contains(&place), "{said}");
}

#[test]
fn each_lock_that_is_held_comes_before_the_one_that_is_taken() {
    let [a, b, c] = named(["a", "b", "c"]);
    {
        let _all = (a.lock(), b.lock(), c.lock());
    }
    assert!(said(|| take(&c, &a)).is_some());
    assert!(said(|| take(&c, &b)).is_some());
    assert_eq!(said(|| take(&a, &c)), None);
}

#[test]
fn neither_a_try_nor_a_wait_with_a_deadline_makes_an_order() {
    let [a, b] = named(["a", "b"]);
    {
        let _a = a.lock();
        drop(b.try_lock().unwrap());
        drop(b.try_lock_for(Duration::from_secs(1)).unwrap());
    }
    assert_eq!(said(|| take(&b, &a)), None);
    let _b = b.lock();
    assert!(b.try_lock().is_none(), "nor is it reported");
    assert!(b.try_lock_for(Duration::from_millis(1)).is_none());
}

#[test]
fn what_a_try_took_counts_as_held() {
    let [a, b] = named(["a", "b"]);
    take(&a, &b);
    let _b = b.try_lock().unwrap();
    assert!(said(|| drop(a.lock())).is_some());
}

#[test]
fn a_lock_taken_twice_by_one_thread_is_reported_and_stays_held_once() {
    let [lock] = named(["twice"]);
    let guard = lock.lock();
    let again = said(|| drop(lock.lock())).expect("it would wait for itself");
    assert!(again.starts_with("\"twice\", taken at ") && again.contains("by the same thread"), "{again}");
    drop(guard);
    assert_eq!(said(|| drop(lock.lock())), None);
}

#[test]
fn a_guard_released_by_another_thread_is_held_by_nobody() {
    let [a, b] = named(["a", "b"]);
    let guard = a.lock();
    thread::scope(|scope| scope.spawn(move || drop(guard)).join().unwrap());
    assert_eq!(said(|| drop(a.lock())), None);
    assert_eq!(said(|| drop(b.lock())), None);
    assert_eq!(said(|| take(&b, &a)), None, "b was not taken while a was held");
}

#[test]
fn a_lock_that_is_gone_is_in_no_cycle() {
    // New locks at old addresses, taken in either order.
    for round in 0..100 {
        let (a, b) = (Box::new(Lock::new(())), Box::new(Lock::new(())));
        assert_eq!(said(|| if round % 2 == 0 { take(&a, &b) } else { take(&b, &a) }), None);
    }
    // And a way that led through a lock that is gone.
    let [a, b, c] = named(["a", "b", "c"]);
    take(&a, &b);
    take(&b, &c);
    drop(b);
    assert_eq!(said(|| take(&c, &a)), None);
}

#[test]
fn a_lock_that_went_while_it_was_held_is_not_held() {
    let [a, b] = named(["a", "b"]);
    std::mem::forget(a.lock());
    drop(a);
    let a = Lock::new(());
    take(&b, &a);
    assert_eq!(said(|| take(&b, &a)), None);
}

#[test]
fn readers_are_checked_like_writers() {
    let ([lock], prices) = (named(["lock"]), RwLock::new(()));
    prices.set_name("prices");
    {
        let _prices = prices.read();
        drop(lock.lock());
        let again = said(|| drop(prices.read())).expect("a writer may come between");
        assert!(again.starts_with("\"prices\""), "{again}");
        drop(prices.try_read().unwrap());
    }
    let _lock = lock.lock();
    assert!(said(|| drop(prices.write())).is_some());
    assert!(said(|| drop(prices.read())).is_some());
}

#[test]
fn after_a_wait_the_lock_is_held_as_before() {
    let ([a, b], condition) = (named(["a", "b"]), Condition::new());
    {
        let mut guard = a.lock();
        condition.wait_timeout(&mut guard, Duration::from_millis(1));
        drop(b.lock());
    }
    assert!(said(|| take(&b, &a)).is_some());
}

#[test]
fn a_wait_with_a_lock_that_was_taken_before_another_one_that_is_held_is_reported() {
    // As it would be: one waits with the inventory while it holds the log; the other takes the inventory, to
    // change it, and then the log, to say so, and never comes to notify.
    let ([inventory, log], changed) = (named(["inventory", "log"]), Condition::new());
    let place = line!() + 4;
    let said = said(|| {
        let mut inventory = inventory.lock();
        let _log = log.lock();
        changed.wait_timeout(&mut inventory, Duration::from_millis(1));
    });
    let said = said.expect("it would be taken again while the log is held");
    let now = format!("is held while \"inventory\" is taken at {}:{place}:", file!());
    assert!(said.contains("now: \"log\"") && said.contains(&now), "{said}");
    assert!(said.contains("before: \"inventory\""), "{said}");
    assert_eq!((changed.notify_all(), inventory.is_locked(), log.is_locked()), (0, false, false));
}

#[test]
fn a_wait_with_a_lock_that_was_taken_last_is_in_order() {
    let ([outer, inner], changed) = (named(["outer", "inner"]), Condition::new());
    let _outer = outer.lock();
    let mut guard = inner.lock();
    let said = said(|| {
        assert!(!changed.wait_timeout(&mut guard, Duration::from_millis(1)));
        assert!(!changed.wait_for_timeout(&mut guard, Duration::ZERO, |()| false));
    });
    assert_eq!(said, None);
}

#[test]
fn what_a_wait_takes_again_comes_after_what_is_held() {
    // Both were taken by a try, which makes no order; only the wait does.
    let ([a, b], changed) = (named(["a", "b"]), Condition::new());
    {
        let mut guard = a.try_lock().unwrap();
        let _b = b.try_lock().unwrap();
        changed.wait_timeout(&mut guard, Duration::from_millis(1));
    }
    assert_eq!(said(|| take(&b, &a)), None);
    assert!(said(|| take(&a, &b)).is_some(), "b was held while a was taken again");
}

#[test]
fn a_wait_with_an_rlock_is_checked_like_the_others_and_may_have_several_levels() {
    let ([log], stock, filled) = (named(["log"]), RLock::new(()), Condition::new());
    stock.set_name("stock");
    let wait = |held: &mut RLockGuard<'_, ()>| {
        assert!(!filled.wait_timeout(held, Duration::from_millis(1)));
    };
    assert_eq!(said(|| wait(&mut (stock.lock(), stock.lock()).1)), None, "it lets go of both levels");
    let said = said(|| {
        let mut stock = stock.lock();
        let _log = log.lock();
        wait(&mut stock);
    });
    let said = said.expect("it would be taken again while the log is held");
    assert!(said.contains("now: \"log\"") && said.contains("while \"stock\" is taken"), "{said}");
    assert!(stock.try_lock().is_some() && log.try_lock().is_some());
}

#[test]
fn a_report_while_another_panic_unwinds_does_not_end_the_process() {
    struct TakesInReverse<'a>([&'a Lock<()>; 2]);
    impl Drop for TakesInReverse<'_> {
        fn drop(&mut self) {
            take(self.0[1], self.0[0]);
        }
    }
    let [a, b] = named(["a", "b"]);
    take(&a, &b);
    let said = said(|| {
        let _takes = TakesInReverse([&a, &b]);
        panic!("{}", "the first");
    });
    assert_eq!(said.as_deref(), Some("the first"));
}

#[test]
fn many_threads_that_keep_the_order_hear_nothing() {
    let locks = named(["a", "b", "c", "d"]);
    thread::scope(|scope| {
        for seed in 0..8_usize {
            let locks = &locks;
            scope.spawn(move || {
                for turn in 0..500 {
                    let (one, other) = ((seed + turn) % 4, (seed + turn / 4) % 4);
                    if one != other {
                        take(&locks[one.min(other)], &locks[one.max(other)]);
                    }
                }
            });
        }
    });
}

#[test]
fn an_rlock_taken_again_makes_no_order_and_is_watched_like_the_others() {
    let (first, second) = (RLock::new(()), Lock::new(()));
    first.set_name("recursive");
    second.set_name("plain");
    let wanted = said(|| {
        let _first = first.lock();
        let _second = second.lock();
        let _again = first.lock(); // Ours already: nothing to wait for.
    });
    assert_eq!(wanted, None);
    let said = said(|| {
        let _second = second.lock();
        let _first = first.lock();
    });
    let said = said.expect("another thread may hold the one and want the other");
    assert!(said.contains("\"recursive\"") && said.contains("\"plain\""), "{said}");
    assert!(first.try_lock().is_some() && second.try_lock().is_some());
}

#[test]
fn of_two_who_close_a_circle_at_the_same_moment_one_is_told() {
    // Readers, who do not wait for each other: if neither were told, the test would fail and not hang.
    let (arrived, rounds) = (AtomicUsize::new(0), 300);
    let locks: Vec<_> = (0..rounds).map(|_| [RwLock::new(()), RwLock::new(())]).collect();
    let cross = |who: usize| -> Vec<bool> {
        let take = |(round, pair): (usize, &[RwLock<()>; 2])| {
            let _first = pair[who].read();
            // Relaxed: both are to be here, and nothing is handed over.
            arrived.fetch_add(1, Relaxed);
            while arrived.load(Relaxed) < 2 * (round + 1) {
                hint::spin_loop();
            }
            said(|| drop(pair[1 - who].read())).is_some()
        };
        locks.iter().enumerate().map(take).collect()
    };
    let (one, other) = thread::scope(|scope| {
        let other = scope.spawn(|| cross(1));
        (cross(0), other.join().unwrap())
    });
    let untold = one.iter().zip(&other).filter(|(one, other)| !**one && !**other).count();
    assert_eq!(untold, 0, "of {rounds}");
}
