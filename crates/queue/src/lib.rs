//! Python's queues for Rust, model-checked, and made to be as fast as the best channels.
//!
//! | type | order | room |
//! |---|---|---|
//! | [`Queue`] | first in, first out | some, any number, or none ([`rendezvous`](Queue::rendezvous)) |
//! | [`SimpleQueue`] | first in, first out | any number |
//! | [`LifoQueue`] | last in, first out | some, or any number |
//! | [`PriorityQueue`] | smallest first, equals as they came | some, or any number |
//! | [`StoreQueue`] | that of a [`Store`] of one's own | some, or any number |
//!
//! All are an [`AnyQueue`], which has the methods: putting and getting with and without waiting, many at
//! once, [`task_done`](AnyQueue::task_done) and [`join`](AnyQueue::join), iteration, and the
//! [`shutdown`](AnyQueue::shutdown) of Python 3.13. [`Select`] waits for several of them.
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
//! [`AnyQueue::iter`], and let whoever knows that no more will come call `shutdown(Shutdown::Drain)`: the
//! loop ends after the last item.
//!
//! # Errors give the item back
//! What could not be put is in the [`PutError`].
//!
//! # Two queues at once
//! The operations of one queue are in one order that all threads agree on. Nothing is promised on the order
//! of what two threads do to two queues, if nothing else orders them: each may find the other's queue still
//! empty.
//!
//! # A channel
//! [`channel`] is a [`Queue`] in two halves, `Sender` and `Receiver`, that end it by being dropped: all names are
//! those of `crossbeam-channel`.
//!
//! # A ring
//! [`ring`] is for one producer and one consumer, in two threads or in two processes: over borrowed memory,
//! without a lock, some nanoseconds an item.

#[cfg(feature = "async")]
mod asynchronous;
pub mod channel;
mod error;
mod feed;
mod fifo;
mod kind;
mod queue;
pub mod ring;
mod select;
mod stored;
mod sync;
mod waiting;

#[cfg(feature = "async")]
pub use crate::asynchronous::{GetAsync, ItemStream, PutAsync};
pub use crate::queue::{
    AnyQueue, Batches, Iter, IterTimeout, IterUntil, LifoQueue, PriorityQueue, Queue, Shutdown, SimpleQueue,
    StoreQueue, Task, TryIter,
};
pub use error::{GetError, NotInWork, PutError, ShutDown};
pub use kind::Kind;
pub use locks::{Cancel, Cancelled, Deadline};
pub use select::Select;
pub use stored::Store;

// The README's example is compiled and run with the documentation's.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}

#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
mod workspace_readme {}
