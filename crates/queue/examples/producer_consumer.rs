//! A producer and a consumer over a queue of 10.
//!
//! The consumer of the Python original leaves when it finds the queue empty, although the producer may only
//! be busy with its next item. (Nor does the original import `time`, so that its pauses are errors.)

use queue::{Queue, Shutdown};
use std::error::Error;
use std::io;
use std::sync::Arc;
use std::thread::sleep;
use std::time::Duration;
use threads::{Handle, Thread};

const ITEMS: usize = 5;

/// Puts the items, and after each does something that takes time.
fn produce(queue: &Queue<String>, mut input_output: impl FnMut()) {
    for number in 1..=ITEMS {
        queue.put(format!("item_{number}")).expect("the queue is open");
        input_output();
    }
}

/// As in the original: takes what is there now, and leaves when there is nothing.
fn consume_until_empty(queue: &Queue<String>) -> usize {
    queue.try_iter().count()
}

/// Takes what comes, waits for more, and leaves when no more can come.
fn consume_until_shutdown(queue: &Queue<String>) -> usize {
    queue.iter().inspect(|_| sleep(Duration::from_millis(2))).count()
}

fn start(consume: fn(&Queue<String>) -> usize, queue: &Arc<Queue<String>>) -> io::Result<Handle<usize>> {
    let queue = Arc::clone(queue);
    Thread::new(move || consume(&queue)).start()
}

fn main() -> Result<(), Box<dyn Error>> {
    // The consumer is quick: its whole life fits into the producer's first pause.
    let queue = Arc::new(Queue::bounded(10));
    let mut consumed = None;
    produce(&queue, || {
        consumed.get_or_insert_with(|| start(consume_until_empty, &queue).map(Handle::join));
    });
    let consumed = consumed.expect("the producer paused")??;
    println!(
        "fault: consumed {consumed} of {ITEMS}, {} lie in the queue and nobody comes for them",
        queue.len()
    );

    // The one who knows that there will be no more says so; to find the queue empty means nothing.
    let queue = Arc::new(Queue::bounded(10));
    let consumer = start(consume_until_shutdown, &queue)?;
    produce(&queue, || sleep(Duration::from_millis(2)));
    queue.shutdown(Shutdown::Drain);
    println!("cure: consumed {} of {ITEMS}", consumer.join()?);
    Ok(())
}
