//! What does a thread cost, what a timer, and what a value of a thread's own?

mod life;
mod local;
mod timer;

use crate::bench::Bench;

pub(crate) fn benches() -> Vec<Bench> {
    [life::benches(), timer::benches(), local::benches()].into_iter().flatten().collect()
}
