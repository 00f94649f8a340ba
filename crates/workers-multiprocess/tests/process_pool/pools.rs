//! Several pools in one process: side by side, made at once, one inside another's worker, and one after another.

use crate::{
    tasks,
    tools::{children, death, open_descriptors, pool, result, send_signal, wait_until},
};
use std::{collections::BTreeSet, fs};
use workers_multiprocess::{ProcessPool, ThreadPool};

fn squares(numbers: std::ops::Range<u64>) -> Vec<u64> {
    numbers.map(|n| n * n).collect()
}

pub(crate) fn a_pool_goes_on_when_another_is_dropped_or_loses_a_worker() {
    let (one, other) = (pool(2), pool(2));
    let workers = |pool: &ProcessPool| -> BTreeSet<u32> {
        (0..20).map(|_| result(pool.submit(tasks::pid, ())).unwrap()).collect()
    };
    assert!(workers(&one).is_disjoint(&workers(&other)), "each has workers of its own");
    let running: Vec<_> = (0..8).map(|n| one.submit(tasks::square_slowly, n)).collect();
    let guilty = other.submit(tasks::end_by_signal, "KILL".to_owned());
    assert_eq!(death(result(guilty)), (Some(9), None));
    let left: Vec<_> = (0..8).map(|n| other.submit(tasks::square_slowly, n)).collect();
    drop(other);
    for futures in [running, left] {
        let done: Vec<_> = futures.into_iter().map(|future| result(future).unwrap()).collect();
        assert_eq!(done, squares(0..8), "a pool that is dropped does what it was given first");
    }
    assert_eq!(one.map(tasks::square, 0..100).map(Result::unwrap).collect::<Vec<_>>(), squares(0..100));
    assert_eq!(children().len(), 2);
}

pub(crate) fn pools_may_be_made_in_several_threads_at_once() {
    let threads = ThreadPool::new(4).unwrap();
    let made = threads.map(
        |n: u64| {
            let pool = pool(2);
            let squares: Vec<_> = pool.map(tasks::square, n..n + 50).map(Result::unwrap).collect();
            // A pool in a worker of a pool.
            let inner = result(pool.submit(tasks::sum_of_squares_by_a_pool, vec![n, 1])).unwrap();
            (squares, inner)
        },
        0..8,
    );
    for (n, made) in (0..).zip(made.chunk_size(1)) {
        assert_eq!(made.unwrap(), (squares(n..n + 50), n * n + 1));
    }
    assert_eq!(children(), BTreeSet::new());
}

pub(crate) fn hundreds_of_pools_one_after_another_leave_nothing() {
    let tasks_of_this = || fs::read_dir("/proc/self/task").expect("Linux").count();
    let round = |number: u64| {
        let pool = pool(1 + number as usize % 2);
        match number % 4 {
            // Dropped at once, after work, after a death, and with work left.
            0 => {}
            1 => assert_eq!(result(pool.submit(tasks::square, number)), Ok(number * number)),
            2 => {
                let worker = result(pool.submit(tasks::pid, ())).unwrap();
                send_signal(worker, "KILL");
            }
            _ => drop((0..10).map(|n| pool.submit(tasks::square, n)).collect::<Vec<_>>()),
        }
    };
    (0..4).for_each(round);
    let before = (open_descriptors(), children(), tasks_of_this());
    (0..300).for_each(round);
    assert_eq!((open_descriptors(), children()), (before.0, before.1));
    // A thread that was joined may be on the system's list a moment longer, and may have been before.
    wait_until("no thread is left", || tasks_of_this() <= before.2);
}
