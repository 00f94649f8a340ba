//! What Selvedge's blocking algorithms stand on, in three worlds with one surface.
//!
//! | module | what it offers |
//! |---|---|
//! | [`atomic`] | the integers and the fence that the algorithms use |
//! | [`barrier`] | a pair of fences of which only the rare one costs |
//! | [`cancel`] | [`cancel::Cancel`], a token that ends every wait which looks at it |
//! | [`cell`] | [`cell::UnsafeCell`], whose accesses are closures, so that a model can check them |
//! | [`futex`] | wait on a word, wake its waiters; between threads or between processes |
//! | [`spans`] | what threads do and when, as spans of `tracing`: with the feature `trace` |
//! | [`thread`] | spawn, yield, a number for each thread, and [`thread::Spin`], a bounded spin |
//! | [`time`] | [`time::Deadline`], the one way in which every timed call says how long |
//!
//! A normal build is the *real* world: `core`'s atomics and Linux's futex, and one dependency, `libc`. Built
//! with `--cfg loom` it is the *model* world: the same names over [loom], plus `check`, the harness that runs
//! a proof, counts what was explored and shows that the proof can fail. An algorithm written against this
//! crate is proved as it stands, without a line of its own changed. Built with `--cfg shuttle` it is the
//! *shuttled* world: the same names once more, over [shuttle], for models too large to enumerate.
//!
//! ```
//! use platform::atomic::{AtomicU32, Ordering::Relaxed};
//! use platform::futex::{self, Private, Wait};
//! use platform::time::Deadline;
//! use std::time::Duration;
//!
//! let word = AtomicU32::new(7);
//! assert_eq!(futex::wait::<Private>(&word, 8, &Deadline::NEVER), Wait::Changed);
//! assert_eq!(futex::wait::<Private>(&word, 7, &Deadline::from(Duration::ZERO)), Wait::TimedOut);
//! assert_eq!(futex::wake::<Private>(&word, 1), 0, "nobody sleeps here");
//! assert_eq!(word.load(Relaxed), 7);
//! ```
//!
//! [loom]: https://docs.rs/loom
//! [shuttle]: https://docs.rs/shuttle

// The one switch between the worlds. Nothing else in `src/` asks which one it is in.
#[cfg(loom)]
#[path = "model/mod.rs"]
mod world;
#[cfg(all(shuttle, not(loom)))]
#[path = "shuttled/mod.rs"]
mod world;
#[cfg(not(any(loom, shuttle)))]
#[path = "real/mod.rs"]
mod world;

pub mod cancel;

pub use world::*;

// The README's example is compiled and run with the documentation's.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
