//! The condition on many threads: permits are conserved, notifications reach those who say so, and nobody
//! hangs.

use crate::many::{leaked, many, panic_on_purpose, quietly};
use locks::{Condition, Lock};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

#[derive(Default)]
struct Permits {
    left: usize,
    given: usize,
    taken: usize,
    /// Waits that a notification ended.
    notified: usize,
}

#[test]
fn permits_and_notifications_are_conserved_among_eight_threads() {
    let (permits, changed) = leaked((Lock::new(Permits::default()), Condition::new()));
    let reached = leaked(AtomicUsize::new(0));
    many(8, "somebody waits for a permit for ever", move |number, dice| {
        quietly(|| {
            if number < 4 {
                let mut permits = permits.lock();
                permits.left += 1;
                permits.given += 1;
                if dice.one_in(2) {
                    drop(permits);
                }
                // Relaxed: read after all have been joined.
                reached.fetch_add(changed.notify_one(), Relaxed);
                return;
            }
            let mut permits = permits.lock();
            while permits.left == 0 {
                // The givers may have ended: nobody waits without a deadline here.
                let patience = Duration::from_micros(if dice.one_in(2) { 20 } else { 1000 });
                if !changed.wait_timeout(&mut permits, patience) {
                    return;
                }
                permits.notified += 1;
            }
            permits.left -= 1;
            permits.taken += 1;
            if dice.one_in(100) {
                panic_on_purpose();
            }
        });
    });
    assert_eq!(changed.notify_all(), 0, "nobody is left in line");
    let permits = permits.lock();
    assert_eq!(permits.taken + permits.left, permits.given, "no permit is lost or doubled");
    // Relaxed: those who added have been joined.
    assert_eq!(
        permits.notified,
        reached.load(Relaxed),
        "who was reached says so, and who says so was reached"
    );
    assert!(permits.taken > 0);
}

/// Two threads that throw a ball to and fro, waiting as long as it takes: one lost wake-up, and both hang.
#[test]
fn a_ball_comes_back_every_time() {
    let (throws, thrown) = leaked((Lock::new(0_u64), Condition::new()));
    many(1, "the ball was lost", move |_, _| {
        // Rounds of an even number of throws, so that nobody waits for one who has ended.
        let players = [0, 1].map(|player| {
            std::thread::spawn(move || {
                for _ in 0..200 {
                    let mut throws = throws.lock();
                    thrown.wait_for(&mut throws, |throws| *throws % 2 == player);
                    *throws += 1;
                    drop(throws);
                    thrown.notify_all();
                }
            })
        });
        players.into_iter().for_each(|player| player.join().unwrap());
    });
    let throws = *throws.lock();
    assert!(throws > 0 && throws.is_multiple_of(400));
}
