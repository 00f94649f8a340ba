//! Workers that die, in each way and at each moment, and what is left behind.

use crate::{
    tasks,
    tools::{
        SOCKETS, children, death, fresh_path, is_running, open_descriptors, pool, result, send_signal,
        wait_until,
    },
};
use std::{
    collections::BTreeSet,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    thread,
    time::Duration,
};
use workers_multiprocess::{Death, ProcessPool, TaskError};

pub(crate) fn a_killed_worker_fails_only_its_task_and_another_takes_its_place() {
    let pool = pool(1);
    let first = result(pool.submit(tasks::pid, ())).unwrap();
    let killed = pool.submit(tasks::end_by_signal, "KILL".into());
    let after: Vec<_> = pool.map(tasks::square, 0..20).collect();
    match result(killed) {
        Err(TaskError::WorkerDied(Death { pid, signal, exit_code, attempt, .. })) => {
            assert_eq!((pid, signal, exit_code, attempt), (first, Some(9), None, 1));
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(after, (0..20).map(|n| Ok(n * n)).collect::<Vec<_>>());
    let second = result(pool.submit(tasks::pid, ())).unwrap();
    assert_ne!(first, second);
    assert!(!is_running(first));
}

pub(crate) fn each_kind_of_death_is_told_by_its_signal_or_its_exit_code() {
    let pool = pool(1);
    for _ in 0..5 {
        assert_eq!(death(result(pool.submit(tasks::end_by_abort, ()))), (Some(6), None));
        assert_eq!(death(result(pool.submit(tasks::end_by_exit, 0))), (None, Some(0)));
        assert_eq!(death(result(pool.submit(tasks::end_by_exit, 7))), (None, Some(7)));
        assert_eq!(death(result(pool.submit(tasks::end_by_signal, "TERM".into()))), (Some(15), None));
    }
    assert_eq!(result(pool.submit(tasks::square, 3)), Ok(9));
}

pub(crate) fn a_stack_overflow_fails_only_its_task() {
    let pool = pool(1);
    let (signal, exit_code) = death(result(pool.submit(tasks::overflow_the_stack, 0)));
    assert!(signal.is_some(), "exit code {exit_code:?}");
    assert_eq!(result(pool.submit(tasks::square, 3)), Ok(9));
}

pub(crate) fn a_worker_that_dies_while_idle_costs_no_task() {
    let pool = pool(1);
    for n in 0..10 {
        let worker = result(pool.submit(tasks::pid, ())).unwrap();
        send_signal(worker, "KILL");
        if n % 2 == 0 {
            wait_until("the worker is dead", || !is_running(worker));
        }
        // In the odd rounds the death may come at any moment, also while the worker reads; only then may it
        // take the task with it.
        match result(pool.submit(tasks::square, n)) {
            Ok(square) => assert_eq!(square, n * n),
            Err(TaskError::WorkerDied(Death { pid, signal: Some(9), .. })) if n % 2 == 1 => {
                assert_eq!(pid, worker)
            }
            Err(other) => panic!("{other}"),
        }
    }
}

pub(crate) fn every_future_gets_a_result_while_workers_are_killed() {
    let others = children();
    let pool = pool(3);
    let ended = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !ended.load(Relaxed) {
                for worker in children().difference(&others) {
                    send_signal(*worker, "KILL");
                    thread::sleep(Duration::from_millis(3));
                }
            }
        });
        let (mut right, mut killed) = (0, 0);
        wait_until("workers were killed with tasks and tasks were done all the same", || {
            for (n, square) in (0..50).zip(pool.map(tasks::square_slowly, 0..50)) {
                match square {
                    Ok(square) => {
                        assert_eq!(square, n * n);
                        right += 1;
                    }
                    Err(TaskError::WorkerDied(Death { signal: Some(9), .. })) => killed += 1,
                    // Killed before it was ready.
                    Err(TaskError::Start(text)) => assert!(text.contains("signal 9"), "{text}"),
                    Err(other) => panic!("{other}"),
                }
            }
            right > 100 && killed > 20
        });
        ended.store(true, Relaxed);
    });
    assert_eq!(result(pool.submit(tasks::square, 3)), Ok(9));
}

