//! A callback is told of what would else be a panic. A file of its own, because there is one callback a
//! process; for the same reason one test.
#![cfg(all(feature = "lock-order", debug_assertions, not(loom)))]

use locks::{Lock, Watch, order};
use std::sync::{Arc, Mutex};

#[test]
fn a_callback_is_told_of_each_cycle_once_and_may_lock_what_it_likes() {
    let said = Arc::new(Mutex::new(Vec::new()));
    let (a, b) = (Arc::new(Lock::new(0)), Arc::new(Lock::new(0)));
    a.set_name("a");
    b.set_name("b");
    let take = |first: &Lock<u32>, second: &Lock<u32>| {
        *first.lock() += 1;
        let _first = first.lock();
        *second.lock() += 1;
    };
    struct LocksWhenDropped(Lock<()>);
    impl Drop for LocksWhenDropped {
        fn drop(&mut self) {
            drop(self.0.lock());
        }
    }
    let old = LocksWhenDropped(Lock::new(()));
    order::on_cycle(move |_| drop(old.0.lock()));
    let (told, one, other) = (Arc::clone(&said), Lock::new(()), Lock::new(()));
    order::on_cycle(move |cycle| {
        // Both ways round: not checked here, or it would be called from within itself.
        for (first, second) in [(&one, &other), (&other, &one)] {
            let _first = first.lock();
            drop(second.lock());
        }
        told.lock().unwrap().push(cycle.to_string());
    });

    take(&a, &b);
    assert!(said.lock().unwrap().is_empty());
    take(&b, &a);
    take(&b, &a);
    assert_eq!((*a.lock(), *b.lock()), (3, 3), "the locks were taken all the same");
    let said = said.lock().unwrap();
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].contains("now: \"b\"") && said[0].contains("before: \"a\""), "{said:?}");

    // The default is a panic; so may a callback's be, and the lock is not taken then.
    order::on_cycle(|_| panic!("its own"));
    let held = a.lock();
    let again = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| drop(a.lock())));
    assert_eq!(again.unwrap_err().downcast_ref(), Some(&"its own"));
    drop(held);
    assert!(a.try_lock().is_some());
}
