//! What a queue should do, in the plainest words: a list in the order of arrival, a count and a flag.

use queue::{GetError, NotInWork, PutError, ShutDown, Shutdown, Store};
use std::cmp::Ordering;
use std::collections::VecDeque;

/// A number, compared by its priority alone: equals have to come out as they came.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Item(pub(crate) u32);

/// The priority of a number: there are four.
fn priority(number: u32) -> u32 {
    number % 4
}

/// Whether a [`Picky`] store refuses it.
fn is_refused(number: u32) -> bool {
    number.is_multiple_of(5)
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

/// First in, first out; some numbers do not belong here.
#[derive(Default)]
pub(crate) struct Picky(VecDeque<Item>);

impl Store for Picky {
    type Item = Item;

    fn push(&mut self, item: Item) -> Result<(), Item> {
        if is_refused(item.0) {
            return Err(item);
        }
        self.0.push_back(item);
        Ok(())
    }

    fn pop(&mut self) -> Option<Item> {
        self.0.pop_front()
    }

    fn exchange(&mut self, item: Item) -> Result<Item, Item> {
        self.push(item)?;
        self.pop().ok_or_else(|| unreachable!("one was pushed"))
    }

    fn len(&self) -> usize {
        self.0.len()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    FirstInFirstOut,
    LastInFirstOut,
    SmallestFirst,
    /// As a [`Picky`] store has it.
    OfAStore,
}

#[derive(Debug)]
pub(crate) struct Reference {
    order: Order,
    /// In the order of their arrival.
    pub(crate) items: Vec<u32>,
    maxsize: usize,
    pub(crate) unfinished: usize,
    pub(crate) shut: bool,
}

impl Reference {
    pub(crate) fn new(order: Order, maxsize: usize) -> Self {
        Self { order, items: Vec::new(), maxsize, unfinished: 0, shut: false }
    }

    pub(crate) fn is_full(&self) -> bool {
        self.maxsize > 0 && self.items.len() >= self.maxsize
    }

    /// Whether a get, and whether a put, need not wait.
    pub(crate) fn lets_get(&self) -> bool {
        self.shut || !self.items.is_empty()
    }

    pub(crate) fn lets_put(&self) -> bool {
        self.shut || !self.is_full()
    }

    pub(crate) fn put(&mut self, number: u32) -> Result<(), PutError<u32>> {
        if self.shut {
            return Err(PutError::ShutDown(number));
        }
        if self.is_full() {
            return Err(PutError::Full(number));
        }
        if self.order == Order::OfAStore && is_refused(number) {
            return Err(PutError::Rejected(number));
        }
        self.items.push(number);
        self.unfinished += 1;
        Ok(())
    }

    /// One after the other, up to the first that cannot be put.
    pub(crate) fn put_many(&mut self, numbers: &[u32]) -> Result<(), PutError<Vec<u32>>> {
        for (at, number) in numbers.iter().enumerate() {
            self.put(*number).map_err(|error| error.map(|_| numbers[at..].to_vec()))?;
        }
        Ok(())
    }

    pub(crate) fn force_put(&mut self, number: u32) -> Result<Option<u32>, PutError<u32>> {
        if self.lets_put() {
            return self.put(number).map(|()| None);
        }
        if self.order == Order::OfAStore && is_refused(number) {
            return Err(PutError::Rejected(number));
        }
        self.items.push(number);
        let out = match self.order {
            Order::FirstInFirstOut | Order::LastInFirstOut | Order::OfAStore => 0,
            // The last of the largest.
            Order::SmallestFirst => {
                (0..self.items.len()).max_by_key(|&at| priority(self.items[at])).unwrap_or_default()
            }
        };
        // One more was put, and one more is done.
        Ok(Some(self.items.remove(out)))
    }

    pub(crate) fn get(&mut self) -> Result<u32, GetError> {
        let last = self.items.len().checked_sub(1);
        let last = last.ok_or(if self.shut { GetError::ShutDown } else { GetError::Empty })?;
        let next = match self.order {
            Order::FirstInFirstOut | Order::OfAStore => 0,
            Order::LastInFirstOut => last,
            // The first of the smallest.
            Order::SmallestFirst => (0..=last).min_by_key(|&at| priority(self.items[at])).unwrap_or_default(),
        };
        Ok(self.items.remove(next))
    }

    /// So many, or all that are there.
    pub(crate) fn take(&mut self, max: usize) -> Vec<u32> {
        std::iter::from_fn(|| self.get().ok()).take(max).collect()
    }

    /// Does not linger.
    pub(crate) fn get_many(&mut self, min: usize, max: usize) -> Result<Vec<u32>, ShutDown> {
        let items = self.take(max);
        if items.is_empty() && min.min(max) > 0 { Err(ShutDown) } else { Ok(items) }
    }

    pub(crate) fn task_done(&mut self) -> Result<(), NotInWork> {
        self.unfinished = self.unfinished.checked_sub(1).ok_or(NotInWork)?;
        Ok(())
    }

    /// CPython 3.13 takes the items out one by one, and counts each as done while there is anything to count.
    pub(crate) fn shutdown(&mut self, how: Shutdown) -> Vec<u32> {
        self.shut = true;
        let discarded = if how == Shutdown::Discard { self.take(usize::MAX) } else { Vec::new() };
        self.unfinished = self.unfinished.saturating_sub(discarded.len());
        discarded
    }
}
