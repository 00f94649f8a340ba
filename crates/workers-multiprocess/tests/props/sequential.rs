//! Random histories of one thread: completions, dropped promises and futures, cancels, callbacks that do all of
//! this to other futures while theirs ends, waits for several, `as_completed`, polls.

use super::reference::{Deed, Graph, Note, Place};
use super::{End, Says, Seen, end, says};
use proptest::prelude::*;
use proptest::test_runner::{TestCaseResult, TestRunner};
use std::future::Future as _;
use std::pin::Pin;
use std::sync::{Arc, Mutex, Weak};
use std::task::{Context, Poll, Wake};
use std::time::Duration;
use workers_multiprocess::raw::{Canceller, Promise, promise, promise_with};
use workers_multiprocess::{AsCompleted, Future, When, as_completed, wait};

const NODES: usize = 5;

#[derive(Clone, Debug)]
enum Op {
    Do(Deed),
    /// Asks everything that does not wait.
    Look(usize),
    Poll(usize),
    /// `result_timeout`: takes the result, or the future comes back.
    Result(usize),
    /// For those of the bits.
    Wait(u8, When),
    /// Gives those of the bits to `as_completed`, if it has none.
    Gather(u8),
    Next,
    /// Has those back that are left.
    Rest,
}

/// What adds no callback.
fn leaf() -> impl Strategy<Value = Deed> {
    prop_oneof![
        1 => Just(Deed::Nothing),
        6 => (0..NODES, end()).prop_map(|(node, end)| Deed::Complete(node, end)),
        1 => (0..NODES).prop_map(Deed::DropPromise),
        1 => (0..NODES).prop_map(Deed::DropFuture),
        3 => (0..NODES).prop_map(Deed::Cancel),
    ]
}

/// What adds a callback, which may add another, and so on.
fn add() -> impl Strategy<Value = Deed> {
    let add = |inner| (0..NODES, inner).prop_map(|(node, deed)| Deed::Add(node, Box::new(deed)));
    add(leaf().prop_recursive(2, 2, 1, move |inner| add(inner.boxed())).boxed())
}

fn op() -> impl Strategy<Value = Op> {
    let when = prop_oneof![Just(When::FirstCompleted), Just(When::FirstError), Just(When::All)];
    prop_oneof![
        3 => leaf().prop_map(Op::Do),
        5 => add().prop_map(Op::Do),
        2 => (0..NODES).prop_map(Op::Look),
        1 => (0..NODES).prop_map(Op::Poll),
        1 => (0..NODES).prop_map(Op::Result),
        3 => (any::<u8>(), when).prop_map(|(bits, when)| Op::Wait(bits, when)),
        1 => any::<u8>().prop_map(Op::Gather),
        2 => Just(Op::Next),
        1 => Just(Op::Rest),
    ]
}

/// The real futures, where callbacks find them.
struct Real {
    promises: Vec<Mutex<Option<Promise<u32>>>>,
    futures: Vec<Mutex<Option<Arc<Future<u32>>>>>,
    notes: Mutex<Vec<Note>>,
    callbacks: Mutex<usize>,
}

struct Cancels {
    says: Says,
    real: Weak<Real>,
}

impl Canceller for Cancels {
    fn cancel(&self, ticket: u64) -> bool {
        let promise =
            || self.real.upgrade().and_then(|real| real.promises[ticket as usize].lock().unwrap().take());
        match self.says {
            Says::Yes => true,
            Says::YesAndDrops => {
                drop(promise());
                true
            }
            Says::NoAndCompletes(value) => {
                promise().into_iter().for_each(|promise| promise.complete(Ok(value)));
                false
            }
            Says::No | Says::Nothing => false,
        }
    }
}

impl Real {
    fn new(says: &[Says]) -> Arc<Self> {
        Arc::new_cyclic(|real| {
            let pair = |(node, says): (usize, &Says)| match says {
                Says::Nothing => promise(),
                says => {
                    let cancels = Cancels { says: says.clone(), real: Weak::clone(real) };
                    promise_with(Arc::new(cancels), node as u64)
                }
            };
            let (promises, futures): (Vec<_>, Vec<_>) = says.iter().enumerate().map(pair).unzip();
            Self {
                promises: promises.into_iter().map(|promise| Mutex::new(Some(promise))).collect(),
                futures: futures.into_iter().map(|future| Mutex::new(Some(Arc::new(future)))).collect(),
                notes: Mutex::default(),
                callbacks: Mutex::default(),
            }
        })
    }

    fn note(&self, note: Note) {
        self.notes.lock().unwrap().push(note);
    }

    fn future(&self, node: usize) -> Option<Arc<Future<u32>>> {
        self.futures[node].lock().unwrap().clone()
    }

    /// Takes the future out: nobody else has it between two steps.
    fn take(&self, node: usize) -> Option<Future<u32>> {
        self.futures[node]
            .lock()
            .unwrap()
            .take()
            .map(|future| Arc::into_inner(future).expect("it is nobody else's"))
    }

