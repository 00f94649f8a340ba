//! # Claim
//! Among eight threads no permit of a `Semaphore` has two holders, whoever needs how many; everybody who waits as long
//! as it takes gets theirs, and one that gives up takes nobody's wake with it.
//!
//! # Model
//! Eight threads that each need one permit or two, of two, twice; some give up at deadlines that come by chance. loom's
//! proofs have two or three threads: here those who need one and those who need several sleep at once, and permits
//! are set aside for some of them while others give up.
//!
//! # Not shown here
//! That every schedule is right. The orderings: `tests/loom/semaphore.rs`.

use locks::{Deadline, Semaphore};
use platform::atomic::{
    AtomicU32,
    Ordering::{AcqRel, Acquire, Relaxed, Release},
};
use platform::check::{Death, Trial, saw};
use platform::futex::{Private, Wait, wait, wake};
use platform::thread::spawn;
use std::sync::Arc;
use std::time::Duration;

const THREADS: u32 = 8;
const ROUNDS: u32 = 2;
const PERMITS: u32 = 2;

/// What the model asks of a semaphore: the real one, or a twin.
trait Permits: Send + Sync + 'static {
    fn acquire(&self, n: u32, deadline: Deadline) -> bool;
    fn release(&self, n: u32);
}

impl Permits for Semaphore {
    fn acquire(&self, n: u32, deadline: Deadline) -> bool {
        self.acquire_many_timeout(n, deadline)
    }

    fn release(&self, n: u32) {
        self.release_many(n).unwrap();
    }
}

struct Room<P> {
    permits: P,
    /// Permits in use.
    inside: AtomicU32,
}

impl<P: Permits> Room<P> {
    /// Enters so often with `n` permits, if it can; says how often it did.
    fn visits(&self, n: u32, deadline: Deadline) -> u32 {
        let entered = (0..ROUNDS).filter(|_| {
            let enters = self.permits.acquire(n, deadline.clone());
            if enters {
                let inside = self.inside.fetch_add(n, AcqRel) + n;
                assert!(inside <= PERMITS, "more permits in use than there are");
                self.inside.fetch_sub(n, AcqRel);
                self.permits.release(n);
            }
            enters
        });
        entered.count() as u32
    }
}

/// Eight threads, of which so many wait for a while only; every other one needs both permits where `mixed`.
fn eight(permits: impl Permits, hasty: u32, mixed: bool) {
    let room = Arc::new(Room { permits, inside: AtomicU32::new(0) });
    let needs = move |number: u32| if mixed { 1 + number % 2 } else { 1 };
    let others: Vec<_> = (1..THREADS)
        .map(|number| {
            let room = Arc::clone(&room);
            let deadline = if number <= hasty { Duration::from_millis(1).into() } else { Deadline::NEVER };
            spawn(move || room.visits(needs(number), deadline))
        })
        .collect();
    let own = room.visits(needs(0), Deadline::NEVER);
    let entered = own + others.into_iter().map(|other| other.join().unwrap()).sum::<u32>();
    assert!(room.permits.acquire(PERMITS, Duration::ZERO.into()), "all permits are free in the end");
    assert!(entered >= (THREADS - hasty) * ROUNDS, "who waits as long as it takes gets in");
    saw(if entered == THREADS * ROUNDS { "all got in" } else { "some gave up" });
}

/// The one thing that a twin does wrong.
#[derive(Clone, Copy, PartialEq)]
enum Flaw {
    /// It looks, and takes what may be gone.
    LooksAndTakes,
    /// The release wakes nobody.
    SilentRelease,
}

/// A value, on which all sleep who do not find enough.
struct Twin {
    value: AtomicU32,
    flaw: Flaw,
}

impl Twin {
    fn new(flaw: Flaw) -> Self {
        Self { value: AtomicU32::new(PERMITS), flaw }
    }
}

impl Permits for Twin {
    fn acquire(&self, n: u32, deadline: Deadline) -> bool {
        loop {
            let seen = self.value.load(Acquire);
            if seen < n {
                if wait::<Private>(&self.value, seen, &deadline) == Wait::TimedOut {
                    return false;
                }
            } else if self.flaw == Flaw::LooksAndTakes {
                self.value.swap(seen - n, Acquire);
                return true;
            } else if self.value.compare_exchange(seen, seen - n, Acquire, Relaxed).is_ok() {
                return true;
            }
        }
    }

    fn release(&self, n: u32) {
        self.value.fetch_add(n, Release);
        if self.flaw != Flaw::SilentRelease {
            wake::<Private>(&raw const self.value, u32::MAX);
        }
    }
}

#[test]
fn no_permit_is_used_twice_and_all_get_in() {
    Trial::new(
        "semaphore::no_permit_is_used_twice_and_all_get_in",
        "eight threads that need one permit or both use no more than there are, and all get in",
    )
    .threads(8)
    .schedules(10_000)
    .outcomes(&["all got in"])
    .refuted_by_twin("the release wakes nobody", Death::Deadlock, || {
        eight(Twin::new(Flaw::SilentRelease), 0, true);
    })
    .refuted_by_twin("it looks, and takes what may be gone", Death::Assertion("more permits in use"), || {
        eight(Twin::new(Flaw::LooksAndTakes), 0, true);
    })
    .check(|| eight(Semaphore::new(PERMITS), 0, true));
}

#[test]
fn who_gives_up_takes_nobody_s_permit_along() {
    Trial::new(
        "semaphore::who_gives_up_takes_nobody_s_permit_along",
        "beside four threads that give up, four that do not get in as often as they want to",
    )
    .threads(8)
    .schedules(10_000)
    .outcomes(&["all got in", "some gave up"])
    .refuted_by_twin("the release wakes nobody", Death::Deadlock, || {
        eight(Twin::new(Flaw::SilentRelease), 4, false);
    })
    .check(|| eight(Semaphore::new(PERMITS), 4, true));
}
