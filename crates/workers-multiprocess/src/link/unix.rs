//! What a worker's start and end need of the system, where that is a Unix.
//!
//! A worker gets a socket as standard input, and an environment variable that names that very socket (its device and
//! inode number). The variable alone makes no worker: what a task starts inherits the variable too, but has another
//! standard input. So nothing needs to be removed from the environment, which could not be done safely once there are
//! threads.

use super::message::Config;
pub(crate) use rustix::process::Signal;
use rustix::{
    io::Errno,
    process::{
        Pid, Resource, Rlimit, WaitOptions, getpgrp, getpid, getrlimit, kill_current_process_group,
        kill_process_group, setrlimit, waitpgid,
    },
    stdio,
    time::{ClockId, clock_gettime},
};
use std::{
    env,
    ffi::OsString,
    fs::{self, File},
    io::{self, stderr, stdin, stdout},
    os::{
        fd::{AsFd, BorrowedFd, OwnedFd},
        unix::{
            fs::MetadataExt,
            process::{CommandExt, ExitStatusExt},
        },
    },
    process::{self, Command, ExitStatus, Stdio},
    thread,
    time::{Duration, Instant},
};

/// Where a worker's standard output goes.
pub(crate) type Out = OwnedFd;

/// Whether a worker's memory and processor time can be limited.
pub(crate) const LIMITS: bool = true;

const VARIABLE: &str = "WORKERS_MULTIPROCESS_SOCKET";

/// Where the program's own goes.
pub(crate) fn standard_output() -> io::Result<Out> {
    stdout().as_fd().try_clone_to_owned()
}

pub(crate) fn standard_error() -> io::Result<Out> {
    stderr().as_fd().try_clone_to_owned()
}

pub(crate) fn nowhere() -> io::Result<Out> {
    Ok(File::options().write(true).open("/dev/null")?.into())
}

/// The value of [`VARIABLE`] for a worker with this socket.
fn mark_of(socket: BorrowedFd<'_>) -> io::Result<String> {
    let metadata = File::from(socket.try_clone_to_owned()?).metadata()?;
    Ok(format!("{}:{}", metadata.dev(), metadata.ino()))
}

/// Whether standard input is the socket of a pool: a worker in which [`take_socket`] was not called yet.
pub(crate) fn is_worker() -> bool {
    env::var_os(VARIABLE).is_some_and(|mark| mark_of(stdin().as_fd()).is_ok_and(|own| mark == *own))
}

/// Has `command` start a worker that has this socket.
pub(super) fn give_socket(command: &mut Command, socket: OwnedFd) -> io::Result<()> {
    command
        .arg0(env::args_os().next().unwrap_or_else(|| OsString::from("worker")))
        .env(VARIABLE, mark_of(socket.as_fd())?)
        .stdin(socket)
        // It takes the one that was sent in `init`. What stands before that in `main` says nothing twice, and a test
        // harness nothing of its own.
        .stdout(Stdio::null())
        // Its children can be ended with it, and a signal from the keyboard reaches the program first.
        .process_group(0);
    Ok(())
}

/// The worker's socket, which nothing that a task starts inherits; standard input is empty from now on.
pub(super) fn take_socket() -> io::Result<OwnedFd> {
    let socket = stdin().as_fd().try_clone_to_owned()?;
    stdio::dup2_stdin(File::open("/dev/null")?)?;
    Ok(socket)
}

/// From now on this is where the worker's standard output goes.
pub(super) fn take_output(output: Out) -> io::Result<()> {
    Ok(stdio::dup2_stdout(output)?)
}

/// Sets the limits of this process.
pub(crate) fn limit(config: &Config) -> Result<(), String> {
    let limit = |resource, value: u64, what| {
        setrlimit(resource, Rlimit { current: Some(value), maximum: Some(value) })
            .map_err(|error| format!("a limit of {value} {what} was refused: {error}"))
    };
    if let Some(bytes) = config.memory {
        if let Some(mapped) = mapped().filter(|mapped| *mapped > bytes) {
            return Err(format!(
                "a limit of {bytes} bytes of memory is less than the {mapped} of address space that a worker has before \
                 its first task"
            ));
        }
        limit(Resource::As, bytes, "bytes of memory")?;
    }
    if let Some(time) = config.processor {
        limit_processor_time(time.saturating_mul(2));
    }
    Ok(())
}

/// At the limit comes SIGXCPU, which says what the process has ended of; a second later SIGKILL.
fn limit_processor_time(time: Duration) {
    // The system counts whole seconds, from 1 on.
    let seconds = time.as_secs().saturating_add(u64::from(time.subsec_nanos() > 0)).max(1);
    // What this process was started with may be less, and cannot be raised.
    let most = getrlimit(Resource::Cpu).maximum.unwrap_or(u64::MAX);
    let (current, maximum) = (seconds.min(most), seconds.saturating_add(1).min(most));
    // It is lowered only, which is always allowed.
    let _ = setrlimit(Resource::Cpu, Rlimit { current: Some(current), maximum: Some(maximum) });
}

/// Whether this process has used so much processor time.
pub(crate) fn has_used(time: Duration) -> bool {
    Duration::try_from(clock_gettime(ClockId::ProcessCPUTime)).is_ok_and(|used| used >= time)
}

/// How many bytes of address space this process has mapped, where the system tells.
fn mapped() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let kilobytes =
        status.lines().find_map(|line| line.strip_prefix("VmSize:")?.trim().strip_suffix(" kB"))?;
    kilobytes.parse::<u64>().ok().map(|kilobytes| kilobytes * 1024)
}

/// Kills a process that was not waited for yet, and what it has started.
pub(super) fn kill_group(pid: u32) {
    if let Some(group) = Pid::from_raw(pid as i32) {
        let _ = kill_process_group(group, Signal::KILL);
    }
}

/// How long a group that was killed may take to end, and how often that is looked at.
const GROUP_ENDS: Duration = Duration::from_millis(100);
const LOOK: Duration = Duration::from_micros(50);

/// Takes the account of what a process had started, when it has been waited for after [`kill_group`]. These are the
/// children of the system's first process by now, and then there is nothing to do; or of this one, if it is the first
/// of a container or has asked for such children: then nobody else does it.
pub(super) fn take_group(pid: u32) {
    let Some(group) = Pid::from_raw(pid as i32) else { return };
    let end = Instant::now() + GROUP_ENDS;
    // The number is nobody else's while one of the group is there, and a new process would get it after all others only.
    loop {
        match waitpgid(group, WaitOptions::NOHANG) {
            Ok(Some(_)) | Err(Errno::INTR) => {}
            Ok(None) if Instant::now() < end => thread::sleep(LOOK),
            // There is none, or it cannot end yet.
            Ok(None) | Err(_) => return,
        }
    }
}

/// The signal or the exit code.
pub(super) fn ending(status: ExitStatus) -> (Option<i32>, Option<i32>) {
    (status.signal(), status.code())
}

/// There is no pool any more: ends this process and what its tasks have started.
pub(crate) fn end() -> ! {
    if getpgrp() == getpid() {
        let _ = kill_current_process_group(Signal::KILL);
    }
    process::abort()
}
