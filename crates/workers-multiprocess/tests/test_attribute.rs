//! `#[workers_multiprocess::test]` under the standard harness: several tests of one process, in parallel, with a pool
//! each.

#![cfg(all(target_os = "linux", not(loom)))]

use std::{
    env, io,
    process::{Command, abort, id},
    sync::{Arc, Mutex},
};
use workers_multiprocess::{Output, Process, ProcessPool, TaskError, task};

#[task]
fn square(n: u64) -> u64 {
    n * n
}

#[task]
fn pid() -> u32 {
    id()
}

#[task]
fn die() {
    abort();
}

#[task]
fn print(text: String) {
    println!("{text}");
}

#[task]
fn square_in_a_pool(n: u64) -> u64 {
    let pool = ProcessPool::new(1).expect("a pool in a task of a test");
    pool.submit(square, n).result().expect("a square")
}

#[task]
fn square_in_a_process(n: u64) -> u64 {
    Process::new(square, n).start().expect("a process in a task of a test").result().expect("a square")
}

#[workers_multiprocess::test]
fn a_pool_works_in_a_test() -> io::Result<()> {
    let pool = ProcessPool::new(2)?;
    assert_ne!(pool.submit(pid, ()).result(), Ok(id()));
    let squares: Result<Vec<_>, _> = pool.map(square, 0..100).collect();
    assert_eq!(squares, Ok((0..100).map(|n| n * n).collect()));
    Ok(())
}

#[workers_multiprocess::test]
fn a_worker_that_dies_is_replaced_in_a_test() {
    let pool = ProcessPool::new(1).unwrap();
    for n in 0..3 {
        assert!(
            matches!(pool.submit(die, ()).result(), Err(TaskError::WorkerDied(death)) if death.signal == Some(6))
        );
        assert_eq!(pool.submit(square, n).result(), Ok(n * n));
    }
}

#[workers_multiprocess::test]
fn a_pool_in_a_task_works_in_a_test() {
    assert_eq!(ProcessPool::new(1).unwrap().submit(square_in_a_pool, 7).result(), Ok(49));
}

#[workers_multiprocess::test]
fn a_process_works_in_a_test_and_in_a_task_of_one() {
    let process = Process::new(square_in_a_process, 7).start().unwrap();
    assert_eq!(process.result(), Ok(49));
}

#[workers_multiprocess::test]
fn what_a_task_prints_is_all_that_its_worker_prints() {
    let lines = Arc::new(Mutex::new(Vec::new()));
    let told = Arc::clone(&lines);
    let output = Output::lines(move |line| told.lock().unwrap().push(line.text.to_owned()));
    let pool = ProcessPool::builder().workers(1).stdout(output).build().unwrap();
    assert_eq!(pool.submit(print, "printed".into()).result(), Ok(()));
    drop(pool);
    let lines = lines.lock().unwrap();
    // There a worker's standard output is its own from the beginning, and the harness in it prints before.
    match cfg!(feature = "loopback") {
        true => assert!(lines.last().is_some_and(|line| line.ends_with("printed")), "{lines:?}"),
        false => assert_eq!(*lines, ["printed"]),
    }
}

#[workers_multiprocess::test]
#[should_panic(expected = "attempt to divide by zero")]
fn a_test_that_should_panic_may() {
    let pool = ProcessPool::new(1).unwrap();
    let zero = pool.submit(square, 0).result().unwrap();
    let _ = 1 / zero;
}

/// Run by the test below, alone, in a process of its own.
#[workers_multiprocess::test]
#[ignore = "another test runs it"]
fn printing() {
    let pool = ProcessPool::new(1).unwrap();
    assert_eq!(pool.submit(print, "from a task".into()).result(), Ok(()));
}

#[test]
fn what_tasks_print_goes_to_standard_error_and_the_report_is_the_harness_s_alone() {
    let mut command = Command::new(env::current_exe().unwrap());
    let output = command.args(["printing", "--exact", "--ignored", "--test-threads=1"]).output().unwrap();
    let (stdout, stderr) =
        (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert!(output.status.success(), "{stdout}{stderr}");
    assert_eq!(stdout.matches("running 1 test").count(), 1, "{stdout}");
    assert!(!stdout.contains("from a task"), "{stdout}");
    match cfg!(feature = "loopback") {
        true => assert!(stderr.contains("from a task\n"), "{stderr}"),
        false => assert_eq!(stderr, "from a task\n"),
    }
}

mod within_a_module {
    use super::*;

    /// Alone in its process, its path is the one that workers are told.
    #[workers_multiprocess::test]
    #[ignore = "another test runs it"]
    fn alone() {
        assert_eq!(ProcessPool::new(1).unwrap().submit(square, 3).result(), Ok(9));
    }

    #[test]
    fn a_test_of_a_module_is_found_by_its_path() {
        let mut command = Command::new(env::current_exe().unwrap());
        let output = command.args(["within_a_module::alone", "--exact", "--ignored"]).output().unwrap();
        assert!(String::from_utf8(output.stdout).unwrap().contains("1 passed"));
    }
}
