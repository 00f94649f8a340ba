//! Records what concurrent threads did, and finds out whether some order of it makes sense.
//!
//! A history is **linearizable** if each of its calls can be thought to have happened at one moment between its
//! invocation and its return, so that these moments, one after the other, are what one thread alone could have done.
//! It is what "thread-safe" should mean, and unlike a test of the result it notices a call that told a lie on the way.
//!
//! Three steps: say what one thread may do ([`Specification`]); let threads do it and write it down ([`Recorder`]); ask
//! for an order ([`check`]).
//!
//! ```
//! use histories::{Recorder, Specification, check};
//! use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
//!
//! /// A counter: `add` returns what was there before.
//! #[derive(Clone, PartialEq, Eq, Hash)]
//! struct Counter(u32);
//!
//! impl Specification for Counter {
//!     type Operation = u32;
//!     type Outcome = u32;
//!     fn apply(&mut self, add: &u32, before: &u32) -> bool {
//!         let fits = self.0 == *before;
//!         self.0 += add;
//!         fits
//!     }
//! }
//!
//! let (counter, recorder) = (AtomicU32::new(0), Recorder::new());
//! std::thread::scope(|scope| {
//!     for _ in 0..4 {
//!         scope.spawn(|| recorder.call(3, || counter.fetch_add(3, Relaxed)));
//!     }
//! });
//! let history = recorder.into_history();
//! assert_eq!(check(Counter(0), &history), Ok(()));
//! let violation = check(Counter(1), &history).unwrap_err();
//! assert!(violation.to_string().contains("no order explains"), "{violation}");
//! ```
//!
//! The search is Wing and Gong's ("Testing and Verifying Concurrent Objects", 1993), with Lowe's memory of the states
//! that led nowhere ("Testing for Linearizability", 2017). In the worst case it takes time exponential in the number
//! of calls that overlap; histories of some thousand calls by a handful of threads take milliseconds.

mod bits;
mod check;
mod record;

pub use check::{Violation, check};
pub use record::{Call, Recorder};

use std::fmt::Debug;
use std::hash::Hash;

/// What one thread alone may do: a state, and which outcome each operation has in it.
pub trait Specification: Clone + Eq + Hash {
    /// What is asked for, with its arguments.
    type Operation: Debug;
    /// What comes of it.
    type Outcome: Debug;

    /// Does `operation`, and says whether `outcome` can come of it. If it says no, the state is of no more use.
    fn apply(&mut self, operation: &Self::Operation, outcome: &Self::Outcome) -> bool;
}
