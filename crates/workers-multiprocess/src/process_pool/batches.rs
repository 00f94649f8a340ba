//! The results of a `map`, whose calls cross in batches.
//!
//! The input is asked for as the results are taken: no more than [`WINDOW`] batches a worker are on their way. How many
//! calls go into a batch follows from how long they take: so many that a batch takes a millisecond, and at most what
//! goes through the ring. A worker that dies costs the one call that it was at, whatever the batch (`link/progress.rs`).

use super::{
    board::Board,
    call::Terms,
    job::{Job, Replies, Results, Sink},
};
use crate::{
    TaskError,
    link::{INLINE, message::put_item},
    panic,
    shared_bytes::{self, SharedBytes},
    wire,
};
use queue::SimpleQueue;
use serde::{Serialize, de::DeserializeOwned};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt, mem,
    sync::Arc,
};

/// Batches that are on their way, for each worker.
const WINDOW: usize = 3;
/// How long a batch should take, in nanoseconds.
const AIM: u64 = 1_000_000;

/// The results of a [`map`](super::ProcessPool::map), or of its unordered form.
///
/// A task that failed is an error in its place; the others go on. Dropping it takes back what has not begun.
///
/// A panic of the input is the panic of whoever asks for a result, and the end of the input: the items that it gave
/// for the batch that was being made are dropped, and who asks again gets the results of all batches before that.
pub struct Map<I: Iterator, R> {
    board: Arc<Board>,
    task: Result<u32, TaskError>,
    terms: Terms,
    /// Gone when it has ended, or panicked.
    items: Option<I>,
    /// One that does not go with others, and comes next.
    alone: Option<Batch>,
    is_ordered: bool,
    on_their_way: BTreeSet<u64>,
    arrivals: Arc<SimpleQueue<Arrival>>,
    /// Batches that came before their turn.
    early: BTreeMap<u64, Arrival>,
    current: Option<Current<R>>,
    size: Size,
    /// How many bytes the last batch took.
    room: usize,
}

enum Current<R> {
    Results(Results<R>),
    /// So many calls have ended so.
    Failed(u32, TaskError),
}

/// A batch that came back.
struct Arrival {
    id: u64,
    calls: u32,
    outcome: Result<Replies, TaskError>,
}

/// Where a batch comes back to; dropped undelivered, it comes back without replies.
struct Way {
    arrivals: Arc<SimpleQueue<Arrival>>,
    id: u64,
    calls: u32,
}

/// Arguments of a batch, their files, and how many calls they are for.
type Batch = (Result<Vec<u8>, TaskError>, Vec<SharedBytes>, u32);

/// How many calls go into the next batch.
struct Size {
    fixed: Option<u32>,
    next: u32,
}

impl Size {
    /// So many calls took so long.
    fn learn(&mut self, calls: u32, nanos: u64) {
        if calls > 0 {
            let wanted = AIM / (nanos / u64::from(calls)).max(1);
            // Not at once: one that was quick by chance may be followed by slow ones.
            self.next = (wanted as u32).clamp(1, self.next.saturating_mul(8));
        }
    }

    fn get(&self) -> u32 {
        self.fixed.unwrap_or(self.next)
    }
}

impl Sink for Way {
    fn deliver(mut self: Box<Self>, replies: Replies) {
        self.arrive(Ok(replies));
    }
}

impl Way {
    fn arrive(&mut self, outcome: Result<Replies, TaskError>) {
        let calls = mem::take(&mut self.calls);
        if calls > 0 {
            // Nobody shuts the queue down.
            let _ = self.arrivals.put(Arrival { id: self.id, calls, outcome });
        }
    }
}

impl Drop for Way {
    fn drop(&mut self) {
        self.arrive(Err(TaskError::Cancelled));
    }
}

