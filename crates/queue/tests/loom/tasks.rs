//! # Claim
//! `join` returns when every task is done, and no sooner; what was done for a task is seen after it.
//!
//! # Models
//! A worker and one who joins, with one item and with two; a discard beside a worker, and beside one who
//! joins; a putter and another who both say that its item is done, beside one who counts.
//!
//! # Not shown here
//! Several who join: `tests/stress/`.

use platform::cell::UnsafeCell;
use platform::check::{Death, Fault, Proof, saw};
use platform::thread::spawn;
use queue::{NotInWork, Queue, Shutdown};
use std::sync::Arc;

const TASKS: &str = "crates/queue/src/queue/tasks.rs";
const WAITER: &str = "crates/queue/src/waiting/waiter.rs";

/// What a worker wrote before its `task_done`, without a lock of its own.
struct Work(UnsafeCell<u32>);

// SAFETY: the worker writes before task_done, and the model reads after join; that this orders them is what
// is proved.
unsafe impl Sync for Work {}

#[test]
fn who_joins_sees_what_was_done() {
    Proof::new(
        "tasks::who_joins_sees_what_was_done",
        "join returns when every task is done, and sees the work",
    )
    .threads(2)
    .bounded(2)
    .executions_at_least(15_000)
    .outcomes(&["sum 3"])
    .refuted_by(
        "task_done is Relaxed",
        Fault::Relaxed,
        TASKS,
        "seen + n * STEP, Release, Acquire",
        Death::Causality,
    )
    .refuted_by(
        "so is one that nobody waits for",
        Fault::Relaxed,
        TASKS,
        "seen + STEP, Release, Relaxed",
        Death::Causality,
    )
    .refuted_by(
        "the look at what is done is Relaxed",
        Fault::Relaxed,
        TASKS,
        "let done = Self::count(self.done.word.load(Acquire))",
        Death::Causality,
    )
    .refuted_by("nobody is woken", Fault::NoWake, WAITER, "wake::<Private>(word, 1)", Death::Deadlock)
    .check(|| {
        let shared = Arc::new((Queue::bounded(2), Work(UnsafeCell::new(0))));
        let worker = spawn({
            let shared = Arc::clone(&shared);
            move || {
                let (queue, work) = &*shared;
                while let Ok(item) = queue.get() {
                    // SAFETY: only this thread touches it until the queue's join says that the work is done.
                    work.0.with_mut(|sum| unsafe { *sum += item });
                    queue.task_done().unwrap();
                }
            }
        });
        let (queue, work) = &*shared;
        queue.put(1).unwrap();
        queue.put(2).unwrap();
        queue.join();
        // SAFETY: every task is done, and the worker touches it for none else.
        saw(format_args!("sum {}", work.0.with(|sum| unsafe { *sum })));
        queue.shutdown(Shutdown::Drain);
        worker.join().unwrap();
    });
}

#[test]
fn of_two_workers_the_last_lets_go_who_joins() {
    Proof::new(
        "tasks::of_two_workers_the_last_lets_go_who_joins",
        "whoever of two workers is done last, join returns, and sees the work of both",
    )
    .threads(3)
    .bounded(2)
    .executions_at_least(33_000)
    .outcomes(&["both are done"])
    .refuted_by("nobody is woken", Fault::NoWake, WAITER, "wake::<Private>(word, 1)", Death::Deadlock)
    .check(|| {
        let shared = Arc::new((Queue::bounded(2), [0, 1].map(|_| Work(UnsafeCell::new(0)))));
        let (queue, works) = &*shared;
        queue.put_many([0, 1]).unwrap();
        let workers = [(); 2].map(|()| {
            let shared = Arc::clone(&shared);
            spawn(move || {
                let (queue, works) = &*shared;
                let number: usize = queue.get().unwrap();
                // SAFETY: only the worker that has got this number touches it, until the queue's join says
                // that all is done.
                works[number].0.with_mut(|work| unsafe { *work = 1 });
                queue.task_done().unwrap();
            })
        });
        queue.join();
        // SAFETY: every task is done.
        let done: u32 = works.iter().map(|work| work.0.with(|work| unsafe { *work })).sum();
        assert_eq!(done, 2, "the work of both is seen");
        saw("both are done");
        workers.into_iter().for_each(|worker| worker.join().unwrap());
    });
}

