//! # Claim
//! `set` ends the wait of every thread that was waiting, also if the event is cleared at once; who returns
//! because of a `set` sees what was written before it; who clears and then looks for work misses none; who
//! gives up takes no other's wake with it.
//!
//! # Models
//! One waiter and one setter explore every order of looking, saying so, sleeping, setting and clearing; they
//! are complete. Two waiters are needed for what one cannot show: that all are woken, not one, and that who
//! gives up leaves the other's mark where it is.
//!
//! # Not shown here
//! The phase that comes round: it takes 2³⁰ pairs of `set` and `clear` (the source says what happens then).
//! That the clock is kept, and the child of a fork: `tests/event.rs`.

use locks::{Deadline, Event};
use platform::atomic::{
    AtomicU32,
    Ordering::{Acquire, Relaxed, Release},
};
use platform::cell::UnsafeCell;
use platform::check::{Death, Fault, Proof, saw};
use platform::futex::{Private, Wait, wait, wake};
use platform::thread::{JoinHandle, spawn};
use std::sync::Arc;
use std::time::Duration;

const EVENT: &str = "crates/locks/src/event.rs";
const SETS: &str = "compare_exchange(seen, next, Release, Relaxed)";
const CLEARS: &str = "compare_exchange(seen, next_phase(seen), Acquire, Relaxed)";
const WAKES: &str = "wake::<S>";
const ASKS: &str = "is_set(self.word.load(Acquire))";
const LOOKS_FIRST: &str = "let seen = self.word.load(Acquire)";
const LOOKS_AGAIN: &str = "let now = self.word.load(Acquire)";

/// An event and what is written before it is set; loom checks that no two accesses are unordered.
struct News {
    event: Event,
    text: UnsafeCell<u32>,
}

// SAFETY: the models write `text` before they set `event`, and read it after they waited; that this is enough
// is what is proved.
unsafe impl Sync for News {}

impl News {
    fn new() -> Arc<Self> {
        Arc::new(Self { event: Event::new(), text: UnsafeCell::new(0) })
    }

    fn write_and_set(&self) {
        // SAFETY: the event has not been set yet.
        self.text.with_mut(|text| unsafe { *text = 1 });
        self.event.set();
    }

    /// What a thread does that was told that the event was set.
    fn read(&self) {
        // SAFETY: the event has been set.
        let text = self.text.with(|text| unsafe { *text });
        assert_eq!(text, 1, "what was written before it was set");
    }

    fn waiter(self: &Arc<Self>) -> JoinHandle<()> {
        let news = Arc::clone(self);
        spawn(move || {
            news.event.wait();
            news.read();
        })
    }

    /// Whether a thread has said that it sleeps.
    fn is_waited_for(&self) -> bool {
        format!("{:?}", self.event).contains("waited_for: true")
    }
}

/// The event's twins: its protocol in brief, with one change that no fault at one place can make.
#[derive(Clone, Copy, PartialEq)]
enum Flaw {
    /// Who was woken looks whether the flag is set, not whether it was.
    WaitsForTheFlag,
    /// A set of a flag that is set already only looks.
    LooksBeforeItSets,
    /// A set wakes one.
    WakesOne,
    /// Who gives up takes the mark with it.
    TakesTheMarkAlong,
    /// Who was woken does not look again.
    TrustsTheWake,
}

struct Twin {
    word: AtomicU32,
    text: UnsafeCell<u32>,
    flaw: Flaw,
}

// SAFETY: as for News; that it is not enough here is what is shown.
unsafe impl Sync for Twin {}

impl Twin {
    fn new(flaw: Flaw) -> Arc<Self> {
        Arc::new(Self { word: AtomicU32::new(0), text: UnsafeCell::new(0), flaw })
    }

