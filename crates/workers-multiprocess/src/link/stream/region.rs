//! The connections of one worker, and what its pool has heard by them.

use super::{
    super::{Ended, Refusal, claims::Claims, system},
    AT_ONCE, FileRef, Socket,
    frames::{self, BEGUN, END, Frames, MESSAGE},
    link::{Link, Links, PATIENCE},
};
use locks::Event;
use std::{
    io::{self, ErrorKind},
    net::Shutdown,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    thread,
};

/// What a worker, or its pool, has of the two connections.
#[derive(Debug)]
pub(crate) struct Region {
    links: OnceLock<Links>,
    /// The pool: the worker has come, or never will.
    pub(super) has_come: Event,
    /// The pool: the worker is no more.
    pub(super) has_died: Event,
    /// The pool: nobody reads any more.
    pub(super) is_deaf: Event,
    /// Counts up when a read begins and when it ends. Relaxed: it is compared with itself, a second later.
    reads: AtomicU64,
    claims: Claims,
    /// The worker: one more than the ticket that was cancelled last. Relaxed: who is late has begun.
    cancelled: AtomicU64,
    common: Common,
}

/// As where memory is shared.
#[derive(Debug)]
pub(crate) struct Common {
    pub(crate) progress: Progress,
}

/// No results wait to be sent.
#[derive(Debug)]
pub(crate) struct Progress;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Unsent {
    pub(crate) first: u32,
    pub(crate) next: u32,
    pub(crate) bytes: usize,
}

impl Progress {
    /// There is never room: each result is sent at once.
    pub(crate) fn room(&self, _: Unsent) -> (*mut u8, usize) {
        (std::ptr::null_mut(), 0)
    }

    pub(crate) fn keep_room(&self, _: &mut Unsent, _: usize) -> bool {
        false
    }

    pub(crate) fn keep(&self, _: &mut Unsent, _: &[u8]) -> bool {
        false
    }

    pub(crate) fn kept(&self, _: Unsent) -> &[u8] {
        &[]
    }

    pub(crate) fn sent(&self, next: u32) -> Unsent {
        Unsent { first: next, next, bytes: 0 }
    }
}

impl Region {
    pub(super) fn new() -> Self {
        Self {
            links: OnceLock::new(),
            has_come: Event::new(),
            has_died: Event::new(),
            is_deaf: Event::new(),
            reads: AtomicU64::new(0),
            claims: Claims::new(),
            cancelled: AtomicU64::new(0),
            common: Common { progress: Progress },
        }
    }

    /// Both sides have come together.
    pub(super) fn connect(&self, links: Links) {
        let _ = self.links.set(links);
        self.has_come.set();
    }

    pub(super) fn links(&self) -> Option<&Links> {
        self.links.get()
    }

    fn messages(&self) -> io::Result<&Link> {
        self.links().map(|links| &links.messages).ok_or(ErrorKind::NotConnected.into())
    }

    pub(crate) fn common(&self) -> &Common {
        &self.common
    }

    /// For the pool, once: the side that writes requests.
    pub(crate) fn requests(self: &Arc<Self>) -> Outgoing {
        Outgoing::new(self)
    }

    /// For the pool, once: the side that reads replies.
    pub(crate) fn replies(self: &Arc<Self>) -> Incoming {
        Incoming::new(self)
    }

    /// For the worker, once: the side that reads requests.
    pub(crate) fn assignments(self: &Arc<Self>) -> Incoming {
        Incoming::new(self)
    }

    /// For the worker, once: the side that writes replies.
    pub(crate) fn answers(self: &Arc<Self>) -> Outgoing {
        Outgoing::new(self)
    }

    /// The worker: begins a task, if that was not cancelled before.
    pub(crate) fn take(&self, ticket: u64) -> bool {
        if self.cancelled.load(Relaxed) == ticket + 1 {
            return false;
        }
        let begun =
            frames::frame(BEGUN, &ticket.to_le_bytes()).and_then(|frame| self.messages()?.write(&frame));
        begun.unwrap_or_else(|_| system::end());
        true
    }

    /// The worker: nobody wants this task any more.
    pub(super) fn is_cancelled(&self, ticket: u64) {
        self.cancelled.store(ticket + 1, Relaxed);
    }

    /// The pool: what was sent stays with its worker.
    pub(crate) fn withdraw(&self, _: u64) -> bool {
        false
    }

    /// The pool: whether it has heard that the worker has begun a task.
    pub(crate) fn is_taken(&self, ticket: u64) -> bool {
        self.claims.is_taken(ticket)
    }

    /// Whether the worker, which is dead, has not begun a task.
    pub(crate) fn is_untouched(&self, ticket: u64) -> bool {
        self.claims.is_untouched(ticket)
    }

    /// What the worker, which is dead, has not sent: nothing.
    pub(crate) fn rest(&self) -> (Unsent, Vec<u8>) {
        (Unsent::default(), Vec::new())
    }

