//! # Claim
//! However many cancel, wait and add callbacks while two futures end, one by its result, one as its promise is
//! dropped: each has one end, of which every cancel, every callback and everybody who waits is told.
//!
//! # Model
//! One thread completes and one drops; two cancel; one adds callbacks; two wait for both, one for the first. loom's
//! proofs have two or three of these.
//!
//! # Not shown here
//! That every schedule is right. The orderings: the proofs of `locks`.

use crate::future_twin::{End, Ends, Flaw, Keeps, real, twin};
use platform::atomic::{AtomicU32, Ordering::Relaxed};
use platform::check::{Death, Trial, saw};
use platform::thread::spawn;
use std::sync::Arc;

/// Adds a callback, which counts how often it was told of which end.
fn counting<F: Ends>(future: &F) -> [Arc<AtomicU32>; 2] {
    let counts = [(); 2].map(|()| Arc::new(AtomicU32::new(0)));
    let [ended, cancelled] = counts.clone();
    future.add_callback(move |end| {
        // Relaxed: as strong as any other here.
        if end.is_some() { &ended } else { &cancelled }.fetch_add(1, Relaxed);
    });
    counts
}

fn eight<P: Keeps, F: Ends>([(kept, one), (dropped, other)]: [(P, F); 2], cancels: bool) {
    let futures = Arc::new([one, other]);
    let with = |act: fn(&[F; 2]) -> bool| {
        let futures = Arc::clone(&futures);
        spawn(move || act(&futures))
    };
    let completes = spawn(move || kept.complete(7));
    let drops = spawn(move || drop(dropped));
    let cancelling = [(); 2].map(|()| with(|[one, _]| one.cancel()));
    let all = with(|[one, other]| F::wait(&[one, other], true) == [true, true]);
    let first = with(|[one, other]| F::wait(&[one, other], false).contains(&true));
    let calls = spawn({
        let futures = Arc::clone(&futures);
        move || [counting(&futures[0]), counting(&futures[1])]
    });
    assert_eq!(F::wait(&[&futures[0], &futures[1]], true), [true, true], "all are done");
    assert!(all.join().unwrap() && first.join().unwrap(), "it is enough");
    let cancelled = cancelling.map(|thread| thread.join().unwrap());
    let calls = calls.join().unwrap();
    [completes, drops].into_iter().for_each(|thread| thread.join().unwrap());
    let futures = Arc::into_inner(futures).expect("the others have ended");
    let ends: [End; 2] = futures.map(Ends::result);
    let told = calls.map(|counts| counts.map(|count| count.load(Relaxed)));
    assert_eq!(
        told,
        ends.map(|end| if end.is_some() { [1, 0] } else { [0, 1] }),
        "each callback is told once"
    );
    assert_eq!(ends[1], None);
    assert_eq!(cancelled, [ends[0].is_none(); 2], "as the cancels said");
    assert!(cancels || ends[0] == Some(7), "a cancel that is refused changes nothing");
    saw(if ends[0].is_some() { "completed" } else { "cancelled" });
}

fn real_ones(cancels: bool) {
    eight([(); 2].map(|()| real(cancels)), cancels);
}

fn twins(flaw: Flaw, cancels: bool) -> impl Fn() + Send + Sync + 'static {
    move || eight([(); 2].map(|()| twin(flaw, cancels)), cancels)
}

#[test]
fn two_that_cancel_and_all_who_wait_are_told_of_one_end() {
    let dies = Death::Assertion;
    Trial::new(
        "futures::two_that_cancel_and_all_who_wait_are_told_of_one_end",
        "whichever of a result and two cancels is the end, all cancels, callbacks and waits are told of it",
    )
    .threads(8)
    .schedules(10_000)
    .outcomes(&["cancelled", "completed"])
    .refuted_by_twin("who cancels looks, and then says yes", dies("as the cancels said"), {
        twins(Flaw::LooksAndCancels, true)
    })
    .refuted_by_twin("who adds a callback looks, and then adds", dies("told once"), {
        twins(Flaw::LooksAndAdds, true)
    })
    .refuted_by_twin("it is dropped in silence", Death::Deadlock, twins(Flaw::DropsSilently, true))
    .refuted_by_twin("one of those who wait is told", Death::Deadlock, twins(Flaw::TellsOne, true))
    .refuted_by_twin("who waits looks, and then says so", Death::Deadlock, twins(Flaw::LooksAndWaits, true))
    .check(|| real_ones(true));
}

#[test]
fn two_cancels_that_are_refused_change_nothing() {
    Trial::new(
        "futures::two_cancels_that_are_refused_change_nothing",
        "a result that comes while two cancels are refused is kept, and everybody is told of it",
    )
    .threads(8)
    .schedules(10_000)
    .outcomes(&["completed"])
    .refuted_by_twin("what comes meanwhile is dropped", Death::Deadlock, twins(Flaw::LosesWhatComes, false))
    .check(|| real_ones(false));
}