    fn set(&self) {
        let mut seen = self.word.load(Relaxed);
        if seen & 2 != 0 && self.flaw == Flaw::LooksBeforeItSets {
            return;
        }
        loop {
            let next = if seen & 2 != 0 { seen } else { (seen & !1) + 2 };
            match self.word.compare_exchange(seen, next, Release, Relaxed) {
                Ok(_) => break,
                Err(now) => seen = now,
            }
        }
        if seen & 1 != 0 {
            wake::<Private>(&raw const self.word, if self.flaw == Flaw::WakesOne { 1 } else { u32::MAX });
        }
    }

    fn clear(&self) {
        let mut seen = self.word.load(Relaxed);
        while seen & 2 != 0 {
            match self.word.compare_exchange(seen, seen + 2, Acquire, Relaxed) {
                Ok(_) => return,
                Err(now) => seen = now,
            }
        }
    }

    fn wait(&self, deadline: Deadline) -> bool {
        let first = self.word.load(Acquire);
        if first & 2 != 0 {
            return true;
        }
        loop {
            let now = self.word.load(Acquire);
            let changed = now & !1 != first & !1;
            if now & 2 != 0 || changed && self.flaw != Flaw::WaitsForTheFlag {
                return true;
            }
            if self.word.compare_exchange(now, now | 1, Relaxed, Relaxed).is_err() {
                continue;
            }
            let slept = wait::<Private>(&self.word, now | 1, &deadline);
            if slept == Wait::TimedOut {
                if self.flaw == Flaw::TakesTheMarkAlong {
                    let _ = self.word.compare_exchange(now | 1, now & !1, Relaxed, Relaxed);
                }
                return false;
            }
            if self.flaw == Flaw::TrustsTheWake {
                return true;
            }
        }
    }

    fn waiter(self: &Arc<Self>) -> JoinHandle<()> {
        let twin = Arc::clone(self);
        spawn(move || {
            twin.wait(Deadline::NEVER);
        })
    }
}

/// One waiter; the model sets and clears at once. Only if the waiter had not said that it waits is there a
/// second set for it.
fn set_and_clear_at_once() {
    let news = News::new();
    let waiter = news.waiter();
    // SAFETY: the event has not been set yet.
    news.text.with_mut(|text| unsafe { *text = 1 });
    let waited = news.is_waited_for();
    news.event.set();
    news.event.clear();
    if waited {
        saw("it was waiting");
    } else {
        saw("it may come later");
        news.event.set();
    }
    waiter.join().unwrap();
}

#[test]
fn set_wakes_who_waited_even_if_cleared_at_once() {
    Proof::new(
        "event::set_wakes_who_waited_even_if_cleared_at_once",
        "who was waiting when it was set returns, though it may never see the flag set, and sees what was written",
    )
    .threads(2)
    .bounded(5)
    .executions_at_least(1_000)
    .outcomes(&["it was waiting", "it may come later"])
    .refuted_by("set wakes nobody", Fault::NoWake, EVENT, WAKES, Death::Deadlock)
    .refuted_by("set is Relaxed", Fault::Relaxed, EVENT, SETS, Death::Causality)
    .refuted_by("the look after the sleep is Relaxed", Fault::Relaxed, EVENT, LOOKS_AGAIN, Death::Causality)
    .refuted_by_twin("who was woken looks whether the flag is set", Death::Deadlock, || {
        let twin = Twin::new(Flaw::WaitsForTheFlag);
        let waiter = twin.waiter();
        let waited = twin.word.load(Relaxed) & 1 != 0;
        twin.set();
        twin.clear();
        if !waited {
            twin.set();
        }
        waiter.join().unwrap();
    })
    .check(set_and_clear_at_once);
}

