#![doc = include_str!("../README.md")]

mod error;
mod future;
mod panic;
mod sync;
mod thread_pool;
mod watch;

// What starts threads and processes is not in the model world: there the algorithms stand alone.
#[cfg(not(loom))]
mod chunk;
#[cfg(not(loom))]
mod executor;
#[cfg(not(loom))]
mod gather;
#[cfg(not(loom))]
mod results;

#[cfg(target_os = "linux")]
mod link;
#[cfg(all(target_os = "linux", not(loom)))]
mod process_pool;
#[cfg(all(target_os = "linux", not(loom)))]
mod registry;
#[cfg(all(target_os = "linux", not(loom)))]
mod shared_bytes;
#[cfg(all(target_os = "linux", not(loom)))]
mod wire;
#[cfg(all(target_os = "linux", not(loom)))]
mod worker;

pub use error::{Death, TaskError};
pub use future::Future;
pub use queue::Shutdown;

#[cfg(not(loom))]
pub use {
    executor::Executor,
    gather::{AsCompleted, When, as_completed, wait},
    results::{Results, Unordered},
    thread_pool::{Scope, ThreadPool, ThreadPoolBuilder},
};

#[cfg(all(target_os = "linux", not(loom)))]
pub use {
    process_pool::{
        Builder, Call, Line, Map, Output, ProcessPool, Quarantined, Statistics, Stream, WorkerStatistics,
    },
    shared_bytes::SharedBytes,
    wire::MAX_MESSAGE,
    worker::{current_cancel, init},
    workers_multiprocess_macros::task,
};

/// The algorithms alone, for their proofs; no part of the interface.
#[doc(hidden)]
pub mod raw {
    pub use crate::future::{Canceller, Promise, promise, promise_with};
    #[cfg(target_os = "linux")]
    pub use crate::link::claims::Claims;
    pub use crate::thread_pool::idle::Idle;
    pub use crate::watch::Watch;
}

/// What the expansion of [`task`] needs. No part of the interface: it changes without notice.
#[cfg(all(target_os = "linux", not(loom)))]
#[doc(hidden)]
pub mod private {
    pub use crate::registry::{Entry, Refused, ShowDebug, ShowType, Shown, decode, encode, id_of};
    pub use inventory;
}