    /// Nobody reads any more what the worker answers.
    pub(crate) fn hang_up(&self) {
        self.is_deaf.set();
    }

    /// The worker is no more: ends the connections, when all that it has written was read.
    pub(crate) fn worker_died(&self) {
        self.has_died.set();
        let mut reads = 0;
        // The end comes by itself, unless a process that it has forked has the connection too: then the read that has
        // begun, or none, goes on until we end it. Elsewhere than on Linux that loses what was not read.
        while !self.is_deaf.wait_timeout(PATIENCE) {
            let before = std::mem::replace(&mut reads, self.reads.load(Relaxed));
            if reads == 0 || (reads == before && reads % 2 == 1) {
                break;
            }
        }
        for link in self.links().into_iter().flat_map(|links| [&links.messages, &links.control]) {
            link.shut_down(Shutdown::Both);
        }
    }

    #[cfg(test)]
    pub(crate) fn pretend_taken(&self, ticket: u64) -> bool {
        self.claims.take(ticket)
    }
}

/// The writing side of the messages.
#[derive(Debug)]
pub(crate) struct Outgoing {
    half: Arc<Half>,
    frame: Vec<u8>,
}

/// Who lets go of it last says that no more comes.
#[derive(Debug)]
struct Half(Arc<Region>);

impl Drop for Half {
    fn drop(&mut self) {
        // If it cannot be said, the other side is dead, which is told elsewhere.
        let _ = frames::frame(END, &[]).and_then(|frame| self.0.messages()?.write(&frame));
    }
}

impl Outgoing {
    fn new(region: &Arc<Region>) -> Self {
        Self { half: Arc::new(Half(Arc::clone(region))), frame: Vec::new() }
    }

    pub(crate) fn region(&self) -> &Arc<Region> {
        &self.half.0
    }

    fn pack(&mut self, message: &[u8]) -> io::Result<()> {
        self.frame.clear();
        self.frame.extend_from_slice(&frames::header(MESSAGE, message.len())?);
        self.frame.extend_from_slice(message);
        Ok(())
    }

    /// The worker: sends an answer. If there is no pool to take it, this process ends.
    pub(crate) fn write(&mut self, message: &[u8]) -> io::Result<()> {
        let is_short = message.len() <= AT_ONCE;
        match is_short {
            true => self.pack(message)?,
            // It is not copied.
            false => self.frame = frames::header(MESSAGE, message.len())?.to_vec(),
        }
        let messages = self.half.0.messages()?;
        let written = messages.write(&self.frame);
        let written = if is_short { written } else { written.and_then(|()| messages.write(message)) };
        written.or_else(|_| system::end())
    }

    /// The pool: sends a request. A long one is sent by a thread, as nobody waits for a worker.
    pub(crate) fn post(
        &mut self,
        ticket: u64,
        message: &[u8],
        _: &[FileRef<'_>],
        _: &Socket,
    ) -> Result<(), Refusal> {
        self.pack(message).map_err(Refusal::Failed)?;
        self.region().claims.offer(ticket);
        if self.frame.len() > AT_ONCE {
            let (half, frame) = (Arc::clone(&self.half), std::mem::take(&mut self.frame));
            // What cannot be written ends in a death, which is told elsewhere.
            let write = move || half.0.messages().and_then(|messages| messages.write_patiently(&frame));
            let thread = thread::Builder::new().name("pool-long-request".into()).spawn(write);
            return thread.map(drop).map_err(Refusal::Failed);
        }
        let region = self.region();
        region.messages().and_then(|messages| messages.write(&self.frame)).map_err(|_| {
            // It is dead, or it has answered what it had not read.
            region.messages().into_iter().for_each(|messages| messages.shut_down(Shutdown::Both));
            Refusal::Dead
        })
    }
}

/// The reading side of the messages.
#[derive(Debug)]
pub(crate) struct Incoming {
    frames: Frames,
    region: Arc<Region>,
}

impl Incoming {
    fn new(region: &Arc<Region>) -> Self {
        Self { frames: Frames::default(), region: Arc::clone(region) }
    }

    /// Appends the next message; waits for it.
    pub(crate) fn next(&mut self, message: &mut Vec<u8>) -> Result<(), Ended> {
        let next = self.read(message);
        if next.is_err() {
            self.region.hang_up();
        }
        next
    }

    fn read(&mut self, message: &mut Vec<u8>) -> Result<(), Ended> {
        loop {
            match self.frames.next() {
                Ok(Some((MESSAGE, bytes))) => {
                    message.extend_from_slice(bytes);
                    return Ok(());
                }
                Ok(Some((BEGUN, ticket))) => {
                    let ticket = ticket.try_into().map(u64::from_le_bytes).map_err(|_| Ended::Corrupt)?;
                    // What was not sent is not begun.
                    self.region.claims.take(ticket);
                }
                Ok(None) => self.fill()?,
                Ok(Some((END, _))) => return Err(Ended::Closed),
                Ok(Some(_)) | Err(frames::TooLong) => return Err(Ended::Corrupt),
            }
        }
    }

