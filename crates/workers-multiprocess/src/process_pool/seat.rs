//! What the pool knows of one worker: the line to it, and the jobs that it has.

use super::{
    job::{Job, Wild},
    launch::Worker,
    statistics::WorkerStatistics,
};
use crate::{
    link::{
        FileRef, Outgoing, Process, Refusal, Region, SLOTS, Socket,
        message::{Answer, ToWorker},
    },
    shared_bytes::SharedBytes,
    wire::Reply,
};
use std::{collections::VecDeque, io, sync::Arc};
use threads::TimerHandle;

/// A worker that is up.
pub(super) struct Seat {
    /// Gone when the worker is to get no more: it ends when it has done what it has.
    pub(super) line: Option<Line>,
    pub(super) flights: VecDeque<Flight>,
    pub(super) process: Arc<Process>,
    region: Arc<Region>,
    socket: Arc<Socket>,
    /// Counts the first flights: a timer that was started for one of them knows by it that it is gone.
    pub(super) turn: u64,
    /// Ends the first flight, or the worker that does not end, when it fires.
    pub(super) timer: Option<TimerHandle>,
    /// The turn in which it was killed for its time.
    pub(super) timed_out: Option<u64>,
    /// The turn in which it was not, as the first flight was done after all.
    pub(super) spared: Option<u64>,
    /// The turn in which it has to begin its first job soon, at the pool's end.
    pub(super) hurried: Option<u64>,
    /// How many jobs it has done.
    pub(super) finished: u64,
}

/// The way to a worker.
pub(super) struct Line {
    requests: Outgoing,
    next_ticket: u64,
    /// How many calls it may still get.
    left: u64,
    message: Vec<u8>,
}

/// A job that a worker has.
pub(super) struct Flight {
    ticket: u64,
    /// Calls that were asked for, and answered.
    items: u32,
    answered: u32,
    /// `None` when the pool has withdrawn it.
    pub(super) job: Option<Job>,
}

/// What became of a job that was to be sent.
pub(super) enum Sent {
    Yes,
    /// There is no room now; there will be when it answers.
    Full(Job),
    /// The worker is no more.
    Dead(Job),
    /// The job's files cannot be passed on.
    Failed(Job, io::Error),
}

impl Seat {
    pub(super) fn new(worker: &Worker, max_tasks: Option<u64>) -> Self {
        let line = Line {
            requests: worker.region.requests(),
            next_ticket: 0,
            left: max_tasks.unwrap_or(u64::MAX),
            message: Vec::new(),
        };
        Self {
            line: Some(line),
            flights: VecDeque::new(),
            process: Arc::clone(&worker.process),
            region: Arc::clone(&worker.region),
            socket: Arc::clone(&worker.socket),
            turn: 0,
            timer: None,
            timed_out: None,
            spared: None,
            hurried: None,
            finished: 0,
        }
    }

    /// Whether it can be given one more.
    pub(super) fn has_room(&self) -> bool {
        self.line.is_some() && self.flights.len() < SLOTS
    }

    pub(super) fn send(&mut self, job: Job) -> Sent {
        let Some(line) = &mut self.line else { return Sent::Dead(job) };
        let ticket = line.next_ticket;
        let items = match line.post(ticket, &job, &self.socket) {
            Ok(items) => items,
            Err(Refusal::Full) => return Sent::Full(job),
            Err(Refusal::Dead) => {
                self.line = None;
                return Sent::Dead(job);
            }
            Err(Refusal::Failed(error)) => return Sent::Failed(job, error),
        };
        line.next_ticket += 1;
        line.left = line.left.saturating_sub(u64::from(items));
        if line.left == 0 {
            self.line = None;
        }
        self.flights.push_back(Flight { ticket, items, answered: 0, job: Some(job) });
        Sent::Yes
    }

