//! Who gets a job that waits, and who pays when a worker is dead?
//!
//! All of it under the board's lock; the protocol is [there](super::board).

use super::{
    board::{After, State},
    job::Job,
    seat::{self, Seat, Sent},
    statistics::GivenUp,
};
use crate::{error::Death, wire::Reply};
use std::mem;

/// How many workers may die that had a job before they began it: then it seems to be what they die of.
const MAX_REFUSALS: u32 = 8;

impl State {
    /// Gives what waits to who has room.
    pub(super) fn hand_out(&mut self, after: &mut After) {
        while self.waiting.len() > 0 {
            let with_room = self.seats.iter().enumerate().filter_map(|(number, seat)| {
                Some((number, seat.as_ref().filter(|seat| seat.has_room())?.flights.len()))
            });
            let Some((number, _)) = with_room.min_by_key(|(_, flights)| *flights) else { break };
            let Some(job) = self.waiting.pop() else { break };
            if !self.send(number, job, after) {
                break;
            }
        }
        after.wake |= self.waiting.len() > 0 && self.resting > 0;
    }

    /// Gives a job to a worker; says whether it is worth while to try the next.
    fn send(&mut self, number: usize, job: Job, after: &mut After) -> bool {
        let Some(seat) = &mut self.seats[number] else {
            self.waiting.put(job);
            return true;
        };
        let was_idle = seat.flights.is_empty();
        match seat.send(job) {
            Sent::Yes if was_idle => self.front_changed(number),
            Sent::Yes => {}
            Sent::Full(job) => {
                self.waiting.put(job);
                return false;
            }
            Sent::Dead(job) => self.waiting.put(job),
            Sent::Failed(mut job, error) => {
                job.end_all(&seat::not_passed_on(&error));
                after.done.push(job);
            }
        }
        true
    }

    /// A worker that has nothing to do gets half of what another has and has not begun.
    pub(super) fn balance(&mut self, number: usize, after: &mut After) {
        let is_idle = |seat: &Seat| seat.flights.is_empty() && seat.line.is_some();
        if !self.seats[number].as_ref().is_some_and(is_idle) {
            return;
        }
        let jobs = |seat: &Option<Seat>| seat.as_ref().map_or(0, Seat::jobs);
        let busiest = (0..self.seats.len()).max_by_key(|number| jobs(&self.seats[*number]));
        let Some((from, seat)) = busiest.and_then(|from| Some((from, self.seats[from].as_mut()?))) else {
            return;
        };
        let jobs = seat.withdraw_half();
        if seat.first().is_none() {
            self.front_changed(from);
        }
        for job in jobs.into_iter().rev() {
            self.send(number, job, after);
        }
    }

    /// At the pool's end, when nothing waits: no worker gets any more.
    pub(super) fn close_if_done(&mut self) {
        if !self.is_closing || self.waiting.len() > 0 {
            return;
        }
        self.starting.iter().flatten().for_each(|process| process.kill());
        for number in 0..self.seats.len() {
            let Some(seat) = &mut self.seats[number] else { continue };
            if seat.line.take().is_some() && seat.first().is_none() {
                self.front_changed(number);
            }
        }
    }

    /// Takes back all that has not begun.
    pub(super) fn drop_waiting(&mut self, after: &mut After) {
        after.gone.extend(self.waiting.take());
        for number in 0..self.seats.len() {
            let Some(seat) = &mut self.seats[number] else { continue };
            let had = seat.first();
            after.gone.extend(seat.withdraw_all());
            if seat.first() != had {
                self.front_changed(number);
            }
        }
    }

    /// The worker is dead: see [`Board::bereave`](super::board::Board::bereave).
    pub(super) fn bereave(
        &mut self,
        number: usize,
        death: &Death,
        wild: Option<&str>,
        after: &mut After,
    ) -> bool {
        let Some(mut seat) = self.seats[number].take() else { return false };
        if let Some(timer) = seat.timer.take() {
            timer.cancel();
        }
        self.counts.restarts += 1;
        let timed_out = seat.timed_out == Some(seat.turn);
        let was_of_use = seat.finished > 0 || seat.has_begun();
        // The next would soon end, too.
        let was_idle = self.idle_limit.is_some() && seat.flights.is_empty();
        for (place, (mut job, begun)) in seat.bereave().into_iter().enumerate() {
            if job.is_stopped || (!begun && self.is_discarding) {
                after.gone.push(job);
                continue;
            }
            if !job.is_done() {
                match wild {
                    // It can have died of the first only.
                    _ if !begun && place > 0 => {}
                    _ if !begun => refuse(&mut job),
                    Some(text) => job.end_first(&Reply::ArgumentRefused(text.into())),
                    None => self.blame(&mut job, death, timed_out),
                }
            }
            match job.is_done() {
                true => {
                    self.counts.finished += u64::from(job.calls);
                    after.done.push(job);
                }
                false => self.waiting.put(job),
            }
        }
        self.hand_out(after);
        self.close_if_done();
        was_of_use && !was_idle
    }

    /// The job has cost a worker.
    fn blame(&mut self, job: &mut Job, death: &Death, timed_out: bool) {
        job.deaths += 1;
        match job.time_limit {
            Some(limit) if timed_out => job.end_first(&Reply::TimedOut(limit)),
            _ if job.deaths <= job.retries => {}
            _ => {
                let death = Death { attempt: job.deaths, ..death.clone() };
                GivenUp::add(&mut self.given_up, job, &death);
                job.end_first(&Reply::Died(death));
            }
        }
    }
}

/// The job was with a worker that died before it began it.
fn refuse(job: &mut Job) {
    job.refusals += 1;
    if job.refusals > MAX_REFUSALS {
        let refusals = mem::take(&mut job.refusals);
        job.end_all(&Reply::NotStarted(format!("{refusals} workers died before they began it")));
    }
}
