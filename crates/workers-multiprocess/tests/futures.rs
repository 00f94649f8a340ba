//! Futures as their users see them: ends, callbacks, cancels, and waiting for several.
#![cfg(not(loom))]

use locks::Deadline;
use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::Relaxed},
        mpsc,
    },
    time::Duration,
};
use workers_multiprocess::{Future, Shutdown, TaskError, ThreadPool, When, as_completed, wait};

const LONG: Duration = Duration::from_secs(60);

fn pool(workers: usize) -> ThreadPool {
    ThreadPool::new(workers).unwrap()
}

/// A task that is done when the sender sends its result, or fails when it is dropped.
fn held<R: Send + 'static>(pool: &ThreadPool) -> (Future<R>, mpsc::Sender<R>) {
    let (release, released) = mpsc::channel();
    (pool.submit(move |()| released.recv_timeout(LONG).expect("no result"), ()), release)
}

#[test]
fn callbacks_are_called_once_in_order_before_the_result_is_out() {
    let pool = pool(1);
    let (future, release) = held(&pool);
    let calls = Arc::new(Mutex::new(Vec::new()));
    for n in 0..3 {
        let calls = Arc::clone(&calls);
        future.add_done_callback(move |result| {
            calls.lock().unwrap().push((n, result.clone()));
            assert_ne!(n, 1, "a callback that panics");
        });
    }
    assert!(calls.lock().unwrap().is_empty());
    release.send(7).unwrap();
    let (done, _) = wait([&future], LONG, When::All);
    assert_eq!(done.len(), 1);
    assert_eq!(*calls.lock().unwrap(), [(0, Ok(7)), (1, Ok(7)), (2, Ok(7))]);
    let late = Arc::clone(&calls);
    future.add_done_callback(move |result| late.lock().unwrap().push((3, result.clone())));
    assert_eq!(calls.lock().unwrap().len(), 4, "at once");
    assert_eq!(future.result(), Ok(7));
}

#[test]
fn a_callback_may_add_another_to_a_pool_of_its_own() {
    let pool = Arc::new(pool(1));
    let (future, release) = held(&pool);
    let (tell, told) = mpsc::channel();
    let inner = Arc::clone(&pool);
    future.add_done_callback(move |_| {
        inner.submit(move |()| tell.send("later").unwrap(), ());
    });
    release.send(()).unwrap();
    assert_eq!(told.recv_timeout(LONG), Ok("later"));
}

#[test]
fn a_cancelled_task_never_runs_and_drops_what_it_has() {
    let pool = pool(1);
    let (busy, release) = held(&pool);
    let value = Arc::new(());
    let kept = Arc::clone(&value);
    let behind = pool.submit(move |()| unreachable!("{kept:?}"), ());
    assert!(behind.cancel());
    assert_eq!(Arc::strong_count(&value), 1, "dropped by the cancel");
    assert!(behind.is_done() && behind.is_cancelled());
    assert!(behind.cancel(), "it is cancelled");
    assert_eq!(behind.result(), Err::<(), _>(TaskError::Cancelled));
    release.send(()).unwrap();
    assert_eq!(busy.result(), Ok(()));
}

#[test]
fn what_is_done_cannot_be_cancelled() {
    let pool = pool(1);
    let future = pool.submit(|n| n, 1);
    wait([&future], LONG, When::All);
    assert!(!future.cancel() && !future.is_cancelled());
    assert_eq!(future.error(), None);
    assert_eq!(future.result(), Ok(1));
}

#[test]
fn wait_returns_at_the_first_the_first_error_or_the_last() {
    let pool = pool(3);
    let (first, release_first) = held(&pool);
    let (second, release_second) = held::<u32>(&pool);
    let (third, release_third) = held(&pool);
    let all = [&first, &second, &third];
    let (done, not_done) = wait(all, Duration::ZERO, When::All);
    assert_eq!((done.len(), not_done.len()), (0, 3));
    release_third.send(3).unwrap();
    let (done, not_done) = wait(all, LONG, When::FirstCompleted);
    assert_eq!((done.len(), not_done.len()), (1, 2));
    drop(release_second);
    let (done, not_done) = wait(all, LONG, When::FirstError);
    assert_eq!((done.len(), not_done.len()), (2, 1));
    release_first.send(1).unwrap();
    assert!(wait(all, LONG, When::All).1.is_empty());
    assert!(matches!(second.error(), Some(TaskError::Panicked { .. })));
}

