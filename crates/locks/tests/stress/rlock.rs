//! The recursive lock on many threads: nothing that was counted is lost, levels come back from waits, and nobody
//! hangs.

use crate::many::{leaked, many, panic_on_purpose, quietly};
use locks::{Condition, RLock, RLockGuard};
use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

#[test]
fn no_entry_is_lost_by_eight_threads_that_nest_wait_and_panic() {
    let (lock, changed) = leaked((RLock::new((Cell::new(0_u64), Cell::new(0_u64))), Condition::new()));
    let raw = leaked(RLock::new(Cell::new(0_u64)));
    let entered = leaked(AtomicU64::new(0));
    many(8, "somebody waits for a lock for ever", move |_, dice| {
        quietly(|| {
            let patience = Duration::from_micros(if dice.one_in(2) { 1 } else { 200 });
            let outer = if dice.one_in(3) { lock.lock_timeout(patience) } else { Some(lock.lock()) };
            let Some(outer) = outer else { return };
            let inner = lock.lock();
            assert_eq!(inner.0, inner.1, "nobody else is inside");
            outer.0.set(outer.0.get() + 1);
            if dice.one_in(100) {
                // Both levels come back as the thread unwinds; the pair must be whole by then.
                inner.1.set(inner.1.get() + 1);
                entered.fetch_add(1, Relaxed);
                panic_on_purpose();
            }
            drop(inner);
            outer.1.set(outer.1.get() + 1);
            // Relaxed: read after all have been joined.
            entered.fetch_add(1, Relaxed);
            drop(outer);
            // A lock of a `Cell` can be waited with, at two levels.
            let outer = raw.lock();
            let mut inner = raw.lock();
            inner.set(inner.get() + 1);
            changed.notify_one();
            if dice.one_in(4) {
                changed.wait_timeout(&mut inner, patience);
            }
            assert_eq!(RLockGuard::recursion_count(&outer), 2, "the levels are back");
        });
    });
    let pair = lock.lock();
    // Relaxed: those who added have been joined.
    assert_eq!([pair.0.get(), pair.1.get()], [entered.load(Relaxed); 2], "who entered was counted");
    assert!(raw.lock().get() > 0);
}
