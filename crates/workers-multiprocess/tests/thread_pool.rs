//! `ThreadPool` as its users see it.
#![cfg(not(loom))]

use std::{
    io::ErrorKind,
    sync::{Arc, Barrier, Mutex, mpsc},
    thread,
    time::Duration,
};
use workers_multiprocess::{Future, Shutdown, TaskError, ThreadPool};

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

#[test]
fn map_takes_from_an_endless_input_only_what_it_needs() {
    let pool = ThreadPool::new(2).unwrap();
    let taken = Arc::new(Mutex::new(0));
    let count = Arc::clone(&taken);
    let input = (0..).inspect(move |_| *count.lock().unwrap() += 1);
    let mut results = pool.map(|n: u64| n + 1, input).buffer_size(5);
    assert_eq!(results.next(), Some(Ok(1)));
    assert_eq!(*taken.lock().unwrap(), 5);
    assert_eq!(results.by_ref().take(1000).map(Result::unwrap).sum::<u64>(), (2..1002).sum::<u64>());
}

#[test]
fn dropping_a_map_takes_back_what_has_not_begun() {
    let pool = ThreadPool::new(1).unwrap();
    let (blocker, release) = block(&pool);
    let ran = Arc::new(Mutex::new(0));
    let count = Arc::clone(&ran);
    drop(pool.map(move |_| *count.lock().unwrap() += 1, 0..3).start());
    drop(release);
    assert_eq!(result(blocker), Ok(()));
    assert_eq!(result(pool.submit(|n| n, 1)), Ok(1));
    assert_eq!(*ran.lock().unwrap(), 0);
}

#[test]
fn an_unordered_map_gives_what_is_there_and_every_item_once() {
    let pool = ThreadPool::new(2).unwrap();
    let (release, released) = mpsc::channel();
    let released = Mutex::new(released);
    let wait_for_zero = move |n: u32| {
        if n == 0 {
            released.lock().unwrap().recv_timeout(LONG).unwrap();
        }
        n
    };
    let mut results = pool.map_unordered(wait_for_zero, 0..6).chunk_size(1);
    let mut seen: Vec<u32> = results.by_ref().take(5).map(Result::unwrap).collect();
    seen.sort_unstable();
    assert_eq!(seen, [1, 2, 3, 4, 5]);
    release.send(()).unwrap();
    assert_eq!(results.collect::<Vec<_>>(), [Ok(0)]);
}

#[test]
fn a_panic_in_a_chunk_is_its_items_alone() {
    let pool = ThreadPool::new(2).unwrap();
    let results: Vec<_> = pool.map(|n: u32| 6 / n, [1, 0, 3]).chunk_size(3).collect();
    assert_eq!((&results[0], &results[2]), (&Ok(6), &Ok(2)));
    assert!(matches!(&results[1], Err(TaskError::Panicked { .. })));
}

#[test]
fn a_scope_waits_for_what_borrows_also_when_it_panics() {
    let pool = ThreadPool::new(2).unwrap();
    let mut numbers = vec![0; 100];
    let ended = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        pool.scope(|scope| {
            for (n, number) in numbers.iter_mut().enumerate() {
                std::mem::forget(scope.submit(move || *number = n));
            }
            std::panic::resume_unwind(Box::new("on purpose"));
        })
    }));
    assert!(ended.is_err());
    assert_eq!(numbers, (0..100).collect::<Vec<_>>());
}

#[test]
fn a_scope_inside_a_task_of_a_pool_of_one_ends() {
    let pool = Arc::new(ThreadPool::new(1).unwrap());
    let inner = Arc::clone(&pool);
    let sum = pool.submit(
        move |()| {
            let parts = Mutex::new(Vec::new());
            inner.scope(|scope| {
                scope.submit(|| {
                    parts.lock().unwrap().push(1);
                    scope.submit(|| parts.lock().unwrap().push(2));
                });
            });
            parts.into_inner().unwrap()
        },
        (),
    );
    assert_eq!(result(sum), Ok(vec![1, 2]));
}

