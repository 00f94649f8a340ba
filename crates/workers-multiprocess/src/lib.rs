#![doc = include_str!("../README.md")]

mod error;
mod future;
mod panic;
mod results;
mod thread_pool;
mod watch;

#[cfg(target_os = "linux")]
mod callable;
#[cfg(target_os = "linux")]
mod link;
#[cfg(target_os = "linux")]
mod process_pool;
#[cfg(target_os = "linux")]
mod registry;
#[cfg(target_os = "linux")]
mod shared_bytes;
#[cfg(target_os = "linux")]
mod wire;
#[cfg(target_os = "linux")]
mod worker;

pub use error::{Death, TaskError};
pub use future::Future;
pub use results::Results;
pub use thread_pool::ThreadPool;

#[cfg(target_os = "linux")]
pub use {
    callable::Callable,
    process_pool::{
        Builder, Call, Line, Map, Output, Process, ProcessHandle, ProcessPool, ProcessRef, Quarantined,
        Statistics, Stream, WorkerStatistics, active_children,
    },
    shared_bytes::SharedBytes,
    wire::MAX_MESSAGE,
    worker::{current_cancel, init},
    workers_multiprocess_macros::{task, test},
};

/// What the expansions of [`task`] and [`test`](macro@test) need. No part of the interface: it changes without notice.
#[cfg(target_os = "linux")]
#[doc(hidden)]
pub mod private {
    pub use crate::registry::{Entry, Refused, ShowDebug, ShowType, Shown, decode, encode, id_of};
    pub use crate::worker::init_test;
    pub use inventory;
}
