//! # Claim
//! Who looks at the next item sees it whole, while others take it, push it out or drain it.
//!
//! # Models
//! Room for one: whoever puts next writes over the item that is looked at.
//!
//! # Not shown here
//! Stores, where a lock is held: `stored.rs`.

use platform::check::{Death, Fault, Proof, saw};
use platform::thread::spawn;
use queue::Queue;
use std::sync::Arc;

const BOUNDED: &str = "crates/queue/src/fifo/bounded/mod.rs";
const WHOLE: &str = "crates/queue/src/fifo/bounded/whole.rs";
const POSITION: &str = "crates/queue/src/waiting/position.rs";

/// One looks, while another does `act` to a queue that holds 1.
fn looked_at(queue: Queue<u32>, act: fn(&Queue<u32>)) {
    let queue = Arc::new(queue);
    queue.put(1).unwrap();
    let other = spawn({
        let queue = Arc::clone(&queue);
        move || act(&queue)
    });
    saw(format_args!("{:?}", queue.peek()));
    other.join().unwrap();
}

#[test]
fn beside_one_who_takes_it() {
    Proof::new(
        "peek::beside_one_who_takes_it",
        "who looks sees the first item, none, or the one that was put after it",
    )
    .threads(2)
    .bounded(3)
    .executions_at_least(129)
    .outcomes(&["None", "Some(1)", "Some(2)"])
    .refuted_by(
        "who takes it does not see that the look is over",
        Fault::NoAcquire,
        BOUNDED,
        "compare_exchange(word, next, AcqRel, Relaxed)",
        Death::Causality,
    )
    .refuted_by(
        "who looks lets go Relaxed",
        Fault::Relaxed,
        POSITION,
        "self.word.fetch_sub(marks, Release)",
        Death::Causality,
    )
    .check(|| {
        looked_at(Queue::bounded(1), |queue| {
            queue.get().unwrap();
            queue.put(2).unwrap();
        })
    });
}

#[test]
fn beside_one_who_pushes_it_out() {
    Proof::new(
        "peek::beside_one_who_pushes_it_out",
        "who looks sees the item or the one that pushed it out, never none",
    )
    .threads(2)
    .bounded(3)
    .executions_at_least(153)
    .outcomes(&["Some(1)", "Some(2)"])
    .refuted_by(
        "who pushes it out does not see that the look is over",
        Fault::NoAcquire,
        WHOLE,
        "compare_exchange(seen, self.after(oldest) | seen & WAITED, AcqRel, Relaxed)",
        Death::Causality,
    )
    .check(|| {
        looked_at(Queue::bounded(1), |queue| {
            assert_eq!(queue.force_put(2), Ok(Some(1)));
        })
    });
}

#[test]
fn beside_one_who_drains() {
    Proof::new(
        "peek::beside_one_who_drains",
        "who looks sees the item, none, or the one that was put after the drain",
    )
    .threads(2)
    .bounded(3)
    .executions_at_least(159)
    .outcomes(&["None", "Some(1)", "Some(2)"])
    .refuted_by(
        "who drains does not see that the look is over",
        Fault::NoAcquire,
        WHOLE,
        "compare_exchange(head, next, AcqRel, Relaxed).is_ok()",
        Death::Causality,
    )
    .check(|| {
        looked_at(Queue::bounded(1), |queue| {
            assert_eq!(queue.drain(), [1]);
            queue.put(2).unwrap();
        })
    });
}

#[test]
fn beside_one_who_frees_its_block() {
    Proof::new("peek::beside_one_who_frees_its_block", "without a bound, likewise")
        .threads(2)
        .bounded(3)
        .executions_at_least(63)
        .outcomes(&["None", "Some(1)", "Some(2)"])
        .refuted_by(
            "the look at the slot is Relaxed",
            Fault::Relaxed,
            "crates/queue/src/fifo/unbounded/mod.rs",
            "slot.full.load(Acquire) == 1",
            Death::Causality,
        )
        .check(|| {
            looked_at(Queue::unbounded(), |queue| {
                queue.get().unwrap();
                queue.put(2).unwrap();
            })
        });
}
