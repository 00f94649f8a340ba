//! Every operation of a random history of a `BoundedSemaphore`, and of a `Semaphore` at its limit, returns what one
//! number says, and leaves it so.

use locks::{BoundedSemaphore, MAX_PERMITS, OverRelease, Semaphore};
use proptest::prelude::*;
use std::time::Duration;

#[derive(Clone, Copy, Debug)]
enum Op {
    Acquire(u32),
    TryAcquire(u32),
    AcquireTimeout(u32),
    Release(u32),
    Permits(u32),
}

fn n_of(op: Op) -> u32 {
    let (Op::Acquire(n) | Op::TryAcquire(n) | Op::AcquireTimeout(n) | Op::Release(n) | Op::Permits(n)) = op;
    n
}

fn op() -> impl Strategy<Value = Op> {
    let n = 0..4_u32;
    prop_oneof![
        n.clone().prop_map(Op::Acquire),
        n.clone().prop_map(Op::TryAcquire),
        n.clone().prop_map(Op::AcquireTimeout),
        n.clone().prop_map(Op::Permits),
        n.clone().prop_map(Op::Release),
        n.prop_map(Op::Release),
    ]
}

/// Does each, and compares with a number that begins at `most`.
macro_rules! follow_one_number {
    ($semaphore:expr, $most:expr, $ops:expr) => {{
        let (semaphore, most, mut value) = ($semaphore, $most, $most);
        for op in $ops {
            let mut take = |n: u32| {
                let there = n <= value;
                value -= if there { n } else { 0 };
                there
            };
            let n = n_of(op);
            match op {
                // More than there can ever be is a mistake in the program, and panics.
                _ if n > most && !matches!(op, Op::Release(_)) => continue,
                // What would wait for ever is done in its form that does not.
                Op::Acquire(_) if n <= semaphore.value() => {
                    semaphore.acquire_many(n);
                    prop_assert!(take(n));
                }
                Op::Acquire(_) | Op::TryAcquire(_) => prop_assert_eq!(semaphore.try_acquire_many(n), take(n)),
                Op::AcquireTimeout(_) => {
                    prop_assert_eq!(semaphore.acquire_many_timeout(n, Duration::ZERO), take(n));
                }
                Op::Permits(_) => prop_assert_eq!(semaphore.try_permits(n).is_some(), n <= value),
                Op::Release(_) => {
                    let fits = value + n <= most;
                    prop_assert_eq!(semaphore.release_many(n), if fits { Ok(()) } else { Err(OverRelease) });
                    value += if fits { n } else { 0 };
                }
            }
            prop_assert_eq!(semaphore.value(), value);
        }
    }};
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_history_is_that_of_one_number(most in 0..6_u32, ops in prop::collection::vec(op(), 1..200)) {
        follow_one_number!(BoundedSemaphore::new(most), most, ops);
    }

    #[test]
    fn a_history_at_the_limit_is_that_of_one_number(ops in prop::collection::vec(op(), 1..200)) {
        follow_one_number!(Semaphore::new(MAX_PERMITS), MAX_PERMITS, ops);
    }
}
