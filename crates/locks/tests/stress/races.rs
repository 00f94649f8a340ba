//! Races on purpose. They show that the run that reports none elsewhere would report them: `cargo xtask tsan`
//! runs each of these alone, in the same program and with the same settings, and fails if it is not reported.

use platform::futex::{Private, wait, wake};
use platform::time::Deadline;
use std::cell::UnsafeCell;
use std::sync::atomic::{
    AtomicU32,
    Ordering::{Acquire, Relaxed},
};
use std::thread;

struct Racy {
    word: AtomicU32,
    count: UnsafeCell<u32>,
}

// SAFETY: it is not safe: that the accesses to `count` are not ordered is the point.
unsafe impl Sync for Racy {}

impl Racy {
    fn count(&self) {
        // SAFETY: it is not safe, as above. Nothing is made of the value.
        unsafe { *self.count.get() += 1 };
    }

    /// One critical section of a lock whose release orders nothing.
    fn section(&self) {
        if self.word.compare_exchange(0, 1, Acquire, Relaxed).is_err() {
            while self.word.swap(2, Acquire) != 0 {
                wait::<Private>(&self.word, 2, &Deadline::NEVER);
            }
        }
        self.count();
        // Relaxed: the flaw.
        if self.word.swap(0, Relaxed) == 2 {
            wake::<Private>(&self.word, 1);
        }
    }

    fn by_two_threads(work: fn(&Racy)) {
        static RACY: Racy = Racy { word: AtomicU32::new(0), count: UnsafeCell::new(0) };
        let threads = [(); 2].map(|()| thread::spawn(move || (0..100).for_each(|_| work(&RACY))));
        threads.into_iter().for_each(|thread| thread.join().unwrap());
    }
}

#[test]
fn a_counter_without_a_lock() {
    Racy::by_two_threads(Racy::count);
}

#[test]
fn a_lock_whose_release_orders_nothing() {
    Racy::by_two_threads(Racy::section);
}
