//! Python's task-tracking queue for Rust, model-checked.
//!
//! [`Queue<T>`] is `queue.Queue`: first in first out, bounded or not, shared by reference between any number
//! of putters and getters, with [`task_done`](Queue::task_done) and [`join`](Queue::join), and with the
//! [`shutdown`](Queue::shutdown) of Python 3.13.
//!
//! ```
//! use queue::{Queue, Shutdown};
//!
//! let queue = Queue::bounded(10);
//! let sum = std::thread::scope(|scope| {
//!     let consumer = scope.spawn(|| queue.iter().sum::<u32>());
//!     for number in 1..=100 {
//!         queue.put(number).unwrap();
//!     }
//!     queue.shutdown(Shutdown::Drain);
//!     consumer.join().unwrap()
//! });
//! assert_eq!(sum, 5050);
//! ```
//!
//! # Ending
//! A consumer that leaves when it finds the queue empty for a moment leaves too early. Loop over
//! [`Queue::iter`], and let whoever knows that no more will come call `shutdown(Shutdown::Drain)`: the loop
//! ends after the last item.
//!
//! # Errors give the item back
//! What could not be put is in the error: [`ShutDown`] for the calls that wait for ever, [`PutError`] for
//! those that may find the queue full.
//!
//! # A ring
//! [`ring`] is for one producer and one consumer, in two threads or in two processes: over borrowed memory,
//! without a lock, some nanoseconds an item.
//!
//! # When to use a channel instead
//! This crate's queue is one lock around a ring buffer: simple, exact, and slower under contention than the
//! channels that `std` and `crossbeam` offer. They end when one side is dropped; a `Queue` is shared by
//! reference and ends when told to.

mod error;
mod iter;
mod queue;
pub mod ring;
mod sync;

pub use crate::queue::{Queue, Shutdown};
pub use error::{GetError, NotInWork, PutError, ShutDown};
pub use iter::{Iter, TryIter};
pub use locks::Deadline;

// The README's example is compiled and run with the documentation's.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}

#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
mod workspace_readme {}
