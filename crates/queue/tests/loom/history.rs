//! # Claim
//! What threads see of a queue of any order, with room for one or for any number, one thread alone could have
//! seen in some order: each execution's history is checked for it.
//!
//! # Models
//! Two threads that put and get, at once or waiting, and end the queue; and three, of which two put and one
//! takes all that is there. `tests/histories.rs` has longer histories, on real threads, and
//! `tests/shuttle/history.rs` has more threads.
//!
//! # Not shown here
//! What a call sees of another that had returned before it began, but that nothing orders before it: here a
//! clock does.

use crate::witness::{Flaw, Model, Op, Order, Outcome, Twin, Witness, Witnessed};
use platform::check::{Death, Proof, saw};
use platform::thread::spawn;
use queue::{LifoQueue, PriorityQueue, Queue};
use std::sync::Arc;

fn explain(witnessed: Arc<Witnessed<impl Witness>>) {
    let witnessed = Arc::into_inner(witnessed).expect("the others have ended");
    witnessed.explained().unwrap_or_else(|violation| panic!("{violation}"));
}

/// One puts three times: waiting, if there is room, and the third time in some way; and ends the queue. The
/// other tries to get, waits, and tries again.
fn two_threads(queue: impl Witness, model: Model, third: Op) {
    let witnessed = Arc::new(Witnessed::new(queue, model));
    let putter = spawn({
        let witnessed = Arc::clone(&witnessed);
        move || {
            witnessed.does(Op::Put(1));
            witnessed.does(Op::TryPut(3));
            witnessed.does(third);
            witnessed.does(Op::Shut);
        }
    });
    let first = witnessed.does(Op::TryGet);
    let second = witnessed.does(Op::Get);
    witnessed.does(Op::TryGet);
    saw(match (first, second) {
        (Outcome::Empty, Outcome::Got(_)) => "it came later",
        (Outcome::Got(_), Outcome::Got(_)) => "two came",
        (Outcome::Got(_), _) => "one came",
        _ => "none came",
    });
    putter.join().unwrap();
    explain(witnessed);
}

/// Two try to put one each, and ask for the length; the third, which has put one, takes all that is
/// there, tries once more, and discards the rest.
fn three_threads(queue: impl Witness, model: Model) {
    let witnessed = Arc::new(Witnessed::new(queue, model));
    witnessed.does(Op::TryPut(2));
    let putters = [4, 3].map(|number| {
        let witnessed = Arc::clone(&witnessed);
        spawn(move || {
            let put = witnessed.does(Op::TryPut(number));
            witnessed.does(Op::Len);
            put
        })
    });
    witnessed.does(Op::Drain);
    witnessed.does(Op::TryGet);
    let put = putters.map(|putter| putter.join().unwrap());
    saw(if put.contains(&Outcome::Full) { "full" } else { "both were put" });
    witnessed.does(Op::Discard);
    explain(witnessed);
}

/// What two threads see of such a queue is explained.
fn two<Q: Witness>(name: &str, order: Order, maxsize: usize, new: fn(usize) -> Q) {
    let model = move || Model::new(order, maxsize);
    let third = Op::ForcePut(5);
    let outcomes: &[_] = if maxsize == 1 {
        &["it came later", "one came", "two came"]
    } else {
        &["it came later", "two came"]
    };
    Proof::new(name, "whatever two threads see of the queue, one alone could have seen in some order")
        .threads(2)
        .bounded(2)
        .executions_at_least(1_000)
        .outcomes(outcomes)
        .refuted_by_twin(
            "who finds it busy says it is empty",
            Death::Assertion("no order explains"),
            move || {
                two_threads(Twin::new(model(), Flaw::BusyIsEmpty), model(), third);
            },
        )
        .check(move || two_threads(new(maxsize), model(), third));
}

/// What three threads see of such a queue is explained.
fn three<Q: Witness>(name: &str, order: Order, maxsize: usize, new: fn(usize) -> Q) {
    let model = move || Model::new(order, maxsize);
    let outcomes: &[_] = if maxsize == 1 { &["both were put", "full"] } else { &["both were put"] };
    Proof::new(name, "whatever three threads see of the queue, one alone could have seen in some order")
        .threads(3)
        .bounded(if order == Order::FirstInFirstOut && maxsize > 0 { 1 } else { 2 })
        .executions_at_least(350)
        .outcomes(outcomes)
        .refuted_by_twin("a drain lets others in", Death::Assertion("no order explains"), move || {
            three_threads(Twin::new(model(), Flaw::DrainsOneByOne), model());
        })
        .check(move || three_threads(new(maxsize), model()));
}

#[test]
fn two_threads_and_a_bounded_queue() {
    two("history::two_threads_and_a_bounded_queue", Order::FirstInFirstOut, 1, Queue::new);
}

#[test]
fn two_threads_and_an_unbounded_queue() {
    two("history::two_threads_and_an_unbounded_queue", Order::FirstInFirstOut, 0, Queue::new);
}

#[test]
fn two_threads_and_a_bounded_lifo_queue() {
    two("history::two_threads_and_a_bounded_lifo_queue", Order::LastInFirstOut, 1, LifoQueue::new);
}

#[test]
fn two_threads_and_an_unbounded_priority_queue() {
    two("history::two_threads_and_an_unbounded_priority_queue", Order::SmallestFirst, 0, PriorityQueue::new);
}

#[test]
fn three_threads_and_a_bounded_queue() {
    three("history::three_threads_and_a_bounded_queue", Order::FirstInFirstOut, 1, Queue::new);
}

#[test]
fn three_threads_and_an_unbounded_queue() {
    three("history::three_threads_and_an_unbounded_queue", Order::FirstInFirstOut, 0, Queue::new);
}

#[test]
fn three_threads_and_an_unbounded_lifo_queue() {
    three("history::three_threads_and_an_unbounded_lifo_queue", Order::LastInFirstOut, 0, LifoQueue::new);
}

#[test]
fn three_threads_and_a_bounded_priority_queue() {
    three("history::three_threads_and_a_bounded_priority_queue", Order::SmallestFirst, 1, PriorityQueue::new);
}
