//! Which worker does what, and what becomes of a job whose worker dies? ([`deal`](super::deal): who gets it, who pays.)
//!
//! # What it promises
//! Every job is delivered once or dropped once. A call is begun by one worker at most, unless it may be tried again; what
//! a worker had not begun goes elsewhere when it dies.
//!
//! # Protocol
//! Everything is under one lock, and nothing of the user's runs under it: jobs that are to be delivered or dropped are
//! put aside, and dealt with when it is released.
//! 1. A job waits until a worker has room for it: the one with the fewest. Up to [`SLOTS`](crate::link::SLOTS)
//!    are with a worker, so that it finds the next when it has done one.
//! 2. A worker that has nothing left takes half of what another has and has not begun ([`Claims`]).
//! 3. When a worker is dead, its first job has what it had finished and pays for the rest: it is told of the death, or
//!    tried again. The other jobs wait again, in their old places.
//!
//! [`Claims`]: crate::link::claims::Claims

use super::{
    builder::Builder,
    job::{Job, Wild},
    seat::Seat,
    statistics::{Counts, GivenUp, Statistics, resident},
    waiting::Waiting,
};
use crate::{
    error::Death,
    future::Canceller,
    link::{Process, message::Answer},
    registry::Registry,
    shared_bytes::SharedBytes,
    wire::Reply,
};
use locks::{Condition, Deadline, Lock};
use std::{
    collections::VecDeque,
    sync::{
        Arc, Weak,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

pub(super) struct Board {
    state: Lock<State>,
    /// There is work for a worker that is not up, or no work will come any more.
    change: Condition,
    pub(super) options: Builder,
    pub(super) registry: &'static Registry,
    last_id: AtomicU64,
}

pub(super) struct State {
    pub(super) waiting: Waiting,
    /// `None` while it has no worker that is up.
    pub(super) seats: Vec<Option<Seat>>,
    /// The processes that are not up yet, by the number of their seat.
    pub(super) starting: Vec<Option<Arc<Process>>>,
    pub(super) counts: Counts,
    pub(super) given_up: VecDeque<GivenUp>,
    pub(super) is_closing: bool,
    /// What has not begun is dropped.
    pub(super) is_discarding: bool,
    /// How many threads wait for `change`.
    pub(super) resting: usize,
    pub(super) board: Weak<Board>,
    pub(super) idle_limit: Option<Duration>,
    pub(super) grace: Duration,
}

/// What is to be done when the lock is released.
#[derive(Default)]
pub(super) struct After {
    pub(super) done: Vec<Job>,
    /// Dropped: they end as cancelled.
    pub(super) gone: Vec<Job>,
    pub(super) wake: bool,
}

impl Board {
    pub(super) fn new(options: Builder, registry: &'static Registry) -> Arc<Self> {
        Arc::new_cyclic(|board| Self {
            state: Lock::new(State {
                waiting: Waiting::default(),
                seats: (0..options.workers).map(|_| None).collect(),
                starting: vec![None; options.workers],
                counts: Counts::default(),
                given_up: VecDeque::new(),
                is_closing: false,
                is_discarding: false,
                resting: 0,
                board: Weak::clone(board),
                idle_limit: options.idle_limit,
                grace: options.grace,
            }),
            change: Condition::new(),
            options,
            registry,
            last_id: AtomicU64::new(0),
        })
    }

    pub(super) fn next_id(&self) -> u64 {
        // Relaxed: a number that nobody else has, and no more.
        self.last_id.fetch_add(1, Relaxed)
    }

    pub(super) fn with<R>(&self, act: impl FnOnce(&mut State, &mut After) -> R) -> R {
        let mut after = After::default();
        let result = act(&mut self.state.lock(), &mut after);
        if after.wake {
            self.change.notify_all();
        }
        after.done.into_iter().for_each(|job| job.deliver());
        drop(after.gone);
        result
    }

    pub(super) fn submit(&self, mut job: Job) {
        self.with(|state, after| {
            if state.is_closing {
                job.end_all(&Reply::Closed);
                after.done.push(job);
            } else {
                state.waiting.put(job);
                state.hand_out(after);
            }
        });
    }

    /// A worker was started, and is not up yet: at the pool's end nobody waits for it.
    pub(super) fn starts(&self, number: usize, process: &Arc<Process>) {
        self.with(|state, _| {
            state.starting[number] = Some(Arc::clone(process));
            state.close_if_done();
        });
    }

    /// A worker is up: it can be given jobs.
    pub(super) fn seat_up(&self, number: usize, seat: Seat) {
        self.with(|state, after| {
            state.starting[number] = None;
            state.seats[number] = Some(seat);
            state.front_changed(number);
            state.hand_out(after);
            state.balance(number, after);
            state.close_if_done();
        });
    }

    pub(super) fn answered(
        &self,
        number: usize,
        answer: &Answer,
        replies: &[u8],
        files: Vec<SharedBytes>,
    ) -> Result<(), Wild> {
        self.with(|state, after| {
            let Some(seat) = &mut state.seats[number] else { return Err(Wild) };
            let before = seat.flights.len();
            if let Some(job) = seat.take(answer, replies, files)? {
                state.counts.finished += u64::from(job.calls);
                after.done.push(job);
            }
            if state.seats[number].as_ref().is_some_and(|seat| seat.flights.len() < before) {
                state.hand_out(after);
                state.balance(number, after);
                state.front_changed(number);
                state.close_if_done();
            }
            Ok(())
        })
    }

    /// The worker is dead. `wild` is what it did that cannot be, if the pool has ended it for that.
    /// Says whether another is to take its place at once: it had done anything, or has died of something, and does not
    /// only wait to be needed.
    pub(super) fn bereave(&self, number: usize, death: &Death, wild: Option<&str>) -> bool {
        self.with(|state, after| state.bereave(number, death, wild, after))
    }

    /// A worker could not be started. If none is up, the first job pays for that, so that it does not wait for ever.
    pub(super) fn not_started(&self, number: usize, text: &str) {
        self.with(|state, after| {
            state.starting[number] = None;
            if state.seats.iter().all(Option::is_none)
                && let Some(mut job) = state.waiting.pop()
            {
                job.end_all(&Reply::NotStarted(text.into()));
                after.done.push(job);
            }
        });
    }

    /// There will be no worker any more: all that waits ends so.
    pub(super) fn end_waiting(&self, reply: &Reply) {
        self.with(|state, after| {
            for mut job in state.waiting.take() {
                job.end_all(reply);
                after.done.push(job);
            }
        });
    }

    /// Waits until there is work for a worker that is not up: until `deadline` at most; false if there never will be.
    pub(super) fn await_work(&self, deadline: impl Into<Deadline>) -> bool {
        let mut state = self.state.lock();
        state.resting += 1;
        self.change
            .wait_for_timeout(&mut state, deadline, |state| state.waiting.len() > 0 || state.is_closing);
        state.resting -= 1;
        state.waiting.len() > 0 || !state.is_closing
    }

    /// Waits for so long, or until the pool is at its end; says whether it is.
    pub(super) fn pause(&self, time: Duration) -> bool {
        self.change.wait_for_timeout(&mut self.state.lock(), time, |state| state.is_closing)
    }

    /// No job is taken any more; those that wait are done, or dropped.
    pub(super) fn close(&self, cancel_waiting: bool) {
        self.with(|state, after| {
            state.is_closing = true;
            if cancel_waiting {
                state.is_discarding = true;
                state.drop_waiting(after);
                state.hurry();
            }
            state.close_if_done();
            after.wake = true;
        });
    }

    /// Drops every job, begun or not, and kills all workers.
    pub(super) fn stop(&self) {
        self.with(|state, after| {
            state.is_closing = true;
            after.gone.extend(state.waiting.take());
            for seat in state.seats.iter_mut().flatten() {
                after.gone.extend(seat.flights.iter_mut().filter_map(|flight| flight.job.take()));
                seat.process.kill();
            }
            state.close_if_done();
            after.wake = true;
        });
    }

    pub(super) fn statistics(&self) -> Statistics {
        let mut statistics = self.with(|state, _| Statistics {
            workers: state.seats.iter().map(|seat| seat.as_ref().map(Seat::statistics)).collect(),
            finished: state.counts.finished,
            waiting: state.waiting.len(),
            restarts: state.counts.restarts,
            kills: state.counts.kills,
        });
        for worker in statistics.workers.iter_mut().flatten() {
            worker.resident = resident(worker.pid);
        }
        statistics
    }

    /// Takes a job back that has not begun.
    pub(super) fn take_back_job(&self, id: u64) -> bool {
        self.cancel_job(id, false)
    }

    fn cancel_job(&self, id: u64, also_begun: bool) -> bool {
        self.with(|state, after| {
            if let Some(job) = state.waiting.remove(id) {
                after.gone.push(job);
                return true;
            }
            let place = |seat: &Option<Seat>| seat.as_ref()?.flight_of(id);
            let found =
                state.seats.iter().enumerate().find_map(|(number, seat)| Some((number, place(seat)?)));
            let Some((number, place)) = found else { return false };
            let Some(seat) = &mut state.seats[number] else { return false };
            let is_first = seat.first() == Some(place);
            if let Some(job) = seat.withdraw(place) {
                after.gone.push(job);
                if is_first {
                    state.front_changed(number);
                }
                return true;
            }
            if also_begun {
                seat.stop(place);
                if is_first {
                    // If it is not, its time comes when the answer to the one before has arrived.
                    state.front_changed(number);
                }
            }
            also_begun
        })
    }
}

impl Canceller for Board {
    fn cancel(&self, ticket: u64) -> bool {
        self.cancel_job(ticket, true)
    }

    fn take_back(&self, ticket: u64) -> bool {
        self.take_back_job(ticket)
    }
}
