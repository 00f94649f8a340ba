#![doc = include_str!("../README.md")]
// What starts threads is not in the model world, and what starts processes not in the shuttled one either: there the
// algorithms stand alone.
#![cfg_attr(any(loom, shuttle), allow(dead_code, unused_imports, reason = "the pools use them"))]

mod chunk;
mod error;
#[cfg(not(any(loom, shuttle)))]
mod executor;
mod future;
#[cfg(fuzzing)]
#[doc(hidden)]
pub mod fuzzing;
mod gather;
mod panic;
mod results;
mod sync;
mod thread_pool;
mod watch;

#[cfg(not(any(loom, shuttle)))]
mod callable;
mod link;
#[cfg(not(any(loom, shuttle)))]
mod process_pool;
#[cfg(not(any(loom, shuttle)))]
mod registry;
#[cfg(not(any(loom, shuttle)))]
mod shared_bytes;
mod short;
#[cfg(not(any(loom, shuttle)))]
mod wire;
#[cfg(not(any(loom, shuttle)))]
mod worker;

pub use error::{Death, TaskError};
#[cfg(not(any(loom, shuttle)))]
pub use executor::Executor;
pub use future::Future;
pub use gather::{AsCompleted, When, as_completed, wait};
pub use queue::Shutdown;
pub use results::{Results, Unordered};
#[cfg(not(loom))]
pub use thread_pool::{Scope, ThreadPool, ThreadPoolBuilder};

#[cfg(not(any(loom, shuttle)))]
pub use {
    callable::Callable,
    process_pool::{
        Builder, Call, Chaos, Line, Map, Output, Process, ProcessHandle, ProcessPool, ProcessRef,
        Quarantined, Statistics, Stream, WorkerStatistics, active_children,
    },
    shared_bytes::SharedBytes,
    wire::MAX_MESSAGE,
    worker::{current_cancel, init},
    workers_multiprocess_macros::{task, test},
};

/// The algorithms alone, for their proofs; no part of the interface.
#[doc(hidden)]
pub mod raw {
    pub use crate::future::{Canceller, Promise, promise, promise_with};
    pub use crate::link::claims::Claims;
    pub use crate::thread_pool::idle::Idle;
}

/// What the expansions of [`task`] and [`test`](macro@test) need. No part of the interface: it changes without notice.
#[cfg(not(any(loom, shuttle)))]
#[doc(hidden)]
pub mod private {
    pub use crate::registry::{Entry, Refused, ShowDebug, ShowType, Shown, decode, encode, id_of, signature};
    pub use crate::worker::{calls::Calls, init_test};
    pub use inventory;
}
