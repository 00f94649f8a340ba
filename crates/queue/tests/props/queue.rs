//! Every operation of a random history returns what the reference returns, and leaves the queue looking like
//! it, for every kind of queue.

use crate::reference::{Item, Order, Picky, Reference};
use proptest::prelude::*;
use proptest::test_runner::{TestCaseResult, TestRunner};
use queue::{
    AnyQueue, GetError, Kind, LifoQueue, PriorityQueue, PutError, Queue, Shutdown, SimpleQueue, StoreQueue,
};
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::time::Duration;

#[derive(Clone, Debug)]
enum Op {
    Put(u32),
    TryPut(u32),
    PutTimeout(u32),
    PutMany(Vec<u32>),
    ForcePut(u32),
    Get,
    TryGet,
    GetTimeout,
    GetMany(usize, usize),
    Batch(usize),
    Drain,
    TryIter(usize),
    Task { finishes: bool },
    TaskDone,
    Join,
    Shutdown(Shutdown),
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        4 => any::<u32>().prop_map(Op::Put),
        4 => any::<u32>().prop_map(Op::TryPut),
        1 => any::<u32>().prop_map(Op::PutTimeout),
        2 => prop::collection::vec(any::<u32>(), 0..6).prop_map(Op::PutMany),
        2 => any::<u32>().prop_map(Op::ForcePut),
        4 => Just(Op::Get),
        3 => Just(Op::TryGet),
        1 => Just(Op::GetTimeout),
        1 => (0..4_usize, 0..4_usize).prop_map(|(min, max)| Op::GetMany(min, max)),
        1 => (1..4_usize).prop_map(Op::Batch),
        1 => (0..4_usize).prop_map(Op::TryIter),
        1 => any::<bool>().prop_map(|finishes| Op::Task { finishes }),
        4 => Just(Op::TaskDone),
        1 => Just(Op::Join),
        // Rare: it empties the queue, or after it most operations say the same.
        1 => prop_oneof![
            10 => Just(Op::TryGet),
            4 => Just(Op::Drain),
            1 => Just(Op::Shutdown(Shutdown::Drain)),
            1 => Just(Op::Shutdown(Shutdown::Discard)),
        ],
    ]
}

