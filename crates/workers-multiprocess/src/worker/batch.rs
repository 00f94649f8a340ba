//! How does a worker run the calls of one request, and answer?

use super::watch::Watch;
use crate::{
    TaskError,
    link::{
        self, Outgoing, Unsent,
        message::{Answer, FromWorker, Items, Request, item, put_item},
    },
    panic,
    registry::{Entry, Refused, Registry},
    shared_bytes::{self, SharedBytes},
    wire::{self, Reply},
};
use platform::spans::{What, span};
use std::{
    fmt,
    io::{self, Write},
    sync::{Arc, OnceLock},
    time::Instant,
};

/// Where requests become answers.
pub(super) struct Desk<'a> {
    registry: &'a Registry,
    answers: Outgoing,
    watch: Arc<Watch>,
    /// An answer in the making.
    message: Vec<u8>,
}

/// Where a request's items stand.
struct Batch {
    ticket: u64,
    /// From when the results that were not sent count.
    begin: Instant,
    unsent: Unsent,
}

/// The calls of a request, and where they stand.
struct Calls<'a> {
    /// Of those that have not begun.
    arguments: Items<'a>,
    /// Of the one that runs, or comes next.
    number: u32,
    /// What it has returned.
    reply: Vec<u8>,
}

impl<'a> Desk<'a> {
    pub(super) fn new(registry: &'a Registry, answers: Outgoing, watch: Arc<Watch>) -> Self {
        Self { registry, answers, watch, message: Vec::new() }
    }

    /// Runs what a request asks for.
    ///
    /// # Errors
    /// If the pool is no more, or says what cannot be: then there is nothing left to do.
    pub(super) fn serve(&mut self, request: &Request, body: &[u8]) -> io::Result<()> {
        let ticket = request.ticket;
        let files = if request.files > 0 { self.watch.files(ticket) } else { Vec::new() };
        let region = self.answers.region();
        let unsent = region.common().progress.sent(0);
        if !region.take(ticket) {
            return self.answer(ticket, 0..0, 0, &[], &[]);
        }
        let entry = self.registry.by_number(request.task).ok_or_else(|| wild("an unknown task"))?;
        let mut files = match shared_bytes::arrived(files, request.files) {
            Ok(files) => files.into_iter(),
            Err(error) => return self.refuse(request, &error),
        };
        let in_file = if request.body_in_file { files.next() } else { None };
        let body = in_file.as_deref().unwrap_or(body);
        self.watch.begin(ticket);
        let batch = Batch { ticket, begin: Instant::now(), unsent };
        shared_bytes::incoming(files.collect(), || self.run(entry, request.items, body, batch))?;
        self.watch.end();
        Ok(())
    }

    /// What the calls need has not come: each of them fails.
    fn refuse(&mut self, request: &Request, error: &io::Error) -> io::Result<()> {
        let text = format!("the files of the argument could not be received: {error}");
        let reply = item(&Failure::Argument(text).into_reply()).map_err(io::Error::other)?;
        (0..request.items)
            .try_for_each(|number| self.answer(request.ticket, number..number + 1, 0, &reply, &[]))
    }

    fn run(&mut self, entry: &Entry, items: u32, body: &[u8], mut batch: Batch) -> io::Result<()> {
        let mut calls = Calls { arguments: Items(body), number: 0, reply: Vec::new() };
        while calls.number < items {
            // What it takes to bear a panic is paid once for as many calls as do not panic.
            match panic::catch(|| self.run_until_panic(entry, items, &mut calls, &mut batch)) {
                Ok(ended) => ended?,
                Err(panicked) => {
                    calls.reply.clear();
                    Failure::Panicked(panicked).put(&mut calls.reply);
                    self.hand_in(&mut calls, items, &[], &mut batch)?;
                }
            }
        }
        self.flush(&mut batch)
    }

    fn run_until_panic(
        &mut self,
        entry: &Entry,
        items: u32,
        calls: &mut Calls<'_>,
        batch: &mut Batch,
    ) -> io::Result<()> {
        let mut files = Vec::new();
        while calls.number < items {
            let argument = calls.arguments.next().ok_or_else(|| wild("fewer arguments than calls"))?;
            panic::next_task();
            calls.reply.clear();
            shared_bytes::outgoing(&mut files, || reply(entry, argument, &mut calls.reply));
            let is_alone = items == 1 || !files.is_empty();
            if !is_alone && self.answers.region().common().progress.keep(&mut batch.unsent, &calls.reply) {
                calls.number += 1;
            } else {
                panic::apart(|| self.hand_in(calls, items, &files, batch))?;
                files.clear();
            }
        }
        Ok(())
    }

    /// Sends the reply of the current call, or keeps it to be sent with others: then the others that are kept are sent
    /// first, if there is no room beside them.
    fn hand_in(
        &mut self,
        calls: &mut Calls<'_>,
        items: u32,
        files: &[SharedBytes],
        batch: &mut Batch,
    ) -> io::Result<()> {
        let number = calls.number;
        calls.number += 1;
        let is_alone = items == 1 || !files.is_empty();
        if !is_alone && self.keep(batch, &calls.reply)? {
            return Ok(());
        }
        self.flush(batch)?;
        let nanos = batch.nanos();
        self.answer(batch.ticket, number..number + 1, nanos, &calls.reply, files)?;
        batch.unsent = self.answers.region().common().progress.sent(number + 1);
        Ok(())
    }

