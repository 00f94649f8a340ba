//! The checker accepts histories that make sense and refuses those that do not, of three kinds of container; and it
//! agrees with one that tries every order.

use histories::{Call, Recorder, Specification, Violation, check};
use proptest::prelude::*;
use std::collections::VecDeque;
use std::sync::Mutex;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Op {
    Put(u32),
    Get,
}
use Op::{Get, Put};

/// Which item a container gives back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Kind {
    Oldest,
    Newest,
    Least,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Container {
    kind: Kind,
    items: VecDeque<u32>,
}

impl Container {
    fn new(kind: Kind) -> Self {
        Self { kind, items: VecDeque::new() }
    }

    /// What one thread alone would see.
    fn perform(&mut self, op: Op) -> Option<u32> {
        match (op, self.kind) {
            (Put(item), _) => {
                self.items.push_back(item);
                None
            }
            (Get, Kind::Oldest) => self.items.pop_front(),
            (Get, Kind::Newest) => self.items.pop_back(),
            (Get, Kind::Least) => {
                let least = self.items.iter().enumerate().min_by_key(|(_, item)| **item)?.0;
                self.items.remove(least)
            }
        }
    }
}

impl Specification for Container {
    type Operation = Op;
    type Outcome = Option<u32>;

    fn apply(&mut self, op: &Op, outcome: &Option<u32>) -> bool {
        self.perform(*op) == *outcome
    }
}

type History = Vec<Call<Op, Option<u32>>>;

/// A history from `(operation, outcome, invoked, returned)`.
fn history(calls: &[(Op, Option<u32>, u64, u64)]) -> History {
    let call = |&(operation, outcome, invoked, returned)| Call { operation, outcome, invoked, returned };
    calls.iter().map(call).collect()
}

fn accepts(kind: Kind, calls: &[(Op, Option<u32>, u64, u64)]) {
    check(Container::new(kind), &history(calls)).unwrap();
}

fn refuses(kind: Kind, calls: &[(Op, Option<u32>, u64, u64)]) -> Violation {
    check(Container::new(kind), &history(calls)).unwrap_err()
}

#[test]
fn one_thread_that_follows_the_rules_is_believed() {
    accepts(Kind::Oldest, &[]);
    let puts = [(Put(2), None, 0, 1), (Put(1), None, 2, 3), (Put(3), None, 4, 5)];
    for (kind, item) in [(Kind::Oldest, 2), (Kind::Newest, 3), (Kind::Least, 1)] {
        for other in 1..=3 {
            let get = (Get, Some(other), 6, 7);
            let calls = [puts[0], puts[1], puts[2], get];
            if other == item {
                accepts(kind, &calls);
            } else {
                assert_eq!(refuses(kind, &calls).at, 7, "{kind:?}");
            }
        }
    }
}

#[test]
fn calls_that_overlap_may_have_come_in_either_order() {
    let puts = [(Put(1), None, 0, 3), (Put(2), None, 1, 2)];
    for (first, second) in [(1, 2), (2, 1)] {
        let gets = [(Get, Some(first), 4, 5), (Get, Some(second), 6, 7)];
        accepts(Kind::Oldest, &[puts[0], puts[1], gets[0], gets[1]]);
    }
    accepts(Kind::Oldest, &[(Put(1), None, 0, 3), (Get, None, 1, 2)]);
    accepts(Kind::Oldest, &[(Put(1), None, 0, 3), (Get, Some(1), 1, 2)]);
}

#[test]
fn an_item_put_before_another_may_not_come_out_after_it() {
    let calls = [
        (Put(1), None, 0, 1),
        (Put(2), None, 2, 3),
        (Get, Some(2), 4, 5),
        (Get, Some(1), 6, 7),
        (Get, None, 8, 9),
    ];
    assert_eq!(refuses(Kind::Oldest, &calls).at, 5, "the first get is wrong already");
    accepts(Kind::Newest, &calls);
}

#[test]
fn what_comes_later_cannot_excuse_what_returned_before() {
    // The put began after the get had returned, so it cannot have been before it.
    assert_eq!(refuses(Kind::Oldest, &[(Get, Some(1), 0, 1), (Put(1), None, 2, 3)]).at, 1);
    // Found empty, though a put had returned, and nobody else was there to take the item.
    assert_eq!(refuses(Kind::Oldest, &[(Put(1), None, 0, 1), (Get, None, 2, 3)]).at, 3);
}

#[test]
fn an_item_comes_out_but_once() {
    let calls = [(Put(1), None, 0, 1), (Get, Some(1), 2, 5), (Get, Some(1), 3, 4)];
    assert_eq!(refuses(Kind::Oldest, &calls).at, 5, "either get alone is right");
}

