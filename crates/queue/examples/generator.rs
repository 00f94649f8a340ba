//! The article's generator over a queue, with a timeout: it yields items as they come, and ends when none has
//! come for a while.

use queue::Queue;
use std::thread;
use std::time::Duration;

fn main() {
    let readings = Queue::unbounded();
    thread::scope(|scope| {
        scope.spawn(|| {
            for reading in [21.5, 21.7, 22.0] {
                readings.put(reading).expect("the queue is open");
                thread::sleep(Duration::from_millis(1));
            }
            // The sensor breaks here, and tells nobody.
        });
        let quiet = Duration::from_millis(200);
        let seen: Vec<f64> = readings.iter_timeout(quiet).collect();
        println!("{} readings, then none for {} ms", seen.len(), quiet.as_millis());
    });
}
