//! How long do several threads take for work that they begin together?

use std::sync::Barrier;
use std::time::{Duration, Instant};
use std::{panic, thread};

/// A thread's part of the work.
pub(crate) type Part<R> = Box<dyn FnOnce() -> R + Send>;

/// Runs each part on a thread of its own; says how long it took from the first beginning to the last end, and what the parts returned.
pub(crate) fn together<R: Send>(parts: Vec<Part<R>>) -> (Duration, Vec<R>) {
    let ready = Barrier::new(parts.len());
    let timed = |part: Part<R>| {
        ready.wait();
        let begun = Instant::now();
        let result = part();
        (begun, Instant::now(), result)
    };
    let timed = &timed;
    let (mut begun, mut ended, mut results) = (Vec::new(), Vec::new(), Vec::new());
    thread::scope(|scope| {
        let threads: Vec<_> = parts.into_iter().map(|part| scope.spawn(move || timed(part))).collect();
        for thread in threads {
            let (first, last, result) = thread.join().unwrap_or_else(|payload| panic::resume_unwind(payload));
            begun.push(first);
            ended.push(last);
            results.push(result);
        }
    });
    let time = ended.into_iter().max().zip(begun.into_iter().min()).map(|(last, first)| last - first);
    (time.unwrap_or_default(), results)
}
