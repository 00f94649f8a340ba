//! The faults that other queues had, by name: none of them is here.
#![cfg(not(any(loom, shuttle)))]

#[expect(dead_code, reason = "nobody panics here")]
#[path = "../../locks/tests/stress/many.rs"]
mod many;

use many::{leaked, many};
use queue::{GetError, LifoQueue, PriorityQueue, PutError, Queue, Select, ShutDown, Shutdown, SimpleQueue};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread;
use std::time::Duration;

/// Counts its drops.
struct Counted<'a>(&'a AtomicUsize);

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        // Relaxed: read after all have been joined.
        self.0.fetch_add(1, Relaxed);
    }
}

/// kanal 0.1.1 panicked, and crossfire 3.1.22 gave up at once.
#[test]
fn the_longest_timeout_is_waited_for() {
    let (empty, full, meeting) = (Queue::unbounded(), Queue::bounded(1), Queue::rendezvous());
    full.put(0).unwrap();
    thread::scope(|scope| {
        let getter = scope.spawn(|| empty.get_timeout(Duration::MAX));
        let putter = scope.spawn(|| full.put_timeout(1, Duration::MAX));
        let meets = scope.spawn(|| meeting.put_timeout(2, Duration::MAX));
        let selects = scope.spawn(|| {
            let never = Queue::<u8>::unbounded();
            Select::new().get(&never, |_| 0).get(&meeting, Result::unwrap).wait_timeout(Duration::MAX)
        });
        assert_eq!(full.get(), Ok(0));
        empty.put(3).unwrap();
        assert_eq!(getter.join().unwrap(), Ok(3));
        assert_eq!(putter.join().unwrap(), Ok(()));
        assert_eq!((meets.join().unwrap(), selects.join().unwrap()), (Ok(()), Some(2)));
    });
    assert_eq!(full.get_many(1, 1, Duration::MAX), Ok(vec![1]));
}

/// crossfire made a capacity of 0 into one of 1.
#[test]
fn a_rendezvous_holds_nothing() {
    let meeting = Queue::rendezvous();
    assert_eq!((meeting.capacity(), meeting.is_full(), meeting.is_empty()), (Some(0), true, true));
    assert_eq!(meeting.try_put(1), Err(PutError::Full(1)));
    assert_eq!(meeting.put_timeout(2, Duration::from_millis(2)), Err(PutError::Full(2)));
    assert_eq!(meeting.put_many_timeout([3, 4], Duration::ZERO), Err(PutError::Full(vec![3, 4])));
    assert_eq!(meeting.force_put(5), Ok(Some(5)), "nobody is there to take it");
    assert_eq!((meeting.try_get(), meeting.drain()), (Err(GetError::Empty), vec![]));
    assert_eq!((meeting.len(), meeting.unfinished_tasks()), (0, 0), "nothing was put");
}

/// crossfire's capacity of 0, with many on both sides, of whom some give up.
#[test]
fn a_rendezvous_of_many_loses_and_doubles_nothing() {
    const ITEMS: usize = 2_000;
    let meeting = Queue::rendezvous();
    let taken = AtomicUsize::new(0);
    thread::scope(|scope| {
        let putters = [0, 1, 2, 3].map(|putter| {
            let meeting = &meeting;
            scope.spawn(move || {
                for number in (0..ITEMS).filter(|number| number % 4 == putter) {
                    let mut item = number;
                    // Each in a way of its own.
                    loop {
                        let put = match putter {
                            0 => meeting.put(item),
                            1 => meeting.put_timeout(item, Duration::from_micros(20)),
                            2 => meeting.try_put(item),
                            _ => match meeting.force_put(item) {
                                Ok(Some(out)) => Err(PutError::Full(out)),
                                put => put.map(|_| ()),
                            },
                        };
                        match put {
                            Ok(()) => break,
                            Err(PutError::Full(back)) => item = back,
                            Err(error) => panic!("{error}"),
                        }
                        thread::yield_now();
                    }
                }
            })
        });
        let getters = [0, 1].map(|getter| {
            let (meeting, taken) = (&meeting, &taken);
            scope.spawn(move || {
                loop {
                    let patience = if getter == 0 { Duration::from_micros(20) } else { Duration::MAX };
                    match meeting.get_timeout(patience) {
                        // Relaxed: read after all have been joined.
                        Ok(number) => taken.fetch_add(number + 1, Relaxed),
                        Err(GetError::Empty) => continue,
                        Err(GetError::ShutDown) => return,
                    };
                }
            })
        });
        putters.into_iter().for_each(|putter| putter.join().unwrap());
        meeting.shutdown(Shutdown::Drain);
        getters.into_iter().for_each(|getter| getter.join().unwrap());
    });
    assert_eq!((taken.into_inner(), meeting.unfinished_tasks()), (ITEMS * (ITEMS + 1) / 2, ITEMS));
}