/// What happened in some history, for the check that all that matters did.
#[derive(Default)]
struct Seen(RefCell<BTreeSet<&'static str>>);

impl Seen {
    fn that(&self, what: &'static str, happened: bool) {
        if happened {
            self.0.borrow_mut().insert(what);
        }
    }

    fn put<T>(&self, put: &Result<(), PutError<T>>) {
        self.that("full", matches!(put, Err(PutError::Full(_))));
        self.that("put after the end", matches!(put, Err(PutError::ShutDown(_))));
        self.that("rejected", matches!(put, Err(PutError::Rejected(_))));
    }
}

fn number(item: Item) -> u32 {
    item.0
}

fn numbers(items: impl IntoIterator<Item = Item>) -> Vec<u32> {
    items.into_iter().map(number).collect()
}

/// Does an operation that puts to both. What would wait for ever in one thread is done in its form that does
/// not.
fn puts<K: Kind<Item = Item>>(
    queue: &AnyQueue<K>,
    reference: &mut Reference,
    op: Op,
    seen: &Seen,
) -> TestCaseResult {
    let one = |put: Result<(), PutError<Item>>| put.map_err(|error| error.map(number));
    let put = match op {
        Op::Put(item) if reference.lets_put() => (one(queue.put(Item(item))), reference.put(item)),
        Op::Put(item) | Op::TryPut(item) => (one(queue.try_put(Item(item))), reference.put(item)),
        Op::PutTimeout(item) => (one(queue.put_timeout(Item(item), Duration::ZERO)), reference.put(item)),
        Op::PutMany(items) => {
            let expected = reference.put_many(&items);
            let fits = !matches!(expected, Err(PutError::Full(_)));
            let items = items.into_iter().map(Item);
            let put =
                if fits { queue.put_many(items) } else { queue.put_many_timeout(items, Duration::ZERO) };
            seen.put(&put);
            prop_assert_eq!(put.map_err(|error| error.map(numbers)), expected);
            return Ok(());
        }
        Op::ForcePut(item) => {
            let (out, expected) = (queue.force_put(Item(item)), reference.force_put(item));
            seen.that("pushed out", matches!(out, Ok(Some(_))));
            seen.that("the new one was pushed out", matches!(out, Ok(Some(Item(out))) if out == item));
            prop_assert_eq!(out.map(|out| out.map(number)).map_err(|error| error.map(number)), expected);
            return Ok(());
        }
        other => return gets(queue, reference, &other, seen),
    };
    seen.put(&put.0);
    prop_assert_eq!(put.0, put.1);
    Ok(())
}

/// Does an operation that gets, or one that does neither, to both; as above.
fn gets<K: Kind<Item = Item>>(
    queue: &AnyQueue<K>,
    reference: &mut Reference,
    op: &Op,
    seen: &Seen,
) -> TestCaseResult {
    match *op {
        Op::Get if reference.lets_get() => {
            prop_assert_eq!(queue.get().map(number).map_err(|_| GetError::ShutDown), reference.get());
        }
        Op::GetTimeout => prop_assert_eq!(queue.get_timeout(Duration::ZERO).map(number), reference.get()),
        Op::GetMany(min, max) => {
            // So many as are there, where it would wait for more.
            let min = if reference.shut { min } else { min.min(reference.items.len()) };
            let got = queue.get_many(min, max, Duration::ZERO).map(numbers);
            prop_assert_eq!(got, reference.get_many(min, max));
        }
        Op::Batch(max) if reference.lets_get() => {
            let batch = queue.batches(max, Duration::ZERO).next().map(numbers);
            prop_assert_eq!(batch, reference.get_many(1, max).ok());
        }
        Op::Drain => {
            let drained = numbers(queue.drain());
            seen.that("drained several", drained.len() > 1);
            prop_assert_eq!(drained, reference.take(usize::MAX));
        }
        Op::TryIter(n) => prop_assert_eq!(numbers(queue.try_iter().take(n)), reference.take(n)),
        Op::Task { finishes } if reference.lets_get() => {
            let task = queue.get_task();
            let (got, expected) = (task.as_ref().map(|task| task.0).ok(), reference.get().ok());
            prop_assert_eq!(got, expected);
            if let Ok(task) = task {
                prop_assert_eq!(queue.unfinished_tasks(), reference.unfinished);
                if finishes {
                    prop_assert_eq!(Some(task.finish().0), expected)
                } else {
                    drop(task)
                }
                // Somebody may have said too early that it was done.
                let _ = reference.task_done();
            }
        }
        Op::TaskDone => {
            let done = queue.task_done();
            seen.that("not in work", done.is_err());
            prop_assert_eq!(done, reference.task_done());
        }
        Op::Join => prop_assert_eq!(queue.join_timeout(Duration::ZERO), reference.unfinished == 0),
        Op::Shutdown(how) => prop_assert_eq!(numbers(queue.shutdown(how)), reference.shutdown(how)),
        // One that would wait, in its form that does not.
        _ => {
            let got = queue.try_get().map(number);
            seen.that("empty", got == Err(GetError::Empty));
            seen.that("got after the end", got == Err(GetError::ShutDown));
            prop_assert_eq!(got, reference.get());
        }
    }
    Ok(())
}

/// One history of a queue that is empty.
fn history<K: Kind<Item = Item>>(
    queue: &AnyQueue<K>,
    (order, maxsize): (Order, usize),
    ops: Vec<Op>,
    seen: &Seen,
) -> TestCaseResult {
    let mut reference = Reference::new(order, maxsize);
    for op in ops {
        puts(queue, &mut reference, op, seen)?;
        prop_assert_eq!(queue.len(), reference.items.len());
        prop_assert_eq!(queue.is_empty(), reference.items.is_empty());
        prop_assert_eq!(queue.is_full(), reference.is_full());
        prop_assert_eq!(queue.unfinished_tasks(), reference.unfinished);
        prop_assert_eq!(queue.is_shutdown(), reference.shut);
        prop_assert_eq!(queue.capacity(), (maxsize > 0).then_some(maxsize));
    }
    queue.shutdown(Shutdown::Drain);
    prop_assert_eq!(numbers(queue), reference.take(usize::MAX));
    Ok(())
}

/// Histories of queues with these rooms; `also` is what should happen beside what happens with every kind.
fn histories<Q>(
    order: Order,
    maxsizes: std::ops::Range<usize>,
    also: &[&str],
    new: impl Fn(usize) -> Q,
    check: impl Fn(&Q, (Order, usize), Vec<Op>, &Seen) -> TestCaseResult,
) {
    let config = ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() };
    let seen = Seen::default();
    let histories = (maxsizes, prop::collection::vec(op(), 1..200));
    TestRunner::new(config)
        .run(&histories, |(maxsize, ops)| check(&new(maxsize), (order, maxsize), ops, &seen))
        .unwrap_or_else(|error| panic!("{error}"));
    let always = ["put after the end", "got after the end", "empty", "not in work"];
    for what in always.iter().chain(&["drained several"]).chain(also) {
        assert!(seen.0.borrow().contains(what), "in no history: {what}");
    }
}

#[test]
fn a_queue_does_what_the_reference_does() {
    let also = ["full", "pushed out"];
    histories(Order::FirstInFirstOut, 0..5, &also, Queue::new, |queue, is, ops, seen| {
        history(queue, is, ops, seen)
    });
}

#[test]
fn a_simple_queue_does_what_the_reference_does() {
    let new = |_| SimpleQueue::new();
    histories(Order::FirstInFirstOut, 0..1, &[], new, |queue, is, ops, seen| history(queue, is, ops, seen));
}

#[test]
fn a_lifo_queue_does_what_the_reference_does() {
    let also = ["full", "pushed out"];
    histories(Order::LastInFirstOut, 0..5, &also, LifoQueue::new, |queue, is, ops, seen| {
        history(queue, is, ops, seen)
    });
}

#[test]
fn a_priority_queue_does_what_the_reference_does() {
    let also = ["full", "pushed out", "the new one was pushed out"];
    histories(Order::SmallestFirst, 0..9, &also, PriorityQueue::new, |queue, is, ops, seen| {
        history(queue, is, ops, seen)
    });
}

#[test]
fn a_queue_over_a_store_does_what_the_reference_does() {
    let also = ["full", "pushed out", "rejected"];
    let new = |maxsize| StoreQueue::with_store(Picky::default(), maxsize);
    histories(Order::OfAStore, 0..5, &also, new, |queue, is, ops, seen| history(queue, is, ops, seen));
}
