//! Looks for an order of a history's calls that makes sense.

use crate::bits::Bits;
use crate::{Call, Specification};
use std::collections::HashSet;
use std::fmt;
use std::mem::replace;

/// What is wrong with a history: the shortest beginning of it that no order explains.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// When that beginning ends: with the return of a call that cannot have had its outcome.
    pub at: u64,
    /// The calls that had begun by then, in that order, as text.
    pub calls: Vec<String>,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "no order explains what had happened by {}:", self.at)?;
        self.calls.iter().try_for_each(|call| writeln!(f, "  {call}"))
    }
}

impl std::error::Error for Violation {}

/// Whether some order of `history`, in which no call comes before one that had returned when it was invoked, is what one
/// thread alone could have done from `initial` on.
///
/// # Errors
/// The [`Violation`]. What is called the shortest beginning counts the calls that had not returned by then as either
/// done, with the outcome that they had in the end, or not done yet.
///
/// # Panics
/// If a call ends before it begins.
pub fn check<S: Specification>(
    initial: S,
    history: &[Call<S::Operation, S::Outcome>],
) -> Result<(), Violation> {
    assert!(history.iter().all(|call| call.invoked < call.returned), "a call ends after it begins");
    let mut calls: Vec<_> = history.iter().collect();
    calls.sort_by_key(|call| call.invoked);
    let mut ends: Vec<_> = calls.iter().map(|call| call.returned).collect();
    ends.sort_unstable();
    // If a beginning has an order, each shorter beginning has one: the same, up to its last call that must be in it.
    let explained = ends.partition_point(|&at| Search::new(&calls, at).finds_an_order(initial.clone()));
    match ends.get(explained) {
        None => Ok(()),
        Some(&at) => Err(violation::<S>(&calls, at)),
    }
}

fn violation<S: Specification>(calls: &[&Call<S::Operation, S::Outcome>], at: u64) -> Violation {
    let begun = calls.iter().filter(|call| call.invoked < at);
    let line = |call: &&Call<S::Operation, S::Outcome>| {
        let Call { operation, outcome, invoked, returned } = call;
        let late = if *returned > at { ", later" } else { "" };
        format!("{invoked}..{returned}{late}: {operation:?} -> {outcome:?}")
    };
    Violation { at, calls: begun.map(line).collect() }
}

/// The search for an order of the calls that had begun at some time, in which those that had ended must be.
struct Search<'a, S: Specification> {
    calls: Vec<&'a Call<S::Operation, S::Outcome>>,
    at: u64,
    /// The calls that are in the order so far.
    done: Bits,
    /// How many of those that must be in it are not.
    missing: usize,
    /// What has been tried: the same calls in another order, with the same state after them, lead nowhere else.
    tried: HashSet<(Bits, S)>,
}

impl<'a, S: Specification> Search<'a, S> {
    /// `calls` are in the order in which they began.
    fn new(calls: &[&'a Call<S::Operation, S::Outcome>], at: u64) -> Self {
        let calls: Vec<_> = calls.iter().copied().take_while(|call| call.invoked < at).collect();
        let missing = calls.iter().filter(|call| call.returned <= at).count();
        let done = Bits::none_of(calls.len());
        Self { calls, at, done, missing, tried: HashSet::new() }
    }

    fn finds_an_order(mut self, initial: S) -> bool {
        // The calls of the order so far, each with the state before it.
        let mut order: Vec<(usize, S)> = Vec::new();
        let (mut state, mut from) = (initial, 0);
        while self.missing > 0 {
            if let Some((call, after)) = self.next(&state, from) {
                self.missing -= self.must_be_in(call);
                order.push((call, replace(&mut state, after)));
                from = 0;
            } else if let Some((call, before)) = order.pop() {
                self.done.flip(call);
                self.missing += self.must_be_in(call);
                state = before;
                from = call + 1;
            } else {
                return false;
            }
        }
        true
    }

    fn must_be_in(&self, call: usize) -> usize {
        usize::from(self.calls[call].returned <= self.at)
    }

    /// The first call, `from` that number on, that can be the next and has not been tried; it is done then.
    fn next(&mut self, state: &S, from: usize) -> Option<(usize, S)> {
        let first = self.done.first_missing();
        // No call may come after one that was invoked when it had returned.
        let mut horizon = u64::MAX;
        let mut end = first;
        while end < self.calls.len() && self.calls[end].invoked < horizon {
            if !self.done.has(end) {
                horizon = horizon.min(self.calls[end].returned);
            }
            end += 1;
        }
        for call in first.max(from)..end {
            let Call { operation, outcome, invoked, .. } = self.calls[call];
            let mut after = state.clone();
            if self.done.has(call) || *invoked > horizon || !after.apply(operation, outcome) {
                continue;
            }
            self.done.flip(call);
            if self.tried.insert((self.done.clone(), after.clone())) {
                return Some((call, after));
            }
            self.done.flip(call);
        }
        None
    }
}
