//! # Claim
//! Through a ring, every item that is put is got once, in order, or is given back; and nobody waits for ever:
//! not for an item, for room, beside a shutdown or a deadline.
//!
//! # Models
//! Room for one, so that both sides wait. Two threads show each pair of operations; three
//! are needed where two of a kind compete for a position, or for a call.
//!
//! # Not shown here
//! The spin, which only repeats the cheap look. Long histories: `tests/props/`. Many threads and the real
//! clock: `tests/stress/`.

use crate::parcel::{Parcel, parcel};
use platform::check::{Death, Fault, Proof, saw};
use platform::thread::{JoinHandle, spawn};
use queue::{GetError, Queue, Shutdown};
use std::sync::Arc;
use std::time::Duration;

const BOUNDED: &str = "crates/queue/src/fifo/bounded/mod.rs";
const POSITION: &str = "crates/queue/src/waiting/position.rs";
const WAITER: &str = "crates/queue/src/waiting/waiter.rs";

pub(crate) fn room_for(capacity: usize) -> Arc<Queue<Parcel>> {
    Arc::new(Queue::bounded(capacity))
}

pub(crate) fn open_all(got: impl IntoIterator<Item = Parcel>) -> Vec<u32> {
    got.into_iter().map(Parcel::open).collect()
}

pub(crate) fn putter(queue: &Arc<Queue<Parcel>>, numbers: &'static [u32]) -> JoinHandle<()> {
    let queue = Arc::clone(queue);
    spawn(move || numbers.iter().for_each(|number| queue.put(parcel(*number)).unwrap()))
}

pub(crate) fn getter(queue: &Arc<Queue<Parcel>>) -> JoinHandle<Option<u32>> {
    let queue = Arc::clone(queue);
    spawn(move || queue.get().ok().map(Parcel::open))
}

/// One writes and ends the queue; the other asks, and reads if it is told of the end.
pub(crate) fn learns_of_the_end(queue: &Arc<Queue<Parcel>>) {
    let will = parcel(7);
    let ender = spawn({
        let (queue, will) = (Arc::clone(queue), will.clone());
        move || {
            will.rewrite();
            queue.shutdown(Shutdown::Drain);
        }
    });
    match queue.try_get() {
        Err(GetError::ShutDown) => {
            will.open();
            saw("shut");
        }
        Err(GetError::Empty) => saw("open"),
        Ok(_) => panic!("nobody has put anything"),
    }
    ender.join().unwrap();
}

#[test]
fn items_come_out_once_and_in_order() {
    Proof::new(
        "bounded::items_come_out_once_and_in_order",
        "what one thread puts the other gets, in order, with what was written before, through room for one",
    )
    .threads(2)
    .bounded(2)
    .executions_at_least(5_000)
    .outcomes(&["1 and 2"])
    .refuted_by(
        "the stamp of a full slot is Relaxed",
        Fault::Relaxed,
        BOUNDED,
        "self.stamp.store(stamp, Release)",
        Death::Causality,
    )
    .refuted_by(
        "the stamp of an empty slot is Relaxed",
        Fault::Relaxed,
        BOUNDED,
        "slot.stamp.store(position + self.lap, Release)",
        Death::Causality,
    )
    .refuted_by(
        "the look at a stamp is Relaxed",
        Fault::Relaxed,
        BOUNDED,
        "stamp.load(Acquire) != position | mark",
        Death::Causality,
    )
    .refuted_by("nobody is woken", Fault::NoWake, WAITER, "wake::<Private>(word, 1)", Death::Deadlock)
    .check(|| {
        let queue = room_for(1);
        let putter = putter(&queue, &[1, 2]);
        assert_eq!(open_all([queue.get().unwrap(), queue.get().unwrap()]), [1, 2]);
        saw("1 and 2");
        putter.join().unwrap();
    });
}

