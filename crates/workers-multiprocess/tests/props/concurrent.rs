//! Random programs of four threads on one graph of futures. Whatever each of them is told of how a future ended, one
//! thread alone could have been told, in some order; who waits is let go when it is so; and each callback is called
//! once, with that end, in the order in which one thread added it.

use super::{End, Says, end, says};
use histories::{Recorder, Specification, check};
use proptest::prelude::*;
use proptest::test_runner::{TestCaseResult, TestRunner};
use std::array;
use std::sync::{Arc, Mutex, Weak};
use std::thread;
use workers_multiprocess::raw::{Canceller, Promise, promise, promise_with};
use workers_multiprocess::{Future, TaskError, When, as_completed, wait};

const NODES: usize = 4;
const THREADS: usize = 4;

#[derive(Clone, Debug)]
enum Op {
    /// Completes a future, if nobody has done so.
    Complete(usize, End),
    DropPromise(usize),
    Cancel(usize),
    /// Adds a callback, which completes another future.
    Chain(usize, usize, End),
    /// Waits for those of the bits, however long it takes.
    Wait(u8, When),
    Yield,
}

fn op() -> impl Strategy<Value = Op> {
    let when = prop_oneof![Just(When::FirstCompleted), Just(When::FirstError), Just(When::All)];
    prop_oneof![
        3 => (0..NODES, end()).prop_map(|(node, end)| Op::Complete(node, end)),
        1 => (0..NODES).prop_map(Op::DropPromise),
        3 => (0..NODES).prop_map(Op::Cancel),
        4 => (0..NODES, 0..NODES, end()).prop_map(|(node, next, end)| Op::Chain(node, next, end)),
        2 => (any::<u8>(), when).prop_map(|(bits, when)| Op::Wait(bits, when)),
        1 => Just(Op::Yield),
    ]
}

/// What is told of how a future ends.
#[derive(Clone, Debug)]
enum Call {
    /// Its promise is completed.
    Completes(usize, End),
    Cancels(usize),
    /// Somebody sees that it is done.
    Sees(usize),
}

#[derive(Clone, Debug)]
enum Answer {
    None,
    Cancelled(bool),
    /// Why it has no result.
    Error(Option<TaskError>),
}

/// One thread's futures: how each has ended.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Ends {
    obeys: [bool; NODES],
    ends: [Option<Option<u8>>; NODES],
}

/// Of an end: nothing for a result, or a number for the error.
fn kind(error: Option<&TaskError>) -> Option<u8> {
    error.map(|error| u8::from(*error == TaskError::Cancelled))
}

const CANCELLED: Option<u8> = Some(1);

impl Specification for Ends {
    type Operation = Call;
    type Outcome = Answer;

    fn apply(&mut self, call: &Call, answer: &Answer) -> bool {
        match (call, answer) {
            (Call::Completes(node, end), _) => {
                self.ends[*node].get_or_insert(kind(end.as_ref().err()));
                true
            }
            (Call::Cancels(node), Answer::Cancelled(cancelled)) => {
                if self.obeys[*node] {
                    self.ends[*node].get_or_insert(CANCELLED);
                }
                *cancelled == (self.ends[*node] == Some(CANCELLED))
            }
            (Call::Sees(node), Answer::Error(error)) => self.ends[*node] == Some(kind(error.as_ref())),
            _ => unreachable!("each call has its answer"),
        }
    }
}

struct Shared {
    recorder: Recorder<Call, Answer>,
    promises: [Mutex<Option<Promise<u32>>>; NODES],
    /// Calls of callbacks: the thread that added it, its number there, the future, and the result.
    called: Mutex<Vec<(usize, usize, usize, End)>>,
}

impl Shared {
    /// Completes the future, unless somebody has taken the promise; an end of `None` drops it.
    fn complete(&self, node: usize, end: Option<End>) {
        let Some(promise) = self.promises[node].lock().unwrap().take() else { return };
        let told = end.clone().unwrap_or(Err(TaskError::Cancelled));
        self.recorder.call(Call::Completes(node, told), || {
            match end {
                Some(end) => promise.complete(end),
                None => drop(promise),
            }
            Answer::None
        });
    }
}

struct Cancels {
    says: Says,
    shared: Weak<Shared>,
}

impl Canceller for Cancels {
    fn cancel(&self, ticket: u64) -> bool {
        let complete = |end| {
            if let Some(shared) = self.shared.upgrade() {
                shared.complete(ticket as usize, end);
            }
        };
        match self.says {
            Says::YesAndDrops => complete(None),
            Says::NoAndCompletes(value) => complete(Some(Ok(value))),
            Says::Yes | Says::No | Says::Nothing => {}
        }
        matches!(self.says, Says::Yes | Says::YesAndDrops)
    }
}

fn graph(says: &[Says]) -> (Arc<Shared>, Vec<Future<u32>>) {
    let mut futures = Vec::new();
    let shared = Arc::new_cyclic(|shared| {
        let mut pair = |node: usize| {
            let (promise, future) = match &says[node] {
                Says::Nothing => promise(),
                says => {
                    let cancels = Cancels { says: says.clone(), shared: Weak::clone(shared) };
                    promise_with(Arc::new(cancels), node as u64)
                }
            };
            futures.push(future);
            Mutex::new(Some(promise))
        };
        let promises = array::from_fn(&mut pair);
        Shared { recorder: Recorder::new(), promises, called: Mutex::default() }
    });
    (shared, futures)
}

/// One of the threads: what it does, in order; how many callbacks it has added.
struct Actor<'g> {
    number: usize,
    shared: &'g Arc<Shared>,
    futures: &'g [Future<u32>],
    added: usize,
}

