//! Plain behaviour of the barrier on real threads: what the proofs leave to panics, to the real clock and to
//! more threads.
#![cfg(not(loom))]

use locks::{ActionError, Arrival, Barrier, BrokenBarrier, Deadline, Shared};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

#[test]
fn eight_threads_stay_together_for_a_thousand_rounds() {
    let (barrier, come, acted) = (Barrier::new(8), AtomicUsize::new(0), AtomicUsize::new(0));
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for round in 1..=1000 {
                    // Relaxed, all: the barrier orders them.
                    come.fetch_add(1, Relaxed);
                    let action = || {
                        acted.fetch_add(1, Relaxed);
                        Ok::<_, ()>(())
                    };
                    barrier.wait_with(action).unwrap();
                    assert_eq!((come.load(Relaxed), acted.load(Relaxed)), (8 * round, round));
                    barrier.wait().unwrap();
                }
            });
        }
    });
}

#[test]
fn more_threads_than_parties_pass_in_groups() {
    let barrier = Barrier::new(3);
    let mut indices = thread::scope(|scope| {
        [0; 12].map(|_| scope.spawn(|| barrier.wait().unwrap())).map(|party| party.join().unwrap())
    });
    indices.sort_unstable();
    assert_eq!(indices, [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2]);
}

#[test]
fn a_party_that_panics_breaks_it_instead_of_hanging_the_rest() {
    let barrier = Barrier::new(3);
    thread::scope(|scope| {
        let waiting = [0; 2].map(|_| scope.spawn(|| barrier.wait()));
        let dies = scope.spawn(|| {
            let party = barrier.party();
            assert_eq!(party.parties(), 4, "on purpose");
        });
        assert!(dies.join().is_err());
        assert!(waiting.map(|party| party.join().unwrap()).iter().all(|told| *told == Err(BrokenBarrier)));
    });
    assert!(barrier.broken());
}

#[test]
fn a_party_that_finishes_leaves_it_whole_and_one_that_returns_early_does_not() {
    let barrier = Barrier::new(1);
    let party = barrier.party();
    assert_eq!(party.wait(), Ok(0));
    party.finish();
    assert!(!barrier.broken());
    let early = || -> Result<(), &str> {
        let _party = barrier.party();
        Err("early")
    };
    assert_eq!((early(), barrier.wait()), (Err("early"), Err(BrokenBarrier)));
}

#[test]
fn an_action_that_panics_breaks_it_for_the_others() {
    let barrier = Barrier::new(2);
    thread::scope(|scope| {
        let wait = || catch_unwind(AssertUnwindSafe(|| barrier.wait_with::<()>(|| panic!("on purpose"))));
        let other = scope.spawn(wait);
        let mut told = [wait().ok(), other.join().unwrap().ok()];
        told.sort_by_key(Option::is_some);
        assert_eq!(told, [None, Some(Err(ActionError::Broken))], "one panicked, the other was told");
    });
    assert!(barrier.broken());
    barrier.reset();
    assert!(!barrier.broken());
}

#[test]
fn an_action_may_look_at_its_barrier_and_break_it() {
    let barrier = Barrier::new(1);
    let told = barrier.wait_with(|| {
        assert_eq!((barrier.n_waiting(), barrier.broken()), (1, false), "it is asked without a lock");
        barrier.abort();
        Ok::<_, ()>(())
    });
    assert_eq!(told, Err(ActionError::Broken), "its action was in vain");
    barrier.reset();
    let told = barrier.wait_with(|| {
        barrier.reset();
        Err("no")
    });
    assert_eq!(told, Err(ActionError::Failed("no")));
    assert!(!barrier.broken(), "the cycle had failed before its action did: nothing was left to break");
}

#[test]
fn a_timed_wait_lasts_at_least_its_time_and_breaks_it() {
    let barrier = Barrier::new(2);
    let start = Instant::now();
    assert_eq!(barrier.wait_timeout(Duration::from_millis(20)), Err(BrokenBarrier));
    assert!(start.elapsed() >= Duration::from_millis(20), "never early; how late, a test cannot say");
    assert_eq!((barrier.broken(), barrier.n_waiting()), (true, 0));
}

#[test]
fn a_deadline_is_for_the_others_to_come_not_for_the_action() {
    let barrier = Barrier::new(2);
    thread::scope(|scope| {
        let waits = scope.spawn(|| barrier.wait_timeout(Duration::from_millis(50)));
        while barrier.n_waiting() < 1 && !barrier.broken() {
            thread::yield_now();
        }
        let last = barrier.wait_with(|| {
            thread::sleep(Duration::from_millis(100));
            Ok::<_, ()>(())
        });
        // On a machine that stood still for longer than the deadline we have come too late; then both are
        // told.
        let expected = if barrier.broken() { (Err(BrokenBarrier), true) } else { (Ok(0), false) };
        assert_eq!((waits.join().unwrap(), last.is_err()), expected);
    });
}

#[test]
fn who_waits_to_come_in_gives_up_without_harm_to_those_inside() {
    let barrier = Barrier::new(1);
    let Ok(Arrival::Last(last)) = barrier.arrive(Deadline::NEVER) else { panic!("one is all") };
    thread::scope(|scope| {
        let too_early = scope.spawn(|| barrier.wait_timeout(Duration::from_millis(1)));
        assert_eq!(too_early.join().unwrap(), Err(BrokenBarrier));
    });
    assert_eq!(last.complete(), Ok(0), "its cycle is not that of the other");
    assert!(barrier.broken(), "but the next would be");
}

#[test]
fn a_reset_tells_those_who_wait_and_lets_the_next_begin() {
    let barrier = Barrier::new(2);
    thread::scope(|scope| {
        let told = scope.spawn(|| barrier.wait());
        while barrier.n_waiting() < 1 {
            thread::yield_now();
        }
        barrier.reset();
        assert_eq!(told.join().unwrap(), Err(BrokenBarrier));
        let parties = [0; 2].map(|_| scope.spawn(|| barrier.wait()));
        let indices = parties.map(|party| party.join().unwrap().unwrap());
        assert_eq!(indices.iter().sum::<usize>(), 1);
    });
}

#[test]
fn the_child_of_a_fork_finds_it_as_new() {
    let barrier = Barrier::<Shared>::in_scope(2);
    barrier.abort();
    // SAFETY: no other thread uses it.
    unsafe { barrier.reinit_after_fork() };
    assert_eq!((barrier.broken(), barrier.n_waiting()), (false, 0));
    let alone = Barrier::new(1);
    let last = alone.arrive(Deadline::NEVER);
    // SAFETY: no other thread uses it.
    unsafe { alone.reinit_after_fork() };
    drop(last);
    assert_eq!((alone.wait(), alone.broken()), (Ok(0), false), "what is left of the parent does no harm");
}

#[test]
fn it_is_eight_bytes_and_can_be_static() {
    static BARRIER: Barrier = Barrier::new(1);
    assert_eq!(BARRIER.wait(), Ok(0));
    assert_eq!((size_of::<Barrier>(), align_of::<Barrier<Shared>>()), (8, 4));
}

#[test]
#[should_panic(expected = "a barrier for nobody")]
fn a_barrier_for_nobody_is_refused() {
    let _ = Barrier::new(0);
}
