//! Every operation of a random history of `RawRLock`, by two threads, returns what an owner and a count say, and
//! leaves the lock looking like them.

use locks::{Levels, NotOwner, RawRLock};
use proptest::prelude::*;
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

#[derive(Clone, Copy, Debug)]
enum Op {
    Acquire,
    TryAcquire,
    AcquireTimeout,
    Release,
    ReleaseAll,
    Restore,
}

/// What the lock should do, in the plainest words.
#[derive(Debug, Default)]
struct Reference {
    owner: Option<usize>,
    levels: usize,
    /// What each thread has given back and not yet taken again.
    saved: [Vec<usize>; 2],
}

impl Reference {
    fn is_taken_from(&self, thread: usize) -> bool {
        self.owner.is_some_and(|owner| owner != thread)
    }

    fn acquire(&mut self, thread: usize, levels: usize) -> bool {
        if self.is_taken_from(thread) {
            return false;
        }
        self.owner = Some(thread);
        self.levels += levels;
        true
    }

    fn release(&mut self, thread: usize, levels: usize) -> bool {
        if self.owner != Some(thread) {
            return false;
        }
        self.levels -= levels;
        self.owner = (self.levels > 0).then_some(thread);
        true
    }
}

type Job = Box<dyn FnOnce(&mut Vec<Levels>) -> bool + Send>;

/// A thread that does what it is told, so that a history has threads that stay the same.
struct Actor {
    jobs: mpsc::Sender<Job>,
    answers: mpsc::Receiver<bool>,
}

impl Actor {
    fn new() -> Self {
        let (jobs, todo) = mpsc::channel::<Job>();
        let (done, answers) = mpsc::channel();
        thread::spawn(move || {
            let mut saved = Vec::new();
            todo.into_iter().for_each(|job| done.send(job(&mut saved)).unwrap());
        });
        Self { jobs, answers }
    }

    fn does(&self, job: impl FnOnce(&mut Vec<Levels>) -> bool + Send + 'static) -> bool {
        self.jobs.send(Box::new(job)).unwrap();
        self.answers.recv().unwrap()
    }
}

/// Does one operation to both. What would wait for ever in one thread is done in its form that does not.
fn step(
    actor: &Actor,
    lock: &Arc<RawRLock>,
    reference: &mut Reference,
    thread: usize,
    op: Op,
) -> (bool, bool) {
    let (lock, taken) = (Arc::clone(lock), reference.is_taken_from(thread));
    match op {
        Op::Acquire if !taken => {
            let returned = actor.does(move |_| {
                lock.acquire();
                true
            });
            (returned, reference.acquire(thread, 1))
        }
        Op::Acquire | Op::TryAcquire => {
            (actor.does(move |_| lock.try_acquire()), reference.acquire(thread, 1))
        }
        Op::AcquireTimeout => {
            (actor.does(move |_| lock.acquire_timeout(Duration::ZERO)), reference.acquire(thread, 1))
        }
        Op::Release => (actor.does(move |_| lock.release() != Err(NotOwner)), reference.release(thread, 1)),
        Op::ReleaseAll => {
            let levels = reference.levels;
            let released = reference.release(thread, levels);
            if released {
                reference.saved[thread].push(levels);
            }
            let returned =
                actor.does(move |saved| lock.release_all().map(|levels| saved.push(levels)).is_ok());
            (returned, released)
        }
        Op::Restore if taken => (true, true),
        Op::Restore => {
            let Some(levels) = reference.saved[thread].pop() else { return (true, true) };
            let returned = actor.does(move |saved| {
                lock.acquire_restore(saved.pop().unwrap());
                true
            });
            (returned, reference.acquire(thread, levels))
        }
    }
}

fn op() -> impl Strategy<Value = Op> {
    use Op::{Acquire, AcquireTimeout, Release, ReleaseAll, Restore, TryAcquire};
    prop::sample::select(vec![
        Acquire,
        Acquire,
        TryAcquire,
        AcquireTimeout,
        Release,
        Release,
        Release,
        Release,
        ReleaseAll,
        Restore,
    ])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_history_is_that_of_an_owner_and_a_count(ops in prop::collection::vec((0..2_usize, op()), 1..100)) {
        let (lock, mut reference) = (Arc::new(RawRLock::new()), Reference::default());
        let actors = [Actor::new(), Actor::new()];
        for (thread, op) in ops {
            let (returned, expected) = step(&actors[thread], &lock, &mut reference, thread, op);
            prop_assert_eq!(returned, expected, "{:?} by {}", op, thread);
            prop_assert_eq!(lock.locked(), reference.owner.is_some());
            for (number, actor) in actors.iter().enumerate() {
                let own = if reference.owner == Some(number) { reference.levels } else { 0 };
                let lock = Arc::clone(&lock);
                let counted = move |_: &mut Vec<Levels>| (lock.recursion_count(), lock.is_owned()) == (own, own > 0);
                prop_assert!(actor.does(counted), "thread {} has {} levels", number, own);
            }
        }
    }
}
