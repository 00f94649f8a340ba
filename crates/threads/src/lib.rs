//! Python's threads for Rust, and what Rust adds: names, daemons, joins with a timeout, panics as errors, timers,
//! values of a thread's own, scopes, and a token that stops whatever waits.
//!
//! | item | Python's | what it is |
//! |---|---|---|
//! | [`Thread`], [`spawn()`] | `Thread(target, name, daemon)` | a thread that is not started yet |
//! | [`Handle`] | the started `Thread` | `join`, and all that a [`ThreadRef`] has |
//! | [`ThreadRef`] | the same, without its result | `join_timeout`, `is_alive`, names and numbers |
//! | [`enumerate`], [`active_count`], [`current`], [`main_thread`] | the same | who is alive, and who am I |
//! | [`Panic`], [`excepthook`] | what `threading.excepthook` is told | a thread's panic, as the error of its `join` or to whom it may concern |
//! | [`main`], [`join_non_daemon`] | what the interpreter does at its exit | wait for the threads that are not daemons |
//! | [`Timer`] | `Timer` | a function that runs later, or is cancelled; many share one thread |
//! | [`Local`] | `local` | a value a thread and instance, dropped with either |
//! | [`scope()`], [`Scope`] | | threads that borrow |
//! | [`Cancel`], [`Deadline`] | | a token that ends every wait which looks at it; a time, a token, or whichever comes first |
//!
//! ```
//! use std::time::Duration;
//! use threads::{Cancel, Thread, Timer};
//!
//! fn main() -> std::io::Result<()> {
//!     threads::main(|| {
//!         let answer = Thread::new(|| 6 * 7).name("multiplier").start()?;
//!         assert!(answer.join_timeout(Duration::from_secs(60)), "it has ended within a minute");
//!         assert_eq!(answer.join().unwrap(), 42);
//!
//!         // A thread that would sleep for an hour, and a timer that sends it home.
//!         let cancel = Cancel::new();
//!         let sleeper = threads::spawn({
//!             let cancel = cancel.clone();
//!             move || cancel.sleep(Duration::from_secs(3600))
//!         })?;
//!         Timer::new(Duration::from_millis(10), move || cancel.cancel()).start()?;
//!         assert!(sleeper.join().unwrap().is_err(), "it was cancelled");
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
//! [`Panic`] with the same text. Where nobody joins it, [`excepthook`] is told. Nothing else happens: no abort,
//! also where a value that the thread leaves behind panics in its `drop`, which `std` answers with an abort.
//!
//! # Stopping
//! Nothing ends a thread from outside, here as elsewhere. What it waits for can be ended: a `&`[`Cancel`] stands
//! wherever a timeout does, in this crate, in `locks` and in `queue`.
//!
//! # Feature
//! `trace`: lives, timers, and all that `locks` and `queue` do, are spans of `tracing`. Where the program has no
//! subscriber and the environment variable `SELVEDGE_TIMELINE` names a file, they are appended to that file, which
//! Perfetto and `chrome://tracing` open: a row a thread.
//!
//! # When to use `std` instead
//! `std::thread::spawn` where nobody asks for a timeout, a name or a list, and nobody minds that a thread is cut
//! off when `main` returns; its `JoinHandle::join` where the panic's payload itself is wanted.

mod ending;
mod local;
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
#[cfg(not(loom))]
pub use local::{AccessError, Local};
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
    pub use crate::local::raw::Values;
    pub use crate::roll::Roll;
    pub use crate::timer::raw::Timers;
    pub use crate::timer::schedule::{Key, Schedule};
}

// The README's examples are compiled and run with the documentation's.
#[cfg(all(doctest, not(loom)))]
#[doc = include_str!("../README.md")]
mod readme {}
