//! # Claim
//! Through a ring, every item that is put is got once, in order, or is given back; and nobody waits for ever: not for an
//! item, for room, beside a shutdown or a deadline.
//!
//! # Models
//! Room for one, so that both sides wait; room for two where several items go at one time. Two threads show each pair of operations; three
//! are needed where two of a kind compete for a position, or for a call.
//!
//! # Not shown here
//! The spin, which only repeats the cheap look. Long histories: `tests/props/`. Many threads and the real clock: `tests/stress/`.

use crate::parcel::{Parcel, parcel};
use platform::check::{Death, Fault, Proof, saw};
use platform::thread::{JoinHandle, spawn};
use queue::{GetError, PutError, Queue, Shutdown};
use std::sync::Arc;
use std::time::Duration;

const BOUNDED: &str = "crates/queue/src/fifo/bounded.rs";
const POSITION: &str = "crates/queue/src/waiting/position.rs";
const WAITER: &str = "crates/queue/src/waiting/waiter.rs";

fn room_for(capacity: usize) -> Arc<Queue<Parcel>> {
    Arc::new(Queue::bounded(capacity))
}

fn open_all(got: impl IntoIterator<Item = Parcel>) -> Vec<u32> {
    got.into_iter().map(Parcel::open).collect()
}

fn putter(queue: &Arc<Queue<Parcel>>, numbers: &'static [u32]) -> JoinHandle<()> {
    let queue = Arc::clone(queue);
    spawn(move || numbers.iter().for_each(|number| queue.put(parcel(*number)).unwrap()))
}

fn getter(queue: &Arc<Queue<Parcel>>) -> JoinHandle<Option<u32>> {
    let queue = Arc::clone(queue);
    spawn(move || queue.get().ok().map(Parcel::open))
}

