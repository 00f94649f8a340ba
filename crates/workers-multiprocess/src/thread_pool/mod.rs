//! `ThreadPool`, and the algorithm below it.

pub(crate) mod idle;

// What starts threads of the system is not in the model world: there the algorithms stand alone.
#[cfg(not(loom))]
mod builder;
#[cfg(not(loom))]
mod pool;
#[cfg(not(loom))]
mod scope;
#[cfg(not(loom))]
mod task;
#[cfg(not(loom))]
mod worker;

#[cfg(not(loom))]
pub use {builder::ThreadPoolBuilder, pool::ThreadPool, scope::Scope};
