//! A panic in the comparison of a `PriorityQueue`, or in a `Store` of one's own, leaves the queue as it was.
#![cfg(not(any(loom, shuttle)))]

use queue::{AnyQueue, Kind, PriorityQueue, Shutdown, Store, StoreQueue};
use std::cell::Cell;
use std::cmp::Ordering;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

thread_local! {
    /// How many more steps of the user's code go well on this thread.
    static GOES_WELL: Cell<usize> = const { Cell::new(usize::MAX) };
}

/// One step of the user's code.
fn step() {
    let left = GOES_WELL.get();
    if left == 0 {
        // resume_unwind() does not call the panic hook, so there is no message for it.
        resume_unwind(Box::new("on purpose"));
    }
    GOES_WELL.set(left - 1);
}

/// Does it with so many steps that go well; says whether it panicked.
fn panics_after<R>(steps: usize, act: impl FnOnce() -> R) -> bool {
    GOES_WELL.set(steps);
    let panicked = catch_unwind(AssertUnwindSafe(act)).is_err();
    GOES_WELL.set(usize::MAX);
    panicked
}

/// Compared by the first alone.
#[derive(Clone, Copy, Debug)]
struct Touchy(u32, u32);

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

impl PartialEq for Touchy {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Touchy {}

/// First in, first out; each of its steps may panic.
#[derive(Default)]
struct TouchyStore(std::collections::VecDeque<Touchy>);

impl Store for TouchyStore {
    type Item = Touchy;

    fn push(&mut self, item: Touchy) -> Result<(), Touchy> {
        step();
        self.0.push_back(item);
        Ok(())
    }

    fn pop(&mut self) -> Option<Touchy> {
        step();
        self.0.pop_front()
    }

    fn pop_many(&mut self, max: usize) -> Vec<Touchy> {
        let n = max.min(self.0.len());
        (0..n).for_each(|_| step());
        self.0.drain(..n).collect()
    }

    fn len(&self) -> usize {
        self.0.len()
    }
}

fn looks<K: Kind>(queue: &AnyQueue<K>) -> (usize, usize, bool) {
    (queue.len(), queue.unfinished_tasks(), queue.is_full())
}

/// Does `act` to such a queue with every number of steps that goes well, up to one that is enough; after each
/// panic the queue looks as before, works, and gives out `expected`, as pairs.
fn after_each_panic<K, R>(
    new: impl Fn() -> K,
    queue: impl Fn(&K) -> &dyn Touchiness,
    act: impl Fn(&K) -> R,
    expected: &[(u32, u32)],
) {
    let mut panics = 0;
    loop {
        let made = new();
        let before = queue(&made).looks();
        if !panics_after(panics, || act(&made)) {
            assert!(panics > 0, "it takes a step at least");
            return;
        }
        panics += 1;
        let made = &made;
        assert_eq!(queue(made).looks(), before, "after {panics} steps");
        assert_eq!(queue(made).rest(), expected, "after {panics} steps");
    }
}

/// What the test asks of both kinds.
trait Touchiness {
    fn looks(&self) -> (usize, usize, bool);
    fn rest(&self) -> Vec<(u32, u32)>;
}

impl<K: Kind<Item = Touchy>> Touchiness for AnyQueue<K> {
    fn looks(&self) -> (usize, usize, bool) {
        looks(self)
    }

