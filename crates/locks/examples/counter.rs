//! Ten threads add one each to a counter under a lock.
//!
//! The Python original is right, but calls `acquire` and `release` by hand: an exception between them would
//! leave the lock locked for ever. Here the lock owns the counter, which cannot be reached without it, and a
//! guard gives it back.

use locks::Lock;
use std::error::Error;
use threads::Thread;

static COUNTER: Lock<u32> = Lock::new(0);

fn main() -> Result<(), Box<dyn Error>> {
    let mut threads = Vec::new();
    for number in 0..10 {
        threads.push(Thread::new(|| *COUNTER.lock() += 1).name(format!("adder-{number}")).start()?);
    }
    for thread in threads {
        thread.join()?;
    }
    assert_eq!(*COUNTER.lock(), 10, "no addition is lost");
    println!("Counter value is {}", COUNTER.lock());
    Ok(())
}