#[test]
fn of_two_getters_one_gets_the_item_and_the_other_learns_of_the_end() {
    Proof::new(
        "bounded::of_two_getters_one_gets_the_item_and_the_other_learns_of_the_end",
        "an item put before the shutdown is got by one, and the shutdown ends the other's wait",
    )
    .threads(2)
    .bounded(3)
    .executions_at_least(10_000)
    .outcomes(&["the first got it", "the second got it"])
    .refuted_by("nobody is woken", Fault::NoWake, WAITER, "wake::<Private>(word, 1)", Death::Deadlock)
    .check(|| {
        let queue = room_for(1);
        let first = getter(&queue);
        queue.put(parcel(1)).unwrap();
        queue.shutdown(Shutdown::Drain);
        let second = queue.get().ok().map(Parcel::open);
        saw(match (first.join().unwrap(), second) {
            (Some(1), None) => "the first got it",
            (None, Some(1)) => "the second got it",
            other => panic!("one of them gets the item, and the other learns of the end: {other:?}"),
        });
    });
}

#[test]
fn the_end_lets_go_all_who_wait() {
    Proof::new(
        "bounded::the_end_lets_go_all_who_wait",
        "two getters that wait for an item when the queue is shut down learn of it",
    )
    .threads(3)
    .bounded(2)
    .executions_at_least(10_000)
    .outcomes(&["both"])
    .refuted_by("nobody is woken", Fault::NoWake, WAITER, "wake::<Private>(word, 1)", Death::Deadlock)
    .check(|| {
        let queue = room_for(1);
        let getters = [getter(&queue), getter(&queue)];
        queue.shutdown(Shutdown::Drain);
        assert_eq!(getters.map(|getter| getter.join().unwrap()), [None, None]);
        saw("both");
    });
}

#[test]
fn two_getters_get_one_of_two_items_each() {
    Proof::new(
        "bounded::two_getters_get_one_of_two_items_each",
        "who was called and came too late gets the next item, not none, and no item is got twice",
    )
    .threads(3)
    .bounded(1)
    .executions_at_least(3_900)
    .outcomes(&["[Some(1), Some(2)]", "[Some(2), Some(1)]"])
    .refuted_by("nobody is woken", Fault::NoWake, WAITER, "wake::<Private>(word, 1)", Death::Deadlock)
    .check(|| {
        let queue = room_for(2);
        let getters = [getter(&queue), getter(&queue)];
        queue.put(parcel(1)).unwrap();
        queue.put(parcel(2)).unwrap();
        saw(format_args!("{:?}", getters.map(|getter| getter.join().unwrap())));
    });
}

#[test]
fn two_putters_put_one_item_each() {
    Proof::new(
        "bounded::two_putters_put_one_item_each",
        "two putters at one slot put both their items, in one order",
    )
    .threads(2)
    .bounded(2)
    .executions_at_least(40_000)
    .outcomes(&["[1, 2]", "[2, 1]"])
    .refuted_by(
        "the stamp of an empty slot is Relaxed",
        Fault::Relaxed,
        BOUNDED,
        "slot.stamp.store(position + self.lap, Release)",
        Death::Causality,
    )
    .check(|| {
        let queue = room_for(1);
        let putter = putter(&queue, &[1]);
        // Who has put may get; who has not makes room first.
        let order = match queue.try_put(parcel(2)) {
            Ok(()) => [queue.get().unwrap(), queue.get().unwrap()],
            Err(full) => {
                let first = queue.get().unwrap();
                queue.put(full.into_inner()).unwrap();
                [first, queue.get().unwrap()]
            }
        };
        saw(format_args!("{:?}", open_all(order)));
        putter.join().unwrap();
    });
}

