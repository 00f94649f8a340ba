//! # Claim
//! A wait that looks at a token ends when the token is cancelled, whatever it waits for; who finds the token
//! cancelled sees what was written before; and who is cancelled takes nobody's wake with it.
//!
//! # Models
//! One waiter and one who cancels explore every order of looking, sleeping and cancelling; they are complete.
//! Two waiters are needed for a wake that must go on to the other.
//!
//! # Not shown here
//! That Linux keeps what the model's kernel promises of a sleep on two words: `platform`'s contract tests run
//! the same programs on both. The other primitives sleep by the same call: `tests/cancel.rs`.

use crate::lock;
use locks::{Cancel, Cancelled, RawCondition, RawLock};
use platform::cell::UnsafeCell;
use platform::check::{Death, Fault, Proof, saw};
use platform::thread::{JoinHandle, spawn};
use std::sync::Arc;
use std::time::Duration;

const CANCEL: &str = "crates/platform/src/cancel.rs";
const CANCELS: &str = "self.word.swap(CANCELLED, Release)";
const WAKES: &str = "futex::wake::<Private>";
const ASKS: &str = "self.word.load(Acquire) == CANCELLED";

/// A token, a lock, and what is written before the token is cancelled.
struct Stopped {
    cancel: Cancel,
    lock: RawLock,
    text: UnsafeCell<u32>,
}

// SAFETY: the models write `text` before they cancel, and read it after they saw that; that this is enough is
// what is proved.
unsafe impl Sync for Stopped {}

impl Stopped {
    fn new() -> Arc<Self> {
        Arc::new(Self { cancel: Cancel::new(), lock: RawLock::new(), text: UnsafeCell::new(0) })
    }

    fn write_and_cancel(&self) {
        // SAFETY: it has not been cancelled yet.
        self.text.with_mut(|text| unsafe { *text = 1 });
        self.cancel.cancel();
    }

    fn read(&self) {
        assert!(self.cancel.is_cancelled());
        // SAFETY: it has been cancelled.
        let text = self.text.with(|text| unsafe { *text });
        assert_eq!(text, 1, "what was written before it was cancelled");
    }
}

fn on_another_thread(stopped: &Arc<Stopped>, work: impl FnOnce(&Stopped) + Send + 'static) -> JoinHandle<()> {
    let stopped = Arc::clone(stopped);
    spawn(move || work(&stopped))
}

fn told_by(proof: Proof) -> Proof {
    proof
        .refuted_by("cancelling wakes nobody", Fault::NoWake, CANCEL, WAKES, Death::Deadlock)
        .refuted_by("cancelling publishes nothing", Fault::Relaxed, CANCEL, CANCELS, Death::Causality)
        .refuted_by("asking sees nothing", Fault::Relaxed, CANCEL, ASKS, Death::Causality)
}

#[test]
fn cancelling_ends_a_wait_for_a_lock() {
    told_by(Proof::new(
        "cancel::cancelling_ends_a_wait_for_a_lock",
        "who waits for a lock that is never released gives up when the token is cancelled, and sees what was written before",
    ))
    .threads(2)
    .executions_at_least(10)
    .outcomes(&["gave up"])
    .check(|| {
        let stopped = Stopped::new();
        stopped.lock.acquire();
        let waiter = on_another_thread(&stopped, |stopped| {
            assert!(!stopped.lock.acquire_timeout(&stopped.cancel), "nobody releases it");
            stopped.read();
        });
        stopped.write_and_cancel();
        waiter.join().unwrap();
        saw("gave up");
        assert_eq!(stopped.lock.release(), Ok(()));
        assert!(stopped.lock.try_acquire(), "who gave up left nothing behind");
    });
}

#[test]
fn a_sleep_is_cancelled_or_slept_out() {
    told_by(Proof::new(
        "cancel::a_sleep_is_cancelled_or_slept_out",
        "a sleep ends when its time is over or the token is cancelled, and says which; one without an end is cancelled",
    ))
    .threads(3)
    .bounded(3)
    .executions_at_least(2_000)
    .outcomes(&["slept", "woken"])
    .check(|| {
        let stopped = Stopped::new();
        let endless = on_another_thread(&stopped, |stopped| {
            assert_eq!(stopped.cancel.sleep(Duration::MAX), Err(Cancelled));
            stopped.read();
        });
        let canceller = on_another_thread(&stopped, Stopped::write_and_cancel);
        match stopped.cancel.sleep(Duration::from_millis(1)) {
            Ok(()) => saw("slept"),
            Err(Cancelled) => {
                stopped.read();
                saw("woken");
            }
        }
        endless.join().unwrap();
        canceller.join().unwrap();
    });
}

#[test]
fn a_release_is_never_lost_to_a_waiter_that_is_cancelled() {
    Proof::new(
        "cancel::a_release_is_never_lost_to_a_waiter_that_is_cancelled",
        "of two who wait for a lock, of whom one is cancelled while it is released, the other gets it",
    )
    .threads(3)
    .bounded(3)
    .executions_at_least(5_000)
    .outcomes(&["the cancelled one had it too", "the cancelled one gave up"])
    .refuted_by("the release wakes nobody", Fault::NoWake, lock::RAW, lock::WAKES, Death::Deadlock)
    .check(|| {
        let stopped = Stopped::new();
        stopped.lock.acquire();
        let patient = on_another_thread(&stopped, |stopped| {
            stopped.lock.acquire();
            assert_eq!(stopped.lock.release(), Ok(()));
        });
        let had_it = {
            let stopped = Arc::clone(&stopped);
            spawn(move || {
                let had_it = stopped.lock.acquire_timeout(&stopped.cancel);
                if had_it {
                    assert_eq!(stopped.lock.release(), Ok(()));
                }
                had_it
            })
        };
        stopped.cancel.cancel();
        assert_eq!(stopped.lock.release(), Ok(()));
        let had_it = had_it.join().unwrap();
        saw(if had_it { "the cancelled one had it too" } else { "the cancelled one gave up" });
        patient.join().unwrap();
    });
}

#[test]
fn a_notification_against_a_cancelling_is_one_or_the_other() {
    Proof::new(
        "cancel::a_notification_against_a_cancelling_is_one_or_the_other",
        "who waits for a condition with a token was notified if and only if a notification counted it",
    )
    .threads(2)
    .bounded(3)
    .executions_at_least(200)
    .outcomes(&["notified", "cancelled"])
    .refuted_by("cancelling wakes nobody", Fault::NoWake, CANCEL, WAKES, Death::Deadlock)
    .check(|| {
        let stopped = Arc::new((Stopped::new(), RawCondition::new()));
        let waiter = {
            let stopped = Arc::clone(&stopped);
            spawn(move || {
                let (Stopped { lock, cancel, .. }, condition) = (&*stopped.0, &stopped.1);
                lock.acquire();
                let notified = condition.wait_timeout(lock, cancel).unwrap();
                assert_eq!(lock.release(), Ok(()));
                notified
            })
        };
        stopped.0.cancel.cancel();
        let counted = stopped.1.notify(1) == 1;
        let notified = waiter.join().unwrap();
        assert_eq!(notified, counted);
        saw(if notified { "notified" } else { "cancelled" });
    });
}
