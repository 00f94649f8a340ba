//! # Claim
//! No worker sleeps through a task, nor on one that it has found; each task is run once, or given back
//! to who pushes it into a pool that closes; after the close all workers go home.
//!
//! # Models
//! One or two workers, and one or two threads that push and close. The queue is the weakest that the algorithm
//! accepts: a slot for each task, of which a look sees a push only where the fences say so. A queue behind a lock
//! would order everything by itself, and hide that a fence is missing.
//!
//! # Not shown here
//! The real queues: `crossbeam-deque` is trusted. That nobody is woken twice for one task: that costs time only.

use locks::Semaphore;
use platform::atomic::{AtomicU32, Ordering::*, fence};
use platform::check::{Death, Fault, Proof, saw};
use platform::thread::spawn;
use std::cell::Cell;
use std::sync::Arc;
use workers_multiprocess::raw::Idle;

const IDLE: &str = "crates/workers-multiprocess/src/thread_pool/idle.rs";
const LIES_DOWN: &str = "fence(SeqCst); // Of who lies down.";
const GOES_HOME: &str = "fence(SeqCst); // Of who goes home.";
const PUSHES: &str = "fence(SeqCst); // Of who pushes.";
const CLOSES: &str = "fence(SeqCst); // Of who closes.";
const SEMAPHORE: &str = "crates/locks/src/semaphore/raw.rs";
const WAKES: &str = "wake::<S>(&raw const self.word, next.value())";

/// `Idle`, or its twin.
trait Rest: Send + Sync + 'static {
    fn next(&self, find: impl Fn() -> Option<usize>) -> Option<usize>;
    fn pushed(&self) -> bool;
    fn close(&self);
}

impl Rest for Idle {
    fn next(&self, find: impl Fn() -> Option<usize>) -> Option<usize> {
        Idle::next(self, find)
    }

    fn pushed(&self) -> bool {
        Idle::pushed(self)
    }

