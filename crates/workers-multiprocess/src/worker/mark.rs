//! Is this process a worker?
//!
//! A worker gets its socket as standard input, and an environment variable that names that very socket (its
//! device and inode number). The variable alone makes no worker: what a task starts inherits the variable
//! too, but has another standard input. So nothing needs to be removed from the environment, which could not
//! be done safely once there are threads.

use crate::link::socket::Socket;
use rustix::stdio;
use std::{
    env,
    fs::File,
    io::{self, stdin},
    os::{
        fd::{AsFd, BorrowedFd},
        unix::fs::MetadataExt,
    },
    sync::{
        OnceLock,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
};

pub(crate) const VARIABLE: &str = "WORKERS_MULTIPROCESS_SOCKET";

pub(crate) const INIT_MISSING: &str =
    "workers_multiprocess::init() must be called first in main, in every process of the program";

/// Relaxed: it is asked only to find a mistake, and nothing else is read because of it.
static INITIALIZED: AtomicBool = AtomicBool::new(false);

/// The value of [`VARIABLE`] for a worker with this socket.
pub(crate) fn of(socket: BorrowedFd<'_>) -> io::Result<String> {
    let metadata = File::from(socket.try_clone_to_owned()?).metadata()?;
    Ok(format!("{}:{}", metadata.dev(), metadata.ino()))
}

/// Whether standard input is the socket of a pool: a worker in which [`take_socket`] was not called yet.
pub(crate) fn is_worker() -> bool {
    env::var_os(VARIABLE).is_some_and(|mark| of(stdin().as_fd()).is_ok_and(|own| mark == *own))
}

/// The worker's socket, which nothing that a task starts inherits; standard input is empty from now on.
pub(crate) fn take_socket() -> io::Result<Socket> {
    let socket = stdin().as_fd().try_clone_to_owned()?;
    stdio::dup2_stdin(File::open("/dev/null")?)?;
    Ok(Socket::from_fd(socket))
}

/// What the program's workers are called with. None, but for a test harness, which is told which test to run.
static ARGUMENTS: OnceLock<Vec<String>> = OnceLock::new();

/// Workers are called with these, if nothing else was said before.
pub(crate) fn set_arguments(arguments: Vec<String>) {
    let _ = ARGUMENTS.set(arguments);
}

pub(crate) fn arguments() -> &'static [String] {
    ARGUMENTS.get().map_or(&[], Vec::as_slice)
}

pub(crate) fn set_initialized() {
    INITIALIZED.store(true, Relaxed);
}

pub(crate) fn is_initialized() -> bool {
    INITIALIZED.load(Relaxed)
}
