//! One pool's life: a load of calls of all kinds, while its workers are killed, and then its end, with nothing left.

use crate::{
    belongings::{self, Belongings, MARK},
    call::{Call, Ended, Fault},
    killer,
    ledger::{self, Ledger},
    random::Random,
    tally::Watched,
    tasks::{Kind, MEMORY, answer, filling, pass_bytes, work},
};
use queue::Shutdown;
use std::{
    collections::VecDeque,
    io, process,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU8, Ordering::Relaxed},
    },
    thread,
    time::Duration,
};
use workers_multiprocess::{Future, Output, ProcessPool, SharedBytes, TaskError};

/// How many calls a round has.
pub(crate) const CALLS: u32 = 2000;
/// How many of them are open at once.
const OPEN: usize = 200;
/// How many items a map has.
const ITEMS: u64 = 100;
/// More than a call has ever needed.
const RETRIES: u32 = 50;
/// The time limit of every call, in a round in which there is one.
const LIMIT: Duration = Duration::from_millis(100);
/// A call's own.
const SHORT: Duration = Duration::from_millis(30);
/// What is left must go in this time.
const PATIENCE: Duration = Duration::from_secs(10);

enum Waiting {
    Number(Future<u64>),
    Bytes(Future<SharedBytes>),
}

struct Round<'a> {
    pool: &'a ProcessPool,
    has_limit: bool,
    random: Random,
    watched: &'a Watched,
    calls: u32,
    next: u32,
    open: VecDeque<(Call, Waiting)>,
    /// How often each future has ended.
    ends: Arc<[AtomicU8]>,
    ended: Vec<Ended>,
    may_be_taken_back: bool,
}

/// Runs so many calls in a pool of their own.
pub(crate) fn run(calls: u32, random: &mut Random, ledger: &Ledger, watched: &Watched) -> io::Result<()> {
    let mark = format!("round-{}-{}", process::id(), random.next());
    let has_limit = random.below(2) == 0;
    let before = Belongings::now();
    watched.stage("the start of a pool");
    let mut builder = ProcessPool::builder().workers(3).memory_limit(MEMORY).stderr(Output::Null);
    builder = builder.grace(Duration::from_millis(20)).env(MARK, &mark).env(ledger::VARIABLE, ledger.path());
    let pool = if has_limit { builder.time_limit(LIMIT) } else { builder }.build()?;
    let is_over = AtomicBool::new(false);
    let killing = Random(random.next());
    let round = Round {
        pool: &pool,
        has_limit,
        random: Random(random.next()),
        watched,
        calls,
        next: 0,
        open: VecDeque::new(),
        ends: (0..calls).map(|_| AtomicU8::new(0)).collect(),
        ended: Vec::new(),
        may_be_taken_back: false,
    };
    let (ends, ended, kills) = thread::scope(|scope| {
        let killer = scope.spawn(|| killer::strike(&pool, has_limit, killing, &is_over, watched));
        let (ends, ended) = round.load();
        // Relaxed: a sign to stop, and no more.
        is_over.store(true, Relaxed);
        (ends, ended, killer.join().expect("the killer does not panic"))
    });
    watched.stage("the drop of a pool");
    drop(pool);
    judge(&ended, &ends, kills, ledger, watched);
    watched.stage("what a pool has left");
    let left = belongings::wait_for_none(PATIENCE, || {
        Belongings::now().beyond(&before) + belongings::marked(&mark).len()
    });
    watched.with(|tally| {
        tally.left += left as u64;
        if left > 0 {
            let now = Belongings::now();
            tally.fail(format!("a pool has left {left} things: {now:?}, where there was {before:?}"));
        }
    });
    Ok(())
}

