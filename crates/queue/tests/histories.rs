//! What four real threads see of a queue, one thread alone could have seen, in some order.
#![cfg(not(any(loom, shuttle)))]

mod witness;

use queue::{LifoQueue, PriorityQueue, Queue, SimpleQueue};
use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread;
use std::time::Duration;
use witness::{Flaw, Model, Op, Order, Outcome, Twin, Witness, Witnessed};

const THREADS: usize = 4;
/// Of a thread.
const CALLS: u32 = 40;
/// Of each kind.
const HISTORIES: u64 = 60;

/// A thread's own chance: SplitMix64 from a seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % n
    }
}

/// What is asked of a queue next.
fn next(dice: &mut Dice, number: u32) -> Op {
    match dice.below(16) {
        0..=2 => Op::Put(number),
        3..=5 => Op::TryPut(number),
        6 => Op::ForcePut(number),
        7..=9 => Op::Get,
        10..=13 => Op::TryGet,
        14 => Op::Drain,
        _ => Op::Len,
    }
}

/// What was seen in some history, for the check that there was something to see.
type Seen = HashSet<&'static str>;

fn name(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Done => "put",
        Outcome::Full => "full",
        Outcome::ShutDown => "shut down",
        Outcome::PushedOut(Some(_)) => "pushed out",
        Outcome::PushedOut(None) => "not pushed out",
        Outcome::Got(_) => "got",
        Outcome::Empty => "empty",
        Outcome::All(_) => "drained",
        Outcome::Len(_) => "counted",
    }
}

/// One history: four threads act, and some may wait for ever; the queue is shut down when no more happens.
fn history<Q: Witness>(witnessed: &Witnessed<Q>, seed: u64) -> Seen {
    let (done, threads) = (AtomicUsize::new(0), AtomicUsize::new(THREADS));
    thread::scope(|scope| {
        let act = |number: u32| {
            let mut dice = Dice(seed * THREADS as u64 + u64::from(number));
            let (mut seen, mut after_the_end) = (Seen::new(), 0);
            for call in 0..CALLS {
                let outcome = witnessed.does(next(&mut dice, number * CALLS + call));
                // Relaxed: a hint for who ends it.
                done.fetch_add(1, Relaxed);
                seen.insert(name(&outcome));
                after_the_end += u32::from(outcome == Outcome::ShutDown);
                if after_the_end > 3 {
                    break;
                }
            }
            // Relaxed: as above.
            threads.fetch_sub(1, Relaxed);
            seen
        };
        let actors: Vec<_> = (0..THREADS as u32).map(|number| scope.spawn(move || act(number))).collect();
        // The end comes when all have ended or nothing has happened for a while; or at any moment.
        let early = seed.is_multiple_of(3).then_some(20);
        let mut before = 0;
        loop {
            thread::sleep(Duration::from_micros(200));
            let now = done.load(Relaxed);
            if threads.load(Relaxed) == 0 || now == before || early.is_some_and(|early| now > early) {
                break;
            }
            before = now;
        }
        witnessed.does(if seed.is_multiple_of(2) { Op::Shut } else { Op::Discard });
        actors.into_iter().flat_map(|actor| actor.join().unwrap()).collect()
    })
}

/// So many histories: what was seen, or the first that no order explains.
fn histories<Q: Witness>(new: impl Fn() -> Q, model: &Model) -> Result<Seen, String> {
    let mut seen = Seen::new();
    for seed in 0..HISTORIES {
        let witnessed = Witnessed::new(new(), model.clone());
        seen.extend(history(&witnessed, seed));
        witnessed.explained()?;
    }
    Ok(seen)
}

fn assert_linearizable<Q: Witness>(new: impl Fn(usize) -> Q, order: Order, maxsize: usize) {
    let model = Model::new(order, maxsize);
    let seen = histories(|| new(maxsize), &model).unwrap_or_else(|violation| panic!("{violation}"));
    let mut expected = vec!["put", "shut down", "not pushed out", "got", "empty", "drained", "counted"];
    expected.extend((maxsize > 0).then_some(["full", "pushed out"]).into_iter().flatten());
    for outcome in expected {
        assert!(seen.contains(outcome), "nobody saw {outcome:?} of {model:?}: {seen:?}");
    }
}

#[test]
fn a_queue_is_linearizable() {
    for maxsize in [1, 3, 0] {
        assert_linearizable(Queue::new, Order::FirstInFirstOut, maxsize);
    }
}

#[test]
fn a_simple_queue_is_linearizable() {
    assert_linearizable(|_| SimpleQueue::new(), Order::FirstInFirstOut, 0);
}

#[test]
fn a_lifo_queue_is_linearizable() {
    for maxsize in [1, 3, 0] {
        assert_linearizable(LifoQueue::new, Order::LastInFirstOut, maxsize);
    }
}

#[test]
fn a_priority_queue_is_linearizable() {
    for maxsize in [1, 3, 0] {
        assert_linearizable(PriorityQueue::new, Order::SmallestFirst, maxsize);
    }
}

/// Asserts that one of the histories is explained by no order.
fn assert_found_out<Q: Witness>(new: impl Fn() -> Q, model: &Model) {
    let violation = histories(new, model).unwrap_err();
    assert!(violation.contains("no order explains"), "{violation}");
}

#[test]
fn a_queue_of_one_order_is_none_of_another() {
    use Order::{FirstInFirstOut, LastInFirstOut, SmallestFirst};
    for maxsize in [3, 0] {
        assert_found_out(|| Queue::new(maxsize), &Model::new(LastInFirstOut, maxsize));
        assert_found_out(|| LifoQueue::new(maxsize), &Model::new(SmallestFirst, maxsize));
        assert_found_out(|| PriorityQueue::new(maxsize), &Model::new(FirstInFirstOut, maxsize));
    }
    assert_found_out(|| Queue::new(3), &Model::new(FirstInFirstOut, 2));
}

#[test]
fn a_queue_that_lies_now_and_then_is_found_out() {
    for order in [Order::FirstInFirstOut, Order::LastInFirstOut, Order::SmallestFirst] {
        let model = Model::new(order, 3);
        for flaw in [Flaw::BusyIsEmpty, Flaw::DrainsOneByOne] {
            assert_found_out(|| Twin::new(model.clone(), flaw), &model);
        }
    }
}
