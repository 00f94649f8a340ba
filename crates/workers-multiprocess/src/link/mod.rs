//! What lies between a pool and one of its workers.

pub(crate) mod claims;
#[cfg(not(loom))]
pub(crate) mod mapping;
#[cfg(not(loom))]
pub(crate) mod message;
#[cfg(not(loom))]
pub(crate) mod progress;
#[cfg(not(loom))]
pub(crate) mod region;
#[cfg(not(loom))]
pub(crate) mod socket;
