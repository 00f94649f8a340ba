//! What lies between a pool and one of its workers.

pub(crate) mod claims;
pub(crate) mod mapping;
pub(crate) mod message;
pub(crate) mod progress;
pub(crate) mod region;
pub(crate) mod socket;
