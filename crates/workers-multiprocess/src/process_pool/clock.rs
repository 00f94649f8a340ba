//! How long may a worker take for its first job, for nothing, and for its end?
//!
//! A worker has one timer, which counts for the first of its jobs; with each first one a new turn begins. A timer that
//! fires in a later turn than its own is too late, and does nothing.
//!
//! Only the job that ran too long may fail. The worker may be done with it when its time is up, and the answer not be read
//! yet: what it begins next must not be killed in its place. So everything behind the first job is withdrawn before the
//! kill; if that cannot be, the first is done, and its answer is waited for.

use super::board::{Board, State};
use std::{sync::Weak, time::Duration};
use threads::Timer;

impl Board {
    fn time_is_up(&self, number: usize, turn: u64) {
        self.with(|state, after| {
            let Some(seat) = state.seats[number].as_mut().filter(|seat| seat.turn == turn) else { return };
            if seat.flights.is_empty() && seat.line.take().is_some() {
                // It has had nothing to do for long enough.
                state.front_changed(number);
                return;
            }
            if seat.hurried == Some(turn) && seat.has_begun() {
                state.front_changed(number);
                return;
            }
            // It gets to no other job: so it is this one that it is killed for.
            let behind = seat.withdraw_behind();
            if seat.has_passed_the_first() && seat.spared != Some(turn) {
                // The first is done after all, and its answer on its way.
                seat.spared = Some(turn);
                state.start_timer(number, Some(state.grace));
            } else {
                seat.timed_out = Some(turn);
                seat.line = None;
                seat.process.kill();
            }
            behind.into_iter().for_each(|job| state.waiting.put(job));
            state.hand_out(after);
        });
    }
}

impl State {
    /// The first of a worker's jobs is another, or there is none: from now on its time counts.
    pub(super) fn front_changed(&mut self, number: usize) {
        let Some(seat) = &mut self.seats[number] else { return };
        seat.turn += 1;
        let limit = match seat.flights.iter().find_map(|flight| flight.job.as_ref()) {
            Some(job) if job.is_stopped => Some(self.grace),
            Some(job) => job.time_limit,
            None if seat.flights.is_empty() && seat.line.is_some() => self.idle_limit,
            // It has nothing left to do but to pass over what was withdrawn, or to end.
            None => Some(self.grace),
        };
        self.start_timer(number, limit);
    }

    /// At the pool's end: a worker that was sent a job, and cannot be made to give it back, begins it soon or is killed.
    pub(super) fn hurry(&mut self) {
        for number in 0..self.seats.len() {
            let Some(seat) = &mut self.seats[number] else { continue };
            if seat.first().is_some() && !seat.has_begun() {
                seat.hurried = Some(seat.turn);
                self.start_timer(number, Some(self.grace));
            }
        }
    }

    fn start_timer(&mut self, number: usize, limit: Option<Duration>) {
        let Some(seat) = &mut self.seats[number] else { return };
        if let Some(timer) = seat.timer.take() {
            timer.cancel();
        }
        let Some(limit) = limit else { return };
        let (board, turn) = (Weak::clone(&self.board), seat.turn);
        let up = move || {
            if let Some(board) = board.upgrade() {
                board.time_is_up(number, turn);
            }
        };
        // The thread of the timers is there: the pool has seen to that.
        seat.timer = Timer::new(limit, up).daemon(true).start().ok();
    }
}
