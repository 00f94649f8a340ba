//! The shuttled world: the same surface over [shuttle], which runs one thread at a time and chooses at
//! random, before each step, whose turn it is.
//!
//! It is for sizes that loom cannot enumerate: eight threads, several operations each. It looks at some
//! thousands of schedules out of very many, and knows no weak memory: every access is sequentially
//! consistent, and a fence does nothing. So it finds lost wake-ups, double entries and miscounts among many,
//! and no missing ordering.
//!
//! | part | what is its own |
//! |---|---|
//! | `atomic` | shuttle's, unchanged: each access is a step |
//! | `cell` | an access is two steps long, so that another one may fall into it, which ends the trial |
//! | `futex` | a queue of sleepers; how long a timed wait lasts is left to chance |
//! | `thread` | patience ends by chance; a spin has two turns |
//! | `time`, `barrier` | the model's: deadlines without a clock, fences of one price |
//! | `check` | runs a trial: so many schedules from a fixed seed, and twins that must fail |
//!
//! shuttle's atomics have `const` constructors, as `core`'s have. So the algorithms and the guards over them
//! are compiled as in the real world. Above this crate only the thread pool asks whether it is in this one, as it starts
//! threads.
//!
//! [shuttle]: https://docs.rs/shuttle

#[path = "../model/barrier.rs"]
pub mod barrier;
pub mod cell;
pub mod check;
pub mod futex;
mod random;
#[path = "../real/spans/off.rs"]
pub mod spans;
pub mod thread;
#[path = "../model/time.rs"]
pub mod time;

/// Integers shared between threads, and the fence, which does nothing here: those of shuttle.
pub mod atomic {
    pub use shuttle::sync::atomic::{AtomicBool, AtomicPtr, AtomicU32, AtomicUsize, Ordering, fence};

    /// A Relaxed load that is a hint only: an exchange of the same word by the same thread follows, and finds what the
    /// hint has missed. A proof follows it in half the steps of another load.
    #[inline]
    pub fn peek(word: &AtomicU32) -> u32 {
        word.load(Ordering::Relaxed)
    }
}

/// A size: the first here; the second, a small one whose edges a few steps reach, in the world of proofs.
pub const fn size(real: usize, _proved: usize) -> usize {
    real
}

/// Declares a function that is `const`, as in the real world.
#[macro_export]
macro_rules! const_fn {
    ($(#[$meta:meta])* $vis:vis const fn $($rest:tt)*) => { $(#[$meta])* $vis const fn $($rest)* };
}
