//! # Claim
//! In a queue over a store nobody waits for ever, and every item is got once, in the store's order, or given
//! back.
//!
//! # Models
//! A LIFO queue with room for one and for two: a store makes an order, and the rest is the same for all.
//!
//! # Not shown here
//! The stores themselves: `tests/props/`.

use crate::parcel::{Parcel, parcel};
use platform::check::{Death, Fault, Proof, saw};
use platform::thread::spawn;
use queue::{LifoQueue, PriorityQueue, Shutdown};
use std::sync::Arc;

const LOCK: &str = "crates/locks/src/lock/raw.rs";
const WAITER: &str = "crates/queue/src/waiting/waiter.rs";

#[test]
fn items_come_out_once() {
    Proof::new(
        "stored::items_come_out_once",
        "through room for one, two items come out once each, with what was written before",
    )
    .threads(2)
    .bounded(3)
    .executions_at_least(7_400)
    .outcomes(&["1 and 2"])
    .refuted_by(
        "the lock's release is Relaxed",
        Fault::Relaxed,
        LOCK,
        "self.word.fetch_sub(HELD, Release) != HELD",
        Death::Causality,
    )
    .refuted_by("nobody is woken", Fault::NoWake, WAITER, "wake::<Private>(word, 1)", Death::Deadlock)
    .check(|| {
        let queue = Arc::new(LifoQueue::bounded(1));
        let putter = spawn({
            let queue = Arc::clone(&queue);
            move || [1, 2].into_iter().for_each(|number| queue.put(parcel(number)).unwrap())
        });
        let got = [(); 2].map(|()| queue.get().map(Parcel::open));
        assert_eq!(got, [Ok(1), Ok(2)]);
        saw("1 and 2");
        putter.join().unwrap();
    });
}

#[test]
fn the_smallest_of_what_is_there_comes_first() {
    Proof::new(
        "stored::the_smallest_of_what_is_there_comes_first",
        "of two items that are put one after the other, a getter gets the smaller, unless only the larger was there",
    )
    .threads(2)
    .bounded(3)
    .executions_at_least(1_600)
    .outcomes(&["the larger, alone", "the smaller"])
    .refuted_by("nobody is woken", Fault::NoWake, WAITER, "wake::<Private>(word, 1)", Death::Deadlock)
    .check(|| {
        let queue = Arc::new(PriorityQueue::unbounded());
        let putter = spawn({
            let queue = Arc::clone(&queue);
            move || [2, 1].into_iter().for_each(|number| queue.put(number).unwrap())
        });
        let first = queue.get().unwrap();
        putter.join().unwrap();
        let second = queue.get().unwrap();
        saw(match (first, second) {
            (1, 2) => "the smaller",
            (2, 1) => "the larger, alone",
            other => panic!("each is got once: {other:?}"),
        });
    });
}

#[test]
fn the_end_lets_go_both_sides() {
    Proof::new(
        "stored::the_end_lets_go_both_sides",
        "who waits for room and who waits for an item when the queue is shut down is let go",
    )
    .threads(3)
    .bounded(2)
    .executions_at_least(520)
    .outcomes(&["let go"])
    .refuted_by("nobody is woken", Fault::NoWake, WAITER, "wake::<Private>(word, 1)", Death::Deadlock)
    .check(|| {
        let (full, empty) = (Arc::new(LifoQueue::bounded(1)), Arc::new(LifoQueue::<u32>::unbounded()));
        full.put(1).unwrap();
        let putter = spawn({
            let full = Arc::clone(&full);
            move || full.put(2)
        });
        let getter = spawn({
            let empty = Arc::clone(&empty);
            move || empty.get()
        });
        assert!(empty.shutdown(Shutdown::Drain).is_empty());
        assert_eq!(full.shutdown(Shutdown::Discard), [1]);
        assert_eq!(putter.join().unwrap().map_err(queue::PutError::into_inner), Err(2));
        assert!(getter.join().unwrap().is_err());
        saw("let go");
    });
}