pub(crate) fn a_worker_that_writes_garbage_costs_itself_and_nothing_else() {
    // What it may have wiped out is that somebody sleeps, and what it may have begun is a long message: then it is the
    // limit that ends the task.
    let limit = Duration::from_millis(if SOCKETS { 500 } else { 2000 });
    let pool = ProcessPool::builder().workers(2).time_limit(limit).build().unwrap();
    let is_told = |error: &TaskError| {
        matches!(error, TaskError::Decode(_) | TaskError::WorkerDied(_) | TaskError::TimedOut(_))
    };
    let (mut workers, mut right) = (BTreeSet::new(), 0);
    for seed in 0..40 {
        let wild = pool.submit(tasks::scribble, seed);
        let beside: Vec<_> = (0..20).map(|n| pool.submit(tasks::square, n)).collect();
        if let Err(error) = result(wild) {
            assert!(is_told(&error), "seed {seed}: {error}");
        }
        for (n, square) in (0..20).zip(beside) {
            match result(square) {
                // One that the wild worker had may have been overwritten before it was begun.
                Ok(square) => right += u32::from(square == n * n),
                Err(error) => assert!(is_told(&error), "seed {seed}: {error}"),
            }
        }
        workers.extend(pool.statistics().workers.into_iter().flatten().map(|worker| worker.pid));
    }
    assert!(workers.len() > 2, "garbage was noticed at least once");
    assert!(right > 400, "{right} of 800");
    // The worst that is left of them: they are alive. Those that take their places have all that they should.
    for worker in pool.statistics().workers.into_iter().flatten() {
        send_signal(worker.pid, "KILL");
        wait_until("the worker is dead", || !is_running(worker.pid));
    }
    let squares: Vec<_> = pool.map(tasks::square, 0..100).collect();
    assert_eq!(squares, (0..100).map(|n| Ok(n * n)).collect::<Vec<_>>());
}

pub(crate) fn nothing_is_left_behind() {
    // What the first pool of a process opens for good, such as its random seed, is not counted.
    drop(pool(1));
    let before = (open_descriptors(), children());
    let pool = pool(2);
    let with_pool = open_descriptors();
    for n in 0..20 {
        let _ = death(result(pool.submit(tasks::end_by_exit, n)));
    }
    // Both workers are busy, so that none is being started while the descriptors are counted.
    let released = fresh_path("released-after-counting");
    let busy = ["begun-first", "begun-second"].map(fresh_path);
    let running = pool.map(tasks::rendezvous, busy.iter().map(|begun| (begun.clone(), released.clone())));
    wait_until("both workers are busy", || busy.iter().all(|begun| begun.exists()));
    let queued: Vec<_> = (0..500).map(|n| pool.submit(tasks::square, n)).collect();
    // Fewer, if a file of the system's was being read when they were counted.
    assert!(open_descriptors() <= with_pool, "no task that waits has a descriptor");
    std::fs::write(&released, "").unwrap();
    assert!(running.into_iter().all(|done| done.is_ok()));
    assert!(queued.into_iter().all(|square| result(square).is_ok()));
    drop(pool);
    assert_eq!((open_descriptors(), children()), before);
}

pub(crate) fn a_pool_that_is_dropped_by_a_panic_leaves_nothing_behind() {
    let before = children();
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        let pool = pool(2);
        let _unfinished = pool.map(tasks::square, 0..10);
        assert_eq!(children().len(), before.len() + 2);
        std::panic::resume_unwind(Box::new("on purpose"));
    }));
    assert!(panicked.is_err());
    assert_eq!(children(), before);
}

pub(crate) fn a_worker_that_does_not_end_is_killed() {
    let before = children();
    let pool = pool(1);
    let worker = result(pool.submit(tasks::pid, ())).unwrap();
    send_signal(worker, "STOP");
    drop(pool);
    assert!(!is_running(worker));
    assert_eq!(children(), before);
}

pub(crate) fn a_worker_that_dies_while_others_work_does_not_disturb_them() {
    let (begun, released) = (fresh_path("begun-beside"), fresh_path("released-beside"));
    let pool = pool(2);
    let running = pool.submit(tasks::rendezvous, (begun.clone(), released.clone()));
    wait_until("the task has begun", || begun.exists());
    assert_eq!(death(result(pool.submit(tasks::end_by_abort, ()))), (Some(6), None));
    assert_eq!(result(pool.submit(tasks::square, 5)), Ok(25));
    assert!(!running.is_done());
    std::fs::write(&released, "").unwrap();
    assert_eq!(result(running), Ok(()));
}