    fn close(&self) {
        Idle::close(self);
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Flaw {
    /// Who lies down does not look again.
    LooksOnce,
    /// Who lies down looks whether it is closed after its last look for a task.
    GoesHomeUnseeing,
    /// Who pushes is not told.
    TellsNobody,
    /// Who has woken one worker takes it that this one will see the next task too.
    WakesOnce,
}

/// The twin: the algorithm in brief, with one flaw that no fault at one place can make.
struct Twin {
    idle: Idle,
    flaw: Flaw,
    woken: AtomicU32,
}

impl Twin {
    fn new(flaw: Flaw) -> Self {
        Self { idle: Idle::new(), flaw, woken: AtomicU32::new(0) }
    }
}

impl Rest for Twin {
    fn next(&self, find: impl Fn() -> Option<usize>) -> Option<usize> {
        let looks = Cell::new(0_u32);
        self.idle.next(|| {
            looks.set(looks.get() + 1);
            match self.flaw {
                Flaw::LooksOnce if looks.get().is_multiple_of(2) => None,
                Flaw::GoesHomeUnseeing if self.idle.is_closed() => None,
                _ => find(),
            }
        })
    }

    fn pushed(&self) -> bool {
        // Relaxed: the flaw is its own.
        if self.flaw == Flaw::WakesOnce && self.woken.swap(1, Relaxed) == 1 {
            return false;
        }
        self.idle.pushed() && self.flaw != Flaw::TellsNobody
    }

    fn close(&self) {
        self.idle.close();
    }
}

/// A pool: its tasks are their slots' numbers.
struct Pool<R> {
    rest: R,
    slots: [AtomicU32; 2],
}

impl<R: Rest> Pool<R> {
    fn new(rest: R) -> Arc<Self> {
        Arc::new(Self { rest, slots: [AtomicU32::new(0), AtomicU32::new(0)] })
    }

    /// Pushes a task; says whether it was told that the pool is closed.
    fn push(&self, task: usize) -> bool {
        // Relaxed, as is all here: only the algorithm orders.
        self.slots[task].swap(1, Relaxed);
        self.rest.pushed()
    }

    /// Takes a task out, if it is there.
    fn take(&self, task: usize) -> Option<usize> {
        let slot = &self.slots[task];
        let taken = slot.load(Relaxed) == 1 && slot.compare_exchange(1, 2, Relaxed, Relaxed).is_ok();
        taken.then_some(task)
    }

    /// Runs tasks until it goes home; says how often it ran each.
    fn work(&self) -> [u32; 2] {
        let mut ran = [0; 2];
        while let Some(task) = self.rest.next(|| (0..2).find_map(|task| self.take(task))) {
            ran[task] += 1;
        }
        ran
    }
}

/// A worker waits for a task; the model pushes it.
fn one_task<R: Rest>(rest: R) {
    let pool = Pool::new(rest);
    let worker = spawn({
        let pool = Arc::clone(&pool);
        move || {
            let looks = Cell::new(0);
            let found = pool.rest.next(|| {
                looks.set(looks.get() + 1);
                pool.take(0)
            });
            (found, looks.get())
        }
    });
    assert!(!pool.push(0), "it is open");
    let (found, looks) = worker.join().unwrap();
    assert_eq!(found, Some(0));
    saw(match looks {
        1 => "awake",
        2 => "lying down",
        _ => "asleep",
    });
}

#[test]
fn a_task_is_not_slept_through() {
    Proof::new(
        "idle::a_task_is_not_slept_through",
        "a task that is pushed while a worker lies down is found by its last look, or wakes it",
    )
    .threads(2)
    .executions_at_least(50)
    .outcomes(&["awake", "lying down", "asleep"])
    .refuted_by("who lies down has no fence", Fault::NoFence, IDLE, LIES_DOWN, Death::Deadlock)
    .refuted_by("who pushes has no fence", Fault::NoFence, IDLE, PUSHES, Death::Deadlock)
    .refuted_by("nobody is woken", Fault::NoWake, SEMAPHORE, WAKES, Death::Deadlock)
    .refuted_by_twin("who lies down does not look again", Death::Deadlock, || {
        one_task(Twin::new(Flaw::LooksOnce));
    })
    .check(|| one_task(Idle::new()));
}

/// Two workers wait for a task each; the model pushes two.
fn two_sleepers<R: Rest>(rest: R) {
    let pool = Pool::new(rest);
    let workers = [(); 2].map(|()| {
        let pool = Arc::clone(&pool);
        spawn(move || pool.rest.next(|| (0..2).find_map(|task| pool.take(task))))
    });
    assert!(!pool.push(0) && !pool.push(1), "it is open");
    let found = workers.map(|worker| worker.join().unwrap());
    assert!(found.contains(&Some(0)) && found.contains(&Some(1)), "one each");
    saw(if found[0] == Some(0) { "in order" } else { "the other way round" });
}

#[test]
fn two_pushes_reach_two_sleepers() {
    Proof::new(
        "idle::two_pushes_reach_two_sleepers",
        "of two workers that lie down, each gets one of two tasks that are pushed",
    )
    .threads(3)
    .bounded(2)
    .executions_at_least(15_000)
    .outcomes(&["in order", "the other way round"])
    .refuted_by("who lies down has no fence", Fault::NoFence, IDLE, LIES_DOWN, Death::Deadlock)
    .refuted_by("nobody is woken", Fault::NoWake, SEMAPHORE, WAKES, Death::Deadlock)
    .refuted_by_twin("who has woken one wakes no other", Death::Deadlock, || {
        two_sleepers(Twin::new(Flaw::WakesOnce));
    })
    .check(|| two_sleepers(Idle::new()));
}

/// The twin that waits: who has found a task, and was counted off, waits for the permit that comes of it.
struct Waits {
    sleepers: AtomicU32,
    wakes: Semaphore,
}

impl Waits {
    fn count_off(&self) -> bool {
        let mut sleepers = self.sleepers.load(Relaxed);
        while let Some(fewer) = sleepers.checked_sub(1) {
            match self.sleepers.compare_exchange(sleepers, fewer, Relaxed, Relaxed) {
                Ok(_) => return true,
                Err(seen) => sleepers = seen,
            }
        }
        false
    }
}

impl Rest for Waits {
    fn next(&self, find: impl Fn() -> Option<usize>) -> Option<usize> {
        loop {
            self.sleepers.fetch_add(1, Relaxed);
            fence(SeqCst);
            let found = find();
            if found.is_some() {
                if !self.count_off() {
                    self.wakes.acquire();
                }
                return found;
            }
            self.wakes.acquire();
        }
    }

    fn pushed(&self) -> bool {
        fence(SeqCst);
        if self.count_off() {
            self.wakes.release().unwrap();
        }
        false
    }

    fn close(&self) {
        unreachable!("its model does not close it");
    }
}

/// A task is pushed for two workers, and another when the first has been run.
fn one_after_another<R: Rest>(rest: R) {
    let (pool, ran) = (Pool::new(rest), Arc::new(Semaphore::new(0)));
    let workers = [(); 2].map(|()| {
        let (pool, ran) = (Arc::clone(&pool), Arc::clone(&ran));
        spawn(move || {
            let found = pool.rest.next(|| (0..2).find_map(|task| pool.take(task)));
            ran.release().unwrap();
            found
        })
    });
    assert!(!pool.push(0), "it is open");
    ran.acquire();
    assert!(!pool.push(1), "it is open");
    let found = workers.map(|worker| worker.join().unwrap());
    assert!(found.contains(&Some(0)) && found.contains(&Some(1)), "one each");
    saw(if found[0] == Some(0) { "in order" } else { "the other way round" });
}

#[test]
fn who_has_found_a_task_does_not_sleep_on_it() {
    Proof::new(
        "idle::who_has_found_a_task_does_not_sleep_on_it",
        "of two workers, whichever finds the one task runs it at once, whoever is woken for it",
    )
    .threads(3)
    .bounded(2)
    .executions_at_least(40_000)
    .outcomes(&["in order", "the other way round"])
    .refuted_by("nobody is woken", Fault::NoWake, SEMAPHORE, WAKES, Death::Deadlock)
    .refuted_by_twin("it waits for the permit that it is counted off for", Death::Deadlock, || {
        one_after_another(Waits { sleepers: AtomicU32::new(0), wakes: Semaphore::new(0) });
    })
    .check(|| one_after_another(Idle::new()));
}

/// Two tasks are pushed for two workers, and then the pool is closed.
fn two_tasks() {
    let pool = Pool::new(Idle::new());
    let workers = [(); 2].map(|()| {
        let pool = Arc::clone(&pool);
        spawn(move || pool.work())
    });
    assert!(!pool.push(0) && !pool.push(1));
    pool.rest.close();
    let [a, b] = workers.map(|worker| worker.join().unwrap());
    assert_eq!([a[0] + b[0], a[1] + b[1]], [1, 1], "each once");
    saw(if a[0] + a[1] == 1 { "one each" } else { "both by one" });
}

#[test]
fn two_workers_run_each_task_once_and_go_home() {
    Proof::new(
        "idle::two_workers_run_each_task_once_and_go_home",
        "what two workers are woken for, and leave to each other, is run once; after the close both go home",
    )
    .threads(3)
    .bounded(1)
    .executions_at_least(500)
    .outcomes(&["one each", "both by one"])
    .refuted_by("nobody is woken", Fault::NoWake, SEMAPHORE, WAKES, Death::Deadlock)
    .check(two_tasks);
}

/// One pushes while another closes.
fn push_against_close<R: Rest>(rest: R) {
    let pool = Pool::new(rest);
    let worker = spawn({
        let pool = Arc::clone(&pool);
        move || pool.work()[0]
    });
    let pusher = spawn({
        let pool = Arc::clone(&pool);
        move || u32::from(pool.push(0) && pool.take(0).is_some())
    });
    pool.rest.close();
    let (ran, given_back) = (worker.join().unwrap(), pusher.join().unwrap());
    assert_eq!(ran + given_back, 1, "it is run or given back, one of both");
    saw(if ran == 1 { "run" } else { "given back" });
}

#[test]
fn a_task_is_not_lost_to_a_pool_that_closes() {
    Proof::new(
        "idle::a_task_is_not_lost_to_a_pool_that_closes",
        "of a push and a close, the worker sees the task before it goes home, or the pusher is told",
    )
    .threads(3)
    .bounded(3)
    .executions_at_least(500)
    .outcomes(&["run", "given back"])
    .refuted_by(
        "who goes home has no fence",
        Fault::NoFence,
        IDLE,
        GOES_HOME,
        Death::Assertion("one of both"),
    )
    .refuted_by("who pushes has no fence", Fault::NoFence, IDLE, PUSHES, Death::Assertion("one of both"))
    .refuted_by("who lies down has no fence", Fault::NoFence, IDLE, LIES_DOWN, Death::Deadlock)
    .refuted_by("who closes has no fence", Fault::NoFence, IDLE, CLOSES, Death::Deadlock)
    .refuted_by_twin("a closed pool is not looked through", Death::Assertion("one of both"), || {
        push_against_close(Twin::new(Flaw::GoesHomeUnseeing));
    })
    .refuted_by_twin("who pushes is not told", Death::Assertion("one of both"), || {
        push_against_close(Twin::new(Flaw::TellsNobody));
    })
    .check(|| push_against_close(Idle::new()));
}