    /// Takes an answer; returns the job if that was the last of it.
    pub(super) fn take(
        &mut self,
        answer: &Answer,
        replies: &[u8],
        files: Vec<SharedBytes>,
    ) -> Result<Option<Job>, Wild> {
        let flight = self.flights.front_mut().filter(|flight| flight.ticket == answer.ticket).ok_or(Wild)?;
        match &mut flight.job {
            // It was withdrawn, and passed over.
            None if answer.items == 0 => {}
            // It was cancelled before the worker began it.
            Some(job) if answer.items == 0 && job.is_stopped => {
                job.end_all(&Reply::NotStarted("it was cancelled".into()));
            }
            Some(job) if answer.items > 0 && answer.first == flight.answered => {
                job.take(answer.items, replies, files, answer.nanos)?;
                flight.answered += answer.items;
                if flight.answered < flight.items {
                    return Ok(None);
                }
            }
            _ => return Err(Wild),
        }
        let job = self.flights.pop_front().and_then(|flight| flight.job);
        self.finished += u64::from(job.is_some());
        Ok(job)
    }

    /// How many jobs it has; what was withdrawn is none.
    pub(super) fn jobs(&self) -> usize {
        self.flights.iter().filter(|flight| flight.job.is_some()).count()
    }

    /// Takes back jobs that the worker has not begun, the last first: half of all that it has.
    pub(super) fn withdraw_half(&mut self) -> Vec<Job> {
        let wanted = self.jobs() / 2;
        let mut jobs = Vec::new();
        for flight in self.flights.iter_mut().rev().filter(|flight| flight.job.is_some()) {
            if jobs.len() == wanted || !self.region.withdraw(flight.ticket) {
                break;
            }
            jobs.extend(flight.job.take());
        }
        jobs
    }

    /// Takes back all that the worker has not begun.
    pub(super) fn withdraw_all(&mut self) -> Vec<Job> {
        let region = &self.region;
        let flights = self.flights.iter_mut().filter(|flight| region.withdraw(flight.ticket));
        flights.filter_map(|flight| flight.job.take()).collect()
    }

    pub(super) fn flight_of(&self, id: u64) -> Option<usize> {
        self.flights.iter().position(|flight| flight.job.as_ref().is_some_and(|job| job.id == id))
    }

    /// Takes one job back, if the worker has not begun it.
    pub(super) fn withdraw(&mut self, place: usize) -> Option<Job> {
        let flight = &mut self.flights[place];
        self.region.withdraw(flight.ticket).then(|| flight.job.take()).flatten()
    }

    /// Takes back what the worker has not begun, but for the first job.
    pub(super) fn withdraw_behind(&mut self) -> Vec<Job> {
        let first = self.first().map_or(0, |first| first + 1);
        let region = &self.region;
        let behind = self.flights.iter_mut().skip(first);
        behind
            .filter(|flight| region.withdraw(flight.ticket))
            .filter_map(|flight| flight.job.take())
            .collect()
    }

    /// Nobody wants this job's result any more, and the worker has begun it: it is told so.
    pub(super) fn stop(&mut self, place: usize) {
        let flight = &mut self.flights[place];
        if let Some(job) = &mut flight.job {
            job.is_stopped = true;
        }
        // If it cannot be told, it is killed after the grace.
        let _ = self.socket.try_send(&ToWorker::Cancel { ticket: flight.ticket }, &[]);
    }

    /// The place of the first job. What lies before it was withdrawn.
    pub(super) fn first(&self) -> Option<usize> {
        self.flights.iter().position(|flight| flight.job.is_some())
    }

    fn is_taken(&self, flight: &Flight) -> bool {
        self.region.is_taken(flight.ticket)
    }

    /// Whether the worker has begun the first job.
    pub(super) fn has_begun(&self) -> bool {
        self.first().is_some_and(|first| self.is_taken(&self.flights[first]))
    }

    /// Whether the worker has begun a job behind the first: then it has answered that one.
    pub(super) fn has_passed_the_first(&self) -> bool {
        let behind = self.first().map_or(0, |first| first + 1);
        self.flights.iter().skip(behind).any(|flight| self.is_taken(flight))
    }

    pub(super) fn statistics(&self) -> WorkerStatistics {
        let (pid, queued) = (self.process.pid, self.flights.len());
        WorkerStatistics { pid, queued, finished: self.finished, resident: 0 }
    }

    /// The worker is dead: its jobs, and of each whether it was begun. What was finished and not sent is taken.
    pub(super) fn bereave(self) -> Vec<(Job, bool)> {
        let (unsent, bytes) = self.region.rest();
        let mut jobs = Vec::new();
        for flight in self.flights {
            let Some(mut job) = flight.job else { continue };
            let begun = !self.region.is_untouched(flight.ticket);
            if begun && flight.items > 1 && unsent.first == flight.answered && unsent.next > unsent.first {
                // What a worker that ran wild has left there is no result of an item.
                let _ = job.take(unsent.next - unsent.first, &bytes, Vec::new(), 0);
            }
            jobs.push((job, begun));
        }
        jobs
    }
}

