//! # Claim
//! The last handle of a side ends the channel, and no other does; who learns of it sees what every handle of
//! that side did; and after the last receiver has gone no item is kept.
//!
//! # Models
//! Two senders that go beside a receiver that waits; two receivers that go beside a sender that waits; the
//! last receiver that goes beside a sender, with room for none, for one and for any number.
//!
//! # Not shown here
//! The waits themselves: the proofs of the queue's kinds. Forgotten handles, and many at once:
//! `tests/channel.rs`.

use crate::parcel::{Parcel, parcel};
use platform::check::{Death, Fault, Proof, saw};
use platform::thread::spawn;
use queue::channel::{self, Receiver, Sender};
use queue::{Queue, Shutdown};
use std::sync::Arc;

const SHARED: &str = "crates/queue/src/channel/shared.rs";
const BOUNDED: &str = "crates/queue/src/fifo/bounded/mod.rs";
const UNBOUNDED: &str = "crates/queue/src/fifo/unbounded/mod.rs";
const WAITER: &str = "crates/queue/src/waiting/waiter.rs";

/// A parcel that is written to once more when it is dropped, and who knows of it.
struct Kept {
    parcel: Parcel,
    _token: Arc<()>,
}

impl Kept {
    fn new(number: u32, token: &Arc<()>) -> Self {
        Self { parcel: parcel(number), _token: Arc::clone(token) }
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        // A model that has failed already says nothing more.
        if !std::thread::panicking() {
            self.parcel.rewrite();
        }
    }
}

fn assert_nothing_kept(token: &Arc<()>) {
    assert_eq!(Arc::strong_count(token), 1, "nothing is kept");
}

#[test]
fn the_last_sender_ends_the_wait_of_a_receiver() {
    Proof::new(
        "channel::the_last_sender_ends_the_wait_of_a_receiver",
        "when both senders have gone a receiver has had the item, learns of it, and sees what each wrote",
    )
    .threads(3)
    .bounded(2)
    .executions_at_least(3_500)
    .outcomes(&["1, and the end"])
    .refuted_by(
        "a sender goes by a Relaxed subtraction",
        Fault::Relaxed,
        SHARED,
        "self.senders.fetch_sub(1, AcqRel)",
        Death::Causality,
    )
    .refuted_by(
        "the last sender does not see the others",
        Fault::NoAcquire,
        SHARED,
        "self.senders.fetch_sub(1, AcqRel)",
        Death::Causality,
    )
    .refuted_by(
        "a sender does not tell the last one",
        Fault::NoRelease,
        SHARED,
        "self.senders.fetch_sub(1, AcqRel)",
        Death::Causality,
    )
    .refuted_by("nobody is woken", Fault::NoWake, WAITER, "wake::<Private>(word, 1)", Death::Deadlock)
    .check(|| {
        let (sender, receiver) = channel::bounded(1);
        let note = parcel(2);
        let silent = spawn({
            let (sender, note) = (sender.clone(), note.clone());
            move || {
                note.rewrite();
                drop(sender);
            }
        });
        let sending = spawn(move || sender.send(parcel(1)).unwrap());
        assert_eq!(receiver.recv().map(Parcel::open), Ok(1));
        assert!(receiver.recv().is_err(), "nothing more comes");
        assert_eq!(note.open(), 2);
        saw("1, and the end");
        silent.join().unwrap();
        sending.join().unwrap();
    });
}

