//! `channel` on real threads: who goes, who is told of it, and where every item is in the end.
#![cfg(not(any(loom, shuttle)))]

use queue::channel::{
    self, Receiver, RecvError, RecvTimeoutError, SendError, SendTimeoutError, Sender, TryRecvError,
    TrySendError,
};
use queue::{Queue, Select};
use std::cell::Cell;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, Instant};
use std::{error::Error, mem, thread};

/// No room, some, and any.
const ROOMS: [Option<usize>; 4] = [Some(0), Some(1), Some(3), None];
const SOON: Duration = Duration::from_millis(1);

fn with_room<T>(room: Option<usize>) -> (Sender<T>, Receiver<T>) {
    room.map_or_else(channel::unbounded, channel::bounded)
}

/// How many items were made, and how many were dropped.
#[derive(Default)]
struct Counts {
    made: AtomicUsize,
    dropped: AtomicUsize,
}

impl Counts {
    fn item(&self) -> Item<'_> {
        // Relaxed, here and below: read after the threads have been joined.
        self.made.fetch_add(1, Relaxed);
        Item(self)
    }

    fn assert_all_dropped(&self, when: &str) {
        assert_eq!(self.made.load(Relaxed), self.dropped.load(Relaxed), "made and dropped, {when}");
    }
}

struct Item<'a>(&'a Counts);

impl Drop for Item<'_> {
    fn drop(&mut self) {
        self.0.dropped.fetch_add(1, Relaxed);
    }
}

#[test]
fn the_end_comes_after_the_last_item() {
    for room in ROOMS {
        let (sender, receiver) = with_room(room);
        let items = 0..room.unwrap_or(100);
        items.clone().for_each(|item| sender.send(item).unwrap());
        drop(sender);
        assert!(items.clone().all(|item| receiver.recv() == Ok(item)), "room {room:?}");
        assert_eq!(receiver.recv(), Err(RecvError));
        assert_eq!(receiver.try_recv(), Err(TryRecvError::Disconnected));
        assert_eq!(receiver.recv_timeout(Duration::MAX), Err(RecvTimeoutError::Disconnected));
        assert_eq!(receiver.recv_deadline(Instant::now()), Err(RecvTimeoutError::Disconnected));
    }
}

#[test]
fn without_a_receiver_every_send_gives_its_item_back() {
    for room in ROOMS {
        let (sender, receiver) = with_room(room);
        assert_eq!(sender.try_send(0).is_ok(), room != Some(0));
        drop(receiver);
        assert_eq!(sender.len(), 0, "what was there is gone, room {room:?}");
        assert_eq!(sender.send(1), Err(SendError(1)));
        assert_eq!(sender.try_send(2), Err(TrySendError::Disconnected(2)));
        assert_eq!(sender.send_timeout(3, Duration::MAX), Err(SendTimeoutError::Disconnected(3)));
        assert_eq!(sender.send_deadline(4, Instant::now()), Err(SendTimeoutError::Disconnected(4)));
    }
}

#[test]
fn blocked_senders_are_let_go_with_their_items() {
    for room in [0, 1, 3] {
        let (sender, receiver) = channel::bounded(room);
        (0..room).for_each(|item| sender.send(item).unwrap());
        thread::scope(|scope| {
            let senders = [10, 11, 12].map(|item| {
                let sender = sender.clone();
                scope.spawn(move || sender.send(item))
            });
            // Most of them wait by now; whoever comes later is told the same.
            thread::sleep(10 * SOON);
            drop(receiver);
            let given_back = senders.map(|sender| sender.join().unwrap());
            assert_eq!(given_back, [10, 11, 12].map(|item| Err(SendError(item))), "room {room}");
        });
    }
}

#[test]
fn blocked_receivers_are_let_go_after_the_last_item() {
    for room in ROOMS {
        let (sender, receiver) = with_room(room);
        thread::scope(|scope| {
            let receivers = [(); 3].map(|()| scope.spawn(|| receiver.iter().sum::<u32>()));
            thread::sleep(10 * SOON);
            (1..=100).for_each(|item| sender.send(item).unwrap());
            drop(sender);
            let sum: u32 = receivers.into_iter().map(|receiver| receiver.join().unwrap()).sum();
            assert_eq!(sum, 5050, "room {room:?}");
        });
    }
}

