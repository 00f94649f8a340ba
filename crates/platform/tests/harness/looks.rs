//! Two threads look in vain, by turns, for what a third is about to write.

use platform::atomic::{AtomicU32, Ordering::Relaxed};
use platform::check::saw;
use platform::thread::{spawn, yield_now};
use std::sync::Arc;

pub(crate) fn two_look_for_what_the_third_writes() {
    let word = Arc::new(AtomicU32::new(0));
    let lookers = [(); 2].map(|()| {
        let word = Arc::clone(&word);
        spawn(move || {
            // Relaxed, here and below: one word, and nothing beside it.
            while word.load(Relaxed) == 0 {
                yield_now();
            }
        })
    });
    word.store(1, Relaxed);
    lookers.into_iter().for_each(|looker| looker.join().unwrap());
    saw("found");
}
