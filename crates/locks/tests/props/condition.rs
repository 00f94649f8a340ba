//! Every notification of a random history reaches those who have waited longest, as a queue says: exactly so many, in
//! that order, and nobody else.

use locks::{RawCondition, RawLock};
use proptest::prelude::*;
use std::collections::VecDeque;
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

#[derive(Clone, Copy, Debug)]
enum Op {
    /// A thread of its own waits as long as it takes.
    Wait,
    /// A wait whose deadline has come.
    GiveUp,
    Notify(usize),
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![4 => Just(Op::Wait), 1 => Just(Op::GiveUp), 3 => (0..4_usize).prop_map(Op::Notify)]
}

/// The condition, and who says that it was woken.
struct Line {
    shared: Arc<(RawLock, RawCondition)>,
    woken: (mpsc::Sender<usize>, mpsc::Receiver<usize>),
}

impl Line {
    fn wait(&self, number: usize) {
        let (shared, woken) = (Arc::clone(&self.shared), self.woken.0.clone());
        let before = shared.1.waiting();
        thread::spawn(move || {
            let (lock, condition) = &*shared;
            lock.acquire();
            condition.wait(lock).unwrap();
            lock.release().unwrap();
            woken.send(number).unwrap();
        });
        // Who comes next stands behind it.
        while self.shared.1.waiting() == before {
            thread::yield_now();
        }
    }

    /// Those who said that they were woken, when so many have; in no order, as they all run at once.
    fn woken(&self, count: usize) -> Vec<usize> {
        let mut woken: Vec<_> = (0..count).map(|_| self.woken.1.recv().unwrap()).collect();
        woken.sort_unstable();
        woken
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_history_is_that_of_a_queue(ops in prop::collection::vec(op(), 1..40)) {
        let line = Line { shared: Arc::new((RawLock::new(), RawCondition::new())), woken: mpsc::channel() };
        let (lock, condition) = &*line.shared;
        let mut queue = VecDeque::new();
        for (number, op) in ops.into_iter().chain([Op::Notify(usize::MAX)]).enumerate() {
            match op {
                Op::Wait => {
                    line.wait(number);
                    queue.push_back(number);
                }
                Op::GiveUp => {
                    lock.acquire();
                    prop_assert_eq!(condition.wait_timeout(lock, Duration::ZERO), Ok(false));
                    prop_assert_eq!(lock.release(), Ok(()));
                }
                Op::Notify(n) => {
                    let reached = n.min(queue.len());
                    prop_assert_eq!(condition.notify(n), reached);
                    let oldest: Vec<_> = queue.drain(..reached).collect();
                    prop_assert_eq!(line.woken(reached), oldest);
                }
            }
            prop_assert_eq!(condition.waiting(), queue.len());
        }
        prop_assert!(line.woken.1.try_recv().is_err(), "nobody was woken beside those");
    }
}
