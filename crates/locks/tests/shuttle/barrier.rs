//! # Claim
//! Nobody passes a `Barrier` for eight before all have come, cycle after cycle, and each index is given once.
//!
//! # Model
//! Eight threads meet three times, and count themselves in before each. loom's proofs have two or three parties.
//!
//! # Not shown here
//! That every schedule is right; breaking: `tests/loom/barrier_breaks.rs`. The orderings: `tests/loom/barrier.rs`.

use locks::Barrier;
use platform::atomic::{
    AtomicU32,
    Ordering::{AcqRel, Acquire, Relaxed},
};
use platform::check::{Death, Trial, saw};
use platform::futex::{Private, wait, wake};
use platform::thread::spawn;
use std::sync::Arc;

const PARTIES: u32 = 8;
const CYCLES: u32 = 3;

/// What the model asks of a barrier: the real one, or a twin.
trait Meeting: Send + Sync + 'static {
    /// The index.
    fn meet(&self) -> u32;
}

impl Meeting for Barrier {
    fn meet(&self) -> u32 {
        self.wait().unwrap() as u32
    }
}

/// The one thing that a twin does wrong.
#[derive(Clone, Copy, PartialEq)]
enum Flaw {
    /// It waits for one too few.
    OneTooFew,
    /// Who came last wakes one.
    WakesOne,
    /// All wait for the count to be full, which it is no longer when the next cycle has begun.
    OneCount,
}

/// A count of all who ever came; a cycle is over when it is a multiple of the parties.
struct Twin {
    came: AtomicU32,
    flaw: Flaw,
}

impl Twin {
    fn new(flaw: Flaw) -> Self {
        Self { came: AtomicU32::new(0), flaw }
    }
}

impl Meeting for Twin {
    fn meet(&self) -> u32 {
        let parties = if self.flaw == Flaw::OneTooFew { PARTIES - 1 } else { PARTIES };
        let ticket = self.came.fetch_add(1, AcqRel);
        let full = (ticket / parties + 1) * parties;
        if ticket + 1 == full {
            let woken = if self.flaw == Flaw::WakesOne { 1 } else { u32::MAX };
            wake::<Private>(&raw const self.came, woken);
            return ticket % parties;
        }
        loop {
            let came = self.came.load(Acquire);
            let over = if self.flaw == Flaw::OneCount { came.is_multiple_of(parties) } else { came >= full };
            if over {
                return ticket % parties;
            }
            wait::<Private>(&self.came, came, &locks::Deadline::NEVER);
        }
    }
}

fn eight(meeting: impl Meeting) {
    let shared = Arc::new((meeting, [0; CYCLES as usize].map(AtomicU32::new)));
    let rounds = |shared: &(_, [AtomicU32; CYCLES as usize])| -> u32 {
        let (meeting, arrived): &(_, [AtomicU32; CYCLES as usize]) = shared;
        let indices = arrived.iter().map(|arrived| {
            arrived.fetch_add(1, Relaxed);
            let index = Meeting::meet(meeting);
            assert_eq!(arrived.load(Relaxed), PARTIES, "somebody passed before all had come");
            1 << index
        });
        indices.sum()
    };
    let others: Vec<_> = (1..PARTIES)
        .map(|_| {
            let shared = Arc::clone(&shared);
            spawn(move || rounds(&shared))
        })
        .collect();
    let own = rounds(&shared);
    let sum = own + others.into_iter().map(|other| other.join().unwrap()).sum::<u32>();
    assert_eq!(sum, CYCLES * ((1 << PARTIES) - 1), "each index once a cycle");
    saw("all passed");
}

#[test]
fn nobody_passes_before_all_eight_have_come() {
    Trial::new(
        "barrier::nobody_passes_before_all_eight_have_come",
        "eight threads meet three times; none passes before all have come, and each index is given once",
    )
    .threads(8)
    .schedules(5_000)
    .outcomes(&["all passed"])
    .refuted_by_twin("it waits for one too few", Death::Assertion("before all had come"), || {
        eight(Twin::new(Flaw::OneTooFew));
    })
    .refuted_by_twin("the last wakes one", Death::Deadlock, || eight(Twin::new(Flaw::WakesOne)))
    .refuted_by_twin("the next cycle shuts who has not left", Death::Deadlock, || {
        eight(Twin::new(Flaw::OneCount));
    })
    .check(|| eight(Barrier::new(PARTIES as usize)));
}
