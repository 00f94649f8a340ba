//! # Claim
//! Of a thread that ends and an instance that is dropped, one has the value to drop; who drops it sees what the
//! thread did to it.
//!
//! # Models
//! One thread or two, which keep their values, write them, give back what they have borrowed, and end; and who
//! drops the instance when all have given it back. They take the steps of `Local` and of a thread's end, over the
//! same parts; an `Event` stands for whatever the instance is shared by.
//!
//! # Not shown here
//! A thread's own table, and that a place in it which is used again belongs to one instance: `tests/props/local.rs`.
//! What happens at a thread's end: `tests/local.rs`.

use locks::Lock;
use platform::cell::UnsafeCell;
use platform::check::{Death, Fault, Proof, saw};
use platform::thread::{JoinHandle, spawn};
use std::collections::BTreeMap;
use std::sync::Arc;
use threads::Deadline;
use threads::raw::{End, Values};

const EVENT: &str = "crates/locks/src/event.rs";
const EVENT_SETS: &str = "compare_exchange(seen, next, Release, Relaxed)";
const LOCK: &str = "crates/locks/src/lock/raw.rs";
const RELEASES: &str = "self.word.fetch_sub(HELD, Release) != HELD";

/// A thread's value: how often it was used and dropped. loom checks that no two accesses are unordered.
#[derive(Clone)]
struct Value(Arc<Cell>);

struct Cell {
    uses: UnsafeCell<(u32, u32)>,
}

// SAFETY: the thread uses it while it borrows the instance, and then who has it in hand; that this is an order is
// what is proved.
unsafe impl Sync for Cell {}

impl Value {
    fn new() -> Self {
        Self(Arc::new(Cell { uses: UnsafeCell::new((0, 0)) }))
    }

    fn use_it(&self) {
        // SAFETY: the thread's own, which has not ended, and the instance is borrowed.
        self.0.uses.with_mut(|uses| unsafe { (*uses).0 += 1 });
    }

    /// By who has it in hand.
    fn drop_it(self) {
        // SAFETY: nobody else has it.
        self.0.uses.with_mut(|uses| unsafe { (*uses).1 += 1 });
    }

    /// When all is over.
    fn check(&self) {
        // SAFETY: all threads have ended.
        let uses = self.0.uses.with(|uses| unsafe { *uses });
        assert_eq!(uses, (1, 1), "used and dropped once");
    }
}

/// The values, or their twin.
trait Keeps: Send + Sync + 'static {
    fn new() -> Self;
    fn keep(&self, address: usize, value: Value);
    fn take(&self, address: usize) -> Option<Value>;
    fn take_all(&self) -> Vec<Value>;
}

impl Keeps for Values<Value> {
    fn new() -> Self {
        Values::new()
    }

    fn keep(&self, address: usize, value: Value) {
        Values::keep(self, address, value);
    }

    fn take(&self, address: usize) -> Option<Value> {
        Values::take(self, address)
    }

    fn take_all(&self) -> Vec<Value> {
        Values::take_all(self).into_values().collect()
    }
}

/// The values' twin: a thread looks whether its value is there, and takes it later.
struct InTwoSteps(Lock<BTreeMap<usize, Value>>);

impl Keeps for InTwoSteps {
    fn new() -> Self {
        Self(Lock::new(BTreeMap::new()))
    }

    fn keep(&self, address: usize, value: Value) {
        self.0.lock().insert(address, value);
    }

    fn take(&self, address: usize) -> Option<Value> {
        let found = self.0.lock().get(&address).cloned();
        self.0.lock().remove(&address);
        found
    }

    fn take_all(&self) -> Vec<Value> {
        std::mem::take(&mut *self.0.lock()).into_values().collect()
    }
}

struct Thread {
    /// It borrows the instance no more.
    given_back: Arc<End>,
    /// Says whether it dropped its value.
    os: JoinHandle<bool>,
    value: Value,
}

fn start<V: Keeps>(values: &Arc<V>, address: usize) -> Thread {
    let (values, given_back, value) = (Arc::clone(values), Arc::new(End::new()), Value::new());
    let os = spawn({
        let (given_back, value) = (Arc::clone(&given_back), value.clone());
        move || {
            values.keep(address, value.clone());
            value.use_it();
            given_back.come();
            // The thread ends.
            let taken = values.take(address);
            taken.map(Value::drop_it).is_some()
        }
    });
    Thread { given_back, os, value }
}

/// Drops the instance while so many threads end; says of how many the thread dropped the value.
fn end_against_drop<V: Keeps>(threads: usize) {
    let values = Arc::new(V::new());
    let threads: Vec<Thread> = (0..threads).map(|address| start(&values, address)).collect();
    for thread in &threads {
        assert!(thread.given_back.wait_timeout(Deadline::NEVER));
    }
    values.take_all().into_iter().for_each(Value::drop_it);
    let mut by_threads = 0;
    for Thread { os, value, .. } in threads {
        by_threads += u32::from(os.join().unwrap());
        value.check();
    }
    saw(by_threads);
}

#[test]
fn a_value_is_dropped_by_its_thread_or_by_its_instance() {
    Proof::new(
        "local::a_value_is_dropped_by_its_thread_or_by_its_instance",
        "when an instance is dropped while a thread ends, one of the two drops the value, and sees what the thread did to it",
    )
    .threads(2)
    .executions_at_least(20_000)
    .outcomes(&["0", "1"])
    .refuted_by("the borrow's end publishes nothing", Fault::Relaxed, EVENT, EVENT_SETS, Death::Causality)
    .refuted_by("the lock's release is Relaxed", Fault::Relaxed, LOCK, RELEASES, Death::Causality)
    .refuted_by_twin("a thread looks, and takes later", Death::Causality, || {
        end_against_drop::<InTwoSteps>(1);
    })
    .check(|| end_against_drop::<Values<Value>>(1));
}

#[test]
fn of_two_threads_each_value_is_dropped_once() {
    Proof::new(
        "local::of_two_threads_each_value_is_dropped_once",
        "of two threads that end while the instance is dropped, each loses its own value, once",
    )
    .threads(3)
    .bounded(2)
    .executions_at_least(3_500)
    .outcomes(&["0", "1", "2"])
    .refuted_by("the lock's release is Relaxed", Fault::Relaxed, LOCK, RELEASES, Death::Causality)
    .check(|| end_against_drop::<Values<Value>>(2));
}
