//! `ThreadPool` as its users see it.

use std::{
    io::ErrorKind,
    sync::{Arc, Barrier, mpsc},
    thread,
    time::Duration,
};
use workers_multiprocess::{Future, TaskError, ThreadPool};

const LONG: Duration = Duration::from_secs(60);

fn result<R>(future: Future<R>) -> Result<R, TaskError> {
    future.result_timeout(LONG).expect("no result after a minute")
}

/// A task that tells when it has begun, and then waits for the sender to be dropped.
fn block(pool: &ThreadPool) -> (Future<()>, mpsc::Sender<()>) {
    let (begun, has_begun) = mpsc::channel();
    let (release, released) = mpsc::channel();
    let wait = move |released: mpsc::Receiver<()>| {
        begun.send(()).unwrap();
        let _ = released.recv_timeout(LONG);
    };
    let future = pool.submit(wait, released);
    has_begun.recv_timeout(LONG).expect("the task did not begin");
    (future, release)
}

#[test]
fn a_result_comes_back_from_another_thread() {
    let pool = ThreadPool::new(2).unwrap();
    let prefix = String::from("pool-worker-");
    let name = move |()| thread::current().name().is_some_and(|name| name.starts_with(&prefix));
    assert_eq!(result(pool.submit(name, ())), Ok(true));
}

#[test]
fn map_keeps_the_order_of_its_input() {
    let pool = ThreadPool::new(4).unwrap();
    let results = pool.map(|n: u64| n * n, 0..1000);
    assert_eq!(results.size_hint(), (1000, Some(1000)));
    let squares: Result<Vec<_>, _> = results.collect();
    assert_eq!(squares.unwrap(), (0..1000).map(|n| n * n).collect::<Vec<_>>());
}

#[test]
fn all_threads_work_at_the_same_time() {
    let pool = ThreadPool::new(3).unwrap();
    let barrier = Arc::new(Barrier::new(3));
    let meet = move |_| barrier.wait().is_leader();
    let leaders: Vec<Future<bool>> = (0..3).map(|n| pool.submit(meet.clone(), n)).collect();
    assert_eq!(leaders.into_iter().map(result).filter(|leader| *leader == Ok(true)).count(), 1);
}

#[test]
fn a_panic_fails_only_its_task_and_says_where_it_was() {
    let pool = ThreadPool::new(1).unwrap();
    let line = line!() + 1;
    let fault = pool.submit(|n: u32| -> u32 { panic!("not {n}") }, 7);
    let next = pool.submit(|n: u32| n + 1, 7);
    match result(fault) {
        Err(TaskError::Panicked { message, location, .. }) => {
            assert_eq!(message, "not 7");
            assert!(location.starts_with(&format!("{}:{line}:", file!())), "{location}");
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(result(next), Ok(8));
}

#[test]
fn a_result_that_panics_when_nobody_wants_it_does_not_end_the_thread() {
    struct PanicsWhenDropped;
    impl Drop for PanicsWhenDropped {
        fn drop(&mut self) {
            panic!("dropped");
        }
    }
    let pool = ThreadPool::new(1).unwrap();
    let (blocker, release) = block(&pool);
    drop(pool.submit(|()| PanicsWhenDropped, ()));
    let next = pool.submit(|n| n, 5);
    drop(release);
    assert_eq!(result(blocker), Ok(()));
    assert_eq!(result(next), Ok(5));
}

#[test]
fn dropping_the_pool_finishes_what_was_submitted() {
    let pool = ThreadPool::new(1).unwrap();
    let (blocker, release) = block(&pool);
    let queued: Vec<_> = (0..10).map(|n| pool.submit(|n| n, n)).collect();
    drop(release);
    drop(pool);
    assert!(blocker.is_done());
    assert!(queued.iter().all(Future::is_done));
    assert_eq!(
        queued.into_iter().map(|f| result(f).unwrap()).collect::<Vec<_>>(),
        (0..10).collect::<Vec<_>>()
    );
}

#[test]
fn what_has_not_begun_can_be_taken_back_and_the_rest_goes_on() {
    let pool = ThreadPool::new(1).unwrap();
    let (blocker, release) = block(&pool);
    let queued: Vec<_> = (0..10).map(|n| pool.submit(|n| n, n)).collect();
    assert_eq!(pool.cancel_pending(), 10);
    for future in queued {
        assert_eq!(result(future), Err(TaskError::Cancelled));
    }
    drop(release);
    assert_eq!(result(blocker), Ok(()));
    assert_eq!(result(pool.submit(|n| n, 3)), Ok(3));
}

#[test]
fn a_pool_that_its_own_task_drops_waits_for_nobody() {
    let pool = Arc::new(ThreadPool::new(1).unwrap());
    let (hand_over, handed_over) = mpsc::channel::<Arc<ThreadPool>>();
    let drop_it =
        |handed_over: mpsc::Receiver<Arc<ThreadPool>>| drop(handed_over.recv_timeout(LONG).unwrap());
    let future = pool.submit(drop_it, handed_over);
    // From here on the only owner is the task.
    hand_over.send(pool).unwrap();
    assert_eq!(result(future), Ok(()));
}

#[test]
fn a_pool_without_workers_is_refused() {
    assert_eq!(ThreadPool::new(0).unwrap_err().kind(), ErrorKind::InvalidInput);
}
