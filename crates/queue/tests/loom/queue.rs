//! # Claim
//! Every item that is put is got once, in order, or is given back; and nobody waits for ever: not for an
//! item, for room, for the end of all work, or beside a shutdown or a deadline.
//!
//! # Models
//! Capacity 1, so that both sides wait. Two threads show each pair of operations; three are needed where two
//! of a kind compete (a getter that is notified finds the item gone: the mutant that trusts its notification
//! dies of it).
//!
//! # Not shown here
//! The orderings are those of `locks`, proved there; that the queue stands on them is refuted here once for
//! the lock and once for the condition. Long histories: `tests/props/`. Many threads and the real clock:
//! `tests/api.rs`.

use crate::twin::{Fifo, Flaw, Twin};
use platform::cell::UnsafeCell;
use platform::check::{Death, Fault, Proof, saw};
use platform::thread::spawn;
use queue::{Queue, Shutdown};
use std::sync::Arc;
use std::time::Duration;

const LOCK: &str = "crates/locks/src/lock/raw.rs";
const CONDITION: &str = "crates/locks/src/condition/raw.rs";

/// One putter of two items, through room for one; the model gets.
fn transfer(queue: impl Fifo) {
    let queue = Arc::new(queue);
    let putter = spawn({
        let queue = Arc::clone(&queue);
        move || {
            queue.put(1).unwrap();
            queue.put(2).unwrap();
        }
    });
    assert_eq!([queue.get(), queue.get()], [Some(1), Some(2)], "all of them, in order");
    saw("1 and 2");
    putter.join().unwrap();
}

#[test]
fn items_come_out_once_and_in_order() {
    Proof::new(
        "queue::items_come_out_once_and_in_order",
        "what one thread puts the other gets, in order, through room for one",
    )
    .threads(2)
    .bounded(3)
    .executions_at_least(400)
    .outcomes(&["1 and 2"])
    .refuted_by(
        "the lock's release is Relaxed",
        Fault::Relaxed,
        LOCK,
        "self.word.fetch_sub(1, Release)",
        Death::Causality,
    )
    .refuted_by("no condition wakes", Fault::NoWake, CONDITION, "wake::<Private>(word, 1)", Death::Deadlock)
    .refuted_by_twin("put notifies nobody", Death::Deadlock, || transfer(Twin::new(1, Flaw::SilentPut)))
    .refuted_by_twin("get notifies nobody", Death::Deadlock, || transfer(Twin::new(1, Flaw::SilentGet)))
    .check(|| transfer(Queue::bounded(1)));
}

/// Two getters, one item, and then the end.
fn two_getters(queue: impl Fifo) {
    let queue = Arc::new(queue);
    let getters = [0, 1].map(|_| {
        let queue = Arc::clone(&queue);
        spawn(move || queue.get())
    });
    queue.put(1).unwrap();
    queue.shutdown(Shutdown::Drain);
    let got = getters.map(|getter| getter.join().unwrap());
    saw(match got {
        [Some(1), None] => "the first got it",
        [None, Some(1)] => "the second got it",
        other => panic!("one of them gets the item, and the other learns of the end: {other:?}"),
    });
}

#[test]
fn of_two_getters_one_gets_the_item_and_the_other_learns_of_the_end() {
    Proof::new(
        "queue::of_two_getters_one_gets_the_item_and_the_other_learns_of_the_end",
        "an item put before the shutdown is got by one, and the shutdown ends the other's wait",
    )
    .threads(3)
    .bounded(3)
    .executions_at_least(20_000)
    .outcomes(&["the first got it", "the second got it"])
    .refuted_by_twin("shutdown forgets who waits to get", Death::Deadlock, || {
        two_getters(Twin::new(1, Flaw::ShutdownForgetsGetters));
    })
    .check(|| two_getters(Queue::bounded(1)));
}

