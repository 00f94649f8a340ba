//! Plain behaviour of the queue on real threads: what one thread alone, or the model without a clock, cannot
//! show.
#![cfg(not(loom))]

use queue::{GetError, LifoQueue, PriorityQueue, PutError, Queue, ShutDown, Shutdown};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

#[test]
fn a_timed_get_waits_at_least_its_time() {
    let queue = Queue::<u8>::unbounded();
    let start = Instant::now();
    assert_eq!(queue.get_timeout(Duration::from_millis(20)), Err(GetError::Empty));
    assert!(start.elapsed() >= Duration::from_millis(20), "never early; how late, a test cannot say");
}

#[test]
fn a_timed_put_gives_the_item_back() {
    let queue = Queue::bounded(1);
    queue.put("first").unwrap();
    assert_eq!(queue.put_timeout("second", Duration::from_millis(1)), Err(PutError::Full("second")));
    assert_eq!(queue.put_timeout("second", Instant::now()), Err(PutError::Full("second")));
}

#[test]
fn the_longest_duration_is_no_overflow_and_no_timeout() {
    let queue = Queue::unbounded();
    thread::scope(|scope| {
        let getter = scope.spawn(|| queue.get_timeout(Duration::MAX));
        queue.put(1).unwrap();
        assert_eq!(getter.join().unwrap(), Ok(1));
    });
}

#[test]
#[should_panic(expected = "room for one item at least")]
fn a_bounded_queue_without_room_is_refused() {
    Queue::<u8>::bounded(0);
}

#[test]
fn a_shutdown_ends_every_wait() {
    let full = Queue::bounded(1);
    full.put(0).unwrap();
    let empty = Queue::<u8>::unbounded();
    thread::scope(|scope| {
        let putters = [1, 2].map(|item| {
            scope.spawn({
                let full = &full;
                move || full.put(item)
            })
        });
        let getters = [(); 2].map(|()| scope.spawn(|| empty.get()));
        full.shutdown(Shutdown::Drain);
        empty.shutdown(Shutdown::Discard);
        for (putter, item) in putters.into_iter().zip([1, 2]) {
            assert_eq!(putter.join().unwrap(), Err(PutError::ShutDown(item)));
        }
        for getter in getters {
            assert_eq!(getter.join().unwrap(), Err(ShutDown));
        }
    });
}

#[test]
fn join_after_a_discard_still_waits_for_what_was_taken() {
    let queue = Queue::unbounded();
    (0..3).for_each(|item| queue.put(item).unwrap());
    let taken = queue.get().unwrap();
    assert_eq!((taken, queue.shutdown(Shutdown::Discard)), (0, vec![1, 2]));
    assert!(!queue.join_timeout(Duration::from_millis(1)), "item 0 is in work");
    queue.task_done().unwrap();
    assert!(queue.join_timeout(Duration::ZERO));
    assert!(queue.task_done().is_err(), "one too many");
}

#[test]
fn no_item_is_dropped_under_the_lock() {
    /// Looks into the queue that it comes from while it is dropped.
    struct Nosy<'a>(&'a Queue<u8>);
    impl Drop for Nosy<'_> {
        fn drop(&mut self) {
            self.0.put(1).unwrap();
        }
    }
    let seen = Queue::unbounded();
    let queue = Queue::unbounded();
    queue.put(Nosy(&seen)).unwrap();
    queue.put(Nosy(&seen)).unwrap();
    drop(queue.get().unwrap());
    drop(queue.shutdown(Shutdown::Discard));
    assert_eq!(seen.len(), 2);
}

#[test]
fn many_threads_lose_and_double_nothing() {
    const THREADS: usize = 4;
    const ITEMS: usize = 5_000;
    for maxsize in [1, 7, 0] {
        let queue = Queue::new(maxsize);
        let (sum, count) = (AtomicUsize::new(0), AtomicUsize::new(0));
        thread::scope(|scope| {
            let putters: Vec<_> = (0..THREADS)
                .map(|putter| {
                    let queue = &queue;
                    scope.spawn(move || (0..ITEMS).for_each(|i| queue.put(putter * ITEMS + i).unwrap()))
                })
                .collect();
            for _ in 0..THREADS {
                scope.spawn(|| {
                    for item in &queue {
                        // Relaxed: read after the scope has joined everybody.
                        sum.fetch_add(item, Relaxed);
                        count.fetch_add(1, Relaxed);
                        queue.task_done().unwrap();
                    }
                });
            }
            putters.into_iter().for_each(|putter| putter.join().unwrap());
            queue.join();
            assert_eq!(count.load(Relaxed), THREADS * ITEMS, "join waited for the work on every item");
            queue.shutdown(Shutdown::Drain);
        });
        let n = THREADS * ITEMS;
        assert_eq!((count.load(Relaxed), sum.load(Relaxed)), (n, n * (n - 1) / 2), "maxsize {maxsize}");
    }
}

#[test]
fn what_one_thread_puts_one_thread_gets_in_order() {
    let queue = Queue::bounded(3);
    thread::scope(|scope| {
        scope.spawn(|| (0..10_000).for_each(|item| queue.put(item).unwrap()));
        assert!((0..10_000).all(|item| queue.get() == Ok(item)));
    });
}

#[test]
fn a_look_at_the_next_item_takes_nothing() {
    let (bounded, endless, meeting) = (Queue::bounded(2), Queue::unbounded(), Queue::<u32>::rendezvous());
    let (last, smallest) = (LifoQueue::unbounded(), PriorityQueue::unbounded());
    assert_eq!((bounded.peek(), endless.peek(), last.peek(), smallest.peek()), (None, None, None, None));
    // Over the end of a lap, and of a block.
    for number in 1..200 {
        bounded.put(number).unwrap();
        endless.put(number).unwrap();
        assert_eq!((bounded.peek(), endless.peek(), meeting.peek()), (Some(number), Some(number), None));
        assert_eq!((bounded.get(), endless.get()), (Ok(number), Ok(number)));
        assert_eq!((bounded.peek(), endless.peek()), (None, None));
    }
    last.put_many([2, 3, 1]).unwrap();
    smallest.put_many([2, 3, 1]).unwrap();
    assert_eq!((last.peek(), smallest.peek(), last.len(), smallest.len()), (Some(1), Some(1), 3, 3));
    bounded.put(7).unwrap();
    bounded.shutdown(Shutdown::Drain);
    assert_eq!((bounded.peek(), bounded.get(), bounded.peek()), (Some(7), Ok(7), None));
}

#[test]
fn who_looks_beside_others_sees_what_was_put() {
    let queue = Queue::bounded(2);
    thread::scope(|scope| {
        scope.spawn(|| {
            (0..20_000_u64).for_each(|n| queue.put([n; 8]).unwrap());
            queue.shutdown(Shutdown::Drain);
        });
        scope.spawn(|| assert_eq!(queue.iter().count(), 20_000));
        let mut last = 0;
        while !queue.is_shutdown() {
            if let Some(item) = queue.peek() {
                assert!(
                    item.iter().all(|n| *n == item[0]) && item[0] >= last,
                    "whole, and never an older one"
                );
                last = item[0];
            }
        }
    });
}
