//! `Select` on real threads: every kind of queue, both directions, many at once.
#![cfg(not(any(loom, shuttle)))]

use queue::{LifoQueue, PriorityQueue, PutError, Queue, Select, ShutDown, Shutdown};
use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

#[test]
fn what_is_possible_at_once_happens_at_once_and_nothing_else_does() {
    let (first, second) = (Queue::unbounded(), LifoQueue::unbounded());
    second.put(2).unwrap();
    let got = Select::new()
        .get(&first, |got: Result<u8, _>| ("first", got))
        .get(&second, |got| ("second", got))
        .wait();
    assert_eq!(got, ("second", Ok(2)));
    assert!(first.is_empty() && second.is_empty());
}

#[test]
fn a_timed_select_waits_at_least_its_time_and_leaves_no_trace() {
    let (empty, full) = (Queue::<u8>::unbounded(), Queue::bounded(1));
    full.put(1).unwrap();
    let (begun, mut item) = (Instant::now(), Some(2));
    let select = Select::new().get(&empty, |_| ()).put(&full, &mut item, |_| ());
    assert_eq!(select.wait_timeout(Duration::from_millis(20)), None);
    assert!(begun.elapsed() >= Duration::from_millis(20));
    assert_eq!((item, full.get(), full.try_get().ok()), (Some(2), Ok(1), None));
}

#[test]
fn of_two_that_are_possible_each_happens_now_and_then() {
    let (left, right) = (Queue::unbounded(), Queue::unbounded());
    let mut seen = HashSet::new();
    for _ in 0..200 {
        left.put("left").unwrap();
        right.put("right").unwrap();
        seen.insert(Select::new().get(&left, Result::unwrap).get(&right, Result::unwrap).wait());
        left.drain();
        right.drain();
    }
    assert_eq!(seen.len(), 2, "200 times the same, if each is as likely, is unheard of");
}

#[test]
fn the_end_of_a_queue_makes_its_case_possible() {
    let (open, shut) = (Queue::<u8>::unbounded(), Queue::<u8>::bounded(1));
    thread::scope(|scope| {
        let waits = scope.spawn(|| Select::new().get(&open, |got| got).get(&shut, |got| got).wait());
        shut.shutdown(Shutdown::Drain);
        assert_eq!(waits.join().unwrap(), Err(ShutDown));
    });
    let mut item = Some(1);
    let put = Select::new().get(&open, |_| Ok(())).put(&shut, &mut item, |put| put).wait();
    assert_eq!((put, item), (Err(PutError::ShutDown(())), Some(1)), "what was not put is still there");
}

#[test]
fn two_selects_meet_at_a_rendezvous() {
    let (meeting, never) = (Queue::rendezvous(), Queue::<u32>::unbounded());
    thread::scope(|scope| {
        let getter = scope.spawn(|| {
            let one = || Select::new().get(&never, |_| 0).get(&meeting, Result::unwrap).wait();
            (0..500).map(|_| one()).collect::<Vec<_>>()
        });
        for number in 0..500 {
            let mut item = Some(number);
            Select::new().get(&never, |_| ()).put(&meeting, &mut item, Result::unwrap).wait();
            assert_eq!(item, None);
        }
        assert_eq!(getter.join().unwrap(), (0..500).collect::<Vec<_>>());
    });
}

#[test]
fn a_select_does_not_meet_itself() {
    let meeting = Queue::rendezvous();
    let mut item = Some(1);
    let select = Select::new().get(&meeting, |_| "got").put(&meeting, &mut item, |_| "put");
    assert_eq!(select.wait_timeout(Duration::from_millis(5)), None);
    assert_eq!(item, Some(1));
}

#[test]
#[should_panic(expected = "something to wait for")]
fn a_select_of_nothing_is_refused() {
    Select::<()>::new().wait();
}

#[test]
fn many_selects_and_plain_getters_lose_and_double_nothing() {
    const ITEMS: usize = 4_000;
    let (bounded, endless, sorted) = (Queue::bounded(1), Queue::unbounded(), PriorityQueue::bounded(2));
    let meeting = Queue::rendezvous();
    let (sum, count) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let add = |item: usize| {
        // Relaxed: read after the scope has joined everybody.
        sum.fetch_add(item, Relaxed);
        count.fetch_add(1, Relaxed);
    };
    thread::scope(|scope| {
        let putters = [0, 1].map(|half| {
            let (bounded, endless, sorted, meeting) = (&bounded, &endless, &sorted, &meeting);
            scope.spawn(move || {
                for number in (0..ITEMS).filter(|number| number % 2 == half) {
                    let mut item = [Some(number), Some(number), Some(number)];
                    let [one, two, three] = &mut item;
                    let select = Select::new()
                        .put(bounded, one, Result::unwrap)
                        .put(sorted, two, Result::unwrap)
                        .put(meeting, three, Result::unwrap);
                    if number % 8 == 0 {
                        endless.put(number).unwrap();
                    } else {
                        select.wait();
                        assert_eq!(item.iter().flatten().count(), 2, "one of the three was put");
                    }
                }
            })
        });
        let selects = [(); 2].map(|()| {
            scope.spawn(|| {
                loop {
                    let got = Select::new()
                        .get(&bounded, |got| got)
                        .get(&endless, |got| got)
                        .get(&sorted, |got| got)
                        .get(&meeting, |got| got)
                        .wait();
                    match got {
                        Ok(item) => add(item),
                        Err(ShutDown) => return,
                    }
                }
            })
        });
        scope.spawn(|| bounded.iter().for_each(add));
        putters.into_iter().for_each(|putter| putter.join().unwrap());
        for queue in [&bounded, &endless] {
            while !queue.is_empty() {
                thread::yield_now();
            }
        }
        while !sorted.is_empty() {
            thread::yield_now();
        }
        bounded.shutdown(Shutdown::Drain);
        selects.into_iter().for_each(|select| select.join().unwrap());
    });
    assert_eq!((count.into_inner(), sum.into_inner()), (ITEMS, ITEMS * (ITEMS - 1) / 2));
}
