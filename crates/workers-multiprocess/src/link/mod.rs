//! What lies between a pool and one of its workers.
//!
//! There are two ways, with the same names; everything else in this crate knows those only.
//!
//! | way | where | requests and answers | what is rare |
//! |---|---|---|---|
//! | [`rings`] | Linux | rings in memory that both map | a socket; files cross by it |
//! | [`stream`] | elsewhere; on Linux with the feature `sockets` | a connection | another connection; no files |

pub(crate) mod claims;
#[cfg(not(any(loom, shuttle)))]
pub(crate) mod message;

// The one place where the way is chosen.
#[cfg(all(target_os = "linux", not(any(loom, shuttle, feature = "sockets"))))]
mod rings;
#[cfg(all(target_os = "linux", not(any(loom, shuttle, feature = "sockets"))))]
use rings as way;
#[cfg(all(not(any(loom, shuttle)), any(not(target_os = "linux"), feature = "sockets")))]
mod stream;
#[cfg(all(not(any(loom, shuttle)), any(not(target_os = "linux"), feature = "sockets")))]
use stream as way;

// And the one where the system is: `loopback` is what is left without Unix.
#[cfg(all(unix, not(any(loom, shuttle, feature = "loopback"))))]
#[path = "unix.rs"]
mod system;
#[cfg(all(not(any(loom, shuttle)), any(not(unix), feature = "loopback")))]
#[path = "anywhere.rs"]
mod system;

#[cfg(not(any(loom, shuttle)))]
pub(crate) use {
    system::{
        LIMITS, Out, Signal, end, has_used, is_worker, limit, nowhere, standard_error, standard_output,
    },
    way::{
        File, FileRef, INLINE, Incoming, MAX_FILES, Outgoing, Parent, Process, Progress, Region, SLOTS,
        Sealed, Socket, Unsent, arrive, lend, program, spill, start,
    },
};

#[cfg(all(test, not(any(loom, shuttle))))]
pub(crate) use way::alone;

/// A worker process that was started, with what its pool has of it.
#[cfg(not(any(loom, shuttle)))]
pub(crate) struct Started {
    pub(crate) process: Process,
    pub(crate) socket: Socket,
    pub(crate) region: std::sync::Arc<Region>,
}

/// Why a request was not sent.
#[cfg(not(any(loom, shuttle)))]
#[derive(Debug)]
pub(crate) enum Refusal {
    /// There is no room now; there will be when the worker answers.
    #[allow(dead_code, reason = "a connection takes the one request that a worker has")]
    Full,
    /// The worker is no more.
    Dead,
    /// What goes beside it cannot be passed on.
    Failed(std::io::Error),
}

/// Why no message comes any more.
#[cfg(not(any(loom, shuttle)))]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// The other side has said so.
    Closed,
    /// The other side has written what cannot be.
    Corrupt,
    /// The other side is no more.
    Dead,
}

/// Who is told what a process writes to one of its streams.
#[cfg(not(any(loom, shuttle)))]
pub(crate) trait Listener: Send + 'static {
    fn hear(&mut self, bytes: &[u8]);
}
