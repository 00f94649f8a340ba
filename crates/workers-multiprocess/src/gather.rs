//! Waiting for several futures: the first that is done, the first that failed, or all.

use crate::{Future, TaskError, results::Batch, watch::Watch};
use locks::Deadline;
use std::{borrow::Borrow, fmt, iter, sync::Arc};

/// What [`wait`] waits for: Python's `return_when`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// One future is done.
    FirstCompleted,
    /// One has failed, or all are done. One that was cancelled has not failed.
    FirstError,
    /// All are done.
    All,
}

/// Waits until `when` is so, until `timeout` at most; returns the futures that are done and those that are not,
/// each in the order of the input. Python's `concurrent.futures.wait`.
///
/// The futures may come from different pools; they, or references to them, come back. Costs O(1) for each
/// future and for each that ends meanwhile, and no thread.
///
/// ```
/// use std::time::Duration;
/// use workers_multiprocess::{ThreadPool, When, wait};
///
/// let pool = ThreadPool::new(2)?;
/// let futures: Vec<_> = (1..=3).map(|n| pool.submit(|n| n * n, n)).collect();
/// let (done, not_done) = wait(futures, Duration::from_secs(60), When::All);
/// assert!(not_done.is_empty());
/// assert_eq!(done.into_iter().map(|future| future.result().unwrap()).sum::<u32>(), 14);
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn wait<R, F: Borrow<Future<R>>>(
    futures: impl IntoIterator<Item = F>,
    timeout: impl Into<Deadline>,
    when: When,
) -> (Vec<F>, Vec<F>) {
    let (futures, deadline) = (futures.into_iter().collect::<Vec<_>>(), timeout.into());
    let wanted = match when {
        When::FirstCompleted => futures.len().min(1),
        When::FirstError | When::All => futures.len(),
    };
    let watch = Arc::new(Watch::new(wanted, when == When::FirstError));
    for future in &futures {
        future.borrow().watch(&watch, 0);
    }
    if deadline == Deadline::NEVER {
        let mut pending = futures.iter();
        while !watch.is_enough()
            && let Some(future) = pending.next()
        {
            future.borrow().help();
        }
    }
    watch.wait(&deadline);
    for future in &futures {
        future.borrow().unwatch(&watch);
    }
    futures.into_iter().partition(|future| future.borrow().is_done())
}

/// The results of `futures` as they come, each with its position in the input: Python's
/// `concurrent.futures.as_completed`.
///
/// The futures may come from different pools. Costs O(1) for each, and no thread. Dropping the iterator cancels
/// nothing.
///
/// ```
/// use std::sync::mpsc;
/// use workers_multiprocess::{ThreadPool, as_completed};
///
/// let pool = ThreadPool::new(2)?;
/// let (release, released) = mpsc::channel();
/// let slow = pool.submit(move |()| released.recv().unwrap(), ());
/// let fast = pool.submit(|()| "fast", ());
/// let mut results = as_completed([slow, fast]);
/// assert_eq!(results.next(), Some((1, Ok("fast"))));
/// release.send("slow").unwrap();
/// assert_eq!(results.next(), Some((0, Ok("slow"))));
/// assert_eq!(results.next(), None);
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn as_completed<R>(futures: impl IntoIterator<Item = Future<R>>) -> AsCompleted<R> {
    let mut gather = Gather::new();
    for future in futures {
        gather.add(Batch::One(future));
    }
    AsCompleted { gather }
}

/// What [`as_completed`] returns.
pub struct AsCompleted<R> {
    gather: Gather<R>,
}

impl<R> AsCompleted<R> {
    /// As `next`, until `timeout` at most: `None` then, and also when none is left, which
    /// [`len`](ExactSizeIterator::len) tells.
    pub fn next_timeout(&mut self, timeout: impl Into<Deadline>) -> Option<(usize, Result<R, TaskError>)> {
        match self.gather.next(&timeout.into())? {
            (key, Batch::One(future)) => Some((key, future.result())),
            (_, Batch::Many(..)) => unreachable!("all were added one by one"),
        }
    }

    /// The futures whose results have not come out, each with its position in the input.
    ///
    /// ```
    /// # use std::{sync::mpsc, time::Duration};
    /// # use workers_multiprocess::{ThreadPool, as_completed};
    /// let pool = ThreadPool::new(1)?;
    /// let (release, released) = mpsc::channel();
    /// let mut results = as_completed([pool.submit(move |()| released.recv().unwrap(), ())]);
    /// assert_eq!(results.next_timeout(Duration::from_millis(1)), None);
    /// assert_eq!(results.len(), 1, "one is not done");
    /// release.send(8).unwrap();
    /// let (position, future) = results.into_rest().remove(0);
    /// assert_eq!((position, future.result()), (0, Ok(8)));
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn into_rest(self) -> Vec<(usize, Future<R>)> {
        let Gather { watch, slots, .. } = self.gather;
        let one = |(key, batch)| match batch {
            Some(Batch::One(future)) => {
                future.unwatch(&watch);
                Some((key, future))
            }
            _ => None,
        };
        iter::zip(0.., slots).filter_map(one).collect()
    }
}

impl<R> Iterator for AsCompleted<R> {
    type Item = (usize, Result<R, TaskError>);

    fn next(&mut self) -> Option<Self::Item> {
        self.next_timeout(Deadline::NEVER)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.gather.len(), Some(self.gather.len()))
    }
}

impl<R> ExactSizeIterator for AsCompleted<R> {}

impl<R> fmt::Debug for AsCompleted<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AsCompleted").field("left", &self.len()).finish_non_exhaustive()
    }
}

/// Batches in flight, which come out as they end.
pub(crate) struct Gather<R> {
    watch: Arc<Watch>,
    slots: Vec<Option<Batch<R>>>,
    free: Vec<usize>,
    /// The slots before this one have been offered to the waiting thread to run.
    helped: usize,
}

impl<R> Gather<R> {
    pub(crate) fn new() -> Self {
        Self { watch: Arc::new(Watch::new(1, false)), slots: Vec::new(), free: Vec::new(), helped: 0 }
    }

    pub(crate) fn add(&mut self, batch: Batch<R>) {
        let key = self.free.pop().unwrap_or_else(|| {
            self.slots.push(None);
            self.slots.len() - 1
        });
        batch.watch(&self.watch, key);
        self.slots[key] = Some(batch);
        self.helped = self.helped.min(key);
    }

    pub(crate) fn len(&self) -> usize {
        self.slots.len() - self.free.len()
    }

    /// The next that ends, until `deadline` at most.
    pub(crate) fn next(&mut self, deadline: &Deadline) -> Option<(usize, Batch<R>)> {
        if self.len() == 0 {
            return None;
        }
        if *deadline == Deadline::NEVER {
            while self.helped < self.slots.len() && !self.watch.is_enough() {
                if let Some(batch) = &self.slots[self.helped] {
                    batch.help();
                }
                self.helped += 1;
            }
        }
        self.watch.wait(deadline);
        let key = self.watch.next()?;
        let batch = self.slots[key].take();
        self.free.push(key);
        batch.map(|batch| (key, batch))
    }

    /// Takes back what has not begun.
    pub(crate) fn take_back(&self) {
        self.slots.iter().rev().flatten().for_each(Batch::take_back);
    }
}
