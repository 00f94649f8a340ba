//! How does a worker run the calls of one request, and answer?

use super::{
    calls::{Aside, Calls},
    watch::Watch,
};
use crate::{
    TaskError,
    link::{
        self, Outgoing, Unsent,
        message::{Answer, FromWorker, Items, Request, item},
    },
    panic,
    registry::{Entry, Refused, Registry},
    shared_bytes::{self, SharedBytes},
    wire::{self, Reply},
};
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

/// Which request is worked on.
struct Batch {
    ticket: u64,
    /// From when the results that were not sent count.
    begin: Instant,
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
        region.common().progress.sent(0);
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
        let batch = Batch { ticket, begin: Instant::now() };
        shared_bytes::incoming(files.collect(), || self.run(entry, request.items, body, batch))?;
        self.watch.end();
        Ok(())
    }

    /// What the calls need has not come: each of them fails.
    fn refuse(&mut self, request: &Request, error: &io::Error) -> io::Result<()> {
        let text = format!("the files of the argument could not be received: {error}");
        let reply = Failure::Argument(text).into_item();
        (0..request.items)
            .try_for_each(|number| self.answer(request.ticket, number..number + 1, 0, &reply, &[]))
    }

    fn run(&mut self, entry: &Entry, items: u32, body: &[u8], mut batch: Batch) -> io::Result<()> {
        let region = Arc::clone(self.answers.region());
        // One that is alone is sent at once.
        let progress = (items > 1).then_some(&region.common().progress);
        let mut calls = Calls::new(Items(body), items, progress);
        loop {
            // What it takes to bear a panic is paid once for as many calls as do not panic.
            let ended = panic::catch(|| (entry.run)(&mut calls));
            let (item, files) = match (ended, calls.take_aside()) {
                (Err(panicked), _) => (Failure::Panicked(panicked).into_item(), Vec::new()),
                (Ok(()), Some(Aside::Result(item, files))) => (item, files),
                (Ok(()), Some(Aside::Refused(refused))) => (Failure::from(refused).into_item(), Vec::new()),
                (Ok(()), None) if calls.are_over() => return self.flush(&mut calls.unsent, &mut batch),
                (Ok(()), None) => return Err(wild("fewer arguments than calls")),
            };
            let number = calls.number;
            calls.number += 1;
            let is_alone = items == 1 || !files.is_empty();
            if is_alone || !self.keep(&mut calls.unsent, &mut batch, &item)? {
                self.flush(&mut calls.unsent, &mut batch)?;
                let nanos = batch.nanos();
                self.answer(batch.ticket, number..number + 1, nanos, &item, &files)?;
                calls.unsent = region.common().progress.sent(number + 1);
            }
        }
    }

    /// Puts a result where it outlives this process, to be sent with others; says whether there is room.
    fn keep(&mut self, unsent: &mut Unsent, batch: &mut Batch, result: &[u8]) -> io::Result<bool> {
        if self.answers.region().common().progress.keep(unsent, result) {
            return Ok(true);
        }
        self.flush(unsent, batch)?;
        Ok(self.answers.region().common().progress.keep(unsent, result))
    }

    /// Sends what was kept.
    fn flush(&mut self, unsent: &mut Unsent, batch: &mut Batch) -> io::Result<()> {
        let Unsent { first, next, .. } = *unsent;
        if first == next {
            return Ok(());
        }
        let region = Arc::clone(self.answers.region());
        let progress = &region.common().progress;
        let nanos = batch.nanos();
        self.answer(batch.ticket, first..next, nanos, progress.kept(*unsent), &[])?;
        *unsent = progress.sent(next);
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
                let reply = Failure::Result(text).into_item();
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
    #[cold]
    fn into_item(self) -> Vec<u8> {
        item(&self.into_reply()).expect("a failure is short, and is bytes")
    }

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

impl From<Refused> for Failure {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Argument(text) => Self::Argument(text),
            Refused::Result(text) => Self::Result(text),
        }
    }
}

fn wild(what: &str) -> io::Error {
    io::Error::other(format!("the pool asks for {what}"))
}
