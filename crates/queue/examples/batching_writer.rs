//! A writer that writes several lines at once: as many as there are, up to ten, but no line waits for more
//! than 5 ms.

use queue::{Queue, Shutdown};
use std::io::{self, Write};
use std::thread;
use std::time::Duration;

const LINES: usize = 100;

fn main() -> io::Result<()> {
    let lines = Queue::bounded(64);
    let mut file = Vec::new();
    let (mut writes, mut largest) = (0, 0);
    thread::scope(|scope| {
        scope.spawn(|| {
            for number in 0..LINES {
                lines.put(format!("line {number}\n")).expect("the queue is open");
                if number % 25 == 24 {
                    thread::sleep(Duration::from_millis(20));
                }
            }
            lines.shutdown(Shutdown::Drain);
        });
        for batch in lines.batches(10, Duration::from_millis(5)) {
            file.write_all(batch.concat().as_bytes())?;
            writes += 1;
            largest = largest.max(batch.len());
        }
        io::Result::Ok(())
    })?;
    let written = file.split(|byte| *byte == b'\n').count() - 1;
    assert!(writes < LINES && largest <= 10, "{writes} writes, {largest} lines at most");
    println!("wrote {written} of {LINES} lines, several at a time");
    Ok(())
}