#[test]
fn who_has_an_item_can_say_that_it_is_done() {
    Proof::new(
        "tasks::who_has_an_item_can_say_that_it_is_done",
        "whoever put it, and however many others are done, task_done finds the put of one's own item",
    )
    .threads(3)
    .bounded(2)
    .executions_at_least(28_000)
    .outcomes(&["1 here", "2 here"])
    .refuted_by(
        "the look at what is done is Relaxed",
        Fault::Relaxed,
        TASKS,
        "let mut seen = self.done.word.load(Acquire)",
        Death::Assertion("NotInWork"),
    )
    .refuted_by(
        "and so it is when another was faster",
        Fault::RelaxedFailure,
        TASKS,
        "seen + n * STEP, Release, Acquire",
        Death::Assertion("NotInWork"),
    )
    .check(|| {
        let queue = Arc::new(Queue::bounded(2));
        queue.put(1).unwrap();
        let putter = spawn({
            let queue = Arc::clone(&queue);
            move || queue.put(2).unwrap()
        });
        let worker = spawn({
            let queue = Arc::clone(&queue);
            move || {
                queue.get().unwrap();
                queue.task_done().unwrap();
            }
        });
        let item = queue.get().unwrap();
        queue.task_done().unwrap();
        saw(format_args!("{item} here"));
        putter.join().unwrap();
        worker.join().unwrap();
        assert_eq!(queue.unfinished_tasks(), 0);
    });
}

#[test]
fn no_more_is_done_than_was_put() {
    Proof::new(
        "tasks::no_more_is_done_than_was_put",
        "who sees that a task is done sees its put, also where others than the getters say so",
    )
    .threads(3)
    .bounded(2)
    .executions_at_least(1_500)
    .outcomes(&["0 unfinished", "1 unfinished"])
    .refuted_by(
        "what is known to be put is Relaxed",
        Fault::Relaxed,
        TASKS,
        "self.known.store(put, Release)",
        Death::Assertion("subtract with overflow"),
    )
    .refuted_by(
        "the first look at it is Relaxed",
        Fault::Relaxed,
        TASKS,
        "Self::count(seen) < self.known.load(Acquire)",
        Death::Assertion("subtract with overflow"),
    )
    .refuted_by(
        "the second look at it is Relaxed",
        Fault::Relaxed,
        TASKS,
        "let known = self.known.load(Acquire)",
        Death::Assertion("subtract with overflow"),
    )
    .check(|| {
        let queue = Arc::new(Queue::bounded(1));
        let putter = spawn({
            let queue = Arc::clone(&queue);
            move || {
                queue.put(1).unwrap();
                queue.task_done()
            }
        });
        let other = spawn({
            let queue = Arc::clone(&queue);
            move || queue.task_done()
        });
        saw(format_args!("{} unfinished", queue.unfinished_tasks()));
        let said = [putter.join().unwrap(), other.join().unwrap()];
        assert!(said.contains(&Ok(())) && said.contains(&Err(NotInWork)), "one item, one done");
    });
}

#[test]
fn what_is_discarded_counts_as_done() {
    Proof::new(
        "tasks::what_is_discarded_counts_as_done",
        "after a discard join waits for the items taken before, and for no other",
    )
    .threads(2)
    .bounded(3)
    .executions_at_least(11_000)
    .outcomes(&["discarded 0", "discarded 1", "discarded 2"])
    .refuted_by("nobody is woken", Fault::NoWake, WAITER, "wake::<Private>(word, 1)", Death::Deadlock)
    .check(|| {
        let queue = Arc::new(Queue::bounded(2));
        queue.put(1).unwrap();
        queue.put(2).unwrap();
        let worker = spawn({
            let queue = Arc::clone(&queue);
            move || queue.iter().map(|_| queue.task_done().unwrap()).count()
        });
        let discarded = queue.shutdown(Shutdown::Discard).len();
        queue.join();
        assert_eq!(discarded + worker.join().unwrap(), 2, "each item was worked on or discarded");
        saw(format_args!("discarded {discarded}"));
    });
}

#[test]
fn a_discard_lets_go_who_joins() {
    Proof::new(
        "tasks::a_discard_lets_go_who_joins",
        "who waits in join while the last unfinished item is discarded returns",
    )
    .threads(2)
    .bounded(3)
    .executions_at_least(2_300)
    .outcomes(&["joined"])
    .refuted_by("nobody is woken", Fault::NoWake, WAITER, "wake::<Private>(word, 1)", Death::Deadlock)
    .check(|| {
        let queue = Arc::new(Queue::bounded(1));
        queue.put(1).unwrap();
        let joiner = spawn({
            let queue = Arc::clone(&queue);
            move || queue.join()
        });
        assert_eq!(queue.shutdown(Shutdown::Discard), [1]);
        joiner.join().unwrap();
        saw("joined");
    });
}
