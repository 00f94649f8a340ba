//! What do the other primitives cost, alone and with others about?

mod condition;
mod meeting;
mod rlock;
mod rwlock;
mod semaphore;

use crate::bench::{Bench, Done};
use std::time::Instant;

pub(crate) fn benches() -> Vec<Bench> {
    let all =
        [rlock::benches(), rwlock::benches(), semaphore::benches(), condition::benches(), meeting::benches()];
    all.into_iter().flatten().collect()
}

/// Does something `items` times on this thread.
fn alone(items: u64, mut f: impl FnMut()) -> Result<Done, String> {
    let begun = Instant::now();
    (0..items).for_each(|_| f());
    Ok(Done::new(items, begun.elapsed()))
}