/// crossbeam and std (RUSTSEC-2025-0024) dropped items twice, and segfaulted (rust#110001), at the first
/// block and between blocks.
#[test]
fn a_queue_that_ends_at_the_end_of_a_block_drops_each_item_once() {
    for put in [0, 1, 62, 63, 64, 125, 126, 127, 189, 200] {
        for got in [0, 1, 62, 63, 64, 126, put].into_iter().filter(|&got| got <= put) {
            for discards in [false, true] {
                let drops = AtomicUsize::new(0);
                let queue = SimpleQueue::new();
                (0..put).for_each(|_| queue.put(Counted(&drops)).unwrap());
                (0..got).for_each(|_| drop(queue.get().unwrap()));
                // Relaxed, here and below: one thread.
                assert_eq!((drops.load(Relaxed), queue.len()), (got, put - got));
                if discards {
                    assert_eq!(queue.shutdown(Shutdown::Discard).len(), put - got);
                    assert_eq!(drops.load(Relaxed), put);
                }
                drop(queue);
                assert_eq!(drops.load(Relaxed), put, "{put} put, {got} got");
            }
        }
    }
}

/// The same two: the end came while the first block, or the next, was being made.
#[test]
fn a_discard_beside_putters_drops_each_item_once() {
    for round in 0..300 {
        let (drops, put) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let queue = Queue::unbounded();
        // So that the next block is near.
        (0..round % 64).for_each(|_| queue.put(Counted(&drops)).unwrap());
        thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    while queue.put(Counted(&drops)).is_ok() {
                        // Relaxed: read after the scope has joined everybody.
                        put.fetch_add(1, Relaxed);
                    }
                    // The one that came back.
                    put.fetch_add(1, Relaxed);
                });
            }
            if round % 2 == 0 {
                thread::yield_now();
            }
            queue.shutdown(Shutdown::Discard);
        });
        queue.shutdown(Shutdown::Discard);
        drop(queue);
        // Relaxed: as above.
        assert_eq!(drops.load(Relaxed), put.load(Relaxed) + round % 64, "round {round}");
    }
}

/// crossfire-rs#22 and others: a wake-up was spent on one who gave up.
#[test]
fn a_wake_up_for_one_who_gives_up_is_passed_on() {
    many(2, "a getter was not woken, or a putter", |_, dice| {
        let queue = leaked(Queue::bounded(1));
        let round = if dice.one_in(2) { 20 } else { 50 };
        let hasty = thread::spawn(move || {
            let mut got = 0;
            loop {
                match queue.get_timeout(Duration::from_micros(30)) {
                    Ok(()) => got += 1,
                    Err(GetError::Empty) => {}
                    Err(GetError::ShutDown) => return got,
                }
            }
        });
        let patient = [(); 2].map(|()| thread::spawn(move || queue.iter().count()));
        // One by one: the next is put when the one before is out, so that a wake-up that is lost is missed.
        for _ in 0..round {
            queue.put(()).unwrap();
        }
        while !queue.is_empty() {
            thread::yield_now();
        }
        queue.shutdown(Shutdown::Drain);
        let patient: usize = patient.into_iter().map(|getter| getter.join().unwrap()).sum();
        assert_eq!(hasty.join().unwrap() + patient, round);
    });
}

