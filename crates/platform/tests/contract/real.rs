//! The contract in the real world: the same programs, many times, on real threads.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fmt::Display;

const ROUNDS: usize = 300;

std::thread_local! {
    static SEEN: RefCell<BTreeSet<String>> = const { RefCell::new(BTreeSet::new()) };
}

/// Notes an outcome. Only the thread that runs the test may, as in the model only it does.
pub(crate) fn saw(outcome: impl Display) {
    SEEN.with_borrow_mut(|seen| seen.insert(outcome.to_string()));
}

pub(crate) fn explore(
    name: &'static str,
    _threads: usize,
    _floor: usize,
    outcomes: &'static [&'static str],
    program: impl Fn() + Send + Sync + 'static,
) {
    SEEN.take();
    for _ in 0..ROUNDS {
        program();
    }
    let seen = SEEN.take();
    assert!(!seen.is_empty(), "{name}: nothing was seen");
    for outcome in seen {
        assert!(outcomes.contains(&outcome.as_str()), "{name}: {outcome} is not among {outcomes:?}");
    }
}
