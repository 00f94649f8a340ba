//! The real world: `core`'s atomics, the operating system's futex, threads and clock.

pub mod barrier;
pub mod cell;
pub mod futex;
#[cfg(feature = "trace")]
pub mod spans;
#[cfg(not(feature = "trace"))]
#[path = "spans/off.rs"]
pub mod spans;
mod spell;
pub mod thread;
pub mod time;

/// Integers shared between threads, and the fence: those of `core`.
pub mod atomic {
    pub use core::sync::atomic::{AtomicBool, AtomicPtr, AtomicU32, AtomicUsize, Ordering, fence};

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

/// Declares a function that is `const` in the real world; loom's types have no `const` constructors.
///
/// ```
/// struct Word(platform::atomic::AtomicU32);
/// impl Word {
///     platform::const_fn! {
///         /// A word that is zero.
///         pub const fn new() -> Self {
///             Word(platform::atomic::AtomicU32::new(0))
///         }
///     }
/// }
/// static WORD: Word = Word::new();
/// assert_eq!(WORD.0.load(platform::atomic::Ordering::Relaxed), 0);
/// ```
#[macro_export]
macro_rules! const_fn {
    ($(#[$meta:meta])* $vis:vis const fn $($rest:tt)*) => { $(#[$meta])* $vis const fn $($rest)* };
}
