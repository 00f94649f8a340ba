//! # Claim
//! A notification made after a state was changed under the lock is never lost; `notify(n)` says how many it
//! reached, and those report that they were; a wait ends for a reason only; who came first is woken first.
//!
//! # Models
//! One waiter and one notifier explore every order of lining up, releasing, notifying and giving up. Two
//! waiters are needed for the line itself: for who is woken, and for a list of two being cut. The lock under
//! the condition and the lock of its line are the real ones (`lock.rs` proves them), so the searches are
//! large and are bounded.
//!
//! # Not shown here
//! Lists of three and more waiters, and removal from the middle: `tests/api.rs`. That the clock is kept: the
//! same.

use locks::{Condition, Deadline, Lock, RawCondition, RawLock};
use platform::atomic::{
    AtomicU32,
    Ordering::{Acquire, Release},
};
use platform::check::{Death, Fault, Proof, saw};
use platform::futex::{Private, wait, wake};
use platform::thread::spawn;
use std::sync::Arc;
use std::time::Duration;

const RAW: &str = "crates/locks/src/condition/raw.rs";

/// When the notification comes: before or after the lock is released.
#[derive(Clone, Copy, PartialEq)]
enum Notify {
    Inside,
    Outside,
}

/// The model changes the state and notifies; one thread waits for it.
fn one_waiter(notify: Notify) {
    let shared = Arc::new((Lock::new(false), Condition::new()));
    let waiter = spawn({
        let shared = Arc::clone(&shared);
        move || {
            let (ready, changed) = &*shared;
            let mut guard = ready.lock();
            let first_look = *guard;
            changed.wait_for(&mut guard, |ready| *ready);
            assert!(*guard, "it is ready when the wait is over");
            first_look
        }
    });
    let (ready, changed) = &*shared;
    let mut guard = ready.lock();
    *guard = true;
    let reached = match notify {
        Notify::Inside => {
            let reached = changed.notify_all();
            drop(guard);
            reached
        }
        Notify::Outside => {
            drop(guard);
            changed.notify_all()
        }
    };
    let came_late = waiter.join().unwrap();
    assert_eq!(reached, usize::from(!came_late), "who saw the old state was in line");
    saw(if came_late { "needed no wait" } else { "waited" });
}

fn one_waiter_proof(name: &'static str) -> Proof {
    Proof::new(name, "who saw the old state is reached by the notification that follows its change")
        .threads(2)
        .executions_at_least(400)
        .outcomes(&["needed no wait", "waited"])
        .refuted_by(
            "the notifier wakes nobody",
            Fault::NoWake,
            RAW,
            "wake::<Private>(word, 1)",
            Death::Deadlock,
        )
        .refuted_by(
            "the notifier does not say so",
            Fault::Writes(0),
            RAW,
            "notified.swap(NOTIFIED",
            Death::Deadlock,
        )
        .refuted_by(
            "the notifier's word is Relaxed",
            Fault::Relaxed,
            RAW,
            "notified.swap(NOTIFIED",
            Death::Causality,
        )
        .refuted_by(
            "the waiter's look is Relaxed",
            Fault::Relaxed,
            RAW,
            "notified.load(Acquire)",
            Death::Causality,
        )
        .refuted_by(
            "the line's length is not published",
            Fault::Writes(0),
            RAW,
            "waiting.store(length",
            Death::Deadlock,
        )
}

#[test]
fn a_notification_under_the_lock_is_never_lost() {
    one_waiter_proof("condition::a_notification_under_the_lock_is_never_lost")
        .refuted_by_twin("the waiter looks, lets go, and then waits", Death::Deadlock, || {
            let shared = Arc::new((Lock::new(false), Condition::new()));
            let waiter = spawn({
                let shared = Arc::clone(&shared);
                move || {
                    let (ready, changed) = &*shared;
                    let old = !*ready.lock();
                    let mut guard = ready.lock();
                    if old {
                        changed.wait(&mut guard);
                    }
                }
            });
            let (ready, changed) = &*shared;
            *ready.lock() = true;
            changed.notify_all();
            waiter.join().unwrap();
        })
        .check(|| one_waiter(Notify::Inside));
}

#[test]
fn a_notification_after_the_release_is_never_lost() {
    one_waiter_proof("condition::a_notification_after_the_release_is_never_lost")
        .check(|| one_waiter(Notify::Outside));
}

/// One waiter with a deadline, one notification.
fn a_timed_waiter() {
    let shared = Arc::new((RawLock::new(), RawCondition::new()));
    let waiter = spawn({
        let shared = Arc::clone(&shared);
        move || {
            let (lock, condition) = &*shared;
            lock.acquire();
            let notified = condition.wait_timeout(lock, Duration::from_millis(1)).unwrap();
            lock.release().unwrap();
            notified
        }
    });
    let (lock, condition) = &*shared;
    lock.acquire();
    let reached = condition.notify(1);
    lock.release().unwrap();
    let notified = waiter.join().unwrap();
    assert_eq!(reached, usize::from(notified), "who was reached says so, and who says so was reached");
    assert_eq!(condition.waiting(), 0, "nobody is left in line");
    saw(if notified { "notified" } else { "timed out" });
}

