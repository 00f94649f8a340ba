//! # Claim
//! Who waits at a ring is served by those who come: its item is put, or one is laid into its hand, and it wakes with
//! its work done; whoever comes, and whatever is done to the ring meanwhile, nobody is left in line while there is
//! room, or an item.
//!
//! # Models
//! One who waits beside one who serves it, with a deadline; beside two, of whom the one who comes first may find
//! that the other is not done; beside one who holds a position for a moment. That the second of two who serve, and
//! one who finds a position held, have to serve at all is shown by the twin.
//!
//! # Not shown here
//! Many who wait: `tests/shuttle/`, `tests/stress/`. Who waits for several things, or may go away, and is only
//! called: `select.rs`, `asynchronous.rs`.

use crate::bounded::{getter, open_all, putter, room_for};
use crate::parcel::{Parcel, parcel};
use crate::serve_twin::{Flaw, Twin};
use platform::check::{Death, Fault, Proof, saw};
use platform::thread::spawn;
use queue::{PutError, Queue};
use std::sync::Arc;
use std::time::Duration;

const WAITER: &str = "crates/queue/src/waiting/waiter.rs";

#[test]
fn a_putter_that_gives_up_has_put_its_item_or_has_it() {
    Proof::new(
        "serve::a_putter_that_gives_up_has_put_its_item_or_has_it",
        "of a putter that gives up beside a getter, the item is in the queue or is given back",
    )
    .threads(2)
    .bounded(3)
    .executions_at_least(650)
    .outcomes(&["given back", "put"])
    .refuted_by(
        "the call is Relaxed",
        Fault::Relaxed,
        WAITER,
        "self.word.swap(CALLED, AcqRel)",
        Death::Causality,
    )
    .refuted_by(
        "the look is Relaxed",
        Fault::Relaxed,
        WAITER,
        "self.word.load(Acquire) == CALLED",
        Death::Causality,
    )
    .check(|| {
        let queue = room_for(1);
        queue.put(parcel(1)).unwrap();
        let putter = spawn({
            let queue = Arc::clone(&queue);
            move || match queue.put_timeout(parcel(2), Duration::from_millis(1)) {
                Ok(()) => None,
                Err(PutError::Full(item)) => Some(item.open()),
                Err(error) => panic!("it is open: {error}"),
            }
        });
        assert_eq!(queue.get().map(Parcel::open), Ok(1));
        let back = putter.join().unwrap();
        saw(match (back, &open_all(queue.drain())[..]) {
            (None, [2]) => "put",
            (Some(2), []) => "given back",
            other => panic!("the item is in one place: {other:?}"),
        });
    });
}

#[test]
fn a_getter_finds_in_its_hand_what_was_put() {
    Proof::new(
        "serve::a_getter_finds_in_its_hand_what_was_put",
        "a getter that waits gets what is put, with what was written before, and no other gets it",
    )
    .threads(2)
    .bounded(3)
    .executions_at_least(34_000)
    .outcomes(&["got", "taken back"])
    .refuted_by(
        "the call is Relaxed",
        Fault::Relaxed,
        WAITER,
        "self.word.swap(CALLED, AcqRel)",
        Death::Causality,
    )
    .refuted_by("nobody is woken", Fault::NoWake, WAITER, "wake::<Private>(word, 1)", Death::Deadlock)
    .check(|| {
        let queue = room_for(1);
        let getter = getter(&queue);
        queue.put(parcel(1)).unwrap();
        let back = queue.try_get().ok().map(Parcel::open);
        if back.is_some() {
            queue.put(parcel(1)).unwrap();
        }
        assert_eq!(getter.join().unwrap(), Some(1));
        assert!(queue.is_empty());
        saw(if back.is_some() { "taken back" } else { "got" });
    });
}

#[test]
fn of_two_who_make_room_one_puts_for_the_one_who_waits() {
    Proof::new(
        "serve::of_two_who_make_room_one_puts_for_the_one_who_waits",
        "beside two getters, of whom each may be done first, a putter that waits for room puts its item",
    )
    .threads(3)
    .bounded(2)
    .executions_at_least(3_100)
    .outcomes(&["1", "2"])
    .refuted_by_twin("who makes room serves first", Death::Deadlock, || {
        Twin::new(2, Flaw::ServesFirst).two_make_room();
    })
    .check(|| {
        let queue = room_for(2);
        queue.put_many([parcel(1), parcel(2)]).unwrap();
        let (putter, getter) = (putter(&queue, &[3]), getter(&queue));
        let got = queue.get().map(Parcel::open).unwrap();
        saw(got);
        putter.join().unwrap();
        assert_eq!(getter.join().unwrap(), Some(3 - got));
        assert_eq!(open_all(queue.drain()), [3]);
    });
}

#[test]
fn who_looks_meanwhile_leaves_nobody_in_line() {
    Proof::new(
        "serve::who_looks_meanwhile_leaves_nobody_in_line",
        "beside one who looks at the next item, and so holds the front for a moment, a getter that waits gets it",
    )
    .threads(3)
    .bounded(1)
    .executions_at_least(850)
    .outcomes(&["None", "Some(1)"])
    .refuted_by_twin("who finds it held leaves", Death::Deadlock, || {
        Twin::new(1, Flaw::LeavesWhatIsHeld).one_holds(1);
    })
    .check(|| {
        let queue = Arc::new(Queue::bounded(1));
        let looks = spawn({
            let queue = Arc::clone(&queue);
            move || queue.peek()
        });
        let putter = spawn({
            let queue = Arc::clone(&queue);
            move || queue.put(1).unwrap()
        });
        assert_eq!(queue.get(), Ok(1));
        putter.join().unwrap();
        saw(format_args!("{:?}", looks.join().unwrap()));
    });
}

#[test]
fn who_drains_makes_room() {
    Proof::new(
        "serve::who_drains_makes_room",
        "a putter that waits for room puts its item when what is there is drained",
    )
    .threads(2)
    .bounded(3)
    .executions_at_least(4_000)
    .outcomes(&["both"])
    .refuted_by("nobody is woken", Fault::NoWake, WAITER, "wake::<Private>(word, 1)", Death::Deadlock)
    .check(|| {
        let queue = room_for(1);
        queue.put(parcel(1)).unwrap();
        let putter = putter(&queue, &[2]);
        let mut drained = open_all(queue.drain());
        putter.join().unwrap();
        drained.extend(open_all(queue.drain()));
        assert_eq!(drained, [1, 2]);
        saw("both");
    });
}

#[test]
fn the_twin_without_a_flaw_is_sound() {
    Proof::new(
        "serve::the_twin_without_a_flaw_is_sound",
        "the twin that the flaws are put into leaves nobody in line where two make room",
    )
    .threads(3)
    .bounded(2)
    .executions_at_least(2_800)
    .outcomes(&[])
    .refuted_by_twin("nobody is served", Death::Deadlock, || Twin::new(2, Flaw::ServesNobody).two_make_room())
    .check(|| Twin::new(2, Flaw::None).two_make_room());
}

#[test]
fn nor_where_the_end_is_held() {
    Proof::new(
        "serve::nor_where_the_end_is_held",
        "nor does it where one makes room, and another holds the end for a moment, twice",
    )
    .threads(3)
    .bounded(2)
    .executions_at_least(10_000)
    .outcomes(&[])
    .refuted_by_twin("who finds it held looks once more only", Death::Deadlock, || {
        Twin::new(1, Flaw::LooksTwice).one_holds(2);
    })
    .check(|| Twin::new(1, Flaw::None).one_holds(2));
}