    /// Everything that is in it, by one who would wait for a lock that was left locked.
    fn rest(&self) -> Vec<(u32, u32)> {
        let items: Vec<_> = self.try_iter().map(|item| (item.0, item.1)).collect();
        assert!(self.put(Touchy(9, 9)).is_ok() && self.get().is_ok(), "nobody is locked out");
        items
    }
}

const ITEMS: [(u32, u32); 9] = [(3, 0), (1, 1), (2, 2), (3, 3), (1, 4), (2, 5), (0, 6), (3, 7), (1, 8)];
const SORTED: [(u32, u32); 9] = [(0, 6), (1, 1), (1, 4), (1, 8), (2, 2), (2, 5), (3, 0), (3, 3), (3, 7)];

fn sorted() -> PriorityQueue<Touchy> {
    let queue = PriorityQueue::bounded(10);
    queue.put_many(ITEMS.map(|(priority, number)| Touchy(priority, number))).unwrap();
    queue
}

fn stored() -> StoreQueue<TouchyStore> {
    let queue = StoreQueue::with_store(TouchyStore::default(), 10);
    queue.put_many(ITEMS.map(|(priority, number)| Touchy(priority, number))).unwrap();
    queue
}

#[test]
fn a_comparison_that_panics_in_a_put_changes_nothing() {
    after_each_panic(sorted, |queue| &**queue, |queue| queue.put(Touchy(0, 100)), &SORTED);
    after_each_panic(sorted, |queue| &**queue, |queue| queue.try_put(Touchy(0, 100)), &SORTED);
}

#[test]
fn a_comparison_that_panics_in_a_get_changes_nothing() {
    after_each_panic(sorted, |queue| &**queue, |queue| queue.get(), &SORTED);
    after_each_panic(sorted, |queue| &**queue, |queue| queue.get_timeout(Duration::ZERO), &SORTED);
}

#[test]
fn a_comparison_that_panics_while_many_are_taken_changes_nothing() {
    after_each_panic(sorted, |queue| &**queue, |queue| queue.drain(), &SORTED);
    after_each_panic(sorted, |queue| &**queue, |queue| queue.get_many(1, 4, Duration::ZERO), &SORTED);
}

#[test]
fn a_comparison_that_panics_while_one_is_forced_in_changes_nothing() {
    let full = || {
        let queue = PriorityQueue::bounded(ITEMS.len());
        queue.put_many(ITEMS.map(|(priority, number)| Touchy(priority, number))).unwrap();
        queue
    };
    after_each_panic(full, |queue| &**queue, |queue| queue.force_put(Touchy(0, 100)), &SORTED);
}

#[test]
fn a_store_that_panics_changes_nothing() {
    after_each_panic(stored, |queue| &**queue, |queue| queue.drain(), &ITEMS);
    after_each_panic(stored, |queue| &**queue, |queue| queue.put(Touchy(0, 100)), &ITEMS);
    after_each_panic(stored, |queue| &**queue, |queue| queue.force_put(Touchy(0, 100)), &ITEMS);
    after_each_panic(stored, |queue| &**queue, |queue| queue.get(), &ITEMS);
}

#[test]
fn a_panic_beside_others_locks_nobody_out() {
    let queue = sorted();
    let (got, panics) = thread::scope(|scope| {
        let panics = scope.spawn(|| (0..200).filter(|_| panics_after(0, || queue.put(Touchy(0, 0)))).count());
        let getter = scope.spawn(|| queue.iter().count());
        (0..200).for_each(|number| queue.put(Touchy(1, number)).unwrap());
        let panics = panics.join().unwrap();
        queue.shutdown(Shutdown::Drain);
        (getter.join().unwrap(), panics)
    });
    // A put into an empty queue compares nothing, so that it goes well.
    assert_eq!(got + panics, ITEMS.len() + 400);
}

/// How often: it is not known whether who should sleep does so already.
const ROUNDS: u32 = 8;

/// A getter sleeps; the first of two items is put, and the second panics: the getter gets the first.
#[test]
fn a_panic_in_the_middle_of_a_batch_loses_no_wake_up() {
    for _ in 0..ROUNDS {
        let queue: &_ = Box::leak(Box::new(StoreQueue::with_store(TouchyStore::default(), 0)));
        let (tell, got) = mpsc::channel();
        thread::spawn(move || tell.send(queue.get().map(|item| item.0)));
        // It should be asleep by then; if it is not, it looks for itself.
        thread::sleep(Duration::from_millis(20));
        assert!(panics_after(1, || queue.put_many([Touchy(1, 1), Touchy(2, 2)])));
        assert_eq!(queue.unfinished_tasks(), 1, "the first has been put");
        assert_eq!(got.recv_timeout(Duration::from_secs(10)), Ok(Ok(1)), "it was called, and is woken");
    }
}