impl<A, I, R> Map<I, R>
where
    I: Iterator<Item = A>,
    A: Serialize,
    R: DeserializeOwned,
{
    pub(super) fn new(
        board: Arc<Board>,
        task: Result<u32, TaskError>,
        terms: Terms,
        items: I,
        is_ordered: bool,
    ) -> Self {
        // The time of each is limited, and known only if it crosses alone.
        let limited = terms.time_limit.is_some() || board.options.worker.config.processor.is_some();
        let fixed = if limited { Some(1) } else { terms.chunk_size };
        let mut map = Self {
            board,
            task,
            terms,
            items: Some(items),
            alone: None,
            is_ordered,
            on_their_way: BTreeSet::new(),
            arrivals: Arc::new(SimpleQueue::new()),
            early: BTreeMap::new(),
            current: None,
            size: Size { fixed, next: 1 },
            room: 0,
        };
        map.fill();
        map
    }

    /// Sends batches until enough are on their way.
    fn fill(&mut self) {
        let window = WINDOW * self.board.options.workers;
        while self.on_their_way.len() + self.early.len() < window {
            let Some((arguments, files, calls)) = self.next_batch() else { return };
            let id = self.board.next_id();
            self.on_their_way.insert(id);
            match self.task.clone().and_then(|task| Ok((task, arguments?))) {
                Ok((task, arguments)) => {
                    let way = Way { arrivals: Arc::clone(&self.arrivals), id, calls };
                    let job = Job::new(id, task, arguments, files, calls, &self.terms, Box::new(way));
                    self.board.submit(job);
                }
                Err(error) => Way { arrivals: Arc::clone(&self.arrivals), id, calls }.arrive(Err(error)),
            }
        }
    }

    /// Arguments for the next batch. What cannot be encoded, and what has files, is a batch of its own.
    /// A panic of the input itself is the caller's, and the end of the input.
    fn next_batch(&mut self) -> Option<Batch> {
        if let Some(alone) = self.alone.take() {
            return Some(alone);
        }
        let (mut batch, mut calls, mut end) = (Vec::with_capacity(self.room), 0, 0);
        let (mut items, size, mut is_over) = (self.items.take()?, self.size.get(), false);
        // Once for all: the items are many, and small.
        let alone = panic::catch(|| {
            let mut files = Vec::new();
            while calls < size && end < INLINE - 64 {
                let Some(item) = panic::apart(|| items.next()) else {
                    is_over = true;
                    return None;
                };
                panic::next_task();
                let encoded = shared_bytes::outgoing(&mut files, || {
                    put_item::<String>(&mut batch, |batch| wire::append(&item, batch))
                });
                drop(item);
                if encoded.is_err() || !files.is_empty() {
                    return Some((
                        encoded.map(|()| batch.split_off(end)).map_err(TaskError::Encode),
                        files,
                        1,
                    ));
                }
                (calls, end) = (calls + 1, batch.len());
            }
            None
        });
        self.items = (!is_over).then_some(items);
        let alone = alone.unwrap_or_else(|panicked| {
            batch.truncate(end);
            Some((Err(panicked), Vec::new(), 1))
        });
        if calls == 0 {
            return alone;
        }
        self.room = end.min(INLINE);
        self.alone = alone;
        Some((Ok(batch), Vec::new(), calls))
    }

    /// The next batch that has come back; waits for it.
    fn arrival(&mut self) -> Option<Arrival> {
        loop {
            if self.is_ordered
                && let Some(first) = self.early.first_entry()
                && self.on_their_way.first().is_none_or(|id| first.key() < id)
            {
                return Some(first.remove());
            }
            if self.on_their_way.is_empty() {
                return None;
            }
            let arrival = self.arrivals.get().ok()?;
            self.on_their_way.remove(&arrival.id);
            if !self.is_ordered {
                return Some(arrival);
            }
            self.early.insert(arrival.id, arrival);
        }
    }
}

impl<A, I, R> Iterator for Map<I, R>
where
    I: Iterator<Item = A>,
    A: Serialize,
    R: DeserializeOwned,
{
    type Item = Result<R, TaskError>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match &mut self.current {
                Some(Current::Results(results)) => {
                    if let Some(result) = results.next() {
                        return Some(result);
                    }
                }
                Some(Current::Failed(calls, error)) if *calls > 0 => {
                    *calls -= 1;
                    return Some(Err(error.clone()));
                }
                Some(Current::Failed(..)) | None => {}
            }
            self.fill();
            let arrival = self.arrival()?;
            self.current = Some(match arrival.outcome {
                Err(error) => Current::Failed(arrival.calls, error),
                Ok(replies) => {
                    self.size.learn(arrival.calls, replies.nanos);
                    Current::Results(replies.results())
                }
            });
            // With the arrival put away: the input may panic.
            self.fill();
        }
    }
}

impl<I: Iterator, R> Drop for Map<I, R> {
    fn drop(&mut self) {
        for id in mem::take(&mut self.on_their_way) {
            self.board.take_back_job(id);
        }
    }
}

impl<I: Iterator, R> fmt::Debug for Map<I, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Map").field("batches_on_their_way", &self.on_their_way.len()).finish_non_exhaustive()
    }
}
