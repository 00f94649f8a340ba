//! # Claim
//! With several putters and several getters a bounded `Queue` hands out every item once, each putter's in
//! order; `join` and both ways of shutting down end every wait, and account for every item.
//!
//! # Model
//! Room for two, so that both sides wait. Three putters and four getters, of which one gives up again and
//! again, up to a draining end; four putters and three getters up to a discarding end that comes at any
//! moment. loom's proofs have at most two of a kind.
//!
//! # Not shown here
//! That every schedule is right. The orderings: the proofs of `locks`. Long histories: `tests/props/`.

use crate::twin::{Fifo, Flaw, Twin};
use platform::check::{Death, Trial, saw};
use platform::thread::{JoinHandle, spawn};
use queue::{Queue, Shutdown};
use std::sync::Arc;
use std::time::Duration;

/// Starts a putter of two items: ten times its number, and one more. It returns what it got back.
fn putter<Q: Fifo>(queue: &Arc<Q>, number: u32) -> JoinHandle<Vec<u32>> {
    let queue = Arc::clone(queue);
    spawn(move || {
        [10 * number, 10 * number + 1].into_iter().filter_map(|item| queue.put(item).err()).collect()
    })
}

/// Starts a getter that works on whatever comes, up to the end.
fn getter<Q: Fifo>(queue: &Arc<Q>) -> JoinHandle<Vec<u32>> {
    let queue = Arc::clone(queue);
    spawn(move || {
        let work = std::iter::from_fn(|| queue.get().inspect(|_| queue.task_done()));
        work.collect()
    })
}

fn joined(threads: impl IntoIterator<Item = JoinHandle<Vec<u32>>>) -> Vec<Vec<u32>> {
    threads.into_iter().map(|thread| thread.join().unwrap()).collect()
}

/// Asserts that of each putter nobody got the second item before the first.
fn assert_in_order(got: &[Vec<u32>]) {
    for items in got {
        for (place, item) in items.iter().enumerate() {
            let after = &items[place..];
            assert!(
                item.is_multiple_of(10) || !after.contains(&(item - 1)),
                "in each putter's order: {items:?}"
            );
        }
    }
}

fn sorted(lists: impl IntoIterator<Item = Vec<u32>>) -> Vec<u32> {
    let mut items: Vec<u32> = lists.into_iter().flatten().collect();
    items.sort_unstable();
    items
}

/// Three putters, three getters and a hasty one; the end comes when all the work is done.
fn drained(queue: impl Fifo) {
    let queue = Arc::new(queue);
    let putters = [1, 2, 3].map(|number| putter(&queue, number));
    let getters = [(); 3].map(|()| getter(&queue));
    let hasty = spawn({
        let queue = Arc::clone(&queue);
        move || {
            let soon = Duration::from_millis(1);
            let tries = (0..3).filter_map(|_| queue.get_timeout(soon).inspect(|_| queue.task_done()));
            tries.collect::<Vec<_>>()
        }
    });
    assert_eq!(sorted(joined(putters)), [0; 0], "everything was put");
    let hasty = hasty.join().unwrap();
    queue.join();
    queue.shutdown(Shutdown::Drain);
    let mut got = joined(getters);
    saw(if hasty.is_empty() { "the hasty one got nothing" } else { "the hasty one got something" });
    got.push(hasty);
    assert_in_order(&got);
    assert_eq!(sorted(got), [10, 11, 20, 21, 30, 31], "each item once");
}

/// Four putters and three getters; the end comes at any moment.
fn discarded(queue: impl Fifo) {
    let queue = Arc::new(queue);
    let putters = [1, 2, 3, 4].map(|number| putter(&queue, number));
    let getters = [(); 3].map(|()| getter(&queue));
    let discarded = queue.shutdown(Shutdown::Discard);
    queue.join();
    let given_back = joined(putters);
    let got = joined(getters);
    assert_in_order(&got);
    saw(match (discarded.is_empty(), given_back.iter().all(Vec::is_empty)) {
        (true, true) => "all was got",
        (true, false) => "some came back",
        (false, true) => "some were discarded",
        (false, false) => "some were discarded, and some came back",
    });
    let all = got.into_iter().chain(given_back).chain([discarded]);
    assert_eq!(sorted(all), [10, 11, 20, 21, 30, 31, 40, 41], "each item once");
}

#[test]
fn every_item_is_got_once_and_in_order() {
    Trial::new(
        "queue::every_item_is_got_once_and_in_order",
        "through room for two, what three threads put four get, once and in order, and the end ends every wait",
    )
    .threads(8)
    .schedules(10_000)
    .outcomes(&["the hasty one got nothing", "the hasty one got something"])
    .refuted_by_twin("put notifies nobody", Death::Deadlock, || drained(Twin::new(2, Flaw::SilentPut)))
    .refuted_by_twin("get notifies nobody", Death::Deadlock, || drained(Twin::new(2, Flaw::SilentGet)))
    .refuted_by_twin("task_done notifies nobody", Death::Deadlock, || drained(Twin::new(2, Flaw::SilentDone)))
    .refuted_by_twin(
        "who was notified trusts it",
        Death::Assertion("there is an item for who was notified"),
        || drained(Twin::new(2, Flaw::TrustingGet)),
    )
    .refuted_by_twin("shutdown forgets who waits to get", Death::Deadlock, || {
        drained(Twin::new(2, Flaw::ShutdownForgetsGetters));
    })
    .check(|| drained(Queue::bounded(2)));
}

#[test]
fn a_discard_accounts_for_every_item_and_ends_every_wait() {
    Trial::new(
        "queue::a_discard_accounts_for_every_item_and_ends_every_wait",
        "whenever a discard comes, each item was got, discarded or given back, and nobody waits for ever",
    )
    .threads(8)
    .schedules(10_000)
    .outcomes(&[
        "all was got",
        "some came back",
        "some were discarded",
        "some were discarded, and some came back",
    ])
    .refuted_by_twin("shutdown forgets who waits to put", Death::Deadlock, || {
        discarded(Twin::new(2, Flaw::ShutdownForgetsPutters));
    })
    .refuted_by_twin("what is discarded is not counted", Death::Deadlock, || {
        discarded(Twin::new(2, Flaw::DiscardCountsNothing));
    })
    .check(|| discarded(Queue::bounded(2)));
}