#[test]
fn a_scope_ends_when_its_tasks_are_cancelled() {
    let pool = ThreadPool::new(1).unwrap();
    let (blocker, release) = block(&pool);
    let text = String::from("borrowed");
    let cancelled = pool.scope(|scope| {
        let future = scope.submit(|| text.len());
        (future.cancel(), scope.submit(|| text.len()).cancel())
    });
    assert_eq!(cancelled, (true, true));
    drop(release);
    assert_eq!(result(blocker), Ok(()));
}

#[test]
fn a_result_that_borrows_is_dropped_before_the_scope_ends() {
    struct Notes<'a>(&'a Mutex<u32>);
    impl Drop for Notes<'_> {
        fn drop(&mut self) {
            *self.0.lock().unwrap() += 1;
        }
    }
    let pool = ThreadPool::new(2).unwrap();
    for _ in 0..200 {
        let drops = Mutex::new(0);
        pool.scope(|scope| drop(scope.submit(|| Notes(&drops))));
        assert_eq!(drops.into_inner().unwrap(), 1);
    }
}

#[test]
fn a_failing_initializer_fails_every_task() {
    let pool = ThreadPool::builder(2).initializer(|| panic!("no licence")).start().unwrap();
    for _ in 0..10 {
        match result(pool.submit(|n: u32| n, 1)) {
            // The other thread's initializer may not have come to its panic: then this thread's has.
            Err(TaskError::Start(text)) => assert!(text.contains("no licence"), "{text}"),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn the_threads_work_on_after_a_shutdown_until_nothing_is_left() {
    let pool = ThreadPool::new(1).unwrap();
    let (blocker, release) = block(&pool);
    let before = pool.submit(|n| n, 1);
    pool.shutdown(Shutdown::Drain);
    assert!(!pool.join_timeout(Duration::ZERO));
    assert_eq!(result(pool.submit(|n| n, 2)), Err(TaskError::Closed));
    drop(release);
    assert_eq!((result(blocker), result(before)), (Ok(()), Ok(1)));
    assert!(pool.join_timeout(LONG));
}

#[test]
fn an_input_that_panics_is_over_and_what_was_submitted_before_comes_back() {
    let pool = ThreadPool::new(2).unwrap();
    let fails = |n: u64| if n != 300 { n } else { std::panic::resume_unwind(Box::new("of the input")) };
    let mut results = pool.map(|n| n * n, (0..).map(fails));
    let mut squares = Vec::new();
    let mut take = || results.by_ref().for_each(|square| squares.push(square.unwrap()));
    let taken = std::panic::catch_unwind(std::panic::AssertUnwindSafe(&mut take));
    assert_eq!(taken.unwrap_err().downcast_ref(), Some(&"of the input"));
    squares.extend(results.by_ref().map(Result::unwrap));
    assert!(squares.len() <= 300 && !squares.is_empty());
    assert!((0..).zip(&squares).all(|(n, square)| n * n == *square), "without a gap: {squares:?}");
}

#[test]
fn pools_side_by_side_and_hundreds_one_after_another_leave_no_thread() {
    let beside = ThreadPool::new(2).unwrap();
    for number in 0..300_u64 {
        let pool = ThreadPool::builder(2).name("passing").start().unwrap();
        let (one, other) = (pool.submit(|n| n + 1, number), beside.submit(|n| n + 2, number));
        match number % 3 {
            0 => pool.shutdown(Shutdown::Drain),
            1 => pool.shutdown(Shutdown::Discard),
            _ => {}
        }
        drop(pool);
        let taken_back = number % 3 == 1 && one.is_cancelled();
        assert!(taken_back || one.result() == Ok(number + 1));
        assert_eq!(other.result(), Ok(number + 2));
    }
    let is_left = |thread: &threads::ThreadRef| thread.name().is_some_and(|name| name.starts_with("passing"));
    assert!(!threads::enumerate().iter().any(is_left), "their threads have ended");
}