#[test]
fn set_wakes_all_not_one() {
    Proof::new(
        "event::set_wakes_all_not_one",
        "of two that wait none is left asleep, though it is cleared and set again before either has run",
    )
    .threads(3)
    .bounded(2)
    .executions_at_least(10_000)
    .outcomes(&["somebody was waiting", "nobody was waiting yet"])
    .refuted_by("set wakes nobody", Fault::NoWake, EVENT, WAKES, Death::Deadlock)
    .refuted_by_twin("set wakes one", Death::Deadlock, || {
        let twin = Twin::new(Flaw::WakesOne);
        let waiters = [twin.waiter(), twin.waiter()];
        twin.set();
        twin.clear();
        twin.set();
        waiters.into_iter().for_each(|waiter| waiter.join().unwrap());
    })
    .check(|| {
        let news = News::new();
        let waiters = [news.waiter(), news.waiter()];
        saw(if news.is_waited_for() { "somebody was waiting" } else { "nobody was waiting yet" });
        news.write_and_set();
        news.event.clear();
        news.event.set();
        waiters.into_iter().for_each(|waiter| waiter.join().unwrap());
    });
}

#[test]
fn what_was_written_before_set_is_seen() {
    Proof::new(
        "event::what_was_written_before_set_is_seen",
        "by who asks and is told that it is set, by who waits and finds it set, and by who slept",
    )
    .threads(2)
    .executions_at_least(400)
    .outcomes(&["asked", "waited"])
    .refuted_by("set is Relaxed", Fault::Relaxed, EVENT, SETS, Death::Causality)
    .refuted_by("the question is Relaxed", Fault::Relaxed, EVENT, ASKS, Death::Causality)
    .refuted_by("the first look of a wait is Relaxed", Fault::Relaxed, EVENT, LOOKS_FIRST, Death::Causality)
    .refuted_by("the look after the sleep is Relaxed", Fault::Relaxed, EVENT, LOOKS_AGAIN, Death::Causality)
    .refuted_by("set wakes nobody", Fault::NoWake, EVENT, WAKES, Death::Deadlock)
    .check(|| {
        let news = News::new();
        let setter = spawn({
            let news = Arc::clone(&news);
            move || news.write_and_set()
        });
        if news.event.is_set() {
            saw("asked");
        } else {
            saw("waited");
            news.event.wait();
        }
        news.read();
        setter.join().unwrap();
    });
}

/// An event that is set; one thread gives work and sets it once more, the model clears it and then looks for
/// work.
fn clears_and_looks(set: impl Fn() + Send + 'static, clear: impl Fn(), wait: impl Fn()) {
    let work = Arc::new(AtomicU32::new(0));
    let giver = spawn({
        let work = Arc::clone(&work);
        move || {
            // Relaxed: what is proved is that the event alone is enough.
            work.store(1, Relaxed);
            set();
        }
    });
    clear();
    // Relaxed: as above.
    if work.load(Relaxed) == 1 {
        saw("found at once");
    } else {
        wait();
        assert_eq!(work.load(Relaxed), 1, "the work is there when the wait is over");
        saw("found after a wait");
    }
    giver.join().unwrap();
}

#[test]
fn who_clears_and_then_looks_misses_no_work() {
    Proof::new(
        "event::who_clears_and_then_looks_misses_no_work",
        "a set of an event that is set already is seen by the clear that takes it back, or sets it again",
    )
    .threads(2)
    .executions_at_least(1_000)
    .outcomes(&["found at once", "found after a wait"])
    .refuted_by("clear is Relaxed", Fault::Relaxed, EVENT, CLEARS, Death::Deadlock)
    .refuted_by("set is Relaxed", Fault::Relaxed, EVENT, SETS, Death::Assertion("the work is there"))
    .refuted_by_twin("a set of what is set only looks", Death::Deadlock, || {
        let twin = Twin::new(Flaw::LooksBeforeItSets);
        twin.set();
        let (setter, waiter) = (Arc::clone(&twin), Arc::clone(&twin));
        clears_and_looks(
            move || setter.set(),
            || twin.clear(),
            || {
                waiter.wait(Deadline::NEVER);
            },
        );
    })
    .check(|| {
        let event = Arc::new(Event::new());
        event.set();
        let setter = Arc::clone(&event);
        clears_and_looks(move || setter.set(), || event.clear(), || event.wait());
    });
}

