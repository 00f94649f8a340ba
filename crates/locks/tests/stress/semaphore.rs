//! The semaphore on many threads: no permit is used twice or lost, and nobody hangs.

use crate::many::{leaked, many, panic_on_purpose, quietly};
use locks::BoundedSemaphore;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::Duration;

const PERMITS: u32 = 3;

#[test]
fn permits_are_conserved_among_eight_threads_that_give_up_and_panic() {
    let seats = leaked(BoundedSemaphore::new(PERMITS));
    let (inside, entered) = leaked((AtomicU32::new(0), AtomicU32::new(0)));
    many(8, "somebody waits for a permit for ever", move |_, dice| {
        quietly(|| {
            let n = if dice.one_in(4) { 2 } else { 1 };
            let patience = Duration::from_micros(if dice.one_in(2) { 1 } else { 200 });
            let permit = match (dice.one_in(3), dice.one_in(4)) {
                (true, _) => seats.permits_timeout(n, patience),
                (_, true) => seats.try_permits(n),
                _ => Some(seats.permits(n)),
            };
            let Some(_permit) = permit else { return };
            // Relaxed, here and below: one word is in order with itself.
            let now = inside.fetch_add(n, Relaxed) + n;
            assert!(now <= PERMITS, "{now} permits in use of {PERMITS}");
            if dice.one_in(10) {
                std::thread::yield_now();
            }
            inside.fetch_sub(n, Relaxed);
            entered.fetch_add(1, Relaxed);
            if dice.one_in(100) {
                panic_on_purpose();
            }
        });
    });
    assert_eq!(seats.value(), PERMITS, "all came back");
    assert!(seats.release().is_err() && seats.value() == PERMITS, "and no more");
    assert!(entered.load(Relaxed) > 0);
}
