//! How much processor time does it take to wait for an item that does not come?

use super::channel::{Ends, Get, Job, Put, one_each};
use crate::bench::{Bench, Contestant, Unit};
use crate::goal::Goal;
use crate::processor;
use queue::{GetError, Queue};
use std::thread;
use std::time::{Duration, Instant};

/// How long a wait takes.
const WAIT: Duration = Duration::from_millis(300);

/// Of so many waits the mean is taken.
const WAITS: u32 = 3;

/// By the getter; an item ends the wait.
#[derive(Clone, Copy)]
pub(super) struct Untimed;

impl Job for Untimed {
    type Item = u64;
    fn contestant<P: Put<u64>, G: Get<u64>>(
        self,
        name: &'static str,
        open: impl Fn() -> Ends<P, G> + 'static,
    ) -> Contestant {
        idle(name, move || {
            let (putter, getter) = one_each(open());
            let waiting = thread::spawn(move || wait(|| getter.get() == 1));
            thread::sleep(WAIT);
            putter.put(1);
            waiting.join().unwrap_or_else(|_| Err("it panicked".to_owned()))
        })
    }
}

/// A wait that is given up after its time, by those who have one.
pub(super) fn timed() -> Bench {
    fn empty<E: 'static>(
        name: &'static str,
        open: fn() -> E,
        times_out: impl Fn(&E, Duration) -> bool + 'static,
    ) -> Contestant {
        idle(name, move || {
            let channel = open();
            wait(|| times_out(&channel, WAIT))
        })
    }
    let contestants = vec![
        empty("selvedge", Queue::<u64>::unbounded, |queue, limit| {
            queue.get_timeout(limit) == Err(GetError::Empty)
        }),
        empty("std::sync::mpsc", std::sync::mpsc::channel::<u64>, |(_put, get), limit| {
            get.recv_timeout(limit).is_err()
        }),
        empty("crossbeam-channel", crossbeam_channel::unbounded::<u64>, |(_put, get), limit| {
            get.recv_timeout(limit).is_err()
        }),
        empty("flume", flume::unbounded::<u64>, |(_put, get), limit| get.recv_timeout(limit).is_err()),
        empty("kanal", kanal::unbounded::<u64>, |(_put, get), limit| get.recv_timeout(limit).is_err()),
    ];
    bench("timed get", contestants)
}

pub(super) fn bench(what: &str, contestants: Vec<Contestant>) -> Bench {
    // A waiter may look about for a moment, and no longer.
    Bench::new(format!("queue idle, {what}"), Unit::Processor, contestants).goal(Goal::Below(1000.0))
}

/// How long a wait took, and for how long of it the thread ran.
struct Waited {
    time: Duration,
    ran: Duration,
}

fn idle(name: &'static str, waited: impl Fn() -> Result<Waited, String> + 'static) -> Contestant {
    if processor::time().is_none() {
        return Contestant::absent(name, "the processor time of a thread is not known here");
    }
    Contestant::counted(name, move || {
        let (mut time, mut ran) = (Duration::ZERO, Duration::ZERO);
        for _ in 0..WAITS {
            let waited = waited()?;
            time += waited.time;
            ran += waited.ran;
        }
        Ok(ran.as_secs_f64() * 1e6 / time.as_secs_f64())
    })
}

/// Waits on this thread; `ended` says whether as it should.
fn wait(ended: impl FnOnce() -> bool) -> Result<Waited, String> {
    let begun = (Instant::now(), processor::time().unwrap_or_default());
    let right = ended();
    let ran = processor::time().unwrap_or_default() - begun.1;
    let time = begun.0.elapsed();
    match right {
        true if time > WAIT * 9 / 10 => Ok(Waited { time, ran }),
        true => Err(format!("it waited for {time:?} only")),
        false => Err("it got what was not sent".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_that_spins_is_seen_and_one_that_sleeps_is_not() {
        let Some(_) = processor::time() else { return };
        let sleeping = wait(|| {
            thread::sleep(WAIT);
            true
        });
        assert!(sleeping.unwrap().ran < WAIT / 10);
        let begun = processor::time().unwrap_or_default();
        let spinning = wait(|| {
            while processor::time().unwrap_or_default() - begun < WAIT {}
            true
        });
        assert!(spinning.unwrap().ran >= WAIT * 9 / 10);
        assert!(wait(|| true).is_err());
    }
}