impl Round<'_> {
    fn load(mut self) -> (Arc<[AtomicU8]>, Vec<Ended>) {
        self.watched.stage("a pool's calls");
        while self.next < self.calls {
            self.step();
            while self.open.len() > OPEN {
                self.reap();
            }
        }
        self.watched.stage("a pool's end");
        let how = self.random.below(3);
        self.may_be_taken_back = how > 0;
        match how {
            0 => self.pool.shutdown(Shutdown::Drain),
            1 => self.pool.shutdown(Shutdown::Discard),
            _ => self.pool.terminate(),
        }
        while !self.open.is_empty() {
            self.reap();
        }
        self.pool.join();
        (self.ends, self.ended)
    }

    /// Makes the next call, or a map of some.
    fn step(&mut self) {
        let limit = Duration::from_secs(10);
        match self.random.below(1000) {
            0..30 => self.map(),
            30..80 => self.submit_bytes(),
            80..100 => self.submit(Kind::Panic, 0, None),
            100..108 => self.submit(Kind::Abort, 0, None),
            108..116 => self.submit(Kind::Exit, 0, None),
            116..120 => self.submit(Kind::Overflow, 0, None),
            120..128 => self.submit(Kind::Memory, 0, None),
            128..140 => self.submit(Kind::Endless, 0, Some(SHORT)),
            140..160 => self.cancel(Kind::Endless),
            160..170 => self.cancel(Kind::Deaf),
            170..190 => self.cancel(Kind::Quick),
            190..200 => self.submit(Kind::Leave, 0, None),
            200..210 => self.submit(Kind::Flaky, RETRIES, None),
            210..300 => self.submit(Kind::Slow, RETRIES, None),
            300..400 => self.submit(Kind::Slow, 0, None),
            400..500 => self.submit(Kind::Quick, 0, Some(limit)),
            _ => self.submit(Kind::Quick, 0, None),
        }
    }

    fn call(&mut self, kind: Kind, retries: u32, has_limit: bool) -> Call {
        let number = self.next;
        self.next += 1;
        Call { number, kind, retries, has_limit: has_limit || self.has_limit, cancel: None }
    }

    fn submit(&mut self, kind: Kind, retries: u32, limit: Option<Duration>) {
        let call = self.call(kind, retries, limit.is_some());
        let future = self.future(call, limit);
        self.wait_for(call, Waiting::Number(future));
    }

    fn future(&self, call: Call, limit: Option<Duration>) -> Future<u64> {
        let task = self.pool.call(work).retries(call.retries);
        let task = if let Some(limit) = limit { task.time_limit(limit) } else { task };
        let future = task.submit((call.number, call.kind));
        self.count_ends(call, &future);
        future
    }

    fn count_ends<R>(&self, call: Call, future: &Future<R>) {
        let ends = Arc::clone(&self.ends);
        // Relaxed: it is called before the result is out, and looked at after the pool's end.
        future.add_done_callback(move |_| {
            ends[call.number as usize].fetch_add(1, Relaxed);
        });
    }

    fn submit_bytes(&mut self) {
        let call = self.call(Kind::Bytes, 0, false);
        let len = 1 << (6 + self.random.below(13));
        let bytes = SharedBytes::build(len, |room| room.fill(filling(call.number)));
        let future = self.pool.submit(pass_bytes, (call.number, bytes.expect("there is memory")));
        self.count_ends(call, &future);
        self.wait_for(call, Waiting::Bytes(future));
    }

    fn cancel(&mut self, kind: Kind) {
        let mut call = self.call(kind, 0, false);
        let future = self.future(call, None);
        let micros = self.random.below(2) * self.random.below(3000);
        thread::sleep(Duration::from_micros(micros));
        call.cancel = Some(future.cancel());
        self.wait_for(call, Waiting::Number(future));
    }

    /// A map takes a number for each item, and is taken at once, while single calls are open.
    fn map(&mut self) {
        let count = (1 + self.random.below(ITEMS)).min(u64::from(self.calls - self.next));
        let mut calls = VecDeque::new();
        for _ in 0..count {
            let kind = match self.random.below(200) {
                0 => Kind::Abort,
                1 => Kind::Exit,
                2..5 => Kind::Panic,
                5..10 => Kind::Slow,
                _ => Kind::Quick,
            };
            calls.push_back(self.call(kind, 0, false));
        }
        self.watched.with(|tally| calls.iter().for_each(|call| tally.opens("map", call.kind)));
        let items: Vec<_> = calls.iter().map(|call| (call.number, call.kind)).collect();
        let mut results = self.pool.map(work, items);
        for call in calls {
            // One that does not come is lost.
            let Some(end) = results.next() else { continue };
            self.ends[call.number as usize].fetch_add(1, Relaxed);
            self.has_ended("map", call, end);
        }
        for _ in results {
            self.watched.with(|tally| {
                tally.duplicated += 1;
                tally.fail("a map has more results than items".to_owned());
            });
        }
    }

    fn wait_for(&mut self, call: Call, waiting: Waiting) {
        self.watched.with(|tally| tally.opens("single", call.kind));
        self.open.push_back((call, waiting));
    }

    fn reap(&mut self) {
        let Some((call, waiting)) = self.open.pop_front() else { return };
        let end = match waiting {
            Waiting::Number(future) => future.result(),
            Waiting::Bytes(future) => future.result().map(|bytes| {
                let byte = filling(call.number).wrapping_add(1);
                let is_right = bytes.iter().all(|found| *found == byte);
                if is_right { answer(call.number) } else { !answer(call.number) }
            }),
        };
        self.has_ended("single", call, end);
    }

    fn has_ended(&mut self, how: &'static str, call: Call, end: Result<u64, TaskError>) {
        self.watched.with(|tally| tally.ends(how, call.kind, &end));
        self.ended.push(Ended { call, end, may_be_taken_back: self.may_be_taken_back });
    }
}

/// When no worker is left: is what the calls ended with what their tasks have counted?
fn judge(ended: &[Ended], ends: &[AtomicU8], kills: killer::Kills, ledger: &Ledger, watched: &Watched) {
    let mut counts = vec![(0, 0); ends.len()];
    counts.iter_mut().enumerate().for_each(|(number, count)| *count = ledger.take(number));
    watched.with(|tally| {
        for ended in ended {
            let number = ended.call.number as usize;
            let (begun, done) = counts[number];
            tally.retried += u64::from(begun > 1 && ended.call.retries > 0);
            // Relaxed: the pool's end, which was waited for, comes after all callbacks.
            match ended.check(ends[number].load(Relaxed), begun, done) {
                Ok(()) => {}
                Err(Fault::Wrong(text)) => tally.fail(text),
                Err(Fault::Lost(text)) => {
                    tally.lost += 1;
                    tally.fail(text);
                }
                Err(Fault::Duplicated(text)) => {
                    tally.duplicated += 1;
                    tally.fail(text);
                }
            }
        }
        if let missing @ 1.. = ends.len() - ended.len() {
            tally.lost += missing as u64;
            tally.fail(format!("{missing} calls have no end"));
        }
        for (signal, sent) in [(9, kills.kill), (11, kills.segv)] {
            let died = ended.iter().filter(|ended| ended.killed_by() == Some(signal)).count();
            if died as u64 > sent {
                tally.fail(format!("{died} tasks died of {sent} signals {signal}"));
            }
        }
    });
}
