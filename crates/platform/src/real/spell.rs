//! Yields that give a time slice away, and the spell without any that follows.
//!
//! A yield takes some 300 ns where nobody else wants the core, and some microseconds where a thread of ours does that
//! soon waits itself. Where somebody calculates there, in whatever process, it takes a time slice: 3 or 4 ms.
//! Who waits would give one away for each look, and so would whom it waits for. So after a long yield
//! nobody yields for a spell: a waiter sleeps, and who is woken need not wait for a slice to end. When the spell is
//! over the next waiter tries again, which costs a slice where it is as it was.
//!
//! # State
//! One word a process: the millisecond in which the spell ends, of a count that wraps after 49 days.
//!
//! # Memory orderings
//! Relaxed: the number is all there is, and who sees an old one gives one time slice away.

use super::thread::yield_now;
use core::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

/// A yield that took longer was a time slice.
const LONG: Duration = Duration::from_micros(500);
/// How long a spell lasts, in milliseconds.
const LENGTH: u32 = 50;

static SPELL: Spell = Spell(AtomicU32::new(0));

/// Yields so many times; says whether that was worth its while, so that one may do it again. `false`, without a
/// yield, during a spell; and after a long yield, which begins one.
///
/// `last` is when the waiter came back from its last yield, so that each of them reads the clock once.
pub(super) fn yields(times: u32, last: &mut Option<Instant>) -> bool {
    let mut before = last.unwrap_or_else(Instant::now);
    if last.is_none() && SPELL.lasts(millis(before)) {
        return false;
    }
    for _ in 0..times {
        yield_now();
        let after = Instant::now();
        if after - before > LONG {
            SPELL.begin(millis(after));
            return false;
        }
        before = after;
    }
    *last = Some(before);
    true
}

struct Spell(AtomicU32);

impl Spell {
    fn begin(&self, now: u32) {
        // Relaxed: see above.
        self.0.store(now.wrapping_add(LENGTH), Relaxed);
    }

    /// Whether 1 to `LENGTH` milliseconds are left.
    fn lasts(&self, now: u32) -> bool {
        // Relaxed: see above.
        (1..=LENGTH).contains(&self.0.load(Relaxed).wrapping_sub(now))
    }
}

/// The milliseconds since the first question, and some: so that no spell lasts before one has begun.
fn millis(now: Instant) -> u32 {
    static BEGAN: LazyLock<Instant> = LazyLock::new(Instant::now);
    LENGTH.wrapping_add(now.duration_since(*BEGAN).as_millis() as u32)
}

#[cfg(test)]
mod tests {
    use super::super::thread::Spin;
    use super::*;

    #[test]
    fn a_spell_begins_with_a_long_yield_and_ends() {
        for began in [LENGTH, 1_000, u32::MAX - 10, u32::MAX, 0] {
            let spell = Spell(AtomicU32::new(0));
            spell.begin(began);
            let lasts = |after: u32| spell.lasts(began.wrapping_add(after));
            assert!([0, 1, LENGTH - 1].into_iter().all(lasts));
            assert!(![LENGTH, LENGTH + 1, 1 << 31, u32::MAX].into_iter().any(lasts));
        }
    }

    #[test]
    fn no_spell_lasts_before_one_has_begun() {
        assert!(!Spell(AtomicU32::new(0)).lasts(millis(Instant::now())));
    }

    #[test]
    fn during_a_spell_a_spin_has_its_pauses_and_no_yields() {
        if !Spin::new().turn() {
            return; // On one core nobody spins.
        }
        let turns = loop {
            SPELL.begin(millis(Instant::now()));
            let turns = [Spin::new(), Spin::beside_a_holder(), Spin::long(), Spin::yields(), Spin::brief()]
                .map(|mut spin| {
                    let turns = std::iter::from_fn(|| spin.turn().then_some(())).count();
                    assert!(!spin.turn(), "it is over");
                    turns
                });
            if SPELL.lasts(millis(Instant::now())) {
                break turns;
            }
        };
        assert_eq!(turns, [1, 1, 5, 0, 1]);
    }
}
