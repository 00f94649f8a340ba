//! Which rows are there for channels, and who takes part?
//!
//! A file a contestant, which opens its channel in its own words, and a file for each thing that is done with
//! channels, which is the same for all.

mod async_channel;
mod batches;
mod by_hand;
mod channel;
mod counted;
mod crossbeam;
mod crossfire;
mod flume;
mod idle;
mod kanal;
mod memory;
mod ping_pong;
mod selvedge;
mod std_mpsc;
mod transfer;

use crate::bench::{Bench, Contestant, PARTIES, Unit};
use crate::cores::{self, Cores};
use crate::goal::Goal;
use channel::{Item, Job, Shape};
use counted::Counted;
use memory::Memory;
use ping_pong::PingPong;
use transfer::Transfer;

const MANY: usize = PARTIES as usize;

/// Putters and getters.
const SIDES: [(usize, usize); 4] = [(1, 1), (MANY, 1), (1, MANY), (MANY, MANY)];

const CAPACITIES: [Option<usize>; 5] = [Some(0), Some(1), Some(64), Some(1024), None];

/// The items of a burst.
const BURST: u64 = 10_000_000;

/// What a queue may hold after it: itself, and one block of 63 items. With two blocks it would be more.
const ONE_BLOCK: f64 = 2048.0;

pub(crate) fn benches() -> Vec<Bench> {
    let mut benches = transfers::<u64>();
    benches.extend(transfers::<[u64; 8]>());
    for capacity in [Some(1), None] {
        let shape = Shape::one_to_one(capacity);
        let name = format!("queue ping-pong {}", shape.name());
        benches.push(fastest(name, Unit::Nanoseconds, contestants(shape, PingPong)).in_mean());
    }
    if cores::can_be_chosen() {
        benches.extend(one_core());
    }
    for capacity in [Some(1024), None] {
        let shape = Shape::one_to_one(capacity);
        let job = Transfer::<u64>::on(Cores::InTurn);
        let mut contestants = selvedge::tracking(shape, job);
        contestants.push(selvedge::contestant(shape, Counted { name: "counted by hand", job }));
        let name = "crossbeam-channel, counted by hand";
        contestants.push(crossbeam::contestant(shape, Counted { name, job }));
        let name = "std::sync::mpsc, counted by hand";
        contestants.push(std_mpsc::contestant(shape, Counted { name, job }));
        let bench = Bench::new(format!("queue task_done {}", shape.name()), Unit::Millions, contestants);
        benches.push(bench.goal(Goal::Times(1.05, &["without"])));
    }
    for capacity in [Some(1024), None] {
        let shape = Shape::one_to_one(capacity);
        let singles = crossbeam::contestant(shape, Transfer::<u64>::on(Cores::InTurn));
        let contestants = vec![batches::contestant(capacity), singles];
        let bench = Bench::new(format!("queue batches {}", shape.name()), Unit::Millions, contestants);
        benches.push(bench.goal(Goal::Times(1.0 / 3.0, &["crossbeam-channel"])));
    }
    benches.push(idle::timed());
    benches.push(idle::bench("untimed get", contestants(Shape::one_to_one(None), idle::Untimed)));
    benches.extend(memory());
    benches
}

/// Those for such a channel and what is done with it; ours is the first.
fn contestants<J: Job>(shape: Shape, job: J) -> Vec<Contestant> {
    let all: [fn(Shape, J) -> Contestant; 8] = [
        selvedge::contestant,
        std_mpsc::contestant,
        by_hand::contestant,
        crossbeam::contestant,
        flume::contestant,
        kanal::contestant,
        crossfire::contestant,
        async_channel::contestant,
    ];
    all.map(|contestant| contestant(shape, job)).into()
}

/// We are to be as fast as whoever is the fastest.
fn fastest(name: String, unit: Unit, contestants: Vec<Contestant>) -> Bench {
    Bench::new(name, unit, contestants).goal(Goal::Times(1.0, &[]))
}

fn transfers<T: Item>() -> Vec<Bench> {
    let mut benches = Vec::new();
    for (putters, getters) in SIDES {
        for capacity in CAPACITIES {
            let shape = Shape { capacity, putters, getters };
            let name = format!("queue transfer {}, {}", shape.name(), T::NAME);
            let contestants = contestants(shape, Transfer::<T>::on(Cores::InTurn));
            benches.push(fastest(name, Unit::Millions, contestants).in_mean());
        }
    }
    benches
}

fn one_core() -> Vec<Bench> {
    let mut benches = Vec::new();
    for parties in [1, MANY] {
        for capacity in [Some(64), None] {
            let shape = Shape { capacity, putters: parties, getters: parties };
            let contestants = contestants(shape, Transfer::<u64>::on(Cores::One));
            benches.push(fastest(format!("queue one-core {}", shape.name()), Unit::Millions, contestants));
        }
    }
    benches
}

fn memory() -> Vec<Bench> {
    let bench = |name: String, capacity, moment| {
        let contestants = contestants(Shape::one_to_one(capacity), moment);
        Bench::new(format!("queue memory {name}"), Unit::Bytes, contestants)
    };
    let millions = BURST / 1_000_000;
    vec![
        bench("empty, capacity 1024".to_owned(), Some(1024), Memory::Empty),
        bench("an item, capacity 1024, full".to_owned(), Some(1024), Memory::Holding(1024)),
        bench("empty, unbounded".to_owned(), None, Memory::Empty),
        bench(format!("an item, unbounded, {millions} M in it"), None, Memory::Holding(BURST)),
        bench(format!("after {millions} M, unbounded"), None, Memory::After(BURST))
            .goal(Goal::Below(ONE_BLOCK)),
    ]
}
