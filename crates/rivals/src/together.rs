//! How long do several threads take for work that they begin together?

use crate::cores::Cores;
use std::sync::Barrier;
use std::time::{Duration, Instant};
use std::{panic, thread};

/// A thread's part of the work.
pub(crate) type Part<R> = Box<dyn FnOnce() -> R + Send>;

/// Runs each part on a thread of its own, and the threads on the cores in turn; says how long it took from
/// the first beginning to the last end, and what the parts returned.
///
/// Left to itself, a scheduler may keep threads that wake each other on one core, where they never meet.
pub(crate) fn together<R: Send>(parts: Vec<Part<R>>) -> (Duration, Vec<R>) {
    together_on(Cores::InTurn, parts)
}

/// The same, on these cores.
pub(crate) fn together_on<R: Send>(cores: Cores, parts: Vec<Part<R>>) -> (Duration, Vec<R>) {
    let ready = Barrier::new(parts.len());
    let timed = |number: usize, part: Part<R>| {
        // The heading of the report says whether this works.
        let _ = cores.stay(number);
        ready.wait();
        let begun = Instant::now();
        let result = part();
        (begun, Instant::now(), result)
    };
    let timed = &timed;
    let (mut begun, mut ended, mut results) = (Vec::new(), Vec::new(), Vec::new());
    thread::scope(|scope| {
        let threads: Vec<_> = parts
            .into_iter()
            .enumerate()
            .map(|(number, part)| scope.spawn(move || timed(number, part)))
            .collect();
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
