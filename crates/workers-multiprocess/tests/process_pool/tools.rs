//! What the tests ask of pools, files and the system.

use std::{
    collections::BTreeSet,
    env, fs,
    path::PathBuf,
    process::{Command, Output},
    thread,
    time::{Duration, Instant},
};
use workers_multiprocess::{Death, Future, ProcessPool, TaskError};

/// Whether pool and worker have sockets between them, and no memory and no files.
pub(crate) const SOCKETS: bool = cfg!(feature = "sockets");
/// Whether those are all that there is, and the system is none in particular.
pub(crate) const LOOPBACK: bool = cfg!(feature = "loopback");

pub(crate) const LONG: Duration = Duration::from_secs(60);

pub(crate) fn pool(workers: usize) -> ProcessPool {
    ProcessPool::new(workers).expect("the pool starts")
}

pub(crate) fn result<R>(future: Future<R>) -> Result<R, TaskError> {
    future.result_timeout(LONG).expect("no result after a minute")
}

/// The signal and the exit code with which a task's worker died.
#[track_caller]
pub(crate) fn death<R: std::fmt::Debug>(result: Result<R, TaskError>) -> (Option<i32>, Option<i32>) {
    match result {
        Err(TaskError::WorkerDied(Death { signal, exit_code, .. })) => (signal, exit_code),
        other => panic!("the worker did not die: {other:?}"),
    }
}

#[track_caller]
pub(crate) fn wait_until(what: &str, mut ready: impl FnMut() -> bool) {
    let end = Instant::now() + LONG;
    while !ready() {
        assert!(Instant::now() < end, "waited in vain until {what}");
        thread::sleep(Duration::from_millis(2));
    }
}

pub(crate) fn send_signal(pid: u32, signal: &str) {
    // The shell's own `kill`: the program of that name is not everywhere.
    let sent = Command::new("sh").args(["-c", &format!("kill -{signal} {pid} 2>/dev/null")]).status();
    sent.expect("there is a shell");
}

/// Whether a process runs, or could again: it is neither gone nor a zombie.
pub(crate) fn is_running(pid: u32) -> bool {
    let Ok(stat) = fs::read_to_string(format!("/proc/{pid}/stat")) else { return false };
    // The state follows the name, which is in parentheses and may contain some.
    !stat.rsplit(')').next().is_some_and(|rest| rest.trim_start().starts_with(['Z', 'X']))
}

/// The children of this process, zombies too.
pub(crate) fn children() -> BTreeSet<u32> {
    let threads = fs::read_dir("/proc/self/task").expect("Linux");
    let lists = threads.filter_map(|thread| fs::read_to_string(thread.ok()?.path().join("children")).ok());
    lists
        .flat_map(|list| list.split_whitespace().map(|pid| pid.parse().unwrap()).collect::<Vec<u32>>())
        .collect()
}

pub(crate) fn open_descriptors() -> usize {
    fs::read_dir("/proc/self/fd").expect("Linux").count()
}

/// A path where nothing is, for this test and process only.
pub(crate) fn fresh_path(name: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", std::process::id()));
    let _ = fs::remove_file(&path);
    path
}

/// This executable, to be started as another program: see `scenarios.rs`.
pub(crate) fn scenario(name: &str) -> Command {
    let mut command = Command::new(env::current_exe().unwrap());
    command.env(crate::scenarios::VARIABLE, name);
    command
}

/// Standard output, standard error, exit code.
pub(crate) fn run(command: &mut Command) -> (String, String, Option<i32>) {
    let Output { status, stdout, stderr } = command.output().expect("it starts");
    (String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap(), status.code())
}