#[test]
fn the_shortest_beginning_is_named_with_the_calls_that_were_under_way() {
    let calls = [
        (Put(1), None, 0, 1),
        (Put(7), None, 2, 9),
        (Get, Some(7), 3, 4),
        (Get, None, 5, 6),
        (Get, Some(1), 7, 8),
    ];
    let violation = refuses(Kind::Newest, &calls);
    assert_eq!(violation.at, 6, "at 4 the put that was under way explains it; the empty get nothing does");
    assert_eq!(
        violation.to_string(),
        "no order explains what had happened by 6:\n  0..1: Put(1) -> None\n  2..9, later: Put(7) -> None\n  \
         3..4: Get -> Some(7)\n  5..6: Get -> None\n"
    );
}

#[test]
fn what_is_recorded_overlaps_as_it_did() {
    let (recorder, queue) = (Recorder::new(), Mutex::new(Container::new(Kind::Oldest)));
    let act = |op| queue.lock().unwrap().perform(op);
    // A put within a put: the outer one is under way while the inner one begins and ends.
    recorder.call(Put(1), || {
        recorder.call(Put(2), || act(Put(2)));
        act(Put(1))
    });
    assert_eq!(recorder.call(Get, || act(Get)), Some(2));
    let recorded = recorder.into_history();
    assert_eq!(recorded, history(&[(Put(1), None, 0, 3), (Put(2), None, 1, 2), (Get, Some(2), 4, 5)]));
    check(Container::new(Kind::Oldest), &recorded).unwrap();
}

/// What four threads do to a container when each operation is done by `perform`.
fn recorded(perform: impl Fn(Op) -> Option<u32> + Sync) -> History {
    let recorder = Recorder::new();
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let (recorder, perform) = (&recorder, &perform);
            scope.spawn(move || {
                for i in 0..200 {
                    let op = if i % 2 == 0 { Put(thread * 1_000 + i) } else { Get };
                    recorder.call(op, || perform(op));
                }
            });
        }
    });
    recorder.into_history()
}

#[test]
fn a_container_under_a_lock_makes_sense_and_one_that_forgets_does_not() {
    for kind in [Kind::Oldest, Kind::Newest, Kind::Least] {
        let container = Mutex::new(Container::new(kind));
        let calls = recorded(|op| container.lock().unwrap().perform(op));
        assert_eq!(calls.len(), 800);
        check(Container::new(kind), &calls).unwrap();

        let container = Mutex::new((Container::new(kind), 0));
        let calls = recorded(|op| {
            let (container, count) = &mut *container.lock().unwrap();
            *count += 1;
            let outcome = container.perform(op);
            if *count == 100 {
                container.items.clear()
            }
            outcome
        });
        // The clearing may fall on an empty container, and no harm is done then.
        let puts = calls.iter().filter(|call| call.operation != Get).count();
        let got = calls.iter().filter(|call| call.outcome.is_some()).count();
        assert!(check(Container::new(kind), &calls).is_err() || got == puts, "{kind:?}");
    }
}

/// Tries every order.
fn some_order_fits(container: &Container, left: &[Call<Op, Option<u32>>]) -> bool {
    left.is_empty()
        || (0..left.len()).any(|next| {
            let mut after = container.clone();
            let mut rest = left.to_vec();
            let call = rest.remove(next);
            rest.iter().all(|other| other.returned > call.invoked)
                && after.apply(&call.operation, &call.outcome)
                && some_order_fits(&after, &rest)
        })
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![(0..3_u32).prop_map(Put), Just(Get)]
}

fn kind() -> impl Strategy<Value = Kind> {
    prop_oneof![Just(Kind::Oldest), Just(Kind::Newest), Just(Kind::Least)]
}

/// What one thread would do, each call stretched over its neighbours by so much.
fn stretched(kind: Kind, ops: &[(Op, u64, u64)]) -> History {
    let mut container = Container::new(kind);
    let mut calls: History = Vec::new();
    for (i, &(operation, before, after)) in ops.iter().enumerate() {
        // Moments are a hundred apart, and those of one call unlike those of all others.
        let (middle, own) = (i as u64 * 100 + 1_000, i as u64 % 50);
        let outcome = container.perform(operation);
        let (invoked, returned) = (middle - before * 100 - own, middle + after * 100 + 50 + own);
        calls.push(Call { operation, outcome, invoked, returned });
    }
    calls
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_one_thread_could_do_is_believed_however_it_overlaps(
        kind in kind(),
        ops in prop::collection::vec((op(), 0..2_u64, 0..2_u64), 0..60),
    ) {
        prop_assert_eq!(check(Container::new(kind), &stretched(kind, &ops)), Ok(()));
    }

    #[test]
    fn the_answer_is_that_of_trying_every_order(
        kind in kind(),
        ops in prop::collection::vec((op(), 0..3_u64, 0..3_u64), 1..7),
        changed in any::<prop::sample::Index>(),
        outcome in prop::option::of(0..3_u32),
    ) {
        let mut calls = stretched(kind, &ops);
        let changed = changed.index(calls.len());
        calls[changed].outcome = outcome;
        let answer = check(Container::new(kind), &calls);
        prop_assert_eq!(answer.is_ok(), some_order_fits(&Container::new(kind), &calls), "{:?}", calls);
    }
}