#[test]
fn items_come_out_once_and_in_order() {
    Proof::new(
        "bounded::items_come_out_once_and_in_order",
        "what one thread puts the other gets, in order, with what was written before, through room for one",
    )
    .threads(2)
    .bounded(2)
    .executions_at_least(13_000)
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
    .threads(3)
    .bounded(2)
    .executions_at_least(99_000)
    .outcomes(&["the first got it", "the second got it"])
    .refuted_by("nobody is woken", Fault::NoWake, WAITER, "wake::<Private>(word, 1)", Death::Deadlock)
    .check(|| {
        let queue = room_for(1);
        let getters = [getter(&queue), getter(&queue)];
        queue.put(parcel(1)).unwrap();
        queue.shutdown(Shutdown::Drain);
        saw(match getters.map(|getter| getter.join().unwrap()) {
            [Some(1), None] => "the first got it",
            [None, Some(1)] => "the second got it",
            other => panic!("one of them gets the item, and the other learns of the end: {other:?}"),
        });
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
    .threads(3)
    .bounded(1)
    .executions_at_least(83_000)
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
        let putters = [putter(&queue, &[1]), putter(&queue, &[2])];
        saw(format_args!("{:?}", open_all([queue.get().unwrap(), queue.get().unwrap()])));
        putters.into_iter().for_each(|putter| putter.join().unwrap());
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
    .executions_at_least(550)
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
    .bounded(4)
    .executions_at_least(20)
    .outcomes(&["open", "shut"])
    .refuted_by(
        "SHUT is marked Relaxed",
        Fault::Relaxed,
        POSITION,
        "self.word.fetch_add(SHUT, Release)",
        Death::Causality,
    )
    .refuted_by(
        "the look at the end is Relaxed",
        Fault::Relaxed,
        BOUNDED,
        "self.tail.word.load(Acquire)",
        Death::Causality,
    )
    .check(|| {
        let (queue, will) = (room_for(1), parcel(7));
        let ender = spawn({
            let (queue, mut will) = (Arc::clone(&queue), Some(will.clone()));
            move || {
                // Written again, just before the end.
                will.take().unwrap().rewrite();
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
    });
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
    .bounded(2)
    .executions_at_least(190_000)
    .outcomes(&["the hasty one got it", "the other got it"])
    .refuted_by("nobody is woken", Fault::NoWake, WAITER, "wake::<Private>(word, 1)", Death::Deadlock)
    .check(|| {
        let queue = room_for(1);
        let hasty = spawn({
            let queue = Arc::clone(&queue);
            move || queue.get_timeout(Duration::from_millis(1)).map(Parcel::open)
        });
        let other = getter(&queue);
        queue.put(parcel(1)).unwrap();
        let hasty = hasty.join().unwrap();
        if hasty.is_ok() {
            queue.put(parcel(2)).unwrap();
        }
        let other = other.join().unwrap();
        saw(match (hasty, other) {
            (Ok(1), Some(2)) | (Ok(2), Some(1)) => "the hasty one got it",
            (Err(_), Some(1)) => "the other got it",
            other => panic!("each item is got once: {other:?}"),
        });
    });
}

#[test]
fn several_at_one_time_stay_together() {
    Proof::new(
        "bounded::several_at_one_time_stay_together",
        "two items put at one time have nobody else's between them, and are got in order, also two at one time",
    )
    .threads(3)
    .bounded(2)
    .executions_at_least(79_000)
    .outcomes(&["[1, 2, 3]", "[3, 1, 2]"])
    .refuted_by(
        "the stamp of a full slot is Relaxed",
        Fault::Relaxed,
        BOUNDED,
        "self.stamp.store(stamp, Release)",
        Death::Causality,
    )
    .check(|| {
        let queue = room_for(3);
        let several = spawn({
            let queue = Arc::clone(&queue);
            move || queue.put_many([parcel(1), parcel(2)]).unwrap()
        });
        let one = putter(&queue, &[3]);
        let got = queue.get_many(3, 3, Duration::ZERO).unwrap();
        saw(format_args!("{:?}", open_all(got)));
        several.join().unwrap();
        one.join().unwrap();
    });
}

#[test]
fn what_is_forced_in_pushes_the_oldest_out() {
    Proof::new(
        "bounded::what_is_forced_in_pushes_the_oldest_out",
        "beside a getter, an item that is forced in pushes out the oldest or nothing, and nothing is lost",
    )
    .threads(2)
    .bounded(3)
    .executions_at_least(680)
    .outcomes(&["a getter made room", "the oldest was pushed out"])
    .refuted_by(
        "the stamp of an empty slot is Relaxed",
        Fault::Relaxed,
        BOUNDED,
        "slot.stamp.store(position + self.lap, Release)",
        Death::Causality,
    )
    .refuted_by(
        "the wait for a stamp is Relaxed",
        Fault::Relaxed,
        BOUNDED,
        "stamp.load(Acquire) != stamp",
        Death::Causality,
    )
    .check(|| {
        let queue = room_for(1);
        queue.put(parcel(1)).unwrap();
        let getter = getter(&queue);
        let out = queue.force_put(parcel(2)).unwrap().map(Parcel::open);
        let got = getter.join().unwrap();
        let left = open_all(queue.drain());
        saw(match (out, got, &left[..]) {
            (None, Some(1), [2]) => "a getter made room",
            (Some(1), Some(2), []) => "the oldest was pushed out",
            other => panic!("nothing is lost: {other:?}"),
        });
    });
}

#[test]
fn a_discard_takes_all_that_was_put_and_nothing_twice() {
    Proof::new(
        "bounded::a_discard_takes_all_that_was_put_and_nothing_twice",
        "at a discard beside a putter and a getter, each item is got, discarded or given back",
    )
    .threads(3)
    .bounded(2)
    .executions_at_least(20_000)
    .outcomes(&["discarded", "given back", "got"])
    .check(|| {
        let queue = room_for(1);
        let putter = spawn({
            let queue = Arc::clone(&queue);
            move || match queue.try_put(parcel(1)) {
                Err(PutError::ShutDown(item)) => Some(item.open()),
                put => put.map(|()| None).unwrap(),
            }
        });
        let getter = getter(&queue);
        let discarded = open_all(queue.shutdown(Shutdown::Discard));
        saw(match (&discarded[..], putter.join().unwrap(), getter.join().unwrap()) {
            ([1], None, None) => "discarded",
            ([], Some(1), None) => "given back",
            ([], None, Some(1)) => "got",
            other => panic!("the item is in one place: {other:?}"),
        });
    });
}

#[test]
fn its_length_is_never_less_than_nothing() {
    Proof::new(
        "bounded::its_length_is_never_less_than_nothing",
        "who looks at the length beside a putter and a getter sees no item taken that was not put",
    )
    .threads(3)
    .bounded(2)
    .executions_at_least(1_700)
    .outcomes(&["0", "1"])
    .refuted_by(
        "positions are exchanged Relaxed",
        Fault::Relaxed,
        BOUNDED,
        "compare_exchange(word, next, Release, Relaxed)",
        Death::Assertion("subtract with overflow"),
    )
    .refuted_by(
        "the look at the head is Relaxed",
        Fault::Relaxed,
        BOUNDED,
        "let head = at(self.head.word.load(Acquire))",
        Death::Assertion("subtract with overflow"),
    )
    .check(|| {
        let queue = room_for(2);
        let putter = putter(&queue, &[1]);
        let getter = getter(&queue);
        saw(queue.len());
        putter.join().unwrap();
        assert_eq!(getter.join().unwrap(), Some(1));
    });
}

#[test]
fn its_length_beside_a_drain() {
    Proof::new(
        "bounded::its_length_beside_a_drain",
        "nor does who looks at the length beside one who drains, or forces an item in",
    )
    .threads(3)
    .bounded(2)
    .executions_at_least(8_600)
    .outcomes(&["0", "1"])
    .refuted_by(
        "a drain moves the head Relaxed",
        Fault::Relaxed,
        BOUNDED,
        "compare_exchange(head, next, Release, Relaxed).is_ok()",
        Death::Assertion("subtract with overflow"),
    )
    .refuted_by(
        "who forces an item in moves the head Relaxed",
        Fault::Relaxed,
        BOUNDED,
        "compare_exchange(head, self.after(oldest) | head & WAITED, Release, Relaxed)",
        Death::Assertion("subtract with overflow"),
    )
    .check(|| {
        let queue = room_for(1);
        let forcer = spawn({
            let queue = Arc::clone(&queue);
            move || {
                queue.force_put(parcel(1)).unwrap();
                queue.force_put(parcel(2)).unwrap();
            }
        });
        let drainer = spawn({
            let queue = Arc::clone(&queue);
            move || queue.drain().len()
        });
        saw(queue.len());
        forcer.join().unwrap();
        drainer.join().unwrap();
    });
}
