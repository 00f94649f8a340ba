//! The lock for readers and writers on many threads: no reader sees half a change, no write is lost, nobody hangs.

use crate::many::{leaked, many, panic_on_purpose, quietly};
use locks::{RwLock, RwLockWriteGuard};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

#[test]
fn no_write_is_lost_or_seen_by_half_among_eight_threads_that_give_up_and_panic() {
    let (lock, written) = leaked((RwLock::new((0_u64, 0_u64)), AtomicU64::new(0)));
    many(8, "somebody waits for a lock for ever", move |number, dice| {
        quietly(|| {
            let patience = Duration::from_micros(if dice.one_in(2) { 1 } else { 200 });
            if number < 5 {
                let pair = if dice.one_in(3) { lock.try_read_for(patience) } else { Some(lock.read()) };
                let Some(pair) = pair else { return };
                assert_eq!(pair.0, pair.1, "no writer is inside");
                if dice.one_in(100) {
                    panic_on_purpose();
                }
                return;
            }
            let pair = if dice.one_in(3) { lock.try_write_for(patience) } else { Some(lock.write()) };
            let Some(mut pair) = pair else { return };
            assert_eq!(pair.0, pair.1, "nobody else is inside");
            pair.0 += 1;
            if dice.one_in(10) {
                std::thread::yield_now();
            }
            pair.1 += 1;
            // Relaxed: read after all have been joined.
            written.fetch_add(1, Relaxed);
            if dice.one_in(4) {
                let was = *pair;
                let pair = RwLockWriteGuard::downgrade(pair);
                assert_eq!(*pair, was, "no writer comes between");
            } else if dice.one_in(100) {
                panic_on_purpose();
            }
        });
    });
    let pair = lock.read();
    // Relaxed: those who added have been joined.
    assert_eq!([pair.0, pair.1], [written.load(Relaxed); 2]);
    assert!(pair.0 > 0);
}
