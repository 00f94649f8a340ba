//! The model world: the same surface over loom, and the harness that runs proofs.
//!
//! What makes it more than loom's own types:
//!
//! | part | why |
//! |---|---|
//! | `atomic` | every load is made visible to loom's search by a companion access; see there |
//! | `futex` | a kernel of forty lines, with waits that time out and wake-ups that come for no reason |
//! | `fault` | any one access can be told to misbehave, so that a proof can be shown to fail |
//! | `trace` | every step is recorded, so that a failing execution can be read as columns of threads |
//! | `check` | counts executions, collects outcomes, and refutes |
//! | `stacks` | keeps the stacks of loom's threads, which makes a search twice as fast |

pub mod atomic;
pub mod barrier;
pub mod cell;
pub mod check;
mod fault;
pub mod futex;
#[path = "../real/spans/off.rs"]
pub mod spans;
#[cfg(all(target_os = "linux", target_pointer_width = "64"))]
mod stacks;
pub mod thread;
pub mod time;
mod trace;

/// A size: the first in the real world; here the second, a small one whose edges a few steps reach.
pub const fn size(_real: usize, proved: usize) -> usize {
    proved
}

/// Declares a function that is `const` in the real world; loom's types have no `const` constructors.
#[macro_export]
macro_rules! const_fn {
    ($(#[$meta:meta])* $vis:vis const fn $($rest:tt)*) => { $(#[$meta])* $vis fn $($rest)* };
}
