//! The event on many threads: who waits is told, and what was written before is seen.

use crate::many::{leaked, many};
use locks::Event;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

#[test]
fn a_pulse_reaches_who_waits_and_shows_what_was_written_before_it() {
    let (event, written, told) = leaked((Event::new(), AtomicU64::new(0), AtomicU64::new(0)));
    many(8, "somebody waits for a pulse for ever", move |number, dice| {
        if number == 0 {
            // Relaxed: the event orders it before whoever is told.
            written.fetch_add(1, Relaxed);
            event.set();
            if dice.one_in(2) {
                std::thread::yield_now();
            }
            event.clear();
            return;
        }
        // Relaxed: what is read before the wait, to be compared with what is read after.
        let before = written.load(Relaxed);
        // Number 0 may have ended: nobody waits without a deadline here.
        let patience = Duration::from_micros(if dice.one_in(2) { 50 } else { 2000 });
        if event.wait_timeout(patience) {
            assert!(written.load(Relaxed) >= before.max(1), "told, but what was written is not there");
            told.fetch_add(1, Relaxed);
        }
    });
    assert!(!event.is_set() && told.load(Relaxed) > 0);
}

/// Two threads that call each other by two events, as long as it takes: one lost wake-up, and both hang.
#[test]
fn a_call_is_answered_every_time() {
    let events = leaked([Event::new(), Event::new()]);
    let calls = leaked(AtomicU64::new(0));
    many(1, "a call was lost", move |_, _| {
        let callers = [0, 1].map(|caller| {
            std::thread::spawn(move || {
                for _ in 0..200 {
                    if caller == 0 {
                        events[0].set();
                    }
                    events[1 - caller].wait();
                    events[1 - caller].clear();
                    if caller == 1 {
                        events[1].set();
                    }
                    // Relaxed: read after all have been joined.
                    calls.fetch_add(1, Relaxed);
                }
            })
        });
        callers.into_iter().for_each(|caller| caller.join().unwrap());
    });
    let calls = calls.load(Relaxed);
    assert!(calls > 0 && calls.is_multiple_of(400));
}
