//! What the documentation promises, and what was found not to hold.
#![cfg(not(any(loom, shuttle)))]

use queue::{PriorityQueue, Queue, Shutdown, Store, StoreQueue};
use std::cell::Cell;
use std::cmp::Ordering;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// A batch goes in at one time, "and nobody else's between them": also over the end of a block.
#[test]
fn a_batch_is_not_torn_at_the_end_of_a_block() {
    let queue = Queue::unbounded();
    thread::scope(|scope| {
        for putter in 0..2 {
            let queue = &queue;
            scope.spawn(move || {
                (0..100_000).for_each(|batch| queue.put_many((0..5).map(|_| (putter, batch))).unwrap());
            });
        }
    });
    let items = queue.drain();
    assert!(items.chunks(5).all(|batch| batch.iter().all(|item| *item == batch[0])), "all of one batch");
}

thread_local! {
    /// How many more steps of the user's code go well on this thread.
    static GOES_WELL: Cell<usize> = const { Cell::new(usize::MAX) };
}

fn step() {
    let left = GOES_WELL.get();
    if left == 0 {
        // resume_unwind() does not call the panic hook, so there is no message for it.
        resume_unwind(Box::new("on purpose"));
    }
    GOES_WELL.set(left - 1);
}

fn panics_after<R>(steps: usize, act: impl FnOnce() -> R) -> bool {
    GOES_WELL.set(steps);
    let panicked = catch_unwind(AssertUnwindSafe(act)).is_err();
    GOES_WELL.set(usize::MAX);
    panicked
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Touchy(u32);

impl Ord for Touchy {
    fn cmp(&self, other: &Self) -> Ordering {
        step();
        self.0.cmp(&other.0)
    }
}

impl PartialOrd for Touchy {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// "If it panics, the queue is as it was before": also where an item is forced in.
#[test]
fn a_comparison_that_panics_while_one_is_forced_in_changes_nothing() {
    for steps in 0.. {
        let queue = PriorityQueue::bounded(5);
        queue.put_many([5, 3, 1, 4, 2].map(Touchy)).unwrap();
        if !panics_after(steps, || queue.force_put(Touchy(0))) {
            return;
        }
        assert_eq!((queue.len(), queue.unfinished_tasks()), (5, 5), "after {steps} steps");
        assert_eq!(queue.drain(), [1, 2, 3, 4, 5].map(Touchy), "after {steps} steps");
    }
}

/// A way to take several.
type Take = fn(&PriorityQueue<Touchy>) -> Vec<Touchy>;

/// The same, where several are taken: what was taken is not lost with the panic.
#[test]
fn a_comparison_that_panics_while_many_are_taken_loses_none() {
    let takes: [Take; 2] = [|queue| queue.drain(), |queue| queue.get_many(1, 4, Duration::ZERO).unwrap()];
    for take in takes {
        for steps in 0.. {
            let queue = PriorityQueue::unbounded();
            queue.put_many([5, 3, 1, 4, 2].map(Touchy)).unwrap();
            if !panics_after(steps, || take(&queue)) {
                break;
            }
            assert_eq!(queue.drain(), [1, 2, 3, 4, 5].map(Touchy), "after {steps} steps");
        }
    }
}

/// First in, first out, until its steps go well no longer.
#[derive(Default)]
struct TouchyStore(std::collections::VecDeque<u32>);

impl Store for TouchyStore {
    type Item = u32;

    fn push(&mut self, item: u32) -> Result<(), u32> {
        step();
        self.0.push_back(item);
        Ok(())
    }

    fn pop(&mut self) -> Option<u32> {
        step();
        self.0.pop_front()
    }

    fn len(&self) -> usize {
        self.0.len()
    }
}

/// How often: it is not known whether who should sleep does so already.
const ROUNDS: u32 = 8;

/// A getter sleeps; the first of two items is put, and the second panics: the getter gets the first.
#[test]
fn a_panic_in_the_middle_of_a_batch_does_not_lose_a_wake_up() {
    for _ in 0..ROUNDS {
        let queue: &_ = Box::leak(Box::new(StoreQueue::with_store(TouchyStore::default(), 0)));
        let (tell, got) = mpsc::channel();
        thread::spawn(move || tell.send(queue.get()));
        // It should be asleep by then; if it is not, it looks for itself.
        thread::sleep(Duration::from_millis(50));
        assert!(panics_after(1, || queue.put_many([1, 2])));
        assert_eq!(queue.unfinished_tasks(), 1, "the first has been put");
        assert_eq!(got.recv_timeout(Duration::from_secs(10)), Ok(Ok(1)), "it was called, and is woken");
    }
}

/// The same, on the other side: a putter sleeps, and the second of two gets panics.
#[test]
fn a_panic_in_the_middle_of_a_drain_does_not_lose_a_wake_up() {
    for _ in 0..ROUNDS {
        let queue: &_ = Box::leak(Box::new(StoreQueue::with_store(TouchyStore::default(), 2)));
        queue.put_many([1, 2]).unwrap();
        let (tell, put) = mpsc::channel();
        thread::spawn(move || tell.send(queue.put(3)));
        // As above.
        thread::sleep(Duration::from_millis(50));
        assert!(panics_after(1, || queue.drain()));
        assert_eq!(put.recv_timeout(Duration::from_secs(10)), Ok(Ok(())), "it was called, and is woken");
    }
}

/// As many threads as can be put, take and finish; nobody finishes more than was put.
#[test]
fn task_done_is_never_refused_for_an_item_in_work() {
    let queue = Queue::unbounded();
    thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| {
                for number in 0..100_000 {
                    queue.put(number).unwrap();
                    queue.get().unwrap();
                    queue.task_done().expect("one item, said once");
                }
            });
        }
    });
    assert_eq!((queue.unfinished_tasks(), queue.shutdown(Shutdown::Discard).len()), (0, 0));
}