/// flume kept what was put when nobody was left to take it (quickwit#2862), as rust#107466 did.
#[test]
fn nothing_is_kept_after_a_discard() {
    let drops = AtomicUsize::new(0);
    for queue in [Queue::unbounded(), Queue::bounded(3), Queue::rendezvous()] {
        // Relaxed: one thread.
        let before = drops.load(Relaxed);
        let put = (0..3).filter(|_| queue.try_put(Counted(&drops)).is_ok()).count();
        assert_eq!(queue.shutdown(Shutdown::Discard).len(), put);
        assert_eq!(drops.load(Relaxed), before + 3, "the discarded, and those given back");
        for refused in [queue.put(Counted(&drops)), queue.try_put(Counted(&drops))] {
            assert!(matches!(refused, Err(PutError::ShutDown(_))));
        }
        assert!(matches!(queue.force_put(Counted(&drops)), Err(PutError::ShutDown(_))));
        assert_eq!(drops.load(Relaxed), before + 6);
        assert!(queue.get().is_err());
    }
}

/// kanal#24 and #50 lost what was put to a branch that was not selected; here the end is met in both
/// directions.
#[test]
fn a_select_finds_the_end_in_both_directions() {
    let (open, shut) = (Queue::<u8>::rendezvous(), LifoQueue::bounded(1));
    shut.put(1).unwrap();
    shut.shutdown(Shutdown::Drain);
    let got = |select: Select<'_, _>| select.get(&open, |_| Err(ShutDown)).wait();
    assert_eq!(got(Select::new().get(&shut, |got| got)), Ok(1), "what is left comes first");
    assert_eq!(got(Select::new().get(&shut, |got| got)), Err(ShutDown));
    let mut item = Some(2);
    let put = Select::new().put(&shut, &mut item, |put| put).get(&open, |_| Ok(())).wait();
    assert_eq!((put, item), (Err(PutError::ShutDown(())), Some(2)));
}

/// crossbeam#400 and async-channel#44 ask for it; what is pushed out beside getters was got by none of them.
#[test]
fn a_forced_put_beside_getters_loses_and_doubles_nothing() {
    const ITEMS: usize = 20_000;
    for capacity in [1, 2, 7] {
        let queue = Queue::bounded(capacity);
        let (sum, count) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let add = |number| {
            // Relaxed: read after the scope has joined everybody.
            sum.fetch_add(number, Relaxed);
            count.fetch_add(1, Relaxed);
        };
        thread::scope(|scope| {
            let putters = [0, 1].map(|half| {
                let (queue, add) = (&queue, &add);
                scope.spawn(move || {
                    for number in (0..ITEMS).filter(|number| number % 2 == half) {
                        queue.force_put(number).unwrap().into_iter().for_each(add);
                    }
                })
            });
            for _ in 0..2 {
                scope.spawn(|| {
                    for number in &queue {
                        add(number);
                        queue.task_done().unwrap();
                    }
                });
            }
            putters.into_iter().for_each(|putter| putter.join().unwrap());
            queue.join();
            queue.shutdown(Shutdown::Drain);
        });
        let (count, sum) = (count.into_inner(), sum.into_inner());
        assert_eq!((count, sum), (ITEMS, ITEMS * (ITEMS - 1) / 2), "capacity {capacity}");
    }
}

/// Only CPython's `SimpleQueue` could do it: a put from a destructor that runs inside a put.
#[test]
fn a_destructor_inside_a_put_may_put() {
    /// Puts its number when it is dropped.
    struct Echo<'a>(&'a SimpleQueue<usize>, usize);
    impl Drop for Echo<'_> {
        fn drop(&mut self) {
            self.0.put(self.1).unwrap();
        }
    }
    let echoes = SimpleQueue::new();
    // Over the ends of blocks, with the iterator's destructors in the middle of a put of many.
    let numbers = (0..200).inspect(|number| drop(Echo(&echoes, 1_000 + number)));
    echoes.put_many(numbers).unwrap();
    assert_eq!(echoes.len(), 400);
    let shut = SimpleQueue::new();
    shut.shutdown(Shutdown::Drain);
    // The item of a put that is refused is dropped while the error is.
    drop(shut.put(Echo(&echoes, 7)));
    assert_eq!(echoes.drain().into_iter().filter(|number| *number == 7).count(), 2, "put, and echoed");
}

