//! Yields that give a time slice away, and the spell without any that follows.
//!
//! A yield takes some 300 ns where nobody else wants the core, and some microseconds where a thread of ours does that
//! soon waits itself. Where somebody calculates there, in whatever process, it takes a time slice: 3 or 4 ms.
//! Who waits would give one away for each look, and so would whom it waits for. So after a long yield
//! nobody yields for a spell: a waiter sleeps, and who is woken need not wait for a slice to end. When the spell is
//! over the next waiter tries again, which costs a slice where it is as it was.
//!
//! A long yield was well spent, though, if threads of this process had all cores meanwhile: they do what is waited for, as
//! at a queue. Whether they had is seen by the processor time of the process. So the first long yield begins no spell but
//! a look, and one after 10 to 100 ms tells: if others had more than a tenth of the cores, a spell of 50 ms begins. After a
//! spell it is the same again, with one twice as long, up to 400 ms.
//!
//! # State
//! One word a process: the millisecond in which the spell ends, of a count that wraps after 49 days. It is the system's
//! clock, whose beginning nobody has to keep; where it is set, a spell ends, or a yield is misjudged. And, under a lock
//! that nobody waits for, the last look.
//!
//! # Memory orderings
//! Relaxed: the number is all there is, and who sees an old one gives one time slice away.

use super::thread::{cores, yield_now};
use core::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::sync::Mutex;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A yield that took longer was a time slice.
const LONG: Duration = Duration::from_micros(500);
/// The least time in which it is seen who had the cores.
const WINDOW: Duration = Duration::from_millis(10);
/// The least after which the cores were ours if nothing else was seen.
const LONG_WINDOW: Duration = Duration::from_millis(40);
/// How much of a thread's processor time the system may not have counted yet: a tick of its clock, which ticks 250 times
/// a second. Where it ticks less often, a spell may begin too soon.
const TICK: Duration = Duration::from_millis(4);
/// A look of longer ago says nothing of now: the process may have slept in between.
const RECENT: Duration = Duration::from_millis(100);
/// How long the first spell lasts, in milliseconds.
const SHORTEST: u32 = 50;
/// And the longest.
const LONGEST: u32 = 400;

static SPELL: Spell = Spell(AtomicU32::new(0));
static LAST: Mutex<Option<Look>> = Mutex::new(None);

/// Yields; says whether that was worth its while, so that one may do it again. `false`, without a yield, during a
/// spell; and after a long yield that begins one.
///
/// `last` is when the waiter came back from its last yield, so that each of them reads the clock once.
pub(super) fn yields(last: &mut Option<SystemTime>) -> bool {
    let before = last.unwrap_or_else(SystemTime::now);
    if last.is_none() && SPELL.lasts(millis(before)) {
        return false;
    }
    yield_now();
    let after = SystemTime::now();
    *last = Some(after);
    since(before, after) <= LONG || is_worth_its_while(after)
}

/// Whether to yield again after a long yield, which may have begun a spell.
#[cold]
fn is_worth_its_while(now: SystemTime) -> bool {
    // Who finds another thread at it leaves it to that.
    if let Ok(mut last) = LAST.try_lock()
        && last.is_none_or(|last| last.is_over(now))
    {
        let look = Look::after(*last, now, processor_time());
        if look.used.is_none() {
            SPELL.begin(millis(now), look.length);
        }
        *last = Some(look);
    }
    !SPELL.lasts(millis(now))
}

/// When it ends.
struct Spell(AtomicU32);

impl Spell {
    fn begin(&self, now: u32, length: u32) {
        // Relaxed: see above.
        self.0.store(now.wrapping_add(length), Relaxed);
    }

    /// Whether 1 to `LONGEST` milliseconds are left.
    fn lasts(&self, now: u32) -> bool {
        // Relaxed: see above.
        (1..=LONGEST).contains(&self.0.load(Relaxed).wrapping_sub(now))
    }
}

/// What is known of who had the cores.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Look {
    at: SystemTime,
    /// The processor time of all threads of the process until then; `None` if a spell began then, in which the threads
    /// sleep and use little.
    used: Option<Duration>,
    /// How long the last spell was, in milliseconds; 0 if there was none, or the cores have been ours since.
    length: u32,
}

impl Look {
    /// Whether it is time for the next.
    fn is_over(self, now: SystemTime) -> bool {
        let least = if self.used.is_some() { WINDOW } else { self.spell() };
        now.duration_since(self.at).map_or(true, |passed| passed >= least)
    }

    fn spell(self) -> Duration {
        Duration::from_millis(self.length.into())
    }

