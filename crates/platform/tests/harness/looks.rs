//! Two threads look in vain, by turns, for what a third is about to write.

use platform::atomic::{AtomicU32, Ordering::Relaxed};
use platform::check::saw;
use platform::thread::{spawn, yield_now};
use std::sync::Arc;

pub(crate) fn two_look_for_what_the_third_writes() {
    let word = Arc::new(AtomicU32::new(0));
    spawn({
        let word = Arc::clone(&word);
        move || look(&word)
    });
    spawn({
        let word = Arc::clone(&word);
        move || word.store(1, Relaxed)
    });
    look(&word);
    saw("found");
}

// Relaxed, here and above: one word, and nothing beside it.
fn look(word: &AtomicU32) {
    while word.load(Relaxed) == 0 {
        yield_now();
    }
}
