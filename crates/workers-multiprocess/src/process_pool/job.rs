//! One or several calls of a task, on their way to a worker and back.

use super::call::Terms;
use crate::{
    TaskError,
    future::Promise,
    link::{
        self, File, FileRef,
        message::{Items, Request, put_item},
    },
    panic,
    shared_bytes::{self, SharedBytes},
    wire::{self, Reply},
};
use serde::de::DeserializeOwned;
use std::{io, mem, time::Duration};

/// Calls of one function, with the replies that there are. Dropped undelivered, it fails as cancelled.
pub(super) struct Job {
    /// In the order of their submission.
    pub(super) id: u64,
    pub(super) task: u32,
    /// The arguments, as items.
    pub(super) arguments: Vec<u8>,
    /// The arguments' files.
    pub(super) files: Vec<SharedBytes>,
    /// How many calls it is, and how many of them have their replies.
    pub(super) calls: u32,
    pub(super) done: u32,
    pub(super) replies: Replies,
    /// How many workers the first call without a reply has cost.
    pub(super) deaths: u32,
    /// How many workers have died that had it and had not begun.
    pub(super) refusals: u32,
    pub(super) retries: u32,
    pub(super) time_limit: Option<Duration>,
    /// Nobody wants its result any more, and it has begun.
    pub(super) is_stopped: bool,
    pub(super) sink: Box<dyn Sink>,
}

/// How calls ended.
#[derive(Default)]
pub(super) struct Replies {
    /// As items.
    pub(super) bytes: Vec<u8>,
    /// The results' files, by the number of their call.
    pub(super) files: Vec<(u32, Vec<SharedBytes>)>,
    /// How long the calls took.
    pub(super) nanos: u64,
}

/// Where the replies of a job go.
pub(super) trait Sink: Send {
    /// Called once, by a thread of the pool, with no lock held.
    fn deliver(self: Box<Self>, replies: Replies);
}

/// The worker has said what cannot be.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Wild;

/// A job as a message, with what goes beside it.
pub(super) struct Parcel<'a> {
    pub(super) items: u32,
    body: Option<File>,
    files: &'a [SharedBytes],
}

impl Job {
    pub(super) fn new(
        id: u64,
        task: u32,
        arguments: Vec<u8>,
        files: Vec<SharedBytes>,
        calls: u32,
        terms: &Terms,
        sink: Box<dyn Sink>,
    ) -> Self {
        Self {
            id,
            task,
            arguments,
            files,
            calls,
            done: 0,
            replies: Replies::default(),
            deaths: 0,
            refusals: 0,
            retries: terms.retries,
            time_limit: terms.time_limit,
            is_stopped: false,
            sink,
        }
    }

    /// Writes the request for the calls that have no reply yet.
    pub(super) fn request(&self, ticket: u64, message: &mut Vec<u8>) -> io::Result<Parcel<'_>> {
        let mut rest = Items(&self.arguments);
        for _ in 0..self.done {
            rest.next();
        }
        let body = link::spill(rest.0)?;
        let parcel = Parcel { items: self.calls - self.done, body, files: &self.files };
        let request = Request {
            ticket,
            task: self.task,
            items: parcel.items,
            files: parcel.files().count() as u32,
            body_in_file: parcel.body.is_some(),
        };
        message.clear();
        wire::append(&request, message).map_err(io::Error::other)?;
        if parcel.body.is_none() {
            message.extend_from_slice(rest.0);
        }
        Ok(parcel)
    }

    /// Takes the replies of the next `calls` calls.
    pub(super) fn take(
        &mut self,
        calls: u32,
        replies: &[u8],
        files: Vec<SharedBytes>,
        nanos: u64,
    ) -> Result<(), Wild> {
        let mut items = Items(replies);
        let arrived = items.by_ref().take(calls as usize).count();
        if arrived < calls as usize || !items.0.is_empty() || calls > self.calls - self.done {
            return Err(Wild);
        }
        if !files.is_empty() {
            self.replies.files.push((self.done, files));
        }
        self.replies.bytes.extend_from_slice(replies);
        self.replies.nanos = self.replies.nanos.saturating_add(nanos);
        self.done += calls;
        (self.deaths, self.refusals) = (0, 0);
        Ok(())
    }

    /// The first call without a reply ends so.
    pub(super) fn end_first(&mut self, reply: &Reply) {
        let put = put_item::<String>(&mut self.replies.bytes, |bytes| wire::append(reply, bytes));
        debug_assert!(put.is_ok(), "a reply of ours is short, and is bytes");
        self.done += 1;
        (self.deaths, self.refusals) = (0, 0);
    }

    /// All calls without a reply end so.
    pub(super) fn end_all(&mut self, reply: &Reply) {
        while !self.is_done() {
            self.end_first(reply);
        }
    }

    pub(super) fn is_done(&self) -> bool {
        self.done == self.calls
    }

    /// The argument of the first call without a reply.
    pub(super) fn first_argument(&self) -> &[u8] {
        Items(&self.arguments).nth(self.done as usize).unwrap_or_default()
    }

    pub(super) fn deliver(self) {
        debug_assert!(self.is_done());
        let Self { sink, replies, .. } = self;
        panic::isolate(|| sink.deliver(replies));
    }
}

impl Parcel<'_> {
    pub(super) fn files(&self) -> impl Iterator<Item = FileRef<'_>> {
        self.body.iter().map(link::lend).chain(self.files.iter().filter_map(SharedBytes::file))
    }
}

/// Of one call: a future's other end.
impl<R: DeserializeOwned + Send> Sink for Promise<R> {
    fn deliver(self: Box<Self>, replies: Replies) {
        self.complete(replies.results().next().unwrap_or_else(|| Err(TaskError::Decode("no reply".into()))));
    }
}

impl Replies {
    /// The results, decoded as one comes to them, some at a time.
    pub(super) fn results<R: DeserializeOwned>(self) -> Results<R> {
        Results { replies: self, at: 0, number: 0, ready: Vec::new(), failed: None }
    }
}

/// How many results are decoded at a time: what it takes to bear a panic is paid once for all of them.
const DECODED: usize = 32;

/// Results out of the replies of a job.
pub(super) struct Results<R> {
    replies: Replies,
    /// Where the next is that is not decoded, and its number.
    at: usize,
    number: u32,
    /// Decoded, to be returned next; the next one last.
    ready: Vec<R>,
    /// What comes after these.
    failed: Option<TaskError>,
}

impl<R: DeserializeOwned> Iterator for Results<R> {
    type Item = Result<R, TaskError>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(result) = self.ready.pop() {
                return Some(Ok(result));
            }
            if let Some(error) = self.failed.take() {
                return Some(Err(error));
            }
            if !self.decode() {
                return None;
            }
        }
    }
}

impl<R: DeserializeOwned> Results<R> {
    /// Decodes the next ones, up to the first that is no result; false if there are none.
    fn decode(&mut self) -> bool {
        let Self { replies, at, number, ready, failed } = self;
        let mut items = Items(&replies.bytes[*at..]);
        // A result's own `Deserialize` may panic.
        let decoded = panic::catch(|| {
            while ready.len() < DECODED
                && let Some(reply) = items.next()
            {
                panic::next_task();
                let files = match replies.files.first() {
                    Some((of, _)) if *of == *number => replies.files.remove(0).1,
                    _ => Vec::new(),
                };
                *number += 1;
                ready.push(shared_bytes::incoming(files, || wire::result(reply))?);
            }
            Ok(())
        });
        *failed = decoded.flatten().err();
        ready.reverse();
        let before = mem::replace(at, replies.bytes.len() - items.0.len());
        *at > before
    }
}
