//! A dining table: three philosophers, a fork between each two, and each takes the one on the left first.
//!
//! If all three take their left fork at once, each waits for the right one for ever. Here they eat one after the
//! other, so that nothing of the kind happens; the lock-order check finds it all the same.

use locks::{Lock, Watch};
use std::error::Error;
use std::sync::Arc;
use threads::Thread;

const SEATS: usize = 3;

struct Table {
    forks: [Lock<u32>; SEATS],
}

impl Table {
    fn new() -> Arc<Self> {
        let table = Self { forks: std::array::from_fn(|_| Lock::new(0)) };
        for (seat, fork) in table.forks.iter().enumerate() {
            fork.set_name(&format!("fork {seat}"));
        }
        Arc::new(table)
    }

    /// Takes the two forks in the order given, and eats.
    fn eat_with(&self, first: usize, second: usize) {
        let mut first = self.forks[first].lock();
        let mut second = self.forks[second].lock();
        *first += 1;
        *second += 1;
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    static TOLD: Lock<u32> = Lock::new(0);
    locks::order::on_cycle(|cycle| {
        *TOLD.lock() += 1;
        println!("fault: {cycle}");
    });

    let table = Table::new();
    for seat in 0..SEATS {
        let table = Arc::clone(&table);
        Thread::new(move || table.eat_with(seat, (seat + 1) % SEATS)).start()?.join()?;
    }

    // The lower number first: then no circle can close.
    let table = Table::new();
    for seat in 0..SEATS {
        let (one, other) = (seat, (seat + 1) % SEATS);
        let table = Arc::clone(&table);
        Thread::new(move || table.eat_with(one.min(other), one.max(other))).start()?.join()?;
    }
    assert_eq!(
        *TOLD.lock(),
        u32::from(cfg!(debug_assertions)),
        "of the first table, once; a release build checks nothing"
    );
    println!("cure: nothing to report, each fork used {} times", table.forks[0].lock());
    Ok(())
}
