//! # Claim
//! What eight threads see of a queue of any order, with room for two or for any number, one thread alone
//! could have seen, in some order.
//!
//! # Model
//! Eight threads with two calls or three each: putting and getting, at once, waiting or by force, taking all
//! that is there, and ending the queue. The history of each schedule is checked.
//!
//! # Not shown here
//! What weak memory would show: `tests/loom/history.rs`.

use crate::witness::{Flaw, Model, Op, Order, Twin, Witness, Witnessed};
use platform::check::{Death, Trial, saw};
use platform::thread::spawn;
use queue::{LifoQueue, PriorityQueue, Queue};
use std::sync::Arc;

/// What thread `number` does; the first ends the queue, so that nobody waits for ever. One asks for the
/// length.
fn calls(number: u32) -> [Op; 3] {
    let [first, second] = [10 * number, 10 * number + 1];
    match number {
        0 => [Op::TryGet, Op::ForcePut(first), Op::Shut],
        1 => [Op::Put(first), Op::TryPut(second), Op::Get],
        2 => [Op::TryPut(first), Op::TryGet, Op::Put(second)],
        3 => [Op::Put(first), Op::Put(second), Op::TryGet],
        4 => [Op::Get, Op::Len, Op::Get],
        5 => [Op::TryGet, Op::Get, Op::TryPut(first)],
        6 => [Op::ForcePut(first), Op::Drain, Op::Discard],
        _ => [Op::Put(first), Op::Drain, Op::Get],
    }
}

fn eight(queue: impl Witness, model: Model) {
    let witnessed = Arc::new(Witnessed::new(queue, model));
    let act = move |witnessed: &Witnessed<_>, number| {
        for op in calls(number) {
            witnessed.does(op);
        }
    };
    let others: Vec<_> = (1..8)
        .map(|number| {
            let witnessed = Arc::clone(&witnessed);
            spawn(move || act(&witnessed, number))
        })
        .collect();
    act(&witnessed, 0);
    others.into_iter().for_each(|other| other.join().unwrap());
    let witnessed = Arc::into_inner(witnessed).expect("the others have ended");
    witnessed.explained().unwrap_or_else(|violation| panic!("{violation}"));
    saw("explained");
}

/// What eight threads see of such a queue is explained.
fn trial<Q: Witness>(name: &str, order: Order, maxsize: usize, new: fn(usize) -> Q) {
    let model = move || Model::new(order, maxsize);
    let twin = move |flaw| move || eight(Twin::new(model(), flaw), model());
    let found = Death::Assertion("no order explains");
    Trial::new(name, "what eight threads see of the queue, one alone could have seen in some order")
        .threads(8)
        .schedules(1_500)
        .outcomes(&["explained"])
        .refuted_by_twin("who finds it busy says it is empty", found, twin(Flaw::BusyIsEmpty))
        .refuted_by_twin("a drain lets others in", found, twin(Flaw::DrainsOneByOne))
        .check(move || eight(new(maxsize), model()));
}

#[test]
fn of_a_bounded_queue() {
    trial("history::of_a_bounded_queue", Order::FirstInFirstOut, 2, Queue::new);
}

#[test]
fn of_an_unbounded_queue() {
    trial("history::of_an_unbounded_queue", Order::FirstInFirstOut, 0, Queue::new);
}

#[test]
fn of_a_bounded_lifo_queue() {
    trial("history::of_a_bounded_lifo_queue", Order::LastInFirstOut, 2, LifoQueue::new);
}

#[test]
fn of_an_unbounded_lifo_queue() {
    trial("history::of_an_unbounded_lifo_queue", Order::LastInFirstOut, 0, LifoQueue::new);
}

#[test]
fn of_a_bounded_priority_queue() {
    trial("history::of_a_bounded_priority_queue", Order::SmallestFirst, 2, PriorityQueue::new);
}

#[test]
fn of_an_unbounded_priority_queue() {
    trial("history::of_an_unbounded_priority_queue", Order::SmallestFirst, 0, PriorityQueue::new);
}
