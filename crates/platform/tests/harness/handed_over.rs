//! A thread makes an atomic, and hands a pointer to it over to another, which uses it.

use platform::atomic::{
    AtomicPtr, AtomicU32,
    Ordering::{Acquire, Relaxed, Release},
};
use platform::check::saw;
use platform::thread::spawn;
use std::ptr;
use std::sync::Arc;

pub(crate) fn hand_over_an_atomic() {
    let place = Arc::new(AtomicPtr::<AtomicU32>::new(ptr::null_mut()));
    let maker = spawn({
        let place = Arc::clone(&place);
        move || {
            let made = Box::into_raw(Box::new(AtomicU32::new(7)));
            // Release: pairs with the Acquire below: it is made.
            place.store(made, Release);
            made.expose_provenance()
        }
    });
    // Acquire: pairs with the Release above.
    let found = place.load(Acquire);
    // SAFETY: it is null, or was made by the other thread, and is given back below.
    match unsafe { found.as_ref() } {
        None => saw("nothing yet"),
        // Relaxed: nothing but its first value.
        Some(made) => saw(made.load(Relaxed)),
    }
    let made = ptr::with_exposed_provenance_mut::<AtomicU32>(maker.join().unwrap());
    // SAFETY: it came out of a box, and both threads are done with it.
    drop(unsafe { Box::from_raw(made) });
}
