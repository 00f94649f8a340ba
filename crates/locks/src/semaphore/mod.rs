//! `Semaphore`: the algorithm in `raw.rs`, its word in `state.rs`; `BoundedSemaphore` over it in `bounded.rs`; permits
//! as guards in `permit.rs`.

mod bounded;
mod permit;
mod raw;
mod state;

pub use bounded::BoundedSemaphore;
pub use permit::Permit;
pub use raw::{OverRelease, Semaphore};
pub use state::MAX_PERMITS;
