//! Yields that give a time slice away, and the spell without any that follows.
//!
//! A yield takes some 300 ns where nobody else wants the core, and some microseconds where a thread of ours does that
//! soon waits itself. Where somebody calculates there, in whatever process, it takes a time slice: 3 or 4 ms.
//! Who waits would give one away for each look, and so would whom it waits for. So after a long yield
//! nobody yields for a spell: a waiter sleeps, and who is woken need not wait for a slice to end. When the spell is
//! over the next waiter tries again, which costs a slice where it is as it was.
//!
//! A long yield was well spent, though, if threads of this process had all cores meanwhile: they do what is waited for, as
//! at a queue. Whether they had is seen by the processor time of the process.
//!
//! # State
//! One word a process: the millisecond in which the spell ends, of a count that wraps after 49 days. It is the system's
//! clock, whose beginning nobody has to keep; where it is set, a spell ends, or a yield is misjudged. And, under a lock
//! that nobody waits for, the processor time at the last look at it.
//!
//! # Memory orderings
//! Relaxed: the number is all there is, and who sees an old one gives one time slice away.

use super::thread::{cores, yield_now};
use core::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::sync::Mutex;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A yield that took longer was a time slice, if others had a core of ours.
const LONG: Duration = Duration::from_micros(500);
/// The least time in which it is seen who had the cores: the system counts in ticks of up to 10 ms.
const WINDOW: Duration = Duration::from_millis(40);
/// The longest: what was before says nothing of now.
const RECENT: Duration = Duration::from_millis(400);
/// How long a spell lasts, in milliseconds.
const LENGTH: u32 = 50;

static SPELL: Spell = Spell(AtomicU32::new(0));

/// Yields so many times; says whether that was worth its while, so that one may do it again. `false`, without a
/// yield, during a spell; and after a long yield, which begins one.
///
/// `last` is when the waiter came back from its last yield, so that each of them reads the clock once.
pub(super) fn yields(times: u32, last: &mut Option<SystemTime>) -> bool {
    let mut before = last.unwrap_or_else(SystemTime::now);
    if last.is_none() && SPELL.lasts(millis(before)) {
        return false;
    }
    for _ in 0..times {
        yield_now();
        let after = SystemTime::now();
        if since(before, after) > LONG && !USE.is_all_ours(after) {
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

static USE: Use = Use(Mutex::new(None));

/// Who had the cores lately.
struct Use(Mutex<Option<Look>>);

#[derive(Clone, Copy)]
struct Look {
    at: SystemTime,
    /// The processor time of all threads of the process until then.
    used: Duration,
    all_ours: bool,
}

impl Use {
    /// Whether this process had all its cores lately, as far as that is known.
    fn is_all_ours(&self, now: SystemTime) -> bool {
        // Who finds another thread at it does without.
        let Ok(mut last) = self.0.try_lock() else { return false };
        if let Some(last) = *last
            && now.duration_since(last.at).is_ok_and(|passed| passed < WINDOW)
        {
            return last.all_ours;
        }
        let Some(used) = processor_time() else { return false };
        let all_ours = last.is_some_and(|last| {
            let used = used.saturating_sub(last.used);
            now.duration_since(last.at).is_ok_and(|passed| passed < RECENT && are_all(used, passed, cores()))
        });
        *last = Some(Look { at: now, used, all_ours });
        all_ours
    }
}

/// Whether `used` is nearly all of so many cores for as long as has `passed`.
fn are_all(used: Duration, passed: Duration, cores: u32) -> bool {
    used.as_secs_f64() >= 0.85 * passed.as_secs_f64() * f64::from(cores)
}

#[cfg(target_os = "linux")]
fn processor_time() -> Option<Duration> {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the pointer is to a timespec of ours, which lives through the call, and nobody else has it.
    let answer = unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &mut time) };
    (answer == 0).then(|| Duration::new(time.tv_sec as u64, time.tv_nsec as u32))
}

#[cfg(not(target_os = "linux"))]
fn processor_time() -> Option<Duration> {
    None
}

/// The milliseconds of the system's clock, of which nothing but a difference is used.
fn millis(now: SystemTime) -> u32 {
    since(UNIX_EPOCH, now).as_millis() as u32
}

/// How long `now` is after `then`; nothing, if the clock was set back.
fn since(then: SystemTime, now: SystemTime) -> Duration {
    now.duration_since(then).unwrap_or_default()
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
        assert!(!Spell(AtomicU32::new(0)).lasts(millis(SystemTime::now())));
    }

    #[test]
    fn the_cores_were_ours_if_we_used_nearly_all_of_them() {
        let passed = Duration::from_millis(100);
        assert!(are_all(passed, passed, 1) && are_all(Duration::from_millis(171), passed, 2));
        assert!(!are_all(passed, passed, 2) && !are_all(Duration::from_millis(169), passed, 2));
    }

    #[test]
    fn who_had_the_cores_is_looked_at_once_a_window() {
        let now = SystemTime::now();
        for all_ours in [false, true] {
            let last = Look { at: now, used: Duration::ZERO, all_ours };
            let uses = Use(Mutex::new(Some(last)));
            assert_eq!(uses.is_all_ours(now + WINDOW / 2), all_ours);
            // Of one look, and of one that is long ago, nothing is concluded.
            assert!(!uses.is_all_ours(now + RECENT));
        }
        assert!(!Use(Mutex::new(None)).is_all_ours(now));
    }

    #[test]
    fn during_a_spell_a_spin_has_its_pauses_and_no_yields() {
        if !Spin::new().turn() {
            return; // On one core nobody spins.
        }
        let turns = loop {
            SPELL.begin(millis(SystemTime::now()));
            let turns = [Spin::new(), Spin::beside_a_holder(), Spin::long(), Spin::yields(), Spin::brief()]
                .map(|mut spin| {
                    let turns = std::iter::from_fn(|| spin.turn().then_some(())).count();
                    assert!(!spin.turn(), "it is over");
                    turns
                });
            if SPELL.lasts(millis(SystemTime::now())) {
                break turns;
            }
        };
        assert_eq!(turns, [1, 1, 5, 0, 1]);
    }
}