#[test]
fn a_shutdown_gives_a_waiting_putter_its_item_back() {
    Proof::new(
        "bounded::a_shutdown_gives_a_waiting_putter_its_item_back",
        "who waits for room when the queue is shut down gets its item back, and what was put stays",
    )
    .threads(2)
    .bounded(4)
    .executions_at_least(4_200)
    .outcomes(&["given back"])
    .refuted_by("nobody is woken", Fault::NoWake, WAITER, "wake::<Private>(word, 1)", Death::Deadlock)
    .check(|| {
        let queue = room_for(1);
        queue.put(parcel(1)).unwrap();
        let putter = spawn({
            let queue = Arc::clone(&queue);
            move || queue.put(parcel(2)).map_err(|error| error.into_inner().open())
        });
        queue.shutdown(Shutdown::Drain);
        assert_eq!(putter.join().unwrap(), Err(2), "there was no room: the item comes back");
        assert_eq!(queue.get().map(Parcel::open), Ok(1), "what was there can still be got");
        assert!(queue.get().is_err());
        saw("given back");
    });
}

#[test]
fn who_learns_of_the_end_sees_what_came_before_it() {
    Proof::new(
        "bounded::who_learns_of_the_end_sees_what_came_before_it",
        "what is written before the shutdown is seen by who is told of it",
    )
    .threads(2)
    .executions_at_least(16)
    .outcomes(&["open", "shut"])
    .refuted_by(
        "SHUT is marked Relaxed",
        Fault::Relaxed,
        POSITION,
        "self.word.fetch_sub(marks, Release)",
        Death::Causality,
    )
    .refuted_by(
        "the look at the end is Relaxed",
        Fault::Relaxed,
        BOUNDED,
        "self.tail.word.load(Acquire)",
        Death::Causality,
    )
    .check(|| learns_of_the_end(&room_for(1)));
}

#[test]
fn an_item_that_comes_at_the_deadline_is_got_or_stays() {
    Proof::new(
        "bounded::an_item_that_comes_at_the_deadline_is_got_or_stays",
        "a getter that gives up takes no item with it",
    )
    .threads(2)
    .bounded(3)
    .executions_at_least(480)
    .outcomes(&["in time", "too late"])
    .refuted_by(
        "the stamp of a full slot is Relaxed",
        Fault::Relaxed,
        BOUNDED,
        "self.stamp.store(stamp, Release)",
        Death::Causality,
    )
    .check(|| {
        let queue = room_for(1);
        let getter = spawn({
            let queue = Arc::clone(&queue);
            move || queue.get_timeout(Duration::from_millis(1)).map(Parcel::open)
        });
        queue.put(parcel(1)).unwrap();
        match getter.join().unwrap() {
            Ok(item) => {
                assert_eq!(item, 1);
                saw("in time");
            }
            Err(_) => {
                assert_eq!(queue.get().map(Parcel::open), Ok(1), "what came too late is still there");
                saw("too late");
            }
        }
    });
}

#[test]
fn who_gives_up_takes_no_call_with_it() {
    Proof::new(
        "bounded::who_gives_up_takes_no_call_with_it",
        "a getter that gives up while an item comes leaves it to the one who waits on",
    )
    .threads(3)
    // A call that is lost with who gives up, or a mark that is taken away while the other waits, dies with one
    // preemption as it does with two, and a hundred times sooner.
    .bounded(1)
    .executions_at_least(1_800)
    .outcomes(&["the hasty one got it", "the other got it"])
    .refuted_by("nobody is woken", Fault::NoWake, WAITER, "wake::<Private>(word, 1)", Death::Deadlock)
    .check(|| {
        let queue = room_for(2);
        let other = getter(&queue);
        let putter = putter(&queue, &[1]);
        let hasty = queue.get_timeout(Duration::from_millis(1)).map(Parcel::open);
        putter.join().unwrap();
        if hasty.is_ok() {
            queue.put(parcel(2)).unwrap();
        }
        saw(match (hasty, other.join().unwrap()) {
            (Ok(1), Some(2)) => "the hasty one got it",
            (Err(_), Some(1)) => "the other got it",
            other => panic!("each item is got once: {other:?}"),
        });
    });
}