impl Line {
    fn post(&mut self, ticket: u64, job: &Job, socket: &Socket) -> Result<u32, Refusal> {
        let parcel = job.request(ticket, &mut self.message).map_err(Refusal::Failed)?;
        let files: Vec<FileRef<'_>> = parcel.files().collect();
        self.requests.post(ticket, &self.message, &files, socket)?;
        Ok(parcel.items)
    }
}

/// What a job is told whose files could not be passed on.
pub(super) fn not_passed_on(error: &io::Error) -> Reply {
    Reply::NotStarted(format!("what the task needs could not be passed to a worker: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        link::{Unsent, alone, message::put_item},
        process_pool::{call::Terms, job::Replies, job::Sink},
        wire,
    };
    use proptest::prelude::*;

    struct Nowhere;

    impl Sink for Nowhere {
        fn deliver(self: Box<Self>, _: Replies) {}
    }

    const CALLS: [u32; 3] = [1, 4, 2];

    /// With a job of each of [`CALLS`], which the worker has.
    fn seat() -> Seat {
        let (process, socket, region) = alone();
        let worker = Worker::of_parts(Arc::new(process), Arc::new(socket), region);
        let mut seat = Seat::new(&worker, None);
        let terms = Terms { retries: 0, time_limit: None, chunk_size: None };
        for (id, calls) in (0..).zip(CALLS) {
            let mut arguments = Vec::new();
            for _ in 0..calls {
                put_item::<String>(&mut arguments, |_| Ok(())).unwrap();
            }
            let job = Job::new(id, 0, arguments, Vec::new(), calls, &terms, Box::new(Nowhere));
            assert!(matches!(seat.send(job), Sent::Yes));
        }
        seat
    }

    /// What is nearly an answer, so that it gets far.
    fn answers() -> impl Strategy<Value = Vec<u8>> {
        let number = || prop_oneof![4 => 0..6_u32, 1 => any::<u32>()];
        let body =
            prop_oneof![(0..6_usize).prop_map(|items| [1, wire::RETURNED].repeat(items)), any::<Vec<u8>>()];
        let answer = (0..4_u64, number(), number(), any::<u64>(), body);
        let near = answer.prop_map(|(ticket, first, items, nanos, body)| {
            let answer = Answer { ticket, first, items, nanos, files: 0, body_in_file: false };
            let mut bytes = wire::encode(&answer).unwrap();
            bytes.extend(body);
            bytes
        });
        prop_oneof![4 => near, 1 => any::<Vec<u8>>()]
    }

    proptest! {
        #[test]
        fn whatever_a_worker_answers_and_leaves_no_job_is_lost(
            answers in prop::collection::vec(answers(), 0..12),
            begun in 0..4_u64,
            (first, next, left) in (0..6_u32, 0..6_u32, any::<Vec<u8>>()),
        ) {
            let mut seat = seat();
            for ticket in 0..begun {
                let was_sent = ticket < CALLS.len() as u64;
                prop_assert_eq!(seat.region.pretend_taken(ticket), was_sent);
            }
            let mut jobs = Vec::new();
            for bytes in answers {
                let Ok((answer, body)) = wire::read_first::<Answer>(&bytes) else { break };
                match seat.take(&answer, body, Vec::new()) {
                    Ok(job) => jobs.extend(job),
                    Err(Wild) => break,
                }
            }
            prop_assert!(jobs.iter().all(Job::is_done));
            seat.region.common().progress.keep(&mut Unsent { first, next, bytes: 0 }, &left);
            jobs.extend(seat.bereave().into_iter().map(|(job, _)| job));
            prop_assert_eq!(jobs.iter().map(|job| job.id).collect::<Vec<_>>(), [0, 1, 2]);
            for mut job in jobs {
                prop_assert!(job.done <= job.calls);
                job.end_all(&Reply::Closed);
                let calls = job.calls as usize;
                let results: Vec<_> = std::mem::take(&mut job.replies).results::<u32>().collect();
                prop_assert_eq!(results.len(), calls);
            }
        }
    }
}
