//! What does a thread cost, and what a timer?

mod life;
mod timer;

use crate::bench::Bench;

pub(crate) fn benches() -> Vec<Bench> {
    [life::benches(), timer::benches()].into_iter().flatten().collect()
}
