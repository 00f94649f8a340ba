//! # Claim
//! A `set` of an `Event` reaches every thread that was waiting, though it is cleared at once; and who waits again waits
//! for the next.
//!
//! # Model
//! Seven threads wait, and say before that they are about to; the model sets the event and clears it at once, and
//! again, until all have been through. loom's proofs have two waiters at most.
//!
//! # Not shown here
//! That every schedule is right. The orderings: `tests/loom/event.rs`.

use locks::{Deadline, Event};
use platform::atomic::{
    AtomicU32,
    Ordering::{Acquire, Relaxed, Release},
};
use platform::check::{Death, Trial, saw};
use platform::futex::{Private, Wait, wait, wake};
use platform::thread::{spawn, yield_now};
use std::sync::Arc;
use std::time::Duration;

const WAITERS: u32 = 7;

/// What the model asks of an event: the real one, or a twin.
trait Flag: Send + Sync + 'static {
    fn set(&self);
    fn clear(&self);
    fn wait(&self, deadline: Deadline) -> bool;
}

impl Flag for Event {
    fn set(&self) {
        self.set();
    }

    fn clear(&self) {
        self.clear();
    }

    fn wait(&self, deadline: Deadline) -> bool {
        self.wait_timeout(deadline)
    }
}

/// The one thing that a twin does wrong.
#[derive(Clone, Copy, PartialEq)]
enum Flaw {
    /// A `set` wakes nobody.
    Silent,
    /// A `set` wakes one.
    WakesOne,
}

/// A plain flag.
struct Twin {
    word: AtomicU32,
    flaw: Flaw,
}

impl Twin {
    fn new(flaw: Flaw) -> Self {
        Self { word: AtomicU32::new(0), flaw }
    }
}

impl Flag for Twin {
    fn set(&self) {
        self.word.swap(1, Release);
        if self.flaw == Flaw::WakesOne {
            wake::<Private>(&raw const self.word, 1);
        }
    }

    fn clear(&self) {
        self.word.swap(0, Relaxed);
    }

    fn wait(&self, deadline: Deadline) -> bool {
        while self.word.load(Acquire) == 0 {
            let slept = wait::<Private>(&self.word, 0, &deadline);
            if slept == Wait::TimedOut {
                return false;
            }
            if slept == Wait::Woken && self.flaw == Flaw::WakesOne {
                return true;
            }
        }
        true
    }
}

/// All wait once; it is set and cleared once, when all are about to wait or asleep, and then set for good.
fn seven_wait(flag: impl Flag, again: bool) {
    let shared = Arc::new((flag, AtomicU32::new(0), AtomicU32::new(0)));
    let waiters: Vec<_> = (0..WAITERS)
        .map(|number| {
            let shared = Arc::clone(&shared);
            let deadline = if number == 0 { Duration::from_millis(1).into() } else { Deadline::NEVER };
            spawn(move || {
                let (flag, coming, through) = &*shared;
                coming.fetch_add(1, Relaxed);
                let was_set = flag.wait(deadline);
                through.fetch_add(1, Relaxed);
                was_set
            })
        })
        .collect();
    let (flag, coming, through) = &*shared;
    while coming.load(Relaxed) < WAITERS {
        yield_now();
    }
    flag.set();
    flag.clear();
    if again {
        // Who came too late for the first is reached by one of the next.
        while through.load(Relaxed) < WAITERS {
            flag.set();
            flag.clear();
            yield_now();
        }
    } else {
        flag.set();
    }
    let set: Vec<_> = waiters.into_iter().map(|waiter| waiter.join().unwrap()).collect();
    assert!(set[1..].iter().all(|set| *set), "who waits as long as it takes is told that it was set");
    saw(if set[0] { "all were told" } else { "one gave up" });
}

#[test]
fn a_set_that_is_cleared_at_once_reaches_all_who_wait() {
    Trial::new(
        "event::a_set_that_is_cleared_at_once_reaches_all_who_wait",
        "of seven that wait for an event, none is left asleep when it is set for good, whatever came before",
    )
    .threads(8)
    .schedules(10_000)
    .outcomes(&["all were told", "one gave up"])
    .refuted_by_twin("a set wakes one", Death::Deadlock, || seven_wait(Twin::new(Flaw::WakesOne), false))
    .check(|| seven_wait(Event::new(), false));
}

#[test]
fn pulses_let_everybody_through() {
    Trial::new(
        "event::pulses_let_everybody_through",
        "an event that is only ever set and cleared at once lets seven waiters through",
    )
    .threads(8)
    .schedules(5_000)
    .outcomes(&["all were told", "one gave up"])
    .refuted_by_twin("a set wakes nobody", Death::Assertion("exceeded max_steps"), || {
        seven_wait(Twin::new(Flaw::Silent), true);
    })
    .check(|| seven_wait(Event::new(), true));
}
