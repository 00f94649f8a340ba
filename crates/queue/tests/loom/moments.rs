//! # Claim
//! What a queue says of itself was so at one moment: that it is empty, or full, what was in it, and that it has ended.
//!
//! # Models
//! Two threads, of which one does everything, and the other looks at one moment in between.
//!
//! # Not shown here
//! Everything else that threads may see: `history.rs`.

use crate::witness::{Model, Op, Order, Outcome, Witnessed};
use platform::check::{Death, Fault, Proof, saw};
use platform::thread::spawn;
use queue::{Queue, Shutdown};
use std::sync::Arc;

const BOUNDED: &str = "crates/queue/src/fifo/bounded/mod.rs";

/// One thread does `all`, and the other does `looks` at some moment; what they see has an order.
fn looked_at(name: &str, maxsize: usize, all: &'static [Op], looks: &'static [Op], refuted_by: &'static str) {
    let claim = "who looks while another is at work sees what was so at one moment";
    Proof::new(name, claim)
        .threads(2)
        .bounded(3)
        .executions_at_least(1_800)
        .outcomes(&["done", "refused"])
        .refuted_by(
            "that ordering is Relaxed",
            Fault::Relaxed,
            BOUNDED,
            refuted_by,
            Death::Assertion("no order explains"),
        )
        .check(move || {
            let model = Model::new(Order::FirstInFirstOut, maxsize);
            let witnessed = Arc::new(Witnessed::new(Queue::new(maxsize), model));
            let worker = spawn({
                let witnessed = Arc::clone(&witnessed);
                move || all.iter().for_each(|op| drop(witnessed.does(*op)))
            });
            let seen: Vec<_> = looks.iter().map(|op| witnessed.does(*op)).collect();
            saw(if seen.iter().any(|seen| matches!(seen, Outcome::Empty | Outcome::Full)) {
                "refused"
            } else {
                "done"
            });
            worker.join().unwrap();
            let witnessed = Arc::into_inner(witnessed).expect("the other has ended");
            witnessed.explained().unwrap_or_else(|violation| panic!("{violation}"));
        });
}

#[test]
fn a_queue_into_which_one_is_forced_is_never_empty() {
    let all = &[Op::Put(1), Op::ForcePut(2)];
    let name = "moments::a_queue_into_which_one_is_forced_is_never_empty";
    looked_at(name, 1, all, &[Op::TryGet], "let head = self.head.word.load(Acquire);");
}

#[test]
fn a_queue_with_one_item_or_two_is_never_empty() {
    let all = &[Op::Put(1), Op::Put(2), Op::TryGet];
    looked_at(
        "moments::a_queue_with_one_item_or_two_is_never_empty",
        2,
        all,
        &[Op::TryGet],
        "compare_exchange(word, next, AcqRel, Relaxed)",
    );
}

#[test]
fn a_queue_with_two_items_or_less_is_never_full() {
    let all = &[Op::TryPut(1), Op::TryPut(2), Op::TryGet, Op::TryGet, Op::TryPut(3)];
    looked_at(
        "moments::a_queue_with_two_items_or_less_is_never_full",
        2,
        all,
        &[Op::TryPut(4)],
        "self.tail.word.load(Acquire)",
    );
}

/// One drains in some way, and the other tries to put two where there is room for one.
fn drained(drain: fn(&Queue<u32>) -> Vec<u32>) {
    let queue = Arc::new(Queue::bounded(2));
    queue.put(1).unwrap();
    let putter = spawn({
        let queue = Arc::clone(&queue);
        move || [queue.try_put(2).is_ok(), queue.try_put(3).is_ok()]
    });
    let drained = drain(&queue);
    let put = putter.join().unwrap();
    saw(if put[1] { "room" } else { "full" });
    assert!(put[0], "there was room for the second");
    assert!(put[1] || drained == [1, 2], "full, so that both were there when it drained: {drained:?}");
}

#[test]
fn a_drain_takes_all_that_is_there() {
    let name = "moments::a_drain_takes_all_that_is_there";
    Proof::new(name, "beside a drain, a queue with room for two is never full of what it leaves")
        .threads(2)
        .bounded(2)
        .executions_at_least(200)
        .outcomes(&["full", "room"])
        .refuted_by_twin("as many as there were, one by one", Death::Assertion("both were there"), || {
            drained(|queue| queue.try_iter().take(queue.len()).collect());
        })
        .check(|| drained(|queue| queue.drain()));
}

/// One discards in some way, and the other tries to put, and then to get.
fn discarded(discard: fn(&Queue<u32>)) {
    let queue = Arc::new(Queue::bounded(2));
    queue.put(1).unwrap();
    let other = spawn({
        let queue = Arc::clone(&queue);
        move || (queue.try_put(2).is_err(), queue.try_get().is_ok())
    });
    discard(&queue);
    let (refused, got) = other.join().unwrap();
    saw(if refused { "after" } else { "before" });
    assert!(!(refused && got), "the queue was shut down, and what was in it discarded");
}

#[test]
fn a_discard_is_one_moment() {
    let name = "moments::a_discard_is_one_moment";
    Proof::new(name, "who has learned of a discard finds nothing in the queue any more")
        .threads(2)
        .bounded(2)
        .executions_at_least(100)
        .outcomes(&["before", "after"])
        .refuted_by_twin("the end, and then a drain", Death::Assertion("was in it discarded"), || {
            discarded(|queue| {
                queue.shutdown(Shutdown::Drain);
                queue.drain();
            });
        })
        .check(|| discarded(|queue| drop(queue.shutdown(Shutdown::Discard))));
}
