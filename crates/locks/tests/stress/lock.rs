//! The lock on many threads: nothing that was counted is lost, and nobody hangs.

use crate::many::{leaked, many, panic_on_purpose, quietly};
use locks::Lock;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

/// Data that is wrong when two are inside at once: the second is always the first, but for the moment in
/// between.
#[derive(Default)]
struct Pair(u64, u64);

#[test]
fn no_entry_is_lost_by_eight_threads_that_give_up_and_panic() {
    let (lock, entered) = leaked((Lock::new(Pair::default()), AtomicU64::new(0)));
    many(8, "somebody waits for a lock for ever", move |_, dice| {
        quietly(|| {
            let guard = if dice.one_in(3) {
                let patience = Duration::from_micros(if dice.one_in(2) { 1 } else { 200 });
                lock.try_lock_for(patience)
            } else {
                Some(lock.lock())
            };
            let Some(mut pair) = guard else { return };
            assert_eq!(pair.0, pair.1, "nobody else is inside");
            pair.0 += 1;
            if dice.one_in(10) {
                std::thread::yield_now();
            }
            pair.1 += 1;
            // Relaxed: read after all have been joined.
            entered.fetch_add(1, Relaxed);
            if dice.one_in(100) {
                panic_on_purpose();
            }
        });
    });
    let pair = lock.lock();
    // Relaxed: those who added have been joined.
    assert_eq!([pair.0, pair.1], [entered.load(Relaxed); 2], "who entered was counted");
    assert!(pair.0 > 0);
}
