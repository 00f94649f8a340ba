//! Waiting for several queues at once.
//!
//! # Promise
//! One of the cases happens, and no other; which of those that are possible is left to chance. No call is
//! lost: who was called for one thing and does another passes the call on.
//!
//! # Source
//! Go's `select`, and `crossbeam`'s.
//!
//! # Protocol
//! 1. Attempt each case, beginning with one chosen by chance.
//! 2. None is possible: enter the line of each. Where one need not wait any more, go to 4.
//! 3. Sleep until called.
//! 4. Leave each line. Who finds itself out of a line has been called for that case: attempt those first. (A
//!    putter whose hand is empty has been served: that case has happened.)
//! 5. A case has happened: call another in each line that had called us for nothing. Else begin anew.
//!
//! # Invariants
//! - S1. Nothing happens to a case between 2 and 4 but that a rendezvous takes an item from a hand; only one
//!   can, as it calls the waiter by an exchange that succeeds once, and gives the item back if it does not.
//! - S2. The waiter stands in no line when it ends: 4 takes each line's lock after the last call through it.
//!
//! # Proofs
//! `tests/loom/select.rs`.

use crate::error::{GetError, PutError, ShutDown};
use crate::kind::Kind;
use crate::queue::AnyQueue;
use crate::sync::{Deadline, Spin, What, chance, span};
use crate::waiting::{Hand, Waiter};
use core::fmt;

/// Waits for the first of several things to be possible, does it and says which it was; queues may be of any
/// kind, and both directions may be mixed. Python has no such thing.
///
/// Each case comes with a function that makes the answer of what happened; the one of the case that happened
/// is called, after all is done. A queue that is shut down makes its case possible, with an error. If several
/// cases are possible, chance decides.
///
/// Costs: an allocation a case, and, if it has to sleep, a lock a case twice.
///
/// ```
/// use queue::{Queue, Select};
///
/// let (numbers, names) = (Queue::unbounded(), Queue::bounded(1));
/// names.put("seven").unwrap();
/// let got = Select::new()
///     .get(&numbers, |number| format!("{number:?}"))
///     .get(&names, |name| name.unwrap().to_owned())
///     .wait();
/// assert_eq!(got, "seven");
///
/// // An item that is to be put stays where it is until it has been put.
/// let mut next = Some(8);
/// Select::new().put(&numbers, &mut next, |put| put.unwrap()).get(&names, |_| ()).wait();
/// assert_eq!((next, numbers.len()), (None, 1));
/// ```
#[must_use = "nothing happens before it is waited for"]
pub struct Select<'a, R> {
    cases: Vec<Box<dyn Case<R> + 'a>>,
}

/// One thing that is waited for.
trait Case<R> {
    /// Does it, if it is possible now: `true`. What came of it is kept for answer().
    fn attempt(&mut self) -> bool;

    /// Enters the line; `false` if there is no need.
    fn enter(&mut self, waiter: &Waiter) -> bool;

    /// Leaves the line.
    fn leave(&mut self) -> Left;

    /// Calls another of those who wait for the same.
    fn pass_on(&self);

    /// What the user's function says of it, which has happened.
    fn answer(&mut self) -> R;
}

/// How a case was found when it left its line.
#[derive(Clone, Copy, PartialEq)]
enum Left {
    InLine,
    Called,
    Happened,
}

impl<'a, R> Select<'a, R> {
    /// Without cases.
    pub const fn new() -> Self {
        Self { cases: Vec::new() }
    }

    /// Or: get an item from `queue`.
    pub fn get<K: Kind>(
        mut self,
        queue: &'a AnyQueue<K>,
        then: impl FnOnce(Result<K::Item, ShutDown>) -> R + 'a,
    ) -> Self {
        self.cases.push(Box::new(Get { queue, then: Some(then), got: None, hand: None }));
        self
    }

    /// Or: put `item` into `queue`; it stays where it is until then, also if the queue is shut down.
    ///
    /// # Panics
    /// If there is no item.
    pub fn put<K: Kind>(
        mut self,
        queue: &'a AnyQueue<K>,
        item: &'a mut Option<K::Item>,
        then: impl FnOnce(Result<(), PutError<()>>) -> R + 'a,
    ) -> Self {
        assert!(item.is_some(), "there is an item to put");
        self.cases.push(Box::new(Put { queue, item, then: Some(then), put: None, hand: None }));
        self
    }

    /// Waits until one case has happened, and returns what its function says.
    ///
    /// # Panics
    /// If there is no case.
    pub fn wait(self) -> R {
        self.wait_timeout(Deadline::NEVER).expect("a wait that never gives up")
    }

    /// As [`wait`](Self::wait), until `timeout` at most: `None`. A timeout that has passed already still lets
    /// happen what is possible now. A [`Cancel`](crate::Cancel) may stand beside the queues so: `None` when it
    /// is cancelled.
    ///
    /// # Panics
    /// If there is no case.
    ///
    /// ```
    /// use std::time::Duration;
    /// use queue::{Cancel, Queue, Select};
    ///
    /// let (queue, cancel) = (Queue::<u8>::unbounded(), Cancel::new());
    /// assert_eq!(Select::new().get(&queue, |item| item).wait_timeout(Duration::ZERO), None);
    /// std::thread::scope(|scope| {
    ///     let worker = scope.spawn(|| Select::new().get(&queue, |item| item).wait_timeout(&cancel));
    ///     cancel.cancel();
    ///     assert_eq!(worker.join().unwrap(), None);
    /// });
    /// ```
    pub fn wait_timeout(mut self, timeout: impl Into<Deadline>) -> Option<R> {
        assert!(!self.cases.is_empty(), "there is something to wait for");
        let selects = span(What::QueueSelect);
        let case = self.happens(&timeout.into())?;
        drop(selects);
        // The user's function: everything else is done.
        Some(self.cases[case].answer())
    }

