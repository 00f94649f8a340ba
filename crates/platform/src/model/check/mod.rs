//! The harness: a proof that says what it claims, how far it looked, and that it can fail.
//!
//! ```ignore
//! Proof::new("lock::a_release_wakes_a_sleeper", "who sleeps on a held lock is woken by its release")
//!     .threads(2)
//!     .executions_at_least(40)
//!     .outcomes(&["taken at once", "slept"])
//!     .refuted_by("the wake is skipped", Fault::NoWake, "crates/locks/src/lock/raw.rs", "wake::<Private>", Death::Deadlock)
//!     .check(|| { /* the model; check::saw("slept") */ });
//! ```
//!
//! A proof counts only when its mutants die for the stated reason, its outcomes are exactly those stated, and
//! no fewer executions were explored than stated. What the harness reads from the environment:
//!
//! | variable | effect |
//! |---|---|
//! | `SELVEDGE_BOUND` | `1`, `2`, `3` or `none`: how many preemptions to explore, instead of each proof's own bound |
//! | `SELVEDGE_PROOFS` | a folder: each proof that held writes its record there, as JSON: what it explored, how its refutations ended, and at which operations it came by that a fault could weaken |
//! | `SELVEDGE_FAULT` | `FILE:LINE=FAULT`: that place misbehaves, and refutations are left out |
//! | `SELVEDGE_TRACE` | a folder: each failing execution, of refutations too, is written there as JSON |
//!
//! loom's own `LOOM_*` variables are ignored: two of them end a search early and call it a pass.

mod explore;
mod proof;
mod report;

pub use super::fault::Fault;
pub use explore::saw;
pub(super) use explore::{Time, came_by, cut, is_lost};
pub use proof::{Death, Proof};