    fn put_back(&self, node: usize, future: Future<u32>) {
        *self.futures[node].lock().unwrap() = Some(Arc::new(future));
    }

    fn act(self: &Arc<Self>, deed: Deed) {
        match deed {
            Deed::Nothing => {}
            Deed::Complete(node, end) => {
                let promise = self.promises[node].lock().unwrap().take();
                promise.into_iter().for_each(|promise| promise.complete(end.clone()));
            }
            Deed::DropPromise(node) => {
                let promise = self.promises[node].lock().unwrap().take();
                drop(promise);
            }
            Deed::DropFuture(node) => {
                let future = self.futures[node].lock().unwrap().take();
                drop(future);
            }
            Deed::Cancel(node) => {
                if let Some(future) = self.future(node) {
                    let answer = future.cancel();
                    self.note(Note::Cancelled(node, answer));
                }
            }
            Deed::Add(node, deed) => {
                if let Some(future) = self.future(node) {
                    self.add(&future, *deed);
                }
            }
        }
    }

    fn add(self: &Arc<Self>, future: &Future<u32>, deed: Deed) {
        let mut callbacks = self.callbacks.lock().unwrap();
        let number = *callbacks;
        *callbacks += 1;
        drop(callbacks);
        let real = Arc::downgrade(self);
        future.add_done_callback(move |result| {
            if let Some(real) = real.upgrade() {
                real.note(Note::Called(number, result.clone()));
                real.act(deed);
            }
        });
    }

    fn poll(self: &Arc<Self>, node: usize) -> Option<Option<End>> {
        let mut future = self.take(node)?;
        let waker = Arc::new(Wakes { node, real: Arc::downgrade(self) }).into();
        match Pin::new(&mut future).poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(end) => Some(Some(end)),
            Poll::Pending => {
                self.put_back(node, future);
                Some(None)
            }
        }
    }
}

struct Wakes {
    node: usize,
    real: Weak<Real>,
}

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.real.upgrade().into_iter().for_each(|real| real.note(Note::Woken(self.node)));
    }
}

/// The futures in the hands of `as_completed`, and which they are.
struct Gathered {
    results: AsCompleted<u32>,
    nodes: Vec<usize>,
}

struct Both<'s> {
    real: Arc<Real>,
    graph: Graph,
    gathered: Option<Gathered>,
    seen: &'s Seen,
}

