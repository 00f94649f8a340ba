//! Python's threads for Rust: names, daemons, joins with a timeout, and panics as errors.
//!
//! | item | Python's | what it is |
//! |---|---|---|
//! | [`Thread`] | `Thread(target, name, daemon)` | a thread that is not started yet |
//! | [`Handle`] | the started `Thread` | `join`, `join_timeout`, `is_alive` |
//! | [`Panic`] | what `threading.excepthook` prints | a thread's panic, as the error of its `join` |
//! | [`main`], [`join_non_daemon`] | what the interpreter does at its exit | wait for the threads that are not daemons |
//!
//! ```
//! use std::time::Duration;
//! use threads::Thread;
//!
//! fn main() -> std::io::Result<()> {
//!     threads::main(|| {
//!         let answer = Thread::new(|| 6 * 7).name("multiplier").start()?;
//!         assert!(answer.join_timeout(Duration::from_secs(60)), "it has ended within a minute");
//!         assert_eq!(answer.join().unwrap(), 42);
//!
//!         // Nobody joins this one, and yet it is not cut off: `threads::main` waits for it.
//!         Thread::new(|| println!("written before the process ends")).start()?;
//!         Ok(())
//!     })
//! }
//! ```
//!
//! # A panic is an error, once
//! A thread that panics prints what any thread prints (through the panic hook), and its `join` returns a
//! [`Panic`] with the same text. Nothing else happens: no abort, also where a value that the thread leaves
//! behind panics in its `drop`, which `std` answers with an abort.
//!
//! # When to use `std` instead
//! `std::thread::spawn` where nobody asks for a timeout and nobody minds that a thread is cut off when `main`
//! returns; `std::thread::scope` to borrow from the stack; its `JoinHandle::join` where the panic's payload
//! itself is wanted.

mod ending;
mod roll;
mod timer;

// What starts threads of the system is not in the model world: there the algorithms stand alone.
#[cfg(not(loom))]
mod handle;
#[cfg(not(loom))]
mod identity;
#[cfg(not(loom))]
mod live;
#[cfg(not(loom))]
mod panic;
#[cfg(not(loom))]
mod scope;
#[cfg(not(loom))]
mod thread;

#[cfg(not(loom))]
pub use handle::Handle;
#[cfg(not(loom))]
pub use identity::{ThreadRef, current, main_thread};
#[cfg(not(loom))]
pub use live::{active_count, enumerate, join_non_daemon, main};
pub use locks::{Cancel, Cancelled, Deadline};
#[cfg(not(loom))]
pub use panic::{Panic, excepthook};
#[cfg(not(loom))]
pub use scope::{Scope, scope};
#[cfg(not(loom))]
pub use thread::{Thread, spawn};
#[cfg(not(loom))]
pub use timer::{Timer, TimerHandle};

/// The algorithms alone, for their proofs and properties; no part of the interface.
#[doc(hidden)]
pub mod raw {
    pub use crate::ending::{End, Slot};
    pub use crate::roll::Roll;
    pub use crate::timer::raw::Timers;
    pub use crate::timer::schedule::{Key, Schedule};
}