#[test]
fn only_the_last_handle_of_a_side_ends_it() {
    for room in ROOMS {
        let (sender, receiver) = with_room::<u8>(room);
        let (other_sender, other_receiver) = (sender.clone(), receiver.clone());
        drop((sender, receiver));
        let sender = other_sender.clone();
        drop(other_sender);
        assert_eq!(other_receiver.try_recv(), Err(TryRecvError::Empty), "room {room:?}");
        assert_ne!(sender.try_send(1), Err(TrySendError::Disconnected(1)));
        drop(sender);
        assert_eq!(other_receiver.iter().count(), usize::from(room != Some(0)));
        assert_eq!(other_receiver.try_recv(), Err(TryRecvError::Disconnected));
    }
}

#[test]
fn a_forgotten_handle_keeps_its_side() {
    let (sender, receiver) = channel::unbounded::<u8>();
    mem::forget(sender.clone());
    drop(sender);
    assert_eq!(receiver.recv_timeout(SOON), Err(RecvTimeoutError::Timeout));
}

#[test]
fn what_is_there_when_both_sides_go_is_dropped_once() {
    for room in ROOMS {
        for senders_go_first in [true, false] {
            let counts = Counts::default();
            let (sender, receiver) = with_room(room);
            (0..room.unwrap_or(100)).for_each(|_| sender.send(counts.item()).unwrap());
            drop(receiver.try_recv());
            if senders_go_first {
                drop(sender);
                drop(receiver);
            } else {
                drop(receiver);
                counts.assert_all_dropped("while there is a sender");
                drop(sender);
            }
            counts.assert_all_dropped("with the channel");
        }
    }
}

#[test]
fn what_is_being_sent_when_the_last_receiver_goes_is_not_kept() {
    const ROUNDS: usize = 300;
    for room in ROOMS {
        for round in 0..ROUNDS {
            let counts = Counts::default();
            let (sender, receiver) = with_room(room);
            thread::scope(|scope| {
                let senders = [(); 2].map(|()| {
                    let (sender, counts) = (sender.clone(), &counts);
                    scope.spawn(move || while sender.send(counts.item()).is_ok() {})
                });
                receiver.iter().take(round % 8).for_each(drop);
                drop(receiver);
                senders.into_iter().for_each(|sender| sender.join().unwrap());
            });
            counts.assert_all_dropped("while there is a sender");
            drop(sender);
            counts.assert_all_dropped("with the channel");
        }
    }
}

#[test]
fn an_item_may_use_its_own_channel_while_it_is_dropped() {
    struct Nosy(Sender<Nosy>);
    impl Drop for Nosy {
        fn drop(&mut self) {
            assert!(self.0.is_empty(), "no lock is held, and all was taken out");
        }
    }
    for room in [Some(2), None] {
        let (sender, receiver) = with_room(room);
        sender.send(Nosy(sender.clone())).unwrap();
        sender.send(Nosy(sender.clone())).unwrap();
        drop(receiver);
        let item = sender.send(Nosy(sender.clone())).unwrap_err().into_inner();
        assert!(item.0.same_channel(&sender));
    }
}

#[test]
fn a_timed_wait_is_never_early_and_the_longest_never_ends() {
    let (sender, receiver) = channel::bounded(1);
    let begun = Instant::now();
    assert_eq!(receiver.recv_timeout(10 * SOON), Err(RecvTimeoutError::Timeout));
    assert!(begun.elapsed() >= 10 * SOON);
    sender.send(1).unwrap();
    let deadline = Instant::now() + 10 * SOON;
    assert_eq!(sender.send_deadline(2, deadline), Err(SendTimeoutError::Timeout(2)));
    assert!(Instant::now() >= deadline);
    thread::scope(|scope| {
        let waiting = scope.spawn(|| sender.send_timeout(2, Duration::MAX));
        thread::sleep(SOON);
        assert_eq!(receiver.recv(), Ok(1));
        assert_eq!(waiting.join().unwrap(), Ok(()));
        assert_eq!(receiver.recv_timeout(Duration::MAX), Ok(2));
        let waiting = scope.spawn(|| receiver.recv_timeout(Duration::MAX));
        thread::sleep(SOON);
        sender.send(3).unwrap();
        assert_eq!(waiting.join().unwrap(), Ok(3));
    });
}

