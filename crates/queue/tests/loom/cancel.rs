//! # Claim
//! Who waits for a queue, or for several, with a token, gives up when the token is cancelled, and loses
//! neither an item nor a call.
//!
//! # Models
//! A getter beside one who puts an item, takes it back, and cancels; a select beside one who cancels.
//!
//! # Not shown here
//! That a call which comes to one who gives up goes on to another: a token ends a wait as a deadline does,
//! `bounded.rs`.

use platform::check::{Death, Fault, Proof, saw};
use platform::thread::spawn;
use queue::{Cancel, GetError, Queue, Select};
use std::sync::Arc;

const CANCEL: &str = "crates/platform/src/cancel.rs";
const WAKES: &str = "futex::wake::<Private>";

#[test]
fn an_item_beside_a_token_is_got_once() {
    Proof::new(
        "cancel::an_item_beside_a_token_is_got_once",
        "a getter that was called for an item which another took sleeps on, until its token is cancelled",
    )
    .threads(2)
    .bounded(3)
    .executions_at_least(50)
    .outcomes(&["got", "taken back"])
    .refuted_by("cancelling wakes nobody", Fault::NoWake, CANCEL, WAKES, Death::Deadlock)
    .check(|| {
        let (queue, cancel) = (Arc::new(Queue::bounded(1)), Cancel::new());
        let getter = spawn({
            let (queue, cancel) = (Arc::clone(&queue), cancel.clone());
            move || {
                let got = queue.get_timeout(&cancel);
                assert!(got.is_ok() || cancel.is_cancelled(), "only the token ends its wait");
                got
            }
        });
        queue.put(7).unwrap();
        let back = queue.try_get();
        cancel.cancel();
        match (getter.join().unwrap(), back) {
            (Ok(7), Err(GetError::Empty)) => saw("got"),
            (Err(GetError::Empty), Ok(7)) => saw("taken back"),
            other => panic!("{other:?}"),
        }
    });
}

#[test]
fn a_select_ends_when_its_token_is_cancelled() {
    Proof::new(
        "cancel::a_select_ends_when_its_token_is_cancelled",
        "a select over two queues that stay empty ends when its token is cancelled, and leaves both lines",
    )
    .threads(2)
    .bounded(3)
    .executions_at_least(10)
    .outcomes(&["cancelled"])
    .refuted_by("cancelling wakes nobody", Fault::NoWake, CANCEL, WAKES, Death::Deadlock)
    .check(|| {
        let cancel = Cancel::new();
        let canceller = spawn({
            let cancel = cancel.clone();
            move || cancel.cancel()
        });
        let (first, second) = (Queue::<u8>::bounded(1), Queue::<u8>::bounded(1));
        let got = Select::new().get(&first, |_| ()).get(&second, |_| ()).wait_timeout(&cancel);
        assert_eq!(got, None);
        assert!(cancel.is_cancelled());
        saw("cancelled");
        canceller.join().unwrap();
        assert_eq!((first.put(1), second.put(2)), (Ok(()), Ok(())), "nobody is left in line to be called");
    });
}