impl Both<'_> {
    fn step(&mut self, op: &Op) -> TestCaseResult {
        match op {
            Op::Do(deed) => {
                self.real.act(deed.clone());
                self.graph.act(deed);
            }
            Op::Look(node) => self.look(*node)?,
            Op::Poll(node) => {
                let polled = self.real.poll(*node);
                let expected = self.is_here(*node).then(|| self.graph.nodes[*node].poll());
                self.seen.that("a poll that was ready", matches!(expected, Some(Some(_))));
                if matches!(expected, Some(Some(_))) {
                    self.graph.nodes[*node].place = Place::Gone;
                }
                prop_assert_eq!(polled, expected);
            }
            Op::Result(node) => self.result(*node)?,
            Op::Wait(bits, when) => self.wait(*bits, *when)?,
            Op::Gather(bits) => self.gather(*bits),
            Op::Next => self.next()?,
            Op::Rest => self.rest()?,
        }
        prop_assert_eq!(&*self.real.notes.lock().unwrap(), &self.graph.notes);
        Ok(())
    }

    fn is_here(&self, node: usize) -> bool {
        self.graph.nodes[node].place == Place::Here
    }

    fn look(&self, node: usize) -> TestCaseResult {
        let future = self.real.future(node);
        prop_assert_eq!(future.is_some(), self.is_here(node));
        if let Some(future) = future {
            let result = self.graph.nodes[node].result();
            prop_assert_eq!(future.is_done(), result.is_some());
            let error = result.and_then(|result| result.clone().err());
            prop_assert_eq!(future.is_cancelled(), error == Some(workers_multiprocess::TaskError::Cancelled));
            prop_assert_eq!(future.error(), error);
        }
        Ok(())
    }

    fn result(&mut self, node: usize) -> TestCaseResult {
        let Some(future) = self.real.take(node) else {
            prop_assert!(!self.is_here(node));
            return Ok(());
        };
        let expected = self.graph.nodes[node].result().cloned();
        match future.result_timeout(Duration::ZERO) {
            Ok(end) => {
                prop_assert_eq!(Some(end), expected);
                self.graph.nodes[node].place = Place::Gone;
            }
            Err(future) => {
                prop_assert_eq!(None, expected);
                self.real.put_back(node, future);
            }
        }
        Ok(())
    }

    /// The nodes of the bits whose futures are here.
    fn chosen(&self, bits: u8) -> Vec<usize> {
        (0..NODES).filter(|node| bits >> node & 1 == 1 && self.is_here(*node)).collect()
    }

    fn wait(&self, bits: u8, when: When) -> TestCaseResult {
        let chosen = self.chosen(bits);
        let futures: Vec<_> = chosen.iter().filter_map(|node| self.real.future(*node)).collect();
        prop_assert_eq!(futures.len(), chosen.len());
        let node = |node: &usize| &self.graph.nodes[*node];
        let (done, not_done): (Vec<_>, Vec<_>) = chosen.iter().partition(|n| node(n).result().is_some());
        let enough = match when {
            When::FirstCompleted => !done.is_empty() || chosen.is_empty(),
            When::FirstError => not_done.is_empty() || chosen.iter().any(|n| node(n).has_failed()),
            When::All => not_done.is_empty(),
        };
        self.seen.that("a wait for one error", when == When::FirstError && enough && !not_done.is_empty());
        // Where it is enough nobody waits, so nobody minds that it may take for ever.
        let timeout = (!enough).then_some(Duration::ZERO);
        let (really_done, really_not) = wait(futures.iter().map(|future| &**future), timeout, when);
        let is = |future: &&Future<u32>, n: &usize| std::ptr::eq(*future, &*futures[*n]);
        let places = |some: Vec<&Future<u32>>| -> Vec<usize> {
            some.iter()
                .filter_map(|future| (0..chosen.len()).find(|n| is(future, n)).map(|n| chosen[n]))
                .collect()
        };
        prop_assert_eq!((places(really_done), places(really_not)), (done, not_done));
        Ok(())
    }

    fn gather(&mut self, bits: u8) {
        if self.gathered.is_some() {
            return;
        }
        let nodes = self.chosen(bits);
        for (position, node) in nodes.iter().enumerate() {
            let node = &mut self.graph.nodes[*node];
            node.place = Place::Gathered(position);
            if node.result().is_some() {
                self.graph.completed.push_back(position);
            }
        }
        let futures: Vec<_> = nodes.iter().filter_map(|node| self.real.take(*node)).collect();
        self.gathered = Some(Gathered { results: as_completed(futures), nodes });
    }

    fn next(&mut self) -> TestCaseResult {
        let Some(Gathered { results, nodes }) = &mut self.gathered else { return Ok(()) };
        let expected = self.graph.completed.pop_front().map(|position| {
            let node = &mut self.graph.nodes[nodes[position]];
            node.place = Place::Gone;
            (position, node.result().cloned().expect("it is done"))
        });
        self.seen.that("out of order", expected.as_ref().is_some_and(|(position, _)| *position > 0));
        let timeout = expected.is_none().then_some(Duration::ZERO);
        prop_assert_eq!(results.next_timeout(timeout), expected);
        Ok(())
    }

    fn rest(&mut self) -> TestCaseResult {
        let Some(Gathered { results, nodes }) = self.gathered.take() else { return Ok(()) };
        let left = results.len();
        let rest = results.into_rest();
        prop_assert_eq!(rest.len(), left);
        for (position, future) in rest {
            prop_assert_eq!(self.graph.nodes[nodes[position]].place, Place::Gathered(position));
            self.graph.nodes[nodes[position]].place = Place::Here;
            self.real.put_back(nodes[position], future);
        }
        let gathered = self.graph.nodes.iter().any(|node| matches!(node.place, Place::Gathered(_)));
        prop_assert!(!gathered, "all are out, or have come back");
        self.graph.completed.clear();
        Ok(())
    }
}

fn history((says, ops): (Vec<Says>, Vec<Op>), seen: &Seen) -> TestCaseResult {
    let mut both = Both { real: Real::new(&says), graph: Graph::new(&says), gathered: None, seen };
    ops.iter().try_for_each(|op| both.step(op))?;
    // Every promise is kept or dropped in the end, and then every future is done.
    (0..NODES).try_for_each(|node| both.step(&Op::Do(Deed::DropPromise(node))))?;
    both.step(&Op::Rest)?;
    (0..NODES).try_for_each(|node| both.step(&Op::Look(node)))?;
    let notes = &both.graph.notes;
    seen.that("a refused cancel", notes.iter().any(|note| matches!(note, Note::Cancelled(_, false))));
    seen.that("a cancel", notes.iter().any(|note| matches!(note, Note::Cancelled(_, true))));
    seen.that("a waker", notes.iter().any(|note| matches!(note, Note::Woken(_))));
    let called = |at: usize| matches!(notes.get(at), Some(Note::Called(..)));
    seen.that("a callback within a callback", (1..notes.len()).any(|at| called(at - 1) && called(at)));
    Ok(())
}

#[test]
fn a_graph_of_futures_does_what_plain_data_says() {
    let config = ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() };
    let graphs = (prop::collection::vec(says(), NODES), prop::collection::vec(op(), 1..60));
    let seen = Seen::default();
    TestRunner::new(config)
        .run(&graphs, |graph| history(graph, &seen))
        .unwrap_or_else(|error| panic!("{error}"));
    seen.assert_all(&[
        "a cancel",
        "a refused cancel",
        "a waker",
        "a callback within a callback",
        "a poll that was ready",
        "a wait for one error",
        "out of order",
    ]);
}