    fn fill(&mut self) -> Result<(), Ended> {
        let messages = self.region.messages().map_err(|_| Ended::Dead)?;
        self.region.reads.fetch_add(1, Relaxed);
        let read = self.frames.fill(&mut &messages.stream);
        self.region.reads.fetch_add(1, Relaxed);
        match read {
            Ok(1..) => Ok(()),
            Ok(0) | Err(_) => Err(Ended::Dead),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::{message::ToWorker, stream::meeting};

    /// Both sides, in this process.
    fn sides() -> (Arc<Region>, Arc<Region>) {
        let (ours, theirs) = meeting::links().unwrap();
        let (pool, worker) = (Arc::new(Region::new()), Arc::new(Region::new()));
        pool.connect(ours);
        worker.connect(theirs);
        (pool, worker)
    }

    fn post(
        requests: &mut Outgoing,
        region: &Arc<Region>,
        ticket: u64,
        message: &[u8],
    ) -> Result<(), Refusal> {
        requests.post(ticket, message, &[], &Socket::new(Arc::clone(region)))
    }

    #[test]
    fn what_is_sent_arrives_whatever_its_length_and_the_end_behind_it() {
        let (pool, worker) = sides();
        let (mut requests, mut assignments) = (pool.requests(), worker.assignments());
        let messages = [Vec::new(), vec![1; AT_ONCE - frames::HEADER], vec![2; AT_ONCE], vec![3; 3 << 20]];
        for (ticket, sent) in (0..).zip(&messages) {
            post(&mut requests, &pool, ticket, sent).unwrap();
            let mut came = Vec::new();
            assert_eq!(assignments.next(&mut came), Ok(()));
            assert_eq!(came, *sent);
        }
        post(&mut requests, &pool, 4, &messages[3]).unwrap();
        drop(requests);
        assert_eq!(assignments.next(&mut Vec::new()), Ok(()), "the end does not overtake a long request");
        assert_eq!(assignments.next(&mut Vec::new()), Err(Ended::Closed));
    }

    #[test]
    fn what_a_worker_has_written_is_read_before_its_end() {
        let (pool, worker) = sides();
        let (mut requests, mut replies, mut answers) = (pool.requests(), pool.replies(), worker.answers());
        post(&mut requests, &pool, 7, b"never read").unwrap();
        assert!(pool.is_untouched(7) && worker.take(7));
        answers.write(b"an answer").unwrap();
        // As a death does.
        worker.links().unwrap().messages.shut_down(Shutdown::Both);
        let mut message = Vec::new();
        assert_eq!(replies.next(&mut message), Ok(()));
        assert_eq!((message.as_slice(), pool.is_untouched(7)), (&b"an answer"[..], false));
        assert_eq!(replies.next(&mut message), Err(Ended::Dead));
    }

    #[test]
    fn a_task_that_was_cancelled_in_time_is_not_begun() {
        let (pool, worker) = sides();
        let (ours, theirs) = (Socket::new(Arc::clone(&pool)), Socket::new(Arc::clone(&worker)));
        ours.try_send(&ToWorker::Cancel { ticket: 7 }, &[]).unwrap();
        let parent = super::super::Parent::new(parent_id()).unwrap().unwrap();
        assert!(matches!(theirs.listen(&parent), Some((ToWorker::Cancel { ticket: 7 }, _))));
        assert!(!worker.take(7) && worker.take(8));
    }

    fn parent_id() -> u32 {
        #[cfg(unix)]
        return std::os::unix::process::parent_id();
        #[cfg(not(unix))]
        0
    }

    #[test]
    fn who_does_not_read_costs_himself_and_not_for_ever() {
        let (pool, _worker) = sides();
        let mut requests = pool.requests();
        let refused = (0..10_000).find_map(|ticket| post(&mut requests, &pool, ticket, &[0; 4000]).err());
        assert!(matches!(refused, Some(Refusal::Dead)), "{refused:?}");
    }

    #[test]
    fn a_read_that_has_begun_ends_though_somebody_else_has_the_connection() {
        let (pool, worker) = sides();
        let mut replies = pool.replies();
        let reading = thread::spawn(move || replies.next(&mut Vec::new()));
        pool.worker_died();
        assert_eq!(reading.join().unwrap(), Err(Ended::Dead));
        drop(worker);
    }

    #[test]
    fn what_cannot_be_a_frame_is_the_end_of_it() {
        for bytes in [&[9, 0, 0, 0, 0][..], &[BEGUN, 1, 0, 0, 0, 7], &[MESSAGE, 0xff, 0xff, 0xff, 0xff]] {
            let (pool, worker) = sides();
            worker.links().unwrap().messages.write(bytes).unwrap();
            assert_eq!(pool.replies().next(&mut Vec::new()), Err(Ended::Corrupt), "{bytes:?}");
        }
    }
}