#[test]
fn a_notification_is_never_spent_on_a_waiter_that_times_out() {
    Proof::new(
        "condition::a_notification_is_never_spent_on_a_waiter_that_times_out",
        "the notifier counts a waiter exactly if that waiter reports the notification",
    )
    .threads(2)
    .bounded(5)
    .executions_at_least(400)
    .outcomes(&["notified", "timed out"])
    .refuted_by("the notifier wakes nobody", Fault::NoWake, RAW, "wake::<Private>(word, 1)", Death::Deadlock)
    .refuted_by(
        "the notifier's word is Relaxed",
        Fault::Relaxed,
        RAW,
        "notified.swap(NOTIFIED",
        Death::Causality,
    )
    .refuted_by(
        "the waiter's look is Relaxed",
        Fault::Relaxed,
        RAW,
        "notified.load(Acquire)",
        Death::Causality,
    )
    .check(a_timed_waiter);
}

/// One waiter that waits once, without a loop of its own.
fn a_waiter_without_a_loop() {
    let shared = Arc::new((Lock::new(false), Condition::new()));
    let notifier = spawn({
        let shared = Arc::clone(&shared);
        move || {
            let (ready, changed) = &*shared;
            *ready.lock() = true;
            changed.notify_one()
        }
    });
    let (ready, changed) = &*shared;
    let mut guard = ready.lock();
    let waits = !*guard;
    if waits {
        changed.wait(&mut guard);
    }
    assert!(*guard, "woken for a reason");
    drop(guard);
    assert_eq!(notifier.join().unwrap(), usize::from(waits));
    saw(if waits { "waited" } else { "needed no wait" });
}

#[test]
fn a_wait_ends_for_a_reason_only() {
    Proof::new(
        "condition::a_wait_ends_for_a_reason_only",
        "a sleep that ends for no reason does not end the wait: no loop is needed around it",
    )
    .threads(2)
    .executions_at_least(400)
    .spurious_wakeups(1)
    .outcomes(&["needed no wait", "waited"])
    .refuted_by_twin("the sleep alone, without its loop", Death::Assertion("woken for a reason"), || {
        let word = Arc::new(AtomicU32::new(0));
        let notifier = spawn({
            let word = Arc::clone(&word);
            move || {
                word.store(1, Release);
                wake::<Private>(&*word, 1);
            }
        });
        if word.load(Acquire) == 0 {
            wait::<Private>(&word, 0, &Deadline::NEVER);
        }
        assert_eq!(word.load(Acquire), 1, "woken for a reason");
        notifier.join().unwrap();
    })
    .check(a_waiter_without_a_loop);
}

#[derive(Default)]
struct Line {
    arrived: Vec<usize>,
    woken: Vec<usize>,
}

/// Two waiters; when both are in line the model notifies `n`, looks who came, and notifies the rest.
fn two_in_line(n: usize) {
    let shared = Arc::new((Lock::new(Line::default()), Condition::new(), Condition::new()));
    let waiters = [0, 1].map(|number| {
        let shared = Arc::clone(&shared);
        spawn(move || {
            let (line, turn, news) = &*shared;
            let mut guard = line.lock();
            guard.arrived.push(number);
            news.notify_one();
            turn.wait(&mut guard);
            guard.woken.push(number);
            news.notify_one();
        })
    });
    let (line, turn, news) = &*shared;
    let mut guard = line.lock();
    news.wait_for(&mut guard, |line| line.arrived.len() == 2);
    assert_eq!(turn.notify(n), n, "it says how many it reached");
    news.wait_for(&mut guard, |line| !line.woken.is_empty());
    assert_eq!(guard.woken[..], guard.arrived[..1], "first come, first woken");
    saw(format_args!("{} came first", guard.arrived[0]));
    assert_eq!(turn.notify_all(), 2 - n, "the rest");
    drop(guard);
    waiters.into_iter().for_each(|waiter| waiter.join().unwrap());
}

#[test]
fn who_came_first_is_woken_first() {
    Proof::new(
        "condition::who_came_first_is_woken_first",
        "of two in line, a notification of one reaches the one who came first, and only that one",
    )
    .threads(3)
    .bounded(2)
    .executions_at_least(50)
    .outcomes(&["0 came first", "1 came first"])
    .refuted_by_twin("two are notified", Death::Assertion("first come, first woken"), || two_in_line(2))
    .refuted_by("the notifier wakes nobody", Fault::NoWake, RAW, "wake::<Private>(word, 1)", Death::Deadlock)
    .refuted_by(
        "the notifier's word is Relaxed",
        Fault::Relaxed,
        RAW,
        "notified.swap(NOTIFIED",
        Death::Causality,
    )
    .check(|| two_in_line(1));
}
