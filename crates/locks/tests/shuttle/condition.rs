//! # Claim
//! Among eight threads `RawCondition` reaches exactly those who say that they were notified, and nobody who
//! saw the old state is forgotten.
//!
//! # Model
//! Permits are given by two threads and taken by six, of which three give up when their deadline comes. In
//! the end the model says that no more will come. loom's proofs have one or two waiters: here the line is
//! long, waiters leave its middle, and two notifiers cut it at once.
//!
//! # Not shown here
//! That every schedule is right. The orderings: `tests/loom/condition.rs`.

use locks::{Deadline, RawCondition, RawLock};
use platform::atomic::{
    AtomicU32,
    Ordering::{Acquire, Release},
};
use platform::cell::UnsafeCell;
use platform::check::{Death, Trial, saw};
use platform::futex::{Private, Wait, wait, wake};
use platform::thread::spawn;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

/// What the model asks of a condition: the real one, or a twin.
trait Line: Send + Sync + 'static {
    /// Releases the lock, waits, and takes it again; whether a notification ended the wait.
    fn wait(&self, lock: &RawLock, deadline: Deadline) -> bool;
    /// How many it reached.
    fn notify(&self, n: usize) -> usize;
}

impl Line for RawCondition {
    fn wait(&self, lock: &RawLock, deadline: Deadline) -> bool {
        self.wait_timeout(lock, deadline).unwrap()
    }

    fn notify(&self, n: usize) -> usize {
        self.notify(n)
    }
}

#[derive(Default)]
struct State {
    permits: usize,
    given: usize,
    taken: usize,
    closed: bool,
    /// Waits that a notification ended.
    notified: usize,
    /// Waiters that notifications say to have reached.
    reached: usize,
    gave_up: bool,
}

struct Shared<C> {
    lock: RawLock,
    state: UnsafeCell<State>,
    line: C,
}

// SAFETY: the model touches `state` only while it holds `lock`.
unsafe impl<C: Sync> Sync for Shared<C> {}

impl<C: Line> Shared<C> {
    fn with<R>(&self, f: impl FnOnce(&mut State) -> R) -> R {
        // SAFETY: the lock is held by the caller.
        self.state.with_mut(|state| f(unsafe { &mut *state }))
    }

    /// Gives a permit or two, and says so with the lock held or without it.
    fn give(&self, n: usize, outside: bool) {
        self.lock.acquire();
        self.with(|state| {
            state.permits += n;
            state.given += n;
        });
        if outside {
            self.lock.release().unwrap();
        }
        let reached = self.line.notify(n);
        if outside {
            self.lock.acquire();
        }
        self.with(|state| state.reached += reached);
        self.lock.release().unwrap();
    }

    /// Takes a permit, unless no more will come, or the deadline comes first.
    fn take(&self, deadline: Deadline) {
        self.lock.acquire();
        while self.with(|state| state.permits == 0 && !state.closed) {
            let notified = self.line.wait(&self.lock, deadline.clone());
            self.with(|state| state.notified += usize::from(notified));
            if !notified {
                self.with(|state| state.gave_up = true);
                break;
            }
        }
        self.with(|state| {
            let takes = usize::from(state.permits > 0);
            state.permits -= takes;
            state.taken += takes;
        });
        self.lock.release().unwrap();
    }

    fn close(&self) {
        self.lock.acquire();
        self.with(|state| state.closed = true);
        let reached = self.line.notify(usize::MAX);
        self.with(|state| state.reached += reached);
        self.lock.release().unwrap();
    }
}

/// Six takers, a giver, and the model, which gives too and then closes.
fn eight(line: impl Line) {
    let shared = Arc::new(Shared { lock: RawLock::new(), state: UnsafeCell::default(), line });
    let takers = (0..6).map(|number| {
        let shared = Arc::clone(&shared);
        let deadline = if number < 3 { Duration::from_millis(1).into() } else { Deadline::NEVER };
        spawn(move || shared.take(deadline))
    });
    let takers: Vec<_> = takers.collect();
    let giver = spawn({
        let shared = Arc::clone(&shared);
        move || {
            shared.give(1, true);
            shared.give(2, false);
        }
    });
    shared.give(1, false);
    shared.give(1, true);
    giver.join().unwrap();
    shared.close();
    takers.into_iter().for_each(|taker| taker.join().unwrap());
    shared.lock.acquire();
    shared.with(|state| {
        assert_eq!(state.taken + state.permits, state.given, "no permit is lost or doubled");
        assert_eq!(state.reached, state.notified, "who was reached says so, and who says so was reached");
        saw(if state.gave_up { "some gave up" } else { "nobody gave up" });
    });
    assert_eq!(shared.line.notify(usize::MAX), 0, "nobody is left in line");
}

