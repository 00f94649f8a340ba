//! # Claim
//! Each task of a thread pool is run once, or its future says that it is not; whoever waits for a task, for a scope,
//! or for the pool's end, is let go.
//!
//! # Model
//! The real pool, with its real queues, of three workers, and four threads that submit, besides the model's own. loom's
//! proofs have the sleeping and waking alone, with one or two workers, and the weakest queue.
//!
//! # Not shown here
//! That every schedule is right; the fences of `idle.rs`, which do nothing here; what `crossbeam-deque` does inside:
//! its operations are one step each.

use crate::pool_twin::{Flaw, Pool, Twin};
use platform::atomic::{AtomicU32, Ordering::Relaxed};
use platform::check::{Death, Trial, saw};
use platform::thread::spawn;
use std::sync::Arc;
use workers_multiprocess::{Shutdown, TaskError, ThreadPool};

const WORKERS: usize = 3;
const OTHERS: u32 = 4;

fn pool() -> ThreadPool {
    ThreadPool::new(WORKERS).unwrap()
}

/// Starts four threads; returns what each does.
fn four<P: Pool, T: Send + 'static>(pool: &Arc<P>, act: fn(&P, u32) -> T) -> Vec<T> {
    let threads: Vec<_> = (0..OTHERS)
        .map(|number| {
            let pool = Arc::clone(pool);
            spawn(move || act(&pool, number))
        })
        .collect();
    threads.into_iter().map(|thread| thread.join().unwrap()).collect()
}

/// Four submit two tasks each and wait for them; then the pool ends.
fn drained(pool: impl Pool) {
    let pool = Arc::new(pool);
    let sums = four(&pool, |pool, number| {
        let futures = [10 * number, 10 * number + 1].map(|n| pool.submit(Box::new(move || n)));
        futures.map(|future| future.result().unwrap()).iter().sum::<u32>()
    });
    assert_eq!(sums, [1, 21, 41, 61], "each has its own results");
    pool.shutdown(Shutdown::Drain);
    pool.join();
    saw("all went home");
}

#[test]
fn every_task_is_run_and_all_workers_go_home() {
    let twin = |flaw| move || drained(Twin::new(WORKERS, flaw));
    Trial::new(
        "pool::every_task_is_run_and_all_workers_go_home",
        "what four threads submit three workers run, who then go home, and nobody sleeps through either",
    )
    .threads(8)
    .schedules(10_000)
    .outcomes(&["all went home"])
    .refuted_by_twin("who submits wakes nobody", Death::Deadlock, twin(Flaw::SilentSubmit))
    .refuted_by_twin("a worker looks, and then lies down", Death::Deadlock, twin(Flaw::LooksAndSleeps))
    .refuted_by_twin("the end wakes one", Death::Deadlock, twin(Flaw::EndWakesOne))
    .check(|| drained(pool()));
}

/// Four submit two tasks each, while the pool ends.
fn ended(pool: impl Pool, how: Shutdown) {
    let (pool, runs) = (Arc::new(pool), Arc::new(AtomicU32::new(0)));
    let threads: Vec<_> = (0..OTHERS)
        .map(|_| {
            let (pool, runs) = (Arc::clone(&pool), Arc::clone(&runs));
            spawn(move || {
                let futures = [(); 2].map(|()| {
                    let runs = Arc::clone(&runs);
                    // Relaxed: as strong as any other here.
                    pool.submit(Box::new(move || runs.fetch_add(1, Relaxed)))
                });
                futures.map(|future| match future.result() {
                    Ok(_) => 0,
                    Err(TaskError::Closed | TaskError::Cancelled) => 1,
                    Err(other) => panic!("{other}"),
                })
            })
        })
        .collect();
    pool.shutdown(how);
    let refused = threads.into_iter().flat_map(|thread| thread.join().unwrap()).sum::<u32>();
    pool.join();
    // Relaxed: all have ended.
    assert_eq!(runs.load(Relaxed) + refused, 2 * OTHERS, "each task is run, or refused");
    saw(match refused {
        0 => "all were run",
        _ if refused < 2 * OTHERS => "some were refused",
        _ => "all were refused",
    });
}

#[test]
fn a_pool_that_drains_runs_or_refuses_each_task() {
    let twin = |flaw| move || ended(Twin::new(WORKERS, flaw), Shutdown::Drain);
    Trial::new(
        "pool::a_pool_that_drains_runs_or_refuses_each_task",
        "whenever the end comes, each task of four threads is run or refused, and its future says which",
    )
    .threads(8)
    .schedules(10_000)
    .outcomes(&["all were run", "some were refused", "all were refused"])
    .refuted_by_twin("a worker goes home from what is left", Death::Deadlock, twin(Flaw::GoesHomeAtOnce))
    .check(|| ended(pool(), Shutdown::Drain));
}

#[test]
fn a_pool_that_discards_runs_or_refuses_each_task() {
    let twin = |flaw| move || ended(Twin::new(WORKERS, flaw), Shutdown::Discard);
    Trial::new(
        "pool::a_pool_that_discards_runs_or_refuses_each_task",
        "whenever a discard comes, each task of four threads is run or refused, and its future says which",
    )
    .threads(8)
    .schedules(10_000)
    .outcomes(&["all were run", "some were refused", "all were refused"])
    .refuted_by_twin("what is discarded is forgotten", Death::Deadlock, twin(Flaw::ForgetsTheDiscarded))
    .check(|| ended(pool(), Shutdown::Discard));
}

/// Four have two counters of their own counted up by tasks that borrow them.
fn borrowed(pool: impl Pool) {
    let pool = Arc::new(pool);
    let counts = four(&pool, |pool, _| {
        let counters = [(); 2].map(|()| Arc::new(AtomicU32::new(0)));
        pool.count(&counters);
        // Relaxed: as strong as any other here.
        let counts = counters.each_ref().map(|counter| counter.load(Relaxed));
        assert_eq!(counts, [1, 1], "a scope does not end before its tasks");
        counts
    });
    assert_eq!(counts.len(), OTHERS as usize);
    pool.shutdown(Shutdown::Drain);
    pool.join();
    saw("all scopes ended");
}

#[test]
fn a_scope_ends_when_its_tasks_have_ended() {
    let twin = |flaw| move || borrowed(Twin::new(WORKERS, flaw));
    let hasty = Death::Assertion("does not end before its tasks");
    Trial::new(
        "pool::a_scope_ends_when_its_tasks_have_ended",
        "of four scopes in one pool, each ends when its own tasks have ended, and no sooner",
    )
    .threads(8)
    .schedules(5_000)
    .outcomes(&["all scopes ended"])
    .refuted_by_twin("the last task tells nobody", Death::Deadlock, twin(Flaw::SilentScope))
    .refuted_by_twin("a scope does not wait", hasty, twin(Flaw::HastyScope))
    .check(|| borrowed(pool()));
}
