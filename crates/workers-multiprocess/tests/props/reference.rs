//! A graph of futures as one thread sees it: plain data, without a lock or a wait.

use super::{End, Says};
use std::collections::VecDeque;
use workers_multiprocess::TaskError;

/// What is done to the graph, also by a callback while its future ends.
#[derive(Clone, Debug)]
pub(super) enum Deed {
    Nothing,
    Complete(usize, End),
    DropPromise(usize),
    DropFuture(usize),
    Cancel(usize),
    /// Adds a callback, which notes the result and does this.
    Add(usize, Box<Deed>),
}

/// What is written down, in this order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Note {
    /// The callback of this number was called with the result.
    Called(usize, End),
    Cancelled(usize, bool),
    /// The future's waker was woken.
    Woken(usize),
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Stage {
    Pending,
    /// Its callbacks are being called.
    Ending(End),
    Done(End),
    /// It is done, and a late callback is being called.
    Lent(End),
}

/// Where a future is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Here,
    /// In the hands of `as_completed`, in this position.
    Gathered(usize),
    Gone,
}

pub(super) struct Node {
    says: Says,
    has_promise: bool,
    stage: Stage,
    callbacks: VecDeque<(usize, Deed)>,
    has_waker: bool,
    pub(super) place: Place,
}

impl Node {
    /// The result, if it is out.
    pub(super) fn result(&self) -> Option<&End> {
        match &self.stage {
            Stage::Done(end) | Stage::Lent(end) => Some(end),
            Stage::Pending | Stage::Ending(_) => None,
        }
    }

    pub(super) fn has_failed(&self) -> bool {
        matches!(self.result(), Some(Err(error)) if *error != TaskError::Cancelled)
    }

    pub(super) fn poll(&mut self) -> Option<End> {
        let result = self.result().cloned();
        self.has_waker |= result.is_none();
        result
    }
}

pub(super) struct Graph {
    pub(super) nodes: Vec<Node>,
    pub(super) notes: Vec<Note>,
    /// Positions of gathered futures that are done and were not asked for.
    pub(super) completed: VecDeque<usize>,
    callbacks: usize,
}

impl Graph {
    pub(super) fn new(says: &[Says]) -> Self {
        let node = |says: &Says| Node {
            says: says.clone(),
            has_promise: true,
            stage: Stage::Pending,
            callbacks: VecDeque::new(),
            has_waker: false,
            place: Place::Here,
        };
        let nodes = says.iter().map(node).collect();
        Self { nodes, notes: Vec::new(), completed: VecDeque::new(), callbacks: 0 }
    }

    pub(super) fn act(&mut self, deed: &Deed) {
        match deed {
            Deed::Nothing => {}
            Deed::Complete(node, end) => self.complete(*node, end.clone()),
            Deed::DropPromise(node) => self.complete(*node, Err(TaskError::Cancelled)),
            Deed::DropFuture(node) if self.nodes[*node].place == Place::Here => {
                self.nodes[*node].place = Place::Gone;
            }
            Deed::Cancel(node) if self.nodes[*node].place == Place::Here => self.cancel(*node),
            Deed::Add(node, deed) if self.nodes[*node].place == Place::Here => self.add(*node, deed),
            Deed::DropFuture(_) | Deed::Cancel(_) | Deed::Add(..) => {}
        }
    }

    fn complete(&mut self, node: usize, end: End) {
        let had_promise = std::mem::replace(&mut self.nodes[node].has_promise, false);
        if had_promise && self.nodes[node].stage == Stage::Pending {
            self.end(node, end);
        }
    }

    fn end(&mut self, node: usize, end: End) {
        self.nodes[node].stage = Stage::Ending(end.clone());
        self.call(node, &end);
        self.nodes[node].stage = Stage::Done(end);
        if let Place::Gathered(position) = self.nodes[node].place {
            self.completed.push_back(position);
        }
        if std::mem::replace(&mut self.nodes[node].has_waker, false) {
            self.notes.push(Note::Woken(node));
        }
    }

    fn call(&mut self, node: usize, end: &End) {
        while let Some((number, deed)) = self.nodes[node].callbacks.pop_front() {
            self.notes.push(Note::Called(number, end.clone()));
            self.act(&deed);
        }
    }

    fn add(&mut self, node: usize, deed: &Deed) {
        self.nodes[node].callbacks.push_back((self.callbacks, deed.clone()));
        self.callbacks += 1;
        if let Stage::Done(end) = self.nodes[node].stage.clone() {
            self.nodes[node].stage = Stage::Lent(end.clone());
            self.call(node, &end);
            self.nodes[node].stage = Stage::Done(end);
        }
    }

    fn cancel(&mut self, node: usize) {
        let answer = match (self.nodes[node].stage.clone(), self.nodes[node].says.clone()) {
            (Stage::Ending(end) | Stage::Done(end) | Stage::Lent(end), _) => end == Err(TaskError::Cancelled),
            (Stage::Pending, Says::Nothing | Says::No) => false,
            (Stage::Pending, Says::NoAndCompletes(value)) => {
                self.complete(node, Ok(value));
                false
            }
            (Stage::Pending, Says::Yes) => {
                self.end(node, Err(TaskError::Cancelled));
                true
            }
            (Stage::Pending, Says::YesAndDrops) => {
                self.nodes[node].has_promise = false;
                self.end(node, Err(TaskError::Cancelled));
                true
            }
        };
        self.notes.push(Note::Cancelled(node, answer));
    }
}