/// The one thing that a twin does wrong.
#[derive(Clone, Copy, PartialEq)]
enum Flaw {
    /// The waiter releases the lock before it stands in line.
    LinesUpLate,
    /// Who is notified is not woken.
    SilentNotify,
    /// Who finds at its deadline that it was chosen gives up all the same.
    LeavesThoughChosen,
}

/// The condition in brief: a line of words to sleep on.
struct Twin {
    line: RawLock,
    waiters: UnsafeCell<VecDeque<Arc<AtomicU32>>>,
    flaw: Flaw,
}

// SAFETY: `waiters` is touched by the holder of `line` only.
unsafe impl Sync for Twin {}

impl Twin {
    fn new(flaw: Flaw) -> Self {
        Self { line: RawLock::new(), waiters: UnsafeCell::default(), flaw }
    }

    fn in_line<R>(&self, f: impl FnOnce(&mut VecDeque<Arc<AtomicU32>>) -> R) -> R {
        self.line.acquire();
        // SAFETY: `line` is held.
        let result = self.waiters.with_mut(|waiters| f(unsafe { &mut *waiters }));
        self.line.release().unwrap();
        result
    }

    /// Takes the node out of line, if it still stands there.
    fn leave(&self, node: &Arc<AtomicU32>) -> bool {
        self.in_line(|waiters| {
            let place = waiters.iter().position(|waiter| Arc::ptr_eq(waiter, node));
            place.is_some_and(|place| waiters.remove(place).is_some())
        })
    }
}

impl Line for Twin {
    fn wait(&self, lock: &RawLock, mut deadline: Deadline) -> bool {
        let node = Arc::new(AtomicU32::new(0));
        if self.flaw == Flaw::LinesUpLate {
            lock.release().unwrap();
        }
        self.in_line(|waiters| waiters.push_back(Arc::clone(&node)));
        if self.flaw != Flaw::LinesUpLate {
            lock.release().unwrap();
        }
        let mut notified = true;
        while node.load(Acquire) == 0 {
            if wait::<Private>(&node, 0, &deadline) == Wait::TimedOut {
                if self.leave(&node) || self.flaw == Flaw::LeavesThoughChosen {
                    notified = false;
                    break;
                }
                deadline = Deadline::NEVER;
            }
        }
        lock.acquire();
        notified
    }

    fn notify(&self, n: usize) -> usize {
        let chosen: Vec<_> = self.in_line(|waiters| waiters.drain(..n.min(waiters.len())).collect());
        for node in &chosen {
            node.store(1, Release);
            if self.flaw != Flaw::SilentNotify {
                wake::<Private>(&**node, 1);
            }
        }
        chosen.len()
    }
}

#[test]
fn who_is_reached_says_so_and_nobody_is_forgotten() {
    Trial::new(
        "condition::who_is_reached_says_so_and_nobody_is_forgotten",
        "among six waiters, three of which give up, two notifiers reach those who say so, and nobody waits for ever",
    )
    .threads(8)
    .schedules(10_000)
    .outcomes(&["nobody gave up", "some gave up"])
    .refuted_by_twin("the waiter lets go before it stands in line", Death::Deadlock, || {
        eight(Twin::new(Flaw::LinesUpLate));
    })
    .refuted_by_twin("who is notified is not woken", Death::Deadlock, || eight(Twin::new(Flaw::SilentNotify)))
    .refuted_by_twin(
        "who is chosen at its deadline gives up all the same",
        Death::Assertion("who was reached says so"),
        || eight(Twin::new(Flaw::LeavesThoughChosen)),
    )
    .check(|| eight(RawCondition::new()));
}
