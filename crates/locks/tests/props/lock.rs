//! Every operation of a random history of `RawLock` returns what one flag says, and leaves the lock looking like it.

use locks::{NotLocked, RawLock};
use proptest::prelude::*;
use std::time::Duration;

#[derive(Clone, Copy, Debug)]
enum Op {
    Acquire,
    TryAcquire,
    AcquireTimeout,
    Release,
}

fn op() -> impl Strategy<Value = Op> {
    use Op::{Acquire, AcquireTimeout, Release, TryAcquire};
    prop::sample::select(vec![Acquire, TryAcquire, AcquireTimeout, Release, Release])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_history_is_that_of_one_flag(ops in prop::collection::vec(op(), 1..200)) {
        let (lock, mut held) = (RawLock::new(), false);
        for op in ops {
            let was = held;
            held = !matches!(op, Op::Release);
            match op {
                // What would wait for ever is done in its form that does not.
                Op::Acquire if !was => lock.acquire(),
                Op::Acquire | Op::TryAcquire => prop_assert_eq!(lock.try_acquire(), !was),
                Op::AcquireTimeout => prop_assert_eq!(lock.acquire_timeout(Duration::ZERO), !was),
                Op::Release => prop_assert_eq!(lock.release(), if was { Ok(()) } else { Err(NotLocked) }),
            }
            prop_assert_eq!(lock.locked(), held);
            prop_assert_eq!(format!("{lock:?}").contains("free"), !held);
        }
    }
}