impl Actor<'_> {
    fn act(&mut self, op: &Op) {
        match op {
            Op::Complete(node, end) => self.shared.complete(*node, Some(end.clone())),
            Op::DropPromise(node) => self.shared.complete(*node, None),
            Op::Cancel(node) => {
                let cancel = || Answer::Cancelled(self.futures[*node].cancel());
                self.shared.recorder.call(Call::Cancels(*node), cancel);
            }
            Op::Chain(node, next, end) => self.chain(*node, *next, end),
            Op::Wait(bits, when) => self.wait(*bits, *when),
            Op::Yield => thread::yield_now(),
        }
    }

    fn chain(&mut self, node: usize, next: usize, end: &End) {
        let (shared, end) = (Arc::downgrade(self.shared), end.clone());
        let (number, added) = (self.number, self.added);
        self.added += 1;
        self.futures[node].add_done_callback(move |result| {
            let shared = shared.upgrade().expect("all promises have ended by then");
            shared.called.lock().unwrap().push((number, added, node, result.clone()));
            shared.complete(next, Some(end));
        });
    }

    fn wait(&self, bits: u8, when: When) {
        let chosen: Vec<_> = (0..NODES).filter(|node| bits >> node & 1 == 1).collect();
        let (done, not_done) =
            wait(chosen.iter().map(|node| &self.futures[*node]), None::<std::time::Duration>, when);
        assert_eq!(done.len() + not_done.len(), chosen.len());
        let failed =
            |future: &&Future<u32>| future.error().is_some_and(|error| error != TaskError::Cancelled);
        assert!(match when {
            When::All => not_done.is_empty(),
            When::FirstCompleted => !done.is_empty() || chosen.is_empty(),
            When::FirstError => not_done.is_empty() || done.iter().any(failed),
        });
        for node in chosen
            .into_iter()
            .filter(|node| done.iter().any(|future| std::ptr::eq(*future, &self.futures[*node])))
        {
            let error = || Answer::Error(self.futures[node].error());
            self.shared.recorder.call(Call::Sees(node), error);
        }
    }
}

/// Runs the programs, each on a thread of its own; the last keeps or drops every promise that is left, so that nobody
/// waits for ever. Returns how many callbacks each has added.
fn run(shared: &Arc<Shared>, futures: &[Future<u32>], programs: &[Vec<Op>]) -> Vec<usize> {
    thread::scope(|scope| {
        let started: Vec<_> = (0..)
            .zip(programs)
            .map(|(number, program)| {
                scope.spawn(move || {
                    let mut actor = Actor { number, shared, futures, added: 0 };
                    // Who waits could wait for what only the last one brings, which so does not wait.
                    let last = number + 1 == THREADS;
                    program
                        .iter()
                        .filter(|op| !last || !matches!(op, Op::Wait(..)))
                        .for_each(|op| actor.act(op));
                    if last {
                        (0..NODES).for_each(|node| shared.complete(node, None));
                    }
                    actor.added
                })
            })
            .collect();
        started.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

fn program((says, programs): (Vec<Says>, Vec<Vec<Op>>)) -> TestCaseResult {
    let (shared, futures) = graph(&says);
    let added = run(&shared, &futures, &programs);
    // All are done: who asks for them in the order of their ends is given each once.
    let ends: [Mutex<Option<End>>; NODES] = array::from_fn(|_| Mutex::new(None));
    for (node, result) in as_completed(futures) {
        let error = result.clone().err();
        shared.recorder.call(Call::Sees(node), || Answer::Error(error));
        prop_assert!(ends[node].lock().unwrap().replace(result).is_none());
    }
    let Shared { recorder, called, .. } = Arc::into_inner(shared).expect("all threads have ended");
    let ends = ends.map(|end| end.into_inner().unwrap().expect("it has come"));
    let mut called = called.into_inner().unwrap();
    for (_, _, node, result) in &called {
        prop_assert_eq!(result, &ends[*node]);
    }
    // The sort is stable: what one thread added to one future stays in the order in which it was called.
    called.sort_by_key(|(number, _, node, _)| (*number, *node));
    prop_assert!(called.is_sorted_by_key(|(number, added, node, _)| (*number, *node, *added)));
    let mut of_each = vec![0; added.len()];
    called.iter().for_each(|(number, ..)| of_each[*number] += 1);
    prop_assert_eq!(of_each, added, "each callback is called once");
    let obeys = array::from_fn(|node| matches!(says[node], Says::Yes | Says::YesAndDrops));
    let found = check(Ends { obeys, ends: [None; NODES] }, &recorder.into_history());
    prop_assert!(found.is_ok(), "{}", found.unwrap_err());
    Ok(())
}

#[test]
fn what_four_threads_see_of_a_graph_one_could_have_seen() {
    let config = ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() };
    let programs = prop::collection::vec(prop::collection::vec(op(), 0..8), THREADS);
    TestRunner::new(config)
        .run(&(prop::collection::vec(says(), NODES), programs), program)
        .unwrap_or_else(|error| panic!("{error}"));
}

#[test]
fn a_cancel_that_lies_is_found_out() {
    let (shared, futures) = graph(&[const { Says::Yes }; NODES]);
    shared.recorder.call(Call::Cancels(0), || Answer::Cancelled(!futures[0].cancel()));
    drop(futures);
    let Shared { recorder, .. } = Arc::into_inner(shared).expect("nobody else has it");
    let ends = Ends { obeys: [true; NODES], ends: [None; NODES] };
    let violation = check(ends, &recorder.into_history()).unwrap_err();
    assert!(violation.to_string().contains("no order explains"), "{violation}");
}
