//! A clerk who waits for letters, and is told to go home: by a timer, which cancels a token that ends every wait.
//!
//! The fault is Python's usual way: a flag that is looked at between two letters, while no letter comes.

use queue::{Queue, ShutDown};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;
use threads::{Cancel, Handle, Thread, Timer};

const CLOSING_TIME: Duration = Duration::from_millis(50);
const PATIENCE: Duration = Duration::from_millis(500);

fn main() -> io::Result<()> {
    threads::main(|| {
        let (letters, go_home) = (Arc::new(Queue::unbounded()), Arc::new(AtomicBool::new(false)));
        let clerk = with_a_flag(&letters, &go_home)?;
        Timer::new(CLOSING_TIME, move || go_home.store(true, Relaxed)).start()?;
        let is_home = clerk.join_timeout(PATIENCE);
        println!("fault: half a second after closing time the clerk with a flag is home: {is_home}");
        letters.put("a letter, at last").expect("the queue is open");
        clerk.join().map_err(io::Error::other)?.expect("the queue is open");

        let (letters, cancel) = (Arc::new(Queue::unbounded()), Cancel::new());
        letters.put("an early letter").expect("the queue is open");
        let clerk = with_a_token(&letters, &cancel)?;
        Timer::new(CLOSING_TIME, move || cancel.cancel()).start()?;
        let read = clerk.join().map_err(io::Error::other)?;
        println!("cure: the clerk with a token read {read} letter, and went home at once");
        Ok(())
    })
}

fn with_a_flag(
    letters: &Arc<Queue<&'static str>>,
    go_home: &Arc<AtomicBool>,
) -> io::Result<Handle<Result<(), ShutDown>>> {
    let (letters, go_home) = (Arc::clone(letters), Arc::clone(go_home));
    let work = move || {
        while !go_home.load(Relaxed) {
            letters.get()?;
        }
        Ok(())
    };
    Thread::new(work).name("clerk with a flag").start()
}

fn with_a_token(letters: &Arc<Queue<&'static str>>, cancel: &Cancel) -> io::Result<Handle<usize>> {
    let (letters, cancel) = (Arc::clone(letters), cancel.clone());
    Thread::new(move || letters.iter_until(&cancel).count()).name("clerk with a token").start()
}
