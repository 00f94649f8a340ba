//! Every operation of a random history of an `Event` returns what one flag says; and a thread that waits is told of the
//! first set after it began, whatever came after.

use locks::Event;
use proptest::prelude::*;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

#[derive(Clone, Copy, Debug)]
enum Op {
    Set,
    Clear,
    IsSet,
    WaitTimeout,
    /// A thread of its own waits as long as it takes.
    Wait,
}

fn op() -> impl Strategy<Value = Op> {
    use Op::{Clear, IsSet, Set, Wait, WaitTimeout};
    prop::sample::select(vec![Set, Clear, Clear, IsSet, WaitTimeout, Wait])
}

fn waiter(event: &Arc<Event>) -> JoinHandle<()> {
    let event = Arc::clone(event);
    thread::spawn(move || event.wait())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_history_is_that_of_one_flag(ops in prop::collection::vec(op(), 1..60)) {
        let (event, mut flag) = (Arc::new(Event::new()), false);
        let mut waiters = Vec::new();
        for op in ops {
            match op {
                Op::Set => {
                    event.set();
                    flag = true;
                    // Those who may not have begun to wait when it was set find it set.
                    waiters.drain(..).for_each(|waiter: JoinHandle<()>| waiter.join().unwrap());
                }
                Op::Clear => {
                    event.clear();
                    flag = false;
                }
                Op::IsSet => prop_assert_eq!(event.is_set(), flag),
                Op::WaitTimeout => prop_assert_eq!(event.wait_timeout(Duration::ZERO), flag),
                Op::Wait if flag => event.wait(),
                Op::Wait => waiters.push(waiter(&event)),
            }
            prop_assert_eq!(event.is_set(), flag);
            prop_assert!(flag || waiters.iter().all(|waiter| !waiter.is_finished()), "nobody is told without a set");
        }
        event.set();
        waiters.into_iter().for_each(|waiter| waiter.join().unwrap());
    }
}
