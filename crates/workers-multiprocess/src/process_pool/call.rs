//! Calls of a task on terms of their own.

use super::{ProcessPool, batches::Map, job::Job};
use crate::{
    Callable, Future, TaskError, future::promise_with, link::message::item, panic, registry::id_of,
    shared_bytes,
};
use serde::{Serialize, de::DeserializeOwned};
use std::{any::type_name, fmt, sync::Arc, time::Duration};

/// Calls of a task on terms of their own; see [`ProcessPool::call`].
pub struct Call<'p, F> {
    pool: &'p ProcessPool,
    task: F,
    terms: Terms,
}

/// On what terms a task is called.
#[derive(Clone, Debug)]
pub(super) struct Terms {
    pub(super) retries: u32,
    pub(super) time_limit: Option<Duration>,
    pub(super) chunk_size: Option<u32>,
}

/// More calls than fit into a batch: items are counted with 20 bits.
const MAX_CHUNK: u32 = 1 << 19;

impl<'p, F> Call<'p, F> {
    pub(super) fn new(pool: &'p ProcessPool, task: F) -> Self {
        let options = &pool.board.options;
        let terms = Terms { retries: options.retries, time_limit: options.time_limit, chunk_size: None };
        Self { pool, task, terms }
    }

    /// How long it may run; see [`Builder::time_limit`](super::Builder::time_limit).
    pub fn time_limit(mut self, limit: Duration) -> Self {
        self.terms.time_limit = Some(limit);
        self
    }

    /// How often it is tried again; see [`Builder::retries`](super::Builder::retries).
    pub fn retries(mut self, retries: u32) -> Self {
        self.terms.retries = retries;
        self
    }

    /// How many calls of a [`map`](Self::map) cross together. Without this it follows from the time that they take;
    /// with a limit of time or processor time each crosses alone.
    ///
    /// # Panics
    /// If it is 0.
    pub fn chunk_size(mut self, calls: usize) -> Self {
        assert!(calls > 0, "a chunk has at least one call");
        self.terms.chunk_size = Some(u32::try_from(calls).unwrap_or(u32::MAX).min(MAX_CHUNK));
        self
    }

    /// As [`ProcessPool::submit`].
    pub fn submit<A, P>(self, argument: A) -> Future<F::Output>
    where
        F: Callable<A, P> + 'static,
        A: Serialize,
        F::Output: DeserializeOwned + Send + 'static,
    {
        let board = &self.pool.board;
        let id = board.next_id();
        let (promise, future) = promise_with(Arc::clone(board) as _, id);
        let encode = || {
            let task = self.pool.number_of(self.task)?;
            // The argument's own `Serialize` may panic.
            let mut files = Vec::new();
            let encoded = panic::catch(|| shared_bytes::outgoing(&mut files, || item(&argument)))?;
            Ok((task, encoded.map_err(TaskError::Encode)?, files))
        };
        match encode() {
            Err(error) => promise.complete(Err(error)),
            Ok((task, arguments, files)) => {
                let job = Job::new(id, task, arguments, files, 1, &self.terms, Box::new(promise));
                board.submit(job);
            }
        }
        future
    }

    /// As [`ProcessPool::map`].
    pub fn map<A, P, I>(self, items: I) -> Map<I::IntoIter, F::Output>
    where
        F: Callable<A, P> + 'static,
        A: Serialize,
        F::Output: DeserializeOwned + Send + 'static,
        I: IntoIterator<Item = A>,
    {
        self.batches(items, true)
    }

    /// As [`ProcessPool::starmap`].
    pub fn starmap<A, P, I>(self, items: I) -> Map<I::IntoIter, F::Output>
    where
        F: Callable<A, P> + 'static,
        A: Serialize,
        F::Output: DeserializeOwned + Send + 'static,
        I: IntoIterator<Item = A>,
    {
        self.map(items)
    }

    /// As [`ProcessPool::map_unordered`].
    pub fn map_unordered<A, P, I>(self, items: I) -> Map<I::IntoIter, F::Output>
    where
        F: Callable<A, P> + 'static,
        A: Serialize,
        F::Output: DeserializeOwned + Send + 'static,
        I: IntoIterator<Item = A>,
    {
        self.batches(items, false)
    }

    fn batches<A, P, I>(self, items: I, is_ordered: bool) -> Map<I::IntoIter, F::Output>
    where
        F: Callable<A, P> + 'static,
        A: Serialize,
        F::Output: DeserializeOwned + Send + 'static,
        I: IntoIterator<Item = A>,
    {
        let task = self.pool.number_of(self.task);
        Map::new(Arc::clone(&self.pool.board), task, self.terms, items.into_iter(), is_ordered)
    }
}

impl ProcessPool {
    /// The number by which the workers know a function.
    pub(super) fn number_of<F: 'static>(&self, task: F) -> Result<u32, TaskError> {
        self.board.registry.number_of(id_of(task)).ok_or(TaskError::NotATask(type_name::<F>()))
    }
}

impl<F> fmt::Debug for Call<'_, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call")
            .field("task", &type_name::<F>())
            .field("terms", &self.terms)
            .finish_non_exhaustive()
    }
}