#[test]
fn iterators_end_when_they_say() {
    let (sender, receiver) = channel::unbounded();
    (1..=6).for_each(|item| sender.send(item).unwrap());
    assert_eq!(receiver.iter().take(2).collect::<Vec<_>>(), [1, 2]);
    assert_eq!((&receiver).into_iter().next(), Some(3));
    assert_eq!(receiver.try_iter().collect::<Vec<_>>(), [4, 5, 6], "there is a sender still");
    sender.send(7).unwrap();
    drop(sender);
    let mut rest = receiver.into_iter();
    assert_eq!((rest.next(), rest.next(), rest.next()), (Some(7), None, None));
}

#[test]
fn an_iterator_that_has_the_receiver_is_the_receiver() {
    let (sender, receiver) = channel::unbounded();
    let iterator = receiver.into_iter();
    assert_eq!(sender.send(1), Ok(()));
    drop(iterator);
    assert_eq!(sender.send(2), Err(SendError(2)));
}

#[test]
fn room_and_length_are_those_of_the_queue() {
    for room in ROOMS {
        let (sender, receiver) = with_room(room);
        assert_eq!((sender.capacity(), receiver.capacity()), (room, room));
        assert!(sender.is_empty() && receiver.is_empty());
        let filled = room.unwrap_or(100);
        (0..filled).for_each(|item| sender.send(item).unwrap());
        assert_eq!((sender.len(), receiver.len()), (filled, filled));
        assert_eq!((sender.is_full(), receiver.is_full()), (room.is_some(), room.is_some()));
    }
}

#[test]
fn handles_of_one_channel_know_each_other() {
    let ((sender, receiver), (other_sender, other_receiver)) =
        (channel::bounded(1), channel::bounded::<u8>(1));
    assert!(sender.same_channel(&sender.clone()) && receiver.same_channel(&receiver.clone()));
    assert!(!sender.same_channel(&other_sender) && !receiver.same_channel(&other_receiver));
}

#[test]
fn all_can_be_shown_whatever_is_sent() {
    struct Plain;
    let (sender, receiver) = channel::bounded::<Plain>(2);
    assert_eq!(format!("{sender:?}"), "Sender { len: 0, capacity: Some(2), .. }");
    assert_eq!(format!("{receiver:?}"), "Receiver { len: 0, capacity: Some(2), .. }");
    assert!(format!("{:?} {:?}", receiver.iter(), receiver.try_iter()).starts_with("Iter(Receiver {"));
    assert_eq!(format!("{:?}", SendError(Plain)), "SendError(..)");
    assert_eq!(format!("{:?}", TrySendError::Full(Plain)), "Full(..)");
    assert_eq!(format!("{:?}", SendTimeoutError::Disconnected(Plain)), "Disconnected(..)");
    let errors: [Box<dyn Error>; 6] = [
        Box::new(SendError(())),
        Box::new(TrySendError::Full(())),
        Box::new(SendTimeoutError::Timeout(())),
        Box::new(RecvError),
        Box::new(TryRecvError::Empty),
        Box::new(RecvTimeoutError::Timeout),
    ];
    assert!(errors.iter().all(|error| error.to_string().starts_with("the channel ")));
}

