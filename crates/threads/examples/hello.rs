//! A thread says hello and is joined.

use std::io;
use threads::Thread;

fn main() -> io::Result<()> {
    let greeter = Thread::new(|| println!("Hello from the thread!")).start()?;
    greeter.join().map_err(io::Error::other)
}
