//! Random graphs of futures, against plain references. Run them with `cargo xtask test-all --only props`.
//!
//! | file | what |
//! |---|---|
//! | `sequential.rs` | long histories of one thread agree, step by step, with `reference.rs` |
//! | `concurrent.rs` | what several threads see of one graph, one alone could have seen |
#![cfg(not(any(loom, shuttle)))]

mod concurrent;
mod reference;
mod sequential;

use proptest::prelude::*;
use std::{cell::RefCell, collections::BTreeSet};
use workers_multiprocess::TaskError;

/// How a future of these tests ends.
type End = Result<u32, TaskError>;

/// What a canceller says, and what it does before it says so.
#[derive(Clone, Debug)]
enum Says {
    /// There is none: the future cannot be cancelled.
    Nothing,
    Yes,
    No,
    /// Yes, once it has dropped the promise: as a thread pool, which takes its task back.
    YesAndDrops,
    /// No, once the promise was completed: as a process pool that comes too late.
    NoAndCompletes(u32),
}

fn says() -> impl Strategy<Value = Says> {
    prop_oneof![
        Just(Says::Nothing),
        Just(Says::Yes),
        Just(Says::No),
        Just(Says::YesAndDrops),
        (0..9_u32).prop_map(Says::NoAndCompletes),
    ]
}

fn end() -> impl Strategy<Value = End> {
    prop_oneof![
        3 => (10..99_u32).prop_map(Ok),
        2 => Just(Err(TaskError::Closed)),
        1 => Just(Err(TaskError::Cancelled)),
    ]
}

/// What happened in some history, for the check that all that matters did.
#[derive(Default)]
struct Seen(RefCell<BTreeSet<&'static str>>);

impl Seen {
    fn that(&self, what: &'static str, happened: bool) {
        if happened {
            self.0.borrow_mut().insert(what);
        }
    }

    fn assert_all(&self, whats: &[&'static str]) {
        for what in whats {
            assert!(self.0.borrow().contains(what), "in no history: {what}");
        }
    }
}