/// A thousand bytes, in lines of their own.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[repr(align(64))]
struct Large([u8; 1_000]);

/// kanal has a way of its own for items of eight bytes or less; here all sizes go one way.
#[test]
fn items_of_no_size_and_large_ones_arrive() {
    for nothing in [Queue::unbounded(), Queue::bounded(3)] {
        thread::scope(|scope| {
            let count = scope.spawn(|| nothing.iter().count());
            (0..300).for_each(|_| nothing.put(()).unwrap());
            nothing.shutdown(Shutdown::Drain);
            assert_eq!(count.join().unwrap(), 300);
        });
    }
    for large in [Queue::unbounded(), Queue::bounded(3), Queue::rendezvous()] {
        thread::scope(|scope| {
            let got = scope.spawn(|| {
                let number = |large: Large| {
                    assert_eq!((&raw const large).addr() % 64, 0);
                    assert_eq!(large, Large([large.0[0]; 1_000]));
                    large.0[0]
                };
                large.iter().map(number).collect::<Vec<_>>()
            });
            (0..200).for_each(|number| large.put(Large([number; 1_000])).unwrap());
            large.shutdown(Shutdown::Drain);
            assert_eq!(got.join().unwrap(), (0..200).collect::<Vec<_>>());
        });
    }
    let sorted = PriorityQueue::unbounded();
    sorted.put_many([3, 1, 2].map(|number| Large([number; 1_000]))).unwrap();
    assert_eq!(sorted.get(), Ok(Large([1; 1_000])));
}

/// tokio's `recv_many` and compio#852: what is put at one time into a queue with room comes out as it went
/// in.
#[test]
fn batches_keep_their_order_beside_others() {
    const BATCHES: usize = 500;
    for maxsize in [0, 5] {
        let queue = Queue::new(maxsize);
        let got = thread::scope(|scope| {
            let putters = [0, 1, 2].map(|putter| {
                let queue = &queue;
                let batch = move |batch| (0..7).map(move |place| (putter, 7 * batch + place));
                scope.spawn(move || (0..BATCHES).for_each(|number| queue.put_many(batch(number)).unwrap()))
            });
            let getter = scope.spawn(|| queue.batches(4, Duration::ZERO).collect::<Vec<_>>());
            putters.into_iter().for_each(|putter| putter.join().unwrap());
            queue.shutdown(Shutdown::Drain);
            getter.join().unwrap()
        });
        assert!(got.iter().all(|batch| (1..=4).contains(&batch.len())));
        for putter in 0..3 {
            let of_it = got.iter().flatten().filter(|item| item.0 == putter).map(|item| item.1);
            assert_eq!(of_it.collect::<Vec<_>>(), (0..7 * BATCHES).collect::<Vec<_>>(), "maxsize {maxsize}");
        }
    }
}

/// A batch goes in at one time, "and nobody else's between them": also over the end of a block.
#[test]
fn a_batch_is_not_torn_at_the_end_of_a_block() {
    let queue = Queue::unbounded();
    thread::scope(|scope| {
        for putter in 0..2 {
            let queue = &queue;
            scope.spawn(move || {
                (0..100_000).for_each(|batch| queue.put_many((0..5).map(|_| (putter, batch))).unwrap());
            });
        }
    });
    let items = queue.drain();
    assert!(items.chunks(5).all(|batch| batch.iter().all(|item| *item == batch[0])), "all of one batch");
}

/// As many threads as can be put, take and finish; nobody finishes more than was put.
#[test]
fn task_done_is_never_refused_for_an_item_in_work() {
    let queue = Queue::unbounded();
    thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| {
                for number in 0..100_000 {
                    queue.put(number).unwrap();
                    queue.get().unwrap();
                    queue.task_done().expect("one item, said once");
                }
            });
        }
    });
    assert_eq!((queue.unfinished_tasks(), queue.shutdown(Shutdown::Discard).len()), (0, 0));
}
