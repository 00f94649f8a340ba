//! What a worker's start and end need of the system, as far as `std` has it everywhere: what is left on Windows.
//!
//! A worker is told by its last argument that it is one, which what a task starts does not inherit; by an environment
//! variable, where its pool waits for it. Its standard output is its own from the beginning.

use super::message::Config;
use std::{
    env,
    io::{self, stderr},
    process::{self, Command, ExitStatus, Stdio},
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    time::Duration,
};

/// Where a worker's standard output goes.
pub(crate) type Out = Stdio;

/// Whether a worker's memory and processor time can be limited.
pub(crate) const LIMITS: bool = false;

/// The worker's last argument.
const MARK: &str = "workers-multiprocess-worker";
const VARIABLE: &str = "WORKERS_MULTIPROCESS_SOCKET";

/// Whether [`invitation`] was called. Relaxed: by one thread, and nothing is read because of it.
static HAS_COME: AtomicBool = AtomicBool::new(false);

/// How a process can be ended: there is one way only.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Signal;

impl Signal {
    pub(crate) const INT: Self = Self;
    pub(crate) const KILL: Self = Self;
    pub(crate) const SEGV: Self = Self;
    pub(crate) const STOP: Self = Self;
    pub(crate) const TERM: Self = Self;
}

/// Where the program's own goes.
pub(crate) fn standard_output() -> io::Result<Out> {
    Ok(Stdio::inherit())
}

pub(crate) fn standard_error() -> io::Result<Out> {
    Ok(stderr().into())
}

pub(crate) fn nowhere() -> io::Result<Out> {
    Ok(Stdio::null())
}

/// Whether this process is a worker that has not come to its pool yet.
pub(crate) fn is_worker() -> bool {
    let is_told = || env::args_os().next_back().is_some_and(|last| last == MARK);
    env::var_os(VARIABLE).is_some() && !HAS_COME.load(Relaxed) && is_told()
}

/// Has `command` start a worker that is waited for there.
pub(super) fn invite(command: &mut Command, invitation: &str, output: Out) {
    command.arg(MARK).env(VARIABLE, invitation).stdin(Stdio::null()).stdout(output);
    // A signal from the keyboard reaches the program first.
    #[cfg(windows)]
    std::os::windows::process::CommandExt::creation_flags(command, CREATE_NEW_PROCESS_GROUP);
}

#[cfg(windows)]
const CREATE_NEW_PROCESS_GROUP: u32 = 0x200;

/// The worker, once: where it is waited for.
pub(super) fn invitation() -> Option<String> {
    HAS_COME.store(true, Relaxed);
    env::var(VARIABLE).ok()
}

/// Nothing was asked for: the pool has seen to that.
pub(crate) fn limit(_: &Config) -> Result<(), String> {
    Ok(())
}

/// Nobody asks: nothing is limited.
pub(crate) fn has_used(_: Duration) -> bool {
    false
}

/// The signal or the exit code.
pub(super) fn ending(status: ExitStatus) -> (Option<i32>, Option<i32>) {
    #[cfg(unix)]
    let signal = std::os::unix::process::ExitStatusExt::signal(&status);
    #[cfg(not(unix))]
    let signal = None;
    (signal, status.code())
}

/// There is no pool any more: ends this process.
pub(crate) fn end() -> ! {
    process::abort()
}
