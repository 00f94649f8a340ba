//! Chaos: a thread of the pool that kills its workers, so that users can see what their own jobs make of it.

use super::board::Board;
use crate::link::Signal;
use std::{
    io,
    sync::{Arc, Weak},
    time::Duration,
};
use threads::{Handle, Thread};

/// Kills workers at random while the pool works; see [`Builder::chaos`](super::Builder::chaos).
///
/// The same seed makes the same choices: of worker and of signal. What they meet depends on the time.
#[derive(Clone, Debug)]
pub struct Chaos {
    random: u64,
    every: Duration,
}

impl Chaos {
    /// A worker is killed every 100 milliseconds.
    ///
    /// ```
    /// use std::time::Duration;
    /// use workers_multiprocess::{Chaos, ProcessPool};
    ///
    /// let builder = ProcessPool::builder().retries(3).chaos(Chaos::new(7).every(Duration::from_millis(20)));
    /// # let _ = builder;
    /// ```
    pub fn new(seed: u64) -> Self {
        // An odd number, as the steps below never leave 0.
        Self { random: seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1, every: Duration::from_millis(100) }
    }

    /// How long it waits between two kills.
    pub fn every(mut self, time: Duration) -> Self {
        self.every = time;
        self
    }

    /// Starts the thread, which ends with the pool.
    pub(super) fn start(mut self, board: &Arc<Board>) -> io::Result<Handle<()>> {
        let board = Arc::downgrade(board);
        let run = move || while self.strike(&board) {};
        Thread::new(run).name("pool-chaos").daemon(true).start()
    }

    /// Waits, and kills one; false when the pool is at its end.
    fn strike(&mut self, board: &Weak<Board>) -> bool {
        let Some(board) = board.upgrade() else { return false };
        if board.pause(self.every) {
            return false;
        }
        // Both are asked for at each turn, whoever is up: so the choices depend on the seed alone.
        let (victim, means) = (self.next(), self.next());
        // A worker that is stopped goes on for ever, unless its task has a time limit.
        let can_stop = board.options.time_limit.is_some();
        let signal = match means % if can_stop { 3 } else { 2 } {
            0 => Signal::KILL,
            1 => Signal::SEGV,
            _ => Signal::STOP,
        };
        board.with(|state, _| {
            let number = victim as usize % state.seats.len();
            if let Some(seat) = &state.seats[number] {
                seat.process.signal(signal);
                state.counts.kills += 1;
            }
        });
        true
    }

    /// Marsaglia's xorshift.
    fn next(&mut self) -> u64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        self.random
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_makes_the_same_choices_and_another_makes_others() {
        let choices = |seed| {
            let mut chaos = Chaos::new(seed);
            (0..20).map(|_| chaos.next()).collect::<Vec<_>>()
        };
        assert_eq!(choices(7), choices(7));
        assert_ne!(choices(7), choices(8));
    }
}
