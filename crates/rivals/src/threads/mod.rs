//! What does a thread cost, what a timer, what a value of a thread's own, and what a task of a pool?

mod life;
mod local;
mod pool;
mod timer;

use crate::bench::Bench;

pub(crate) fn benches() -> Vec<Bench> {
    [life::benches(), timer::benches(), local::benches(), pool::benches()].into_iter().flatten().collect()
}
