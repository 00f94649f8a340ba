//! A pool of workers, and one who waits until all of the work is done.
//!
//! Each worker takes tasks. A task says by itself that it is done, also where the work panics: so `join` does
//! not wait for ever for the one that nobody finished.

use queue::{Queue, Shutdown};
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook};
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::thread;

const WORKERS: usize = 4;
const TASKS: u32 = 100;

fn work(number: u32) -> u32 {
    assert!(number != 13, "task 13 fails");
    1
}

fn main() {
    set_hook(Box::new(|panic| println!("a worker: {panic}")));
    let (tasks, done) = (Queue::bounded(10), AtomicU32::new(0));
    thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                while let Ok(task) = tasks.get_task() {
                    // The task is dropped by the panic, and the worker goes on.
                    let worked = catch_unwind(AssertUnwindSafe(|| work(*task)));
                    // Relaxed: read after join(), which orders it.
                    done.fetch_add(worked.unwrap_or(0), Relaxed);
                }
            });
        }
        tasks.put_many(1..=TASKS).expect("the queue is open");
        tasks.join();
        println!("joined: {} of {TASKS} done, {} unfinished", done.load(Relaxed), tasks.unfinished_tasks());
        tasks.shutdown(Shutdown::Drain);
    });
}