    /// Puts a result where it outlives this process, to be sent with others; says whether there is room.
    fn keep(&mut self, batch: &mut Batch, result: &[u8]) -> io::Result<bool> {
        if self.answers.region().common().progress.keep(&mut batch.unsent, result) {
            return Ok(true);
        }
        self.flush(batch)?;
        Ok(self.answers.region().common().progress.keep(&mut batch.unsent, result))
    }

    /// Sends what was kept.
    fn flush(&mut self, batch: &mut Batch) -> io::Result<()> {
        let Unsent { first, next, .. } = batch.unsent;
        if first == next {
            return Ok(());
        }
        let region = Arc::clone(self.answers.region());
        let progress = &region.common().progress;
        let nanos = batch.nanos();
        self.answer(batch.ticket, first..next, nanos, progress.kept(batch.unsent), &[])?;
        batch.unsent = progress.sent(next);
        Ok(())
    }

    fn answer(
        &mut self,
        ticket: u64,
        items: std::ops::Range<u32>,
        nanos: u64,
        results: &[u8],
        files: &[SharedBytes],
    ) -> io::Result<()> {
        // What the tasks printed is there before their results are. Where nothing can be printed, nothing is lost with
        // the error.
        let _ = io::stdout().flush();
        let in_file = match link::spill(results) {
            Ok(in_file) => in_file,
            // It is one result, as more would not have been kept.
            Err(error) => {
                let text = format!("the result's file could not be made: {error}");
                let reply = item(&Failure::Result(text).into_reply()).map_err(io::Error::other)?;
                return self.answer(ticket, items, nanos, &reply, &[]);
            }
        };
        let sent: Vec<_> =
            in_file.iter().map(link::lend).chain(files.iter().filter_map(SharedBytes::file)).collect();
        if !sent.is_empty() {
            self.watch.socket().send(&FromWorker::Files { ticket }, &sent)?;
        }
        let answer = Answer {
            ticket,
            first: items.start,
            items: items.end - items.start,
            nanos,
            files: sent.len() as u32,
            body_in_file: in_file.is_some(),
        };
        self.message.clear();
        wire::append(&answer, &mut self.message).map_err(io::Error::other)?;
        if in_file.is_none() {
            self.message.extend_from_slice(results);
        }
        self.answers.write(&self.message).map_err(io::Error::other)
    }
}

impl Batch {
    /// How long the results took that are sent now.
    fn nanos(&mut self) -> u64 {
        let now = Instant::now();
        let passed = now - std::mem::replace(&mut self.begin, now);
        u64::try_from(passed.as_nanos()).unwrap_or(u64::MAX)
    }
}

/// One call: its end as an item, appended to `room`. A panic is not caught.
#[inline]
fn reply(entry: &Entry, argument: &[u8], room: &mut Vec<u8>) {
    let returned = put_item(room, |room| {
        room.push(wire::RETURNED);
        let _task = span(What::Task);
        (entry.run)(argument, room).map_err(|refused| match refused {
            Refused::Argument(text) => Failure::Argument(text),
            Refused::Result(text) => Failure::Result(text),
        })
    });
    if let Err(failure) = returned {
        failure.put(room);
    }
}

/// Of the first call that has no result. It concerns the process if that is there for one task.
static FAILURE: OnceLock<String> = OnceLock::new();

pub(super) fn first_failure() -> Option<&'static str> {
    FAILURE.get().map(String::as_str)
}

/// Why a call has no result.
enum Failure {
    Argument(String),
    Result(String),
    Panicked(TaskError),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Argument(text) | Self::Result(text) => f.write_str(text),
            Self::Panicked(error) => error.fmt(f),
        }
    }
}

impl Failure {
    /// Appends it as an item.
    #[cold]
    fn put(self, room: &mut Vec<u8>) {
        let put = put_item::<String>(room, |room| wire::append(&self.into_reply(), room));
        debug_assert!(put.is_ok(), "a failure is short, and is bytes");
    }

    #[cold]
    fn into_reply(self) -> Reply {
        FAILURE.get_or_init(|| self.to_string());
        match self {
            Self::Argument(text) => Reply::ArgumentRefused(text),
            Self::Result(text) => Reply::ResultRefused(text),
            Self::Panicked(TaskError::Panicked { message, location, backtrace }) => {
                Reply::Panicked { message, location, backtrace }
            }
            Self::Panicked(other) => Reply::ResultRefused(other.to_string()),
        }
    }
}

/// An item that is too long.
impl From<String> for Failure {
    fn from(text: String) -> Self {
        Self::Result(text)
    }
}

fn wild(what: &str) -> io::Error {
    io::Error::other(format!("the pool asks for {what}"))
}