#[test]
fn waiting_for_nothing_does_not_wait() {
    let (done, not_done) = wait(Vec::<Future<()>>::new(), Deadline::NEVER, When::FirstCompleted);
    assert!(done.is_empty() && not_done.is_empty());
    assert_eq!(as_completed(Vec::<Future<()>>::new()).next(), None);
}

#[test]
fn as_completed_gives_each_result_once_whatever_the_order() {
    let (one, other) = (pool(2), pool(2));
    let futures: Vec<_> = (0..200).map(|n| [&one, &other][n % 2].submit(|n| n * 2, n)).collect();
    let mut results: Vec<_> = as_completed(futures).collect();
    results.sort_by_key(|(position, _)| *position);
    assert_eq!(results, (0..200).map(|n| (n, Ok(n * 2))).collect::<Vec<_>>());
}

#[test]
fn a_future_is_awaited_in_any_runtime() {
    let pool = pool(1);
    let (future, release) = held(&pool);
    let waiting = std::thread::spawn(|| pollster(future));
    release.send("awaited").unwrap();
    assert_eq!(waiting.join().unwrap(), Ok("awaited"));
}

/// The smallest runtime: a thread that parks.
fn pollster<F: std::future::Future + Unpin>(mut future: F) -> F::Output {
    struct Unpark(std::thread::Thread);
    impl std::task::Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Arc::new(Unpark(std::thread::current())).into();
    let mut context = std::task::Context::from_waker(&waker);
    loop {
        match std::pin::Pin::new(&mut future).poll(&mut context) {
            std::task::Poll::Ready(output) => return output,
            std::task::Poll::Pending => std::thread::park(),
        }
    }
}

#[test]
fn a_task_waits_for_another_in_a_pool_of_one() {
    fn sum(pool: &Arc<ThreadPool>, (from, to): (u64, u64)) -> u64 {
        if to - from == 1 {
            return from;
        }
        let middle = u64::midpoint(from, to);
        let inner = Arc::clone(pool);
        let left = pool.submit(move |range| sum(&inner, range), (from, middle));
        sum(pool, (middle, to)) + left.result().unwrap()
    }
    for workers in [1, 3] {
        let pool = Arc::new(pool(workers));
        let inner = Arc::clone(&pool);
        let total = pool.submit(move |range| sum(&inner, range), (0, 1000));
        assert_eq!(total.result(), Ok(499_500));
        let inner = Arc::clone(&pool);
        let of_all = pool.submit(
            move |()| as_completed((0..9).map(|n| inner.submit(|n| n, n))).map(|(_, n)| n.unwrap()).sum(),
            (),
        );
        assert_eq!(of_all.result(), Ok(36));
    }
}

#[test]
fn every_future_ends_while_all_cancel_wait_and_shut_down() {
    for round in 0..200 {
        let pool = pool(2);
        let ran = Arc::new(AtomicUsize::new(0));
        let futures: Vec<_> = (0..50)
            .map(|n| {
                let ran = Arc::clone(&ran);
                // Relaxed: the futures order it.
                pool.submit(move |n| (n, ran.fetch_add(1, Relaxed)).0, n)
            })
            .collect();
        let cancelled = std::thread::scope(|scope| {
            let cancelling = [0, 1].map(|part| {
                let futures = &futures;
                scope.spawn(move || (part..50).step_by(3).filter(|&n| futures[n].cancel()).count())
            });
            if round % 2 == 0 {
                pool.shutdown(Shutdown::Discard);
            }
            cancelling.map(|thread| thread.join().unwrap()).iter().sum::<usize>()
        });
        let mut ended = 0;
        for (n, future) in futures.into_iter().enumerate() {
            match future.result() {
                Ok(value) => assert_eq!(value, n),
                Err(error) => {
                    assert_eq!(error, TaskError::Cancelled);
                    ended += 1;
                }
            }
        }
        assert!(ended >= cancelled, "who was told that it is cancelled was told what is so");
        // Relaxed: as above.
        assert_eq!(ran.load(Relaxed) + ended, 50);
    }
}
