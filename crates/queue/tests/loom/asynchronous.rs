//! # Claim
//! A task that waits is woken, and sees what it was woken for; a task that is dropped while it waits leaves
//! its call to another.
//!
//! # Models
//! A task beside a thread at each kind of line: for an item, for room, at a rendezvous. The executor is the
//! smallest there is: a word that the waker sets, on which the thread sleeps.
//!
//! # Not shown here
//! Real runtimes: `tests/asynchronous.rs`.

use crate::parcel::{Parcel, parcel};
use core::future::Future;
use core::pin::pin;
use core::task::{Context, Poll, Waker};
use platform::atomic::{
    AtomicU32,
    Ordering::{Acquire, Relaxed, Release},
};
use platform::check::{Death, Fault, Proof, saw};
use platform::futex::{Private, wait, wake};
use platform::thread::spawn;
use platform::time::Deadline;
use queue::Queue;
use std::sync::Arc;

const WAITER: &str = "crates/queue/src/waiting/waiter.rs";

/// One who sleeps until it is woken.
struct Sleeper(AtomicU32);

impl std::task::Wake for Sleeper {
    fn wake(self: Arc<Self>) {
        // Release: pairs with the Acquire in block_on(), as every executor's.
        self.0.store(1, Release);
        wake::<Private>(&raw const self.0, 1);
    }
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    let sleeper = Arc::new(Sleeper(AtomicU32::new(0)));
    let waker = Waker::from(Arc::clone(&sleeper));
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(done) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return done;
        }
        // Acquire: pairs with the Release in wake().
        while sleeper.0.load(Acquire) == 0 {
            wait::<Private>(&sleeper.0, 0, &Deadline::NEVER);
        }
        // Relaxed: only we take it back.
        sleeper.0.store(0, Relaxed);
    }
}

#[test]
fn a_task_gets_what_a_thread_puts() {
    Proof::new(
        "asynchronous::a_task_gets_what_a_thread_puts",
        "a task that waits for an item is woken, and sees what was written before the put",
    )
    .threads(2)
    .executions_at_least(4_700)
    .outcomes(&["1"])
    .refuted_by(
        "the stamp of a full slot is Relaxed",
        Fault::Relaxed,
        "crates/queue/src/fifo/bounded/mod.rs",
        "self.stamp.store(stamp, Release)",
        Death::Causality,
    )
    .check(|| {
        let queue = Arc::new(Queue::bounded(1));
        let task = spawn({
            let queue = Arc::clone(&queue);
            move || block_on(queue.get_async()).map(Parcel::open)
        });
        queue.put(parcel(1)).unwrap();
        saw(task.join().unwrap().unwrap());
    });
}

#[test]
fn a_task_and_a_thread_meet() {
    Proof::new(
        "asynchronous::a_task_and_a_thread_meet",
        "what a task holds out at a rendezvous a thread takes, and the task learns of it, whoever polls it last",
    )
    .threads(2)
    .bounded(3)
    .executions_at_least(210)
    .outcomes(&["1"])
    .refuted_by(
        "the waker is taken without order",
        Fault::NoAcquire,
        WAITER,
        "compare_exchange(seen, CALLED, AcqRel, Relaxed)",
        Death::Causality,
    )
    .check(|| {
        let queue = Arc::new(Queue::rendezvous());
        let task = spawn({
            let queue = Arc::clone(&queue);
            move || {
                let mut future = pin!(queue.put_async(parcel(1)));
                match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
                    Poll::Ready(put) => put.unwrap(),
                    Poll::Pending => block_on(future).unwrap(),
                }
            }
        });
        saw(queue.get().map(Parcel::open).unwrap());
        task.join().unwrap();
    });
}

#[test]
fn a_task_that_is_polled_again_is_woken_by_its_new_waker() {
    Proof::new(
        "asynchronous::a_task_that_is_polled_again_is_woken_by_its_new_waker",
        "of the wakers of a task that is polled by two, the second wakes it",
    )
    .threads(2)
    .bounded(3)
    .executions_at_least(140)
    .outcomes(&["at once", "woken"])
    .refuted_by(
        "the waker is left Relaxed",
        Fault::Relaxed,
        WAITER,
        "compare_exchange(WAITING, POLLED, Release, Relaxed)",
        Death::Causality,
    )
    .refuted_by(
        "the waker is taken without order",
        Fault::NoAcquire,
        WAITER,
        "let was = self.word.swap(CALLED, AcqRel)",
        Death::Causality,
    )
    .check(|| {
        let queue = Arc::new(Queue::bounded(1));
        let task = spawn({
            let queue = Arc::clone(&queue);
            move || {
                let mut future = pin!(queue.get_async());
                let first = future.as_mut().poll(&mut Context::from_waker(Waker::noop()));
                if let Poll::Ready(got) = first {
                    saw("at once");
                    return got.map(Parcel::open);
                }
                saw("woken");
                block_on(future).map(Parcel::open)
            }
        });
        queue.put(parcel(1)).unwrap();
        assert_eq!(task.join().unwrap(), Ok(1));
    });
}

#[test]
fn a_task_that_is_dropped_leaves_its_call_to_another() {
    Proof::new(
        "asynchronous::a_task_that_is_dropped_leaves_its_call_to_another",
        "when a task is dropped that was called, a thread that stands behind it is called",
    )
    .threads(3)
    .bounded(2)
    .executions_at_least(1_100)
    .outcomes(&["1"])
    .refuted_by("nobody is woken", Fault::NoWake, WAITER, "wake::<Private>(word, 1)", Death::Deadlock)
    .check(|| {
        let queue = Arc::new(Queue::bounded(1));
        let mut fickle = Box::pin(queue.get_async());
        assert!(fickle.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        let getter = spawn({
            let queue = Arc::clone(&queue);
            move || queue.get().map(Parcel::open).unwrap()
        });
        let putter = spawn({
            let queue = Arc::clone(&queue);
            move || queue.put(parcel(1)).unwrap()
        });
        drop(fickle);
        saw(getter.join().unwrap());
        putter.join().unwrap();
    });
}
