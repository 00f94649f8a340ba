//! A start line: the runners start together, or nobody does.
//!
//! `std`'s barrier would do for the first race. In the second a runner falls before the start, and the others
//! would stand at the line for ever; here they are told. In the third somebody is late, and nobody waits
//! longer than agreed.

use locks::{Barrier, BrokenBarrier};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::{thread, time::Duration};

const RUNNERS: usize = 4;

static LINE: Barrier = Barrier::new(RUNNERS);
static READY: AtomicUsize = AtomicUsize::new(0);
static GUN: AtomicBool = AtomicBool::new(false);

/// One runner; the last to come to the line fires the gun. Whoever falls takes its place at the line with it.
fn run(falls: bool) -> Result<usize, BrokenBarrier> {
    let line = LINE.party();
    assert!(!falls, "it falls");
    // Relaxed, here and below: the barrier orders what is done before it and after it.
    READY.fetch_add(1, Relaxed);
    let place = line.wait_with(|| {
        GUN.store(true, Relaxed);
        Ok::<_, BrokenBarrier>(())
    });
    if place.is_ok() {
        assert_eq!(READY.load(Relaxed), RUNNERS, "nobody starts before all are ready");
        assert!(GUN.load(Relaxed), "nor before the gun");
    }
    line.finish();
    place.map_err(|_| BrokenBarrier)
}

/// All of them, the number `falls` falling, if any does: who started, by place at the line, and who was told.
fn race(falls: Option<usize>) -> (Vec<usize>, usize) {
    READY.store(0, Relaxed);
    GUN.store(false, Relaxed);
    let runners: Vec<_> =
        (0..RUNNERS).map(|number| thread::spawn(move || run(falls == Some(number)))).collect();
    let results: Vec<_> = runners.into_iter().filter_map(|runner| runner.join().ok()).collect();
    let mut started: Vec<_> = results.iter().flatten().copied().collect();
    started.sort_unstable();
    (started, results.iter().filter(|result| result.is_err()).count())
}

fn main() {
    let (started, told) = race(None);
    assert_eq!((started.as_slice(), told), (&[0, 1, 2, 3][..], 0));
    println!("race 1: {} started together, nobody was stopped", started.len());

    // A panic of a runner is no secret; here it is on purpose.
    std::panic::set_hook(Box::new(|panic| {
        println!("race 2: {}", panic.payload_as_str().unwrap_or("a panic"))
    }));
    let (started, told) = race(Some(2));
    assert_eq!((started.len(), told), (0, RUNNERS - 1), "nobody started, and nobody hangs");
    assert!(!GUN.load(Relaxed) && LINE.broken());
    println!("race 2: nobody started, {told} were told");

    LINE.reset();
    let alone = LINE.wait_timeout(Duration::from_millis(10));
    assert_eq!(alone, Err(BrokenBarrier));
    println!("race 3: the others did not come in time");
}
