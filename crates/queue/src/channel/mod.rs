//! A queue in two halves that tell each other when they go: `crossbeam-channel`'s names over [`Queue`].
//!
//! A [`Queue`] ends when somebody calls [`shutdown`](crate::AnyQueue::shutdown). A channel ends by itself:
//! when the last [`Sender`] has gone, the receivers get what is there, and then an error; when the last
//! [`Receiver`] has gone, what is there is dropped, and a sender gets its item back. Both halves can be
//! cloned, and shared.
//!
//! A program that uses `crossbeam_channel` is ported by a change of one `use` line. What is not here:
//! `select!` (see [`Select`](crate::Select), which has [`recv`](crate::Select::recv) and
//! [`send`](crate::Select::send)), and the clocks `after`, `at` and `tick` and the channel `never` (a wait
//! takes a timeout here).
//!
//! ```
//! use queue::channel;
//!
//! let (sender, receiver) = channel::bounded(10);
//! let sum = std::thread::scope(|scope| {
//!     for first in [1, 51] {
//!         let sender = sender.clone();
//!         scope.spawn(move || (first..first + 50).for_each(|number| sender.send(number).unwrap()));
//!     }
//!     drop(sender);
//!     receiver.iter().sum::<u32>()
//! });
//! assert_eq!(sum, 5050);
//! ```
//!
//! # Costs
//! A channel is a [`Queue`] behind an `Arc`, and sending and receiving are its put and get. A clone is two
//! atomic additions. The last drop of a side calls all who wait on the other side.

mod error;
mod iter;
mod receiver;
mod select;
mod sender;
mod shared;

use crate::queue::Queue;
pub use error::{RecvError, RecvTimeoutError, SendError, SendTimeoutError, TryRecvError, TrySendError};
pub use iter::{IntoIter, Iter, TryIter};
pub use receiver::Receiver;
pub use sender::Sender;
use shared::Shared;
use std::sync::Arc;

/// A channel with room for `cap` items, for which there is memory from the start; for none it is a
/// [`rendezvous`].
///
/// # Panics
/// If memory cannot hold so many.
///
/// ```
/// use queue::channel::{self, TrySendError};
/// let (sender, receiver) = channel::bounded(1);
/// assert_eq!(sender.try_send(1), Ok(()));
/// assert_eq!(sender.try_send(2), Err(TrySendError::Full(2)));
/// assert_eq!(receiver.recv(), Ok(1));
/// ```
pub fn bounded<T>(cap: usize) -> (Sender<T>, Receiver<T>) {
    if cap == 0 { rendezvous() } else { over(Queue::bounded(cap)) }
}

/// A channel without a bound: sending never waits.
///
/// ```
/// let (sender, receiver) = queue::channel::unbounded();
/// (1..=3).for_each(|item| sender.send(item).unwrap());
/// drop(sender);
/// assert_eq!(receiver.iter().collect::<Vec<_>>(), [1, 2, 3]);
/// ```
pub fn unbounded<T>() -> (Sender<T>, Receiver<T>) {
    over(Queue::unbounded())
}

/// A channel without room: a send ends when a receiver has taken the item. The same as `bounded(0)`.
///
/// ```
/// let (sender, receiver) = queue::channel::rendezvous();
/// std::thread::scope(|scope| {
///     scope.spawn(move || sender.send("from hand to hand").unwrap());
///     assert_eq!(receiver.recv(), Ok("from hand to hand"));
/// });
/// ```
pub fn rendezvous<T>() -> (Sender<T>, Receiver<T>) {
    over(Queue::rendezvous())
}

fn over<T>(queue: Queue<T>) -> (Sender<T>, Receiver<T>) {
    let shared = Arc::new(Shared::new(queue));
    (Sender::first(Arc::clone(&shared)), Receiver::first(shared))
}
