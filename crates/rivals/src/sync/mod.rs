//! What do the other primitives cost, alone and with others about?

mod condition;
mod meeting;
mod rlock;
mod rwlock;
mod semaphore;

use crate::bench::Bench;

pub(crate) fn benches() -> Vec<Bench> {
    let all =
        [rlock::benches(), rwlock::benches(), semaphore::benches(), condition::benches(), meeting::benches()];
    all.into_iter().flatten().collect()
}
