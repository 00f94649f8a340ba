//! What one thread alone could see of a queue, and histories of many to be compared with it: for real
//! threads, shuttle's and loom's.
//!
//! | file | what |
//! |---|---|
//! | `model.rs` | what one thread may do: the specification of the three orders |
//! | `twin.rs` | a queue with one flaw, which the comparison has to find |

mod model;
mod twin;

use histories::{Recorder, check};
pub(crate) use model::{Model, Op, Order, Outcome};
use platform::atomic::{AtomicU32, Ordering::AcqRel};
use queue::{AnyQueue, GetError, Kind, LifoQueue, PriorityQueue, PutError, Queue, Shutdown, SimpleQueue};
use std::cmp::Ordering;
pub(crate) use twin::{Flaw, Twin};

/// A number, compared by its priority alone: a `PriorityQueue` has to keep equals in the order of their
/// arrival.
pub(crate) struct Item(u32);

/// The priority of a number: there are three.
fn priority(number: u32) -> u32 {
    number % 3
}

impl Ord for Item {
    fn cmp(&self, other: &Self) -> Ordering {
        priority(self.0).cmp(&priority(other.0))
    }
}

impl PartialOrd for Item {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Item {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Item {}

/// What the histories ask of a queue: a real one, or a twin.
pub(crate) trait Witness: Send + Sync + 'static {
    fn does(&self, op: Op) -> Outcome;
}

fn done(put: Result<(), PutError<Item>>) -> Outcome {
    match put {
        Ok(()) => Outcome::Done,
        Err(PutError::Full(_)) => Outcome::Full,
        Err(PutError::ShutDown(_)) => Outcome::ShutDown,
        Err(PutError::Rejected(_)) => panic!("these queues reject nothing"),
    }
}

fn numbers(items: Vec<Item>) -> Vec<u32> {
    items.into_iter().map(|item| item.0).collect()
}

fn act<K: Kind<Item = Item>>(queue: &AnyQueue<K>, op: Op) -> Outcome {
    match op {
        Op::Put(number) => done(queue.put(Item(number))),
        Op::TryPut(number) => done(queue.try_put(Item(number))),
        Op::ForcePut(number) => match queue.force_put(Item(number)) {
            Ok(out) => Outcome::PushedOut(out.map(|item| item.0)),
            Err(error) => done(Err(error)),
        },
        Op::Get => queue.get().map_or(Outcome::ShutDown, |item| Outcome::Got(item.0)),
        Op::TryGet => match queue.try_get() {
            Ok(item) => Outcome::Got(item.0),
            Err(GetError::Empty) => Outcome::Empty,
            Err(GetError::ShutDown) => Outcome::ShutDown,
        },
        Op::Drain => Outcome::All(numbers(queue.drain())),
        Op::Len => Outcome::Len(queue.len()),
        Op::Shut => Outcome::All(numbers(queue.shutdown(Shutdown::Drain))),
        Op::Discard => Outcome::All(numbers(queue.shutdown(Shutdown::Discard))),
    }
}

macro_rules! is_a_witness {
    ($($queue:ident),*) => {$(
        impl Witness for $queue<Item> {
            fn does(&self, op: Op) -> Outcome {
                act(self, op)
            }
        }
    )*};
}

is_a_witness!(Queue, SimpleQueue, LifoQueue, PriorityQueue);

/// A queue and what was done to it.
pub(crate) struct Witnessed<Q> {
    queue: Q,
    model: Model,
    recorder: Recorder<Op, Outcome>,
    clock: AtomicU32,
}

impl<Q: Witness> Witnessed<Q> {
    /// Of an empty queue, which should be like `model`.
    pub(crate) fn new(queue: Q, model: Model) -> Self {
        Self { queue, model, recorder: Recorder::new(), clock: AtomicU32::new(0) }
    }

    /// Does it, and writes down what came of it.
    pub(crate) fn does(&self, op: Op) -> Outcome {
        // Others may come first: the call has not begun yet.
        self.tick();
        self.recorder.call(op, || {
            self.tick();
            let outcome = self.queue.does(op);
            self.tick();
            outcome
        })
    }

    /// Who began after another had ended knows of it, also in loom, which does not see the recorder's clock.
    fn tick(&self) {
        // AcqRel: pairs with itself.
        self.clock.fetch_add(1, AcqRel);
    }

    /// Whether one thread alone could have seen the same, in some order.
    pub(crate) fn explained(self) -> Result<(), String> {
        check(self.model, &self.recorder.into_history()).map_err(|violation| violation.to_string())
    }
}
