//! The barrier on many threads: each meeting has each index once or breaks for all; nobody hangs when somebody
//! panics or gives up.

use crate::many::{leaked, many, panic_on_purpose, quietly};
use locks::Barrier;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

const PARTIES: usize = 4;

#[test]
fn meetings_pass_or_break_as_a_whole_whoever_panics_or_gives_up() {
    let (passed, broken) = leaked((AtomicU64::new(0), AtomicU64::new(0)));
    many(2, "somebody waits at a barrier for ever", move |_, dice| {
        let barrier = Arc::new(Barrier::new(PARTIES));
        let (falls, hurries) = (dice.one_in(3), dice.one_in(3));
        let parties: Vec<_> = (0..PARTIES)
            .map(|number| {
                let barrier = Arc::clone(&barrier);
                std::thread::spawn(move || {
                    let mut cycles = Vec::new();
                    quietly(|| {
                        let party = barrier.party();
                        for cycle in 0..10 {
                            if falls && number == 0 && cycle == 5 {
                                panic_on_purpose();
                            }
                            let hurried = hurries && number == 1 && cycle == 7;
                            let patience = hurried.then_some(Duration::from_micros(1));
                            let Ok(index) = party.wait_timeout(patience) else { break };
                            cycles.push(index);
                        }
                        party.finish();
                    });
                    cycles
                })
            })
            .collect();
        let cycles: Vec<Vec<usize>> = parties.into_iter().map(|party| party.join().unwrap()).collect();
        let most = cycles.iter().map(Vec::len).max().unwrap();
        for cycle in 0..most {
            let mut indices: Vec<_> = cycles.iter().filter_map(|passed| passed.get(cycle)).collect();
            indices.sort();
            assert!(indices.into_iter().copied().eq(0..PARTIES), "cycle {cycle} passed for some only");
        }
        // Relaxed: read after all have been joined.
        if most == 10 {
            passed.fetch_add(1, Relaxed)
        } else {
            broken.fetch_add(1, Relaxed)
        };
    });
    assert!(passed.load(Relaxed) > 0 && broken.load(Relaxed) > 0, "both were tried");
}