/// Two getters for two items, put by the model: nothing but their own haste can go wrong.
fn two_getters_two_items(queue: impl Fifo) {
    let queue = Arc::new(queue);
    let getters = [0, 1].map(|_| {
        let queue = Arc::clone(&queue);
        spawn(move || queue.get())
    });
    queue.put(1).unwrap();
    queue.put(2).unwrap();
    let got = getters.map(|getter| getter.join().unwrap());
    saw(format_args!("{got:?}"));
}

#[test]
fn a_getter_that_finds_the_item_gone_waits_again() {
    Proof::new(
        "queue::a_getter_that_finds_the_item_gone_waits_again",
        "who was notified and came too late gets the next item, not none",
    )
    .threads(3)
    .bounded(3)
    .executions_at_least(20_000)
    .outcomes(&["[Some(1), Some(2)]", "[Some(2), Some(1)]"])
    .refuted_by_twin(
        "who was notified trusts it",
        Death::Assertion("there is an item for who was notified"),
        || {
            two_getters_two_items(Twin::new(1, Flaw::TrustingGet));
        },
    )
    .check(|| two_getters_two_items(Queue::bounded(1)));
}

/// A putter without room, and the end.
fn a_full_queue_ends(queue: impl Fifo) {
    let queue = Arc::new(queue);
    queue.put(1).unwrap();
    let putter = spawn({
        let queue = Arc::clone(&queue);
        move || queue.put(2)
    });
    queue.shutdown(Shutdown::Drain);
    assert_eq!(putter.join().unwrap(), Err(2), "there was no room: the item comes back");
    assert_eq!([queue.get(), queue.get()], [Some(1), None], "what was there can still be got");
    saw("given back");
}

#[test]
fn a_shutdown_gives_a_waiting_putter_its_item_back() {
    Proof::new(
        "queue::a_shutdown_gives_a_waiting_putter_its_item_back",
        "who waits for room when the queue is shut down gets its item back, and what was put stays",
    )
    .threads(2)
    .bounded(6)
    .executions_at_least(100)
    .outcomes(&["given back"])
    .refuted_by_twin("shutdown forgets who waits to put", Death::Deadlock, || {
        a_full_queue_ends(Twin::new(1, Flaw::ShutdownForgetsPutters));
    })
    .check(|| a_full_queue_ends(Queue::bounded(1)));
}

/// A getter with a deadline, and one item.
fn a_hasty_getter(queue: impl Fifo) {
    let queue = Arc::new(queue);
    let getter = spawn({
        let queue = Arc::clone(&queue);
        move || queue.get_timeout(Duration::from_millis(1))
    });
    queue.put(1).unwrap();
    match getter.join().unwrap() {
        Some(item) => {
            assert_eq!(item, 1);
            saw("in time");
        }
        None => {
            assert_eq!(queue.get(), Some(1), "what came too late is still there");
            saw("too late");
        }
    }
}

#[test]
fn an_item_that_comes_at_the_deadline_is_got_or_stays() {
    Proof::new(
        "queue::an_item_that_comes_at_the_deadline_is_got_or_stays",
        "a getter that gives up takes no item with it",
    )
    .threads(2)
    .bounded(4)
    .executions_at_least(200)
    .outcomes(&["in time", "too late"])
    .refuted_by(
        "the lock's release is Relaxed",
        Fault::Relaxed,
        LOCK,
        "self.word.fetch_sub(1, Release)",
        Death::Causality,
    )
    .refuted_by_twin(
        "who waited trusts that it was notified",
        Death::Assertion("there is an item for who"),
        || {
            a_hasty_getter(Twin::new(1, Flaw::TrustingGet));
        },
    )
    .check(|| a_hasty_getter(Queue::bounded(1)));
}

/// What a worker wrote before its `task_done`, without a lock of its own.
struct Work(UnsafeCell<u32>);

// SAFETY: the worker writes before task_done, and the model reads after join; that this orders them is what
// is proved.
unsafe impl Sync for Work {}

