#![doc = include_str!("../README.md")]

mod error;
mod future;
mod panic;
mod results;
mod thread_pool;
mod watch;

#[cfg(unix)]
mod frame;
#[cfg(unix)]
mod process_pool;
#[cfg(unix)]
mod registry;
#[cfg(unix)]
mod wire;

pub use error::TaskError;
pub use future::Future;
pub use results::Results;
pub use thread_pool::ThreadPool;

#[cfg(unix)]
pub use {
    frame::MAX_MESSAGE,
    process_pool::{ProcessPool, init},
    workers_multiprocess_macros::task,
};

/// What the expansion of [`task`] needs. No part of the interface: it changes without notice.
#[cfg(unix)]
#[doc(hidden)]
pub mod private {
    pub use crate::registry::{Entry, Refused, decode, encode, id_of};
    pub use inventory;
}
