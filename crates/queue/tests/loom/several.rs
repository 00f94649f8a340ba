//! # Claim
//! What does something to several items of a ring at one time, or looks at several positions, agrees with who
//! does it to one: batches, an item that is forced in, a drain, a discard, the length.
//!
//! # Models
//! Room for one, or for as many as a batch has; one or two others beside it.
//!
//! # Not shown here
//! Batches that are larger than the room: `tests/props/`.

use crate::bounded::{getter, open_all, putter, room_for};
use crate::parcel::{Parcel, parcel};
use platform::check::{Death, Fault, Proof, saw};
use platform::thread::spawn;
use queue::{PutError, Shutdown};
use std::sync::Arc;
use std::time::Duration;

const WHOLE: &str = "crates/queue/src/fifo/bounded/whole.rs";
const BOUNDED: &str = "crates/queue/src/fifo/bounded/mod.rs";

#[test]
fn several_at_one_time_stay_together() {
    Proof::new(
        "several::several_at_one_time_stay_together",
        "two items put at one time have nobody else's between them, and are got in order, also two at one time",
    )
    .threads(3)
    // One preemption is enough to get between items that are put one by one.
    .bounded(1)
    .executions_at_least(3_200)
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
        "several::what_is_forced_in_pushes_the_oldest_out",
        "beside a getter, an item that is forced in pushes out the oldest or nothing, and nothing is lost",
    )
    .threads(2)
    .executions_at_least(3_200)
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
        "several::a_discard_takes_all_that_was_put_and_nothing_twice",
        "at a discard beside a putter and a getter, each item is got, discarded or given back",
    )
    .threads(3)
    .bounded(2)
    .executions_at_least(38_000)
    .outcomes(&["discarded", "given back", "got"])
    .refuted_by(
        "the stamp of a full slot is Relaxed",
        Fault::Relaxed,
        BOUNDED,
        "self.stamp.store(stamp, Release)",
        Death::Causality,
    )
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
        "several::its_length_is_never_less_than_nothing",
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
        "compare_exchange(word, next, AcqRel, Relaxed)",
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
        "several::its_length_beside_a_drain",
        "nor does who looks at the length beside one who drains, or forces an item in",
    )
    .threads(3)
    .bounded(2)
    .executions_at_least(37_000)
    .outcomes(&["0", "1"])
    .refuted_by(
        "a drain moves the head Relaxed",
        Fault::Relaxed,
        WHOLE,
        "compare_exchange(head, next, AcqRel, Relaxed).is_ok()",
        Death::Assertion("subtract with overflow"),
    )
    .refuted_by(
        "who forces an item in moves the head Relaxed",
        Fault::Relaxed,
        WHOLE,
        "compare_exchange(seen, self.after(oldest) | seen & WAITED, AcqRel, Relaxed)",
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