    /// The number of the case that has happened.
    fn happens(&mut self, deadline: &Deadline) -> Option<usize> {
        let mut late = false;
        loop {
            let mut spin = Spin::long();
            loop {
                if let Some(case) = self.attempt() {
                    return Some(case);
                }
                if late || deadline.is_over() {
                    return None;
                }
                if !spin.turn() {
                    break;
                }
            }
            match self.stand_in_lines(deadline) {
                Ok(case) => return Some(case),
                Err(was_late) => late = was_late,
            }
        }
    }

    /// Attempts each case, the first by chance.
    fn attempt(&mut self) -> Option<usize> {
        let (first, n) = (chance(self.cases.len()), self.cases.len());
        (first..n).chain(0..first).find(|case| self.cases[*case].attempt())
    }

    /// Steps 2 to 5; says whether the deadline has come, where nothing has happened.
    fn stand_in_lines(&mut self, deadline: &Deadline) -> Result<usize, bool> {
        let waiter = Waiter::new();
        // Nothing between here and the last leave() runs user code, or panics: the waiter is left by all
        // lines.
        let needless = self.cases.iter_mut().position(|case| !case.enter(&waiter));
        let entered = needless.unwrap_or(self.cases.len());
        let late = needless.is_none() && !waiter.sleep(deadline);
        let left: Vec<_> = self.cases[..entered].iter_mut().map(|case| case.leave()).collect();
        self.settle(&left).ok_or(late)
    }

    /// The case that happened in its line, or the first that called us and is possible; all other calls are
    /// passed on.
    fn settle(&mut self, left: &[Left]) -> Option<usize> {
        let mut happened = left.iter().position(|left| *left == Left::Happened);
        for case in (0..left.len()).filter(|&case| left[case] == Left::Called) {
            match happened {
                // Not possible: somebody has used up what the call was for.
                None => happened = self.cases[case].attempt().then_some(case),
                Some(_) => self.cases[case].pass_on(),
            }
        }
        happened
    }
}

impl<R> Default for Select<'_, R> {
    fn default() -> Self {
        Self::new()
    }
}

impl<R> fmt::Debug for Select<'_, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Select").field("cases", &self.cases.len()).finish_non_exhaustive()
    }
}

struct Get<'a, K: Kind, F> {
    queue: &'a AnyQueue<K>,
    then: Option<F>,
    got: Option<Result<K::Item, ShutDown>>,
    /// What we have in the line.
    hand: Option<Box<Hand<K::Item>>>,
}

impl<R, K: Kind, F: FnOnce(Result<K::Item, ShutDown>) -> R> Case<R> for Get<'_, K, F> {
    fn attempt(&mut self) -> bool {
        self.got = match self.queue.try_get() {
            Ok(item) => Some(Ok(item)),
            Err(GetError::ShutDown) => Some(Err(ShutDown)),
            Err(GetError::Empty) => None,
        };
        self.got.is_some()
    }

    fn enter(&mut self, waiter: &Waiter) -> bool {
        let hand = self.hand.insert(Box::new(Hand::of_several(waiter, None)));
        self.queue.kind().enter_get(hand)
    }

    fn leave(&mut self) -> Left {
        let in_line = self.hand.take().is_none_or(|hand| self.queue.kind().leave_get(&hand));
        if in_line { Left::InLine } else { Left::Called }
    }

    fn pass_on(&self) {
        self.queue.kind().call_getter();
    }

    fn answer(&mut self) -> R {
        let (then, got) = (self.then.take(), self.got.take());
        then.zip(got).map(|(then, got)| then(got)).expect("it has happened, once")
    }
}

struct Put<'a, K: Kind, F> {
    queue: &'a AnyQueue<K>,
    item: &'a mut Option<K::Item>,
    then: Option<F>,
    put: Option<Result<(), PutError<()>>>,
    /// What we have in the line, with the item.
    hand: Option<Box<Hand<K::Item>>>,
}

impl<R, K: Kind, F: FnOnce(Result<(), PutError<()>>) -> R> Case<R> for Put<'_, K, F> {
    fn attempt(&mut self) -> bool {
        let Some(item) = self.item.take() else { return false };
        self.put = match self.queue.try_put(item) {
            Ok(()) => Some(Ok(())),
            Err(PutError::Full(item)) => {
                *self.item = Some(item);
                None
            }
            Err(error) => Some(Err(error.map(|item| *self.item = Some(item)))),
        };
        self.put.is_some()
    }

    fn enter(&mut self, waiter: &Waiter) -> bool {
        let hand = self.hand.insert(Box::new(Hand::of_several(waiter, self.item.take())));
        let entered = self.queue.kind().enter_put(hand);
        if !entered {
            *self.item = self.hand.take().and_then(|hand| hand.into_item());
        }
        entered
    }

    fn leave(&mut self) -> Left {
        let Some(hand) = self.hand.take() else { return Left::InLine };
        let in_line = self.queue.kind().leave_put(&hand);
        *self.item = hand.into_item();
        match self.item {
            None => {
                self.put = Some(Ok(()));
                Left::Happened
            }
            Some(_) if in_line => Left::InLine,
            Some(_) => Left::Called,
        }
    }

    fn pass_on(&self) {
        self.queue.kind().call_putter();
    }

    fn answer(&mut self) -> R {
        let (then, put) = (self.then.take(), self.put.take());
        then.zip(put).map(|(then, put)| then(put)).expect("it has happened, once")
    }
}