/// A worker that gets two items and says so; the model waits for the end of the work.
fn work_is_done(queue: impl Fifo) {
    let shared = Arc::new((queue, Work(UnsafeCell::new(0))));
    let worker = spawn({
        let shared = Arc::clone(&shared);
        move || {
            let (queue, work) = &*shared;
            while let Some(item) = queue.get() {
                // SAFETY: only this thread touches it until the queue's join says that the work is done.
                work.0.with_mut(|sum| unsafe { *sum += item });
                queue.task_done();
            }
        }
    });
    let (queue, work) = &*shared;
    queue.put(1).unwrap();
    queue.put(2).unwrap();
    queue.join();
    // SAFETY: every task is done, and the worker touches it for none else.
    saw(format_args!("sum {}", work.0.with(|sum| unsafe { *sum })));
    queue.shutdown(Shutdown::Drain);
    worker.join().unwrap();
}

#[test]
fn who_joins_sees_what_was_done() {
    Proof::new(
        "queue::who_joins_sees_what_was_done",
        "join returns when every task is done, and sees the work",
    )
    .threads(2)
    .bounded(3)
    .executions_at_least(100)
    .outcomes(&["sum 3"])
    .refuted_by(
        "the lock's release is Relaxed",
        Fault::Relaxed,
        LOCK,
        "self.word.fetch_sub(1, Release)",
        Death::Causality,
    )
    .refuted_by_twin("task_done notifies nobody", Death::Deadlock, || {
        work_is_done(Twin::new(2, Flaw::SilentDone))
    })
    .check(|| work_is_done(Queue::bounded(2)));
}

/// Two items, a worker that takes what it can, and a discard in between.
fn discard(queue: impl Fifo) {
    let queue = Arc::new(queue);
    queue.put(1).unwrap();
    queue.put(2).unwrap();
    let worker = spawn({
        let queue = Arc::clone(&queue);
        move || {
            let mut taken = 0;
            while queue.get().is_some() {
                taken += 1;
                queue.task_done();
            }
            taken
        }
    });
    let discarded = queue.shutdown(Shutdown::Discard).len();
    queue.join();
    assert_eq!(discarded + worker.join().unwrap(), 2, "each item was worked on or discarded");
    saw(format_args!("discarded {discarded}"));
}

#[test]
fn what_is_discarded_counts_as_done() {
    Proof::new(
        "queue::what_is_discarded_counts_as_done",
        "after a discard join waits for the items taken before, and for no other",
    )
    .threads(2)
    .bounded(3)
    .executions_at_least(200)
    .outcomes(&["discarded 0", "discarded 1", "discarded 2"])
    .refuted_by_twin("what is discarded is not counted", Death::Deadlock, || {
        discard(Twin::new(2, Flaw::DiscardCountsNothing));
    })
    .check(|| discard(Queue::bounded(2)));
}

/// An item that nobody takes, one who joins, and a discard.
fn discard_beside_a_join(queue: impl Fifo) {
    let queue = Arc::new(queue);
    queue.put(1).unwrap();
    let joiner = spawn({
        let queue = Arc::clone(&queue);
        move || queue.join()
    });
    assert_eq!(queue.shutdown(Shutdown::Discard), [1]);
    joiner.join().unwrap();
    saw("joined");
}

#[test]
fn a_discard_lets_go_who_joins() {
    Proof::new(
        "queue::a_discard_lets_go_who_joins",
        "who waits in join while the last unfinished item is discarded returns",
    )
    .threads(2)
    .bounded(4)
    .executions_at_least(500)
    .outcomes(&["joined"])
    .refuted_by_twin("shutdown notifies nobody who joins", Death::Deadlock, || {
        discard_beside_a_join(Twin::new(1, Flaw::ShutdownForgetsJoiners));
    })
    .check(|| discard_beside_a_join(Queue::bounded(1)));
}
