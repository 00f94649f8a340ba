//! # Claim
//! Without room, an item goes from hand to hand: the put ends when it was got, or gives it back.
//!
//! # Models
//! One putter and one getter, of whom either may come first, may give up, or may be told of the end.
//!
//! # Not shown here
//! Many at once, and the order among those who wait: `tests/stress/`.

use crate::parcel::{Parcel, parcel};
use platform::check::{Death, Fault, Proof, saw};
use platform::thread::spawn;
use queue::{Queue, Shutdown};
use std::sync::Arc;
use std::time::Duration;

const WAITER: &str = "crates/queue/src/waiting/waiter.rs";

#[test]
fn an_item_goes_from_hand_to_hand() {
    Proof::new(
        "rendezvous::an_item_goes_from_hand_to_hand",
        "what is put is got, with what was written before, whoever comes first; and the put ends no sooner",
    )
    .threads(2)
    .executions_at_least(4_800)
    .outcomes(&["got"])
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
    .refuted_by("nobody is woken", Fault::NoWake, WAITER, "wake::<Private>(word, 1)", Death::Deadlock)
    .check(|| {
        let queue = Arc::new(Queue::rendezvous());
        let putter = spawn({
            let queue = Arc::clone(&queue);
            move || queue.put(parcel(1)).unwrap()
        });
        assert_eq!(queue.get().map(Parcel::open), Ok(1));
        putter.join().unwrap();
        saw("got");
    });
}

#[test]
fn who_gives_up_takes_the_item_along_or_has_given_it() {
    Proof::new(
        "rendezvous::who_gives_up_takes_the_item_along_or_has_given_it",
        "a putter that gives up beside a getter that gives up has its item, or the getter has it",
    )
    .threads(2)
    .bounded(4)
    .executions_at_least(2_000)
    .outcomes(&["given back", "got"])
    .refuted_by(
        "the call is Relaxed",
        Fault::Relaxed,
        WAITER,
        "self.word.swap(CALLED, AcqRel)",
        Death::Causality,
    )
    .check(|| {
        let soon = Duration::from_millis(1);
        let queue = Arc::new(Queue::rendezvous());
        let putter = spawn({
            let queue = Arc::clone(&queue);
            move || queue.put_timeout(parcel(1), soon).map_err(|error| error.into_inner().open())
        });
        let got = queue.get_timeout(soon).map(Parcel::open);
        saw(match (putter.join().unwrap(), got) {
            (Ok(()), Ok(1)) => "got",
            (Err(1), Err(_)) => "given back",
            other => panic!("the item is in one place: {other:?}"),
        });
    });
}

#[test]
fn the_end_lets_go_both_sides() {
    Proof::new(
        "rendezvous::the_end_lets_go_both_sides",
        "a putter that waits when the queue is shut down gets its item back",
    )
    .threads(2)
    .executions_at_least(490)
    .outcomes(&["given back"])
    .refuted_by("nobody is woken", Fault::NoWake, WAITER, "wake::<Private>(word, 1)", Death::Deadlock)
    .check(|| {
        let queue = Arc::new(Queue::rendezvous());
        let putter = spawn({
            let queue = Arc::clone(&queue);
            move || queue.put(parcel(1)).map_err(|error| error.into_inner().open())
        });
        queue.shutdown(Shutdown::Drain);
        assert_eq!(putter.join().unwrap(), Err(1));
        assert!(queue.get().is_err());
        saw("given back");
    });
}
