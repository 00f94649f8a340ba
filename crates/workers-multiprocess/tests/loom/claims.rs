//! # Claim
//! A task that was sent to a worker is begun by the worker or withdrawn by the pool, never both and never neither; and
//! a slot that is used again says nothing of the task before.
//!
//! # Models
//! One worker and one pool. Two tickets that share a slot: the second is offered when the answer to the first is there,
//! as the protocol asks. The ring that carries a request and its answer is the start and the end of a thread: what was
//! written before is seen, as with the ring's positions, and nobody has to look again and again. What the task is stands
//! in a cell without a lock: who has the claim, and nobody else, touches it.
//!
//! # Not shown here
//! Death: a worker that stops between two steps is one that takes no further step, which every prefix of these runs
//! is; that its claims are then final is the kernel's promise, and `tests/process_pool` kills real ones.

use platform::atomic::{AtomicU32, Ordering::Relaxed};
use platform::cell::UnsafeCell;
use platform::check::{Death, Proof, saw};
use platform::thread::spawn;
use std::sync::Arc;
use workers_multiprocess::raw::Claims;

/// As many tickets as there are slots: the next one has the first one's slot.
const LATER: u64 = 16;

trait Claim: Send + Sync + 'static {
    fn offer(&self, ticket: u64);
    fn take(&self, ticket: u64) -> bool;
    fn withdraw(&self, ticket: u64) -> bool;
}

impl Claim for Claims {
    fn offer(&self, ticket: u64) {
        Claims::offer(self, ticket);
    }

    fn take(&self, ticket: u64) -> bool {
        Claims::take(self, ticket)
    }

    fn withdraw(&self, ticket: u64) -> bool {
        Claims::withdraw(self, ticket)
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Flaw {
    /// The worker looks, and then takes.
    TakesBlindly,
    /// The pool looks, and then withdraws.
    WithdrawsBlindly,
    /// The pool offers in a slot that it has withdrawn from without saying so.
    DoesNotOffer,
}

/// The claims in brief, with one flaw that no fault at one place can make: 0, 1 and 2 are the states.
struct Twin {
    word: AtomicU32,
    flaw: Flaw,
}

impl Twin {
    fn new(flaw: Flaw) -> Self {
        Self { word: AtomicU32::new(0), flaw }
    }

    fn leave(&self, blindly: bool) -> bool {
        match blindly {
            true => self.word.load(Relaxed) == 1 && self.word.swap(2, Relaxed) > 0,
            false => self.word.compare_exchange(1, 2, Relaxed, Relaxed).is_ok(),
        }
    }
}

impl Claim for Twin {
    fn offer(&self, ticket: u64) {
        if self.flaw != Flaw::DoesNotOffer || ticket == 0 {
            self.word.swap(1, Relaxed);
        }
    }

    fn take(&self, _: u64) -> bool {
        self.leave(self.flaw == Flaw::TakesBlindly)
    }

    fn withdraw(&self, _: u64) -> bool {
        self.leave(self.flaw == Flaw::WithdrawsBlindly)
    }
}

/// A worker and its pool.
struct Both<C> {
    claims: C,
    /// How often each task was begun or had back.
    tasks: [UnsafeCell<u32>; 2],
}

// SAFETY: a task's cell is touched by whoever has claimed the task, which is one of the two: the model checks that.
unsafe impl<C: Sync> Sync for Both<C> {}

impl<C: Claim> Both<C> {
    /// Runs the task, if it was claimed.
    fn run(&self, task: usize, claimed: bool) -> u32 {
        if claimed {
            // SAFETY: only who has claimed the task gets here.
            self.tasks[task].with_mut(|times| unsafe { *times += 1 });
        }
        u32::from(claimed)
    }
}

/// The pool sends each ticket, and would have it back while the worker takes it.
fn model<C: Claim>(claims: C, tickets: &'static [u64]) {
    let both = Arc::new(Both { claims, tasks: [UnsafeCell::new(0), UnsafeCell::new(0)] });
    let (mut begun, mut withdrawn) = (0, 0);
    for (task, &ticket) in tickets.iter().enumerate() {
        both.claims.offer(ticket);
        let worker = spawn({
            let both = Arc::clone(&both);
            move || both.run(task, both.claims.take(ticket))
        });
        withdrawn += both.run(task, both.claims.withdraw(ticket));
        // Its answer.
        begun += worker.join().unwrap();
    }
    for (task, _) in tickets.iter().enumerate() {
        // SAFETY: the worker has ended.
        let times = both.tasks[task].with(|times| unsafe { *times });
        assert_eq!(times, 1, "one of both has it");
    }
    saw(match (begun, withdrawn) {
        (0, _) => "withdrawn",
        (_, 0) => "begun",
        _ => "one each",
    });
}

#[test]
fn a_task_is_begun_or_withdrawn_and_never_both() {
    Proof::new(
        "claims::a_task_is_begun_or_withdrawn_and_never_both",
        "of a worker that begins a task and a pool that withdraws it, one succeeds",
    )
    .threads(2)
    .executions_at_least(4)
    .outcomes(&["begun", "withdrawn"])
    .refuted_by_twin("the worker looks and then takes", Death::Causality, || {
        model(Twin::new(Flaw::TakesBlindly), &[0]);
    })
    .refuted_by_twin("the pool looks and then withdraws", Death::Causality, || {
        model(Twin::new(Flaw::WithdrawsBlindly), &[0]);
    })
    .check(|| model(Claims::new(), &[0]));
}

#[test]
fn a_slot_that_is_used_again_says_nothing_of_the_task_before() {
    Proof::new(
        "claims::a_slot_that_is_used_again_says_nothing_of_the_task_before",
        "a second task in the same slot is begun or withdrawn, whatever became of the first",
    )
    .threads(3)
    .executions_at_least(16)
    .outcomes(&["begun", "withdrawn", "one each"])
    .refuted_by_twin("the second is not offered", Death::Assertion("one of both has it"), || {
        model(Twin::new(Flaw::DoesNotOffer), &[0, LATER]);
    })
    .check(|| model(Claims::new(), &[0, LATER]));
}