    /// The look after `last`.
    fn after(last: Option<Self>, now: SystemTime, used: Duration) -> Self {
        let first = Self { at: now, used: Some(used), length: 0 };
        let Some(last) = last else { return first };
        let passed = since(last.at, now);
        match last.used {
            None if passed < last.spell() + RECENT => Self { length: last.length, ..first },
            Some(before) if passed < RECENT && others_had(used.saturating_sub(before), passed, cores()) => {
                Self { used: None, length: (2 * last.length).clamp(SHORTEST, LONGEST), ..first }
            }
            Some(_) if passed < LONG_WINDOW => last,
            _ => first,
        }
    }
}

/// Whether others had more than a tenth of so many cores, of which we `used` the rest for as long as has `passed`.
fn others_had(used: Duration, passed: Duration, cores: u32) -> bool {
    used + (cores - 1) * TICK < passed * cores * 9 / 10
}

#[cfg(target_os = "linux")]
fn processor_time() -> Duration {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the pointer is to a timespec of ours, which lives through the call, and nobody else has it.
    let answer = unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &mut time) };
    debug_assert_eq!(answer, 0, "Linux has this clock");
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// Not known: as if others always had the cores.
#[cfg(not(target_os = "linux"))]
fn processor_time() -> Duration {
    Duration::ZERO
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

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn a_spell_begins_and_ends() {
        for (began, length) in [LONGEST, 1_000, u32::MAX - 10, u32::MAX, 0]
            .into_iter()
            .zip([SHORTEST, LONGEST].into_iter().cycle())
        {
            let spell = Spell(AtomicU32::new(0));
            spell.begin(began, length);
            let lasts = |after: u32| spell.lasts(began.wrapping_add(after));
            assert!([0, 1, length - 1].into_iter().all(lasts));
            assert!(![length, length + 1, 1 << 31].into_iter().any(lasts));
        }
    }

    #[test]
    fn no_spell_lasts_before_one_has_begun() {
        assert!(!Spell(AtomicU32::new(0)).lasts(millis(SystemTime::now())));
    }

    #[test]
    fn others_had_what_we_did_not_use() {
        // A tick of each other core may be missing.
        assert!(others_had(85 * MS, 100 * MS, 1) && !others_had(90 * MS, 100 * MS, 1));
        assert!(others_had(175 * MS, 100 * MS, 2) && !others_had(176 * MS, 100 * MS, 2));
        assert!(others_had(10 * MS, 10 * MS, 2) && !others_had(14 * MS, 10 * MS, 2));
    }

    #[test]
    fn spells_begin_where_others_have_the_cores_and_become_longer() {
        let (mut now, mut last, mut lengths) = (UNIX_EPOCH, None, Vec::new());
        for _ in 0..6 {
            // The first look tells nothing, nor does the first after a spell. We use nothing.
            let look = Look::after(last, now, Duration::ZERO);
            assert!(look.used.is_some() && !look.is_over(now) && look.is_over(now + WINDOW));
            now += WINDOW;
            let spell = Look::after(Some(look), now, Duration::ZERO);
            assert_eq!(spell.used, None);
            lengths.push(spell.length);
            now += spell.spell();
            assert!(spell.is_over(now) && !spell.is_over(now - MS));
            last = Some(spell);
        }
        assert_eq!(lengths, [50, 100, 200, 400, 400, 400]);
        let later = Look::after(last, now + RECENT, Duration::ZERO);
        assert_eq!(later, Look { at: now + RECENT, used: Some(Duration::ZERO), length: 0 });
    }

    #[test]
    fn no_spell_begins_where_the_cores_were_ours_or_it_is_not_known() {
        let look = Look { at: UNIX_EPOCH, used: Some(Duration::ZERO), length: 100 };
        let after = |passed, used| Look::after(Some(look), UNIX_EPOCH + passed, used);
        let first = |passed, used| Look { at: UNIX_EPOCH + passed, used: Some(used), length: 0 };
        let all = LONG_WINDOW * cores();
        assert_eq!(after(WINDOW, WINDOW * cores()), look, "it is looked at again");
        assert_eq!(after(LONG_WINDOW, all), first(LONG_WINDOW, all));
        assert_eq!(after(RECENT, Duration::ZERO), first(RECENT, Duration::ZERO));
        assert!(look.is_over(UNIX_EPOCH - MS), "the clock was set back");
    }

    #[test]
    fn during_a_spell_a_spin_has_its_pauses_and_no_yields() {
        if !Spin::new().turn() {
            return; // On one core nobody spins.
        }
        let turns = loop {
            SPELL.begin(millis(SystemTime::now()), SHORTEST);
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
        assert_eq!(turns, [1, 4, 5, 0, 1]);
    }
}