#[test]
fn a_timeout_against_a_set_is_one_or_the_other() {
    Proof::new(
        "event::a_timeout_against_a_set_is_one_or_the_other",
        "a wait that ends by its deadline says so, one that says set sees what was written, and the event stays set",
    )
    .threads(2)
    .executions_at_least(1_000)
    .outcomes(&["set in time", "timed out", "set too late"])
    .refuted_by("set is Relaxed", Fault::Relaxed, EVENT, SETS, Death::Causality)
    .refuted_by("the first look of a wait is Relaxed", Fault::Relaxed, EVENT, LOOKS_FIRST, Death::Causality)
    .refuted_by("the look after the sleep is Relaxed", Fault::Relaxed, EVENT, LOOKS_AGAIN, Death::Causality)
    .check(|| {
        let news = News::new();
        let setter = spawn({
            let news = Arc::clone(&news);
            move || news.write_and_set()
        });
        if news.event.wait_timeout(Duration::from_millis(1)) {
            news.read();
            saw("set in time");
        } else {
            saw(if news.event.is_set() { "set too late" } else { "timed out" });
        }
        setter.join().unwrap();
        assert!(news.event.wait_timeout(Duration::ZERO), "it stays set");
    });
}

#[test]
fn who_gives_up_leaves_the_others_their_wake() {
    Proof::new(
        "event::who_gives_up_leaves_the_others_their_wake",
        "beside a waiter that gives up, one that does not is woken by the set",
    )
    .threads(3)
    .bounded(3)
    .executions_at_least(5_000)
    .outcomes(&["set in time", "timed out"])
    .refuted_by("set wakes nobody", Fault::NoWake, EVENT, WAKES, Death::Deadlock)
    .refuted_by_twin("who gives up takes the mark with it", Death::Deadlock, || {
        let twin = Twin::new(Flaw::TakesTheMarkAlong);
        let patient = twin.waiter();
        let impatient = spawn({
            let twin = Arc::clone(&twin);
            move || twin.wait(Duration::from_millis(1).into())
        });
        twin.set();
        patient.join().unwrap();
        impatient.join().unwrap();
    })
    .check(|| {
        let news = News::new();
        let patient = news.waiter();
        let impatient = spawn({
            let news = Arc::clone(&news);
            move || {
                let set = news.event.wait_timeout(Duration::from_millis(1));
                if set {
                    news.read();
                }
                set
            }
        });
        news.write_and_set();
        patient.join().unwrap();
        saw(if impatient.join().unwrap() { "set in time" } else { "timed out" });
    });
}

#[test]
fn a_sleep_that_ends_for_no_reason_ends_no_wait() {
    Proof::new(
        "event::a_sleep_that_ends_for_no_reason_ends_no_wait",
        "who is woken looks at the word again, and sleeps on if it was not set",
    )
    .threads(2)
    .executions_at_least(1_000)
    .spurious_wakeups(1)
    .outcomes(&["asked", "waited"])
    .refuted_by("set wakes nobody", Fault::NoWake, EVENT, WAKES, Death::Deadlock)
    .refuted_by_twin("who is woken does not look", Death::Causality, || {
        let twin = Twin::new(Flaw::TrustsTheWake);
        let setter = spawn({
            let twin = Arc::clone(&twin);
            move || {
                // SAFETY: not set yet.
                twin.text.with_mut(|text| unsafe { *text = 1 });
                twin.set();
            }
        });
        twin.wait(Deadline::NEVER);
        // SAFETY: set, or so the twin believes.
        twin.text.with(|text| unsafe { *text });
        setter.join().unwrap();
    })
    .check(|| {
        let news = News::new();
        let setter = spawn({
            let news = Arc::clone(&news);
            move || news.write_and_set()
        });
        saw(if news.event.is_set() { "asked" } else { "waited" });
        news.event.wait();
        news.read();
        setter.join().unwrap();
    });
}
