//! The queue on many real threads, with deadlines and panics at random, for a second. `cargo xtask tsan` runs
//! it too, under ThreadSanitizer.
#![cfg(not(any(loom, shuttle)))]

#[path = "../../../locks/tests/stress/many.rs"]
mod many;

use many::{leaked, many, panic_on_purpose, quietly};
use queue::{Queue, Shutdown};
use std::cell::UnsafeCell;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::thread;
use std::time::Duration;

/// What a putter writes and a getter reads, without a lock of their own: the queue has to order the two.
struct Parcel(UnsafeCell<u64>);

// SAFETY: the putter writes before it puts, the getter reads after it got.
unsafe impl Sync for Parcel {}

/// What is put: its number is written into the parcel first.
type Item = (u64, &'static Parcel);

fn item(number: u64) -> Item {
    let parcel = leaked(Parcel(UnsafeCell::new(0)));
    // SAFETY: nobody else knows the parcel before it is put.
    unsafe { *parcel.0.get() = number };
    (number, parcel)
}

/// The number in the parcel, which is the one beside it.
fn opened((number, parcel): Item) -> u64 {
    // SAFETY: the putter has put it, and nobody else got it.
    let inside = unsafe { *parcel.0.get() };
    assert_eq!(inside, number, "what the putter wrote is seen");
    inside
}

#[test]
fn what_four_threads_put_four_get_and_join_waits_for_all_of_it() {
    let (sent, received) = leaked((AtomicU64::new(0), AtomicU64::new(0)));
    // Rounds, in each of which everybody waits as long as it takes: one lost wake-up, and somebody hangs.
    many(1, "somebody waits at the queue for ever", move |_, dice| {
        let queue = leaked(Queue::bounded(if dice.one_in(2) { 1 } else { 4 }));
        let putters = [0, 1, 2, 3].map(|putter| {
            thread::spawn(move || {
                for number in (0..50).map(|number| 4 * number + putter) {
                    queue.put(item(number)).expect("the end comes after the last item");
                    // Relaxed: read after all have been joined.
                    sent.fetch_add(number, Relaxed);
                }
            })
        });
        let panics = dice.one_in(2);
        let getters = [0, 1, 2, 3].map(|getter| {
            thread::spawn(move || {
                let patience = if getter == 0 { Duration::from_micros(50) } else { Duration::MAX };
                loop {
                    let mut ended = false;
                    quietly(|| match queue.get_timeout(patience) {
                        Ok(item) => {
                            // Relaxed: as above.
                            received.fetch_add(opened(item), Relaxed);
                            queue.task_done().expect("one item, said once");
                            if panics && getter == 1 {
                                panic_on_purpose();
                            }
                        }
                        Err(error) => ended = error == queue::GetError::ShutDown,
                    });
                    if ended {
                        return;
                    }
                }
            })
        });
        putters.into_iter().for_each(|putter| putter.join().unwrap());
        queue.join();
        assert_eq!(queue.unfinished_tasks(), 0);
        assert_eq!(queue.shutdown(Shutdown::Drain).len(), 0);
        getters.into_iter().for_each(|getter| getter.join().unwrap());
    });
    // Relaxed: those who added have been joined.
    let [sent, received] = [sent, received].map(|sum| sum.load(Relaxed));
    assert!(sent == received && sent > 0, "sent {sent}, received {received}");
}