#[test]
fn an_error_turns_into_the_more_general_one() {
    assert_eq!(TrySendError::from(SendError(1)), TrySendError::Disconnected(1));
    assert_eq!(SendTimeoutError::from(SendError(1)), SendTimeoutError::Disconnected(1));
    assert_eq!(TryRecvError::from(RecvError), TryRecvError::Disconnected);
    assert_eq!(RecvTimeoutError::from(RecvError), RecvTimeoutError::Disconnected);
    assert!(TrySendError::Full(1).is_full() && !TrySendError::Full(1).is_disconnected());
    assert!(SendTimeoutError::Timeout(1).is_timeout() && !SendTimeoutError::Timeout(1).is_disconnected());
    assert!(TryRecvError::Empty.is_empty() && !TryRecvError::Empty.is_disconnected());
    assert!(RecvTimeoutError::Timeout.is_timeout() && !RecvTimeoutError::Timeout.is_disconnected());
}

#[test]
fn both_sides_and_queues_may_be_shared_and_moved_whatever_can_be_moved_is_sent() {
    fn may<T: Send + Sync + UnwindSafe + RefUnwindSafe>(_: &T) {}
    let (sender, receiver) = channel::unbounded::<Cell<u8>>();
    may(&sender);
    may(&receiver);
    may(&Queue::<Cell<u8>>::rendezvous());
}

#[test]
fn a_select_receives_sends_and_learns_of_the_end() {
    enum Event {
        Received(Result<u32, RecvError>),
        Sent(Result<(), SendError<()>>),
    }
    for room in ROOMS {
        let (to_us, from_them) = with_room(room);
        let (to_them, from_us) = with_room(room);
        thread::scope(|scope| {
            scope.spawn(move || (1..=100).for_each(|item| to_us.send(item).unwrap()));
            let they_received = scope.spawn(move || from_us.into_iter().take(100).count());
            let (mut received, mut sent) = (0, 0);
            loop {
                let mut next = Some("item");
                let select =
                    Select::new().recv(&from_them, Event::Received).send(&to_them, &mut next, Event::Sent);
                match select.wait() {
                    Event::Received(item) => received += item.unwrap_or(0),
                    Event::Sent(Ok(())) => sent += 1,
                    Event::Sent(Err(SendError(()))) => {
                        assert_eq!(next, Some("item"), "what was not sent stays where it is");
                        break;
                    }
                }
            }
            received += from_them.iter().sum::<u32>();
            assert_eq!((received, they_received.join().unwrap()), (5050, 100), "room {room:?}");
            assert!(sent >= 100);
        });
    }
}

/// A program as it is written for `crossbeam_channel`; only the path of the module is open.
macro_rules! program {
    ($($path:ident)::+) => {{
        use $($path)::+::{self as chan, Receiver, Sender};

        fn squares(jobs: Receiver<u64>, results: Sender<u64>) -> Result<(), Box<dyn Error + Send + Sync>> {
            for job in jobs {
                results.send(job * job)?;
            }
            Ok(())
        }

        fn hurry<T>(sender: &Sender<T>, item: T) -> Result<(), chan::TrySendError<T>> {
            if sender.is_full() { sender.try_send(item) } else { Ok(sender.send(item)?) }
        }

        fn next<T>(receiver: &Receiver<T>) -> Result<T, chan::RecvTimeoutError> {
            if receiver.is_empty() { receiver.recv_timeout(Duration::MAX) } else { Ok(receiver.recv()?) }
        }

        let (to_workers, jobs) = chan::bounded(4);
        let (results, squared) = chan::unbounded();
        let workers = [(); 2].map(|()| {
            let (jobs, results) = (jobs.clone(), results.clone());
            thread::spawn(move || squares(jobs, results))
        });
        drop((jobs, results));
        for job in 1..=100 {
            let mut job = job;
            while let Err(error) = hurry(&to_workers, job) {
                assert!(error.is_full());
                job = error.into_inner();
                thread::yield_now();
            }
        }
        drop(to_workers);
        let first = next(&squared).unwrap();
        let sum = first + squared.iter().sum::<u64>();
        assert!(next(&squared).unwrap_err().is_disconnected() && squared.try_recv().is_err());
        workers.into_iter().for_each(|worker| worker.join().unwrap().unwrap());
        sum
    }};
}

#[test]
fn a_program_for_crossbeam_is_ported_by_a_path() {
    assert_eq!(program!(queue::channel), 338_350);
}