#[test]
fn the_last_receiver_ends_the_wait_of_a_sender() {
    Proof::new(
        "channel::the_last_receiver_ends_the_wait_of_a_sender",
        "when both receivers have gone a sender has its item back, and sees what the other wrote",
    )
    .threads(3)
    .bounded(4)
    .executions_at_least(2_400)
    .outcomes(&["given back"])
    .refuted_by(
        "the last receiver does not see the others",
        Fault::NoAcquire,
        SHARED,
        "self.receivers.fetch_sub(1, AcqRel)",
        Death::Causality,
    )
    .refuted_by(
        "a receiver does not tell the last one",
        Fault::NoRelease,
        SHARED,
        "self.receivers.fetch_sub(1, AcqRel)",
        Death::Causality,
    )
    .refuted_by("nobody is woken", Fault::NoWake, WAITER, "wake::<Private>(word, 1)", Death::Deadlock)
    .check(|| {
        let (sender, receiver) = channel::rendezvous();
        let note = parcel(2);
        let silent = spawn({
            let (receiver, note) = (receiver.clone(), note.clone());
            move || {
                note.rewrite();
                drop(receiver);
            }
        });
        let other = spawn(move || drop(receiver));
        let given_back = sender.send(parcel(1)).unwrap_err();
        assert_eq!((given_back.into_inner().open(), note.open()), (1, 2));
        saw("given back");
        silent.join().unwrap();
        other.join().unwrap();
    });
}

/// Two items are sent while the last receiver goes; the sender stays.
fn the_receiver_goes((sender, receiver): (Sender<Kept>, Receiver<Kept>)) {
    let token = Arc::new(());
    let sending = spawn({
        let (sender, token) = (sender.clone(), Arc::clone(&token));
        move || [1, 2].map(|number| sender.send(Kept::new(number, &token)).is_ok())
    });
    drop(receiver);
    saw(format_args!("sent: {:?}", sending.join().unwrap()));
    assert_nothing_kept(&token);
    assert_eq!(sender.len(), 0);
}

#[test]
fn with_room_for_none_all_is_given_back() {
    Proof::new(
        "channel::with_room_for_none_all_is_given_back",
        "a sender whose receiver goes before it has taken anything has its items back",
    )
    .threads(2)
    .executions_at_least(4_000)
    .outcomes(&["sent: [false, false]"])
    .refuted_by("nobody is woken", Fault::NoWake, WAITER, "wake::<Private>(word, 1)", Death::Deadlock)
    .check(|| the_receiver_goes(channel::rendezvous()));
}

#[test]
fn with_room_for_one_no_item_is_kept() {
    Proof::new(
        "channel::with_room_for_one_no_item_is_kept",
        "an item that is being sent when the last receiver goes is given back, or dropped with it",
    )
    .threads(2)
    .bounded(4)
    .executions_at_least(10_000)
    .outcomes(&["sent: [false, false]", "sent: [true, false]"])
    .refuted_by(
        "an item is said to be there by a Relaxed store",
        Fault::Relaxed,
        BOUNDED,
        "self.stamp.store(stamp, Release)",
        Death::Causality,
    )
    .refuted_by("nobody is woken", Fault::NoWake, WAITER, "wake::<Private>(word, 1)", Death::Deadlock)
    .check(|| the_receiver_goes(channel::bounded(1)));
}

#[test]
fn without_a_bound_no_item_is_kept() {
    Proof::new(
        "channel::without_a_bound_no_item_is_kept",
        "an item that is being sent when the last receiver goes is given back, or dropped with it",
    )
    .threads(2)
    .bounded(8)
    .executions_at_least(68_000)
    .outcomes(&["sent: [false, false]", "sent: [true, false]", "sent: [true, true]"])
    .refuted_by(
        "an item is said to be there by a Relaxed store",
        Fault::Relaxed,
        UNBOUNDED,
        "slot.full.store(1, Release)",
        Death::Causality,
    )
    .refuted_by_twin("it drains before it shuts", Death::Assertion("nothing is kept"), || {
        let (queue, token) = (Arc::new(Queue::unbounded()), Arc::new(()));
        let sending = spawn({
            let (queue, token) = (Arc::clone(&queue), Arc::clone(&token));
            move || drop(queue.put(Kept::new(1, &token)))
        });
        drop(queue.drain());
        queue.shutdown(Shutdown::Drain);
        sending.join().unwrap();
        assert_nothing_kept(&token);
    })
    .check(|| the_receiver_goes(channel::unbounded()));
}
