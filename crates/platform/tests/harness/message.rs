//! A program small enough to see through, for the harness to be tried on.

use platform::atomic::{
    AtomicU32,
    Ordering::{Acquire, Release},
};
use platform::cell::UnsafeCell;
use platform::check::saw;
use platform::futex::{Private, wait, wake};
use platform::thread::spawn;
use platform::time::Deadline;
use std::sync::Arc;

struct Message {
    data: UnsafeCell<u32>,
    ready: AtomicU32,
}

// SAFETY: the reader touches the data only after it has seen `ready`, which the writer sets after its last
// access.
unsafe impl Sync for Message {}

/// A writer that fills in the data, says so, and wakes; the model sleeps until then and reads.
pub(crate) fn pass_a_message() {
    let message = Arc::new(Message { data: UnsafeCell::new(0), ready: AtomicU32::new(0) });
    let writer = spawn({
        let message = Arc::clone(&message);
        move || {
            // SAFETY: `ready` is not set yet, so the reader does not look.
            message.data.with_mut(|data| unsafe { *data = 42 });
            message.ready.store(1, Release);
            wake::<Private>(&raw const message.ready, 1);
        }
    });
    let mut slept = false;
    while message.ready.load(Acquire) == 0 {
        wait::<Private>(&message.ready, 0, &Deadline::NEVER);
        slept = true;
    }
    // SAFETY: `ready` was seen, with Acquire.
    assert_eq!(message.data.with(|data| unsafe { *data }), 42, "the message is whole");
    saw(if slept { "slept" } else { "did not sleep" });
    writer.join().unwrap();
}
