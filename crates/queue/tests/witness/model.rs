//! What one thread alone may do to a queue: a list in the order of arrival, and a flag.

use super::priority;
use histories::Specification;

/// What is asked of a queue. Items are numbers, each of which is put once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Op {
    Put(u32),
    TryPut(u32),
    ForcePut(u32),
    Get,
    TryGet,
    Drain,
    Len,
    Shut,
    Discard,
}

/// What comes of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The item was put.
    Done,
    Full,
    ShutDown,
    /// The item was put by force, and this one made room for it.
    PushedOut(Option<u32>),
    Got(u32),
    Empty,
    /// What was taken out at once.
    All(Vec<u32>),
    Len(usize),
}

/// Which item is the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Order {
    FirstInFirstOut,
    LastInFirstOut,
    /// The smallest priority, and of equals the one that came first.
    SmallestFirst,
}

/// A queue as it should be.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Model {
    order: Order,
    /// 0 is no bound.
    maxsize: usize,
    /// In the order of their arrival.
    items: Vec<u32>,
    shut: bool,
}

impl Model {
    /// An empty queue; a `maxsize` of 0 is no bound.
    pub(crate) fn new(order: Order, maxsize: usize) -> Self {
        Self { order, maxsize, items: Vec::new(), shut: false }
    }

    fn is_full(&self) -> bool {
        self.maxsize > 0 && self.items.len() >= self.maxsize
    }

    fn pop(&mut self) -> Option<u32> {
        let last = self.items.len().checked_sub(1)?;
        let next = match self.order {
            Order::FirstInFirstOut => 0,
            Order::LastInFirstOut => last,
            // The first of the smallest.
            Order::SmallestFirst => (0..=last).min_by_key(|&at| priority(self.items[at]))?,
        };
        Some(self.items.remove(next))
    }

    /// Takes the item out that makes room for a new one, which is there already.
    fn evict(&mut self) -> Option<u32> {
        let out = match self.order {
            Order::FirstInFirstOut | Order::LastInFirstOut => 0,
            // The last of the largest.
            Order::SmallestFirst => (0..self.items.len()).max_by_key(|&at| priority(self.items[at]))?,
        };
        Some(self.items.remove(out))
    }

    fn put(&mut self, number: u32) -> Outcome {
        if self.shut {
            return Outcome::ShutDown;
        }
        if self.is_full() {
            return Outcome::Full;
        }
        self.items.push(number);
        Outcome::Done
    }

    fn force(&mut self, number: u32) -> Outcome {
        if self.shut {
            return Outcome::ShutDown;
        }
        let was_full = self.is_full();
        self.items.push(number);
        Outcome::PushedOut(if was_full { self.evict() } else { None })
    }

    fn get(&mut self) -> Outcome {
        let nothing = if self.shut { Outcome::ShutDown } else { Outcome::Empty };
        self.pop().map_or(nothing, Outcome::Got)
    }

    /// The one outcome that `op` has now; `None` if it would have to wait.
    pub(crate) fn does(&mut self, op: Op) -> Option<Outcome> {
        match op {
            Op::Put(number) => Some(self.put(number)).filter(|outcome| *outcome != Outcome::Full),
            Op::TryPut(number) => Some(self.put(number)),
            Op::ForcePut(number) => Some(self.force(number)),
            Op::Get => Some(self.get()).filter(|outcome| *outcome != Outcome::Empty),
            Op::TryGet => Some(self.get()),
            Op::Drain => Some(Outcome::All(std::iter::from_fn(|| self.pop()).collect())),
            Op::Discard => {
                self.shut = true;
                Some(Outcome::All(std::iter::from_fn(|| self.pop()).collect()))
            }
            Op::Len => Some(Outcome::Len(self.items.len())),
            Op::Shut => {
                self.shut = true;
                Some(Outcome::All(Vec::new()))
            }
        }
    }
}

impl Specification for Model {
    type Operation = Op;
    type Outcome = Outcome;

    fn apply(&mut self, op: &Op, outcome: &Outcome) -> bool {
        self.does(*op).as_ref() == Some(outcome)
    }
}
