//! Whole programs that use a pool, rightly and wrongly: this executable, started with [`VARIABLE`] set.

use crate::{
    tasks,
    tools::{self, LOOPBACK, death, is_running, pool, result, run, scenario, send_signal, wait_until},
};
use rustix::process::{Resource, getrlimit, setrlimit};
use std::{
    env,
    io::{BufRead, BufReader, ErrorKind},
    process::{Stdio, exit},
    thread,
    time::Duration,
};
use workers_multiprocess::{Process, ProcessPool, TaskError, task};

pub(crate) const VARIABLE: &str = "WORKERS_MULTIPROCESS_TEST_SCENARIO";

/// What a scenario's `main` does; in a process without one it returns.
pub(crate) fn main() {
    let Ok(name) = env::var(VARIABLE) else { return };
    match name.as_str() {
        "without init" => report(ProcessPool::new(1)),
        "worker without init" => {
            if env::var_os("WORKERS_MULTIPROCESS_SOCKET").is_none() {
                workers_multiprocess::init();
            }
            report(ProcessPool::new(1));
        }
        "init after a pool" => {
            assert!(ProcessPool::new(1).is_err());
            workers_multiprocess::init();
            report(ProcessPool::new(1));
        }
        "init in a thread" => {
            thread::spawn(workers_multiprocess::init).join().unwrap();
            report(ProcessPool::new(1));
        }
        "worker with init in a thread" => {
            if env::var_os("WORKERS_MULTIPROCESS_SOCKET").is_some() {
                thread::spawn(workers_multiprocess::init).join().unwrap();
            }
            workers_multiprocess::init();
            report(ProcessPool::new(1));
        }
        "init twice" => {
            println!("main begins");
            workers_multiprocess::init();
            workers_multiprocess::init();
            report(ProcessPool::new(1));
        }
        "worker ends before init" => {
            if env::var_os("WORKERS_MULTIPROCESS_SOCKET").is_some() {
                exit(5);
            }
            workers_multiprocess::init();
            report(ProcessPool::new(2));
        }
        name => {
            workers_multiprocess::init();
            with_init(name);
        }
    }
    exit(0);
}

fn with_init(name: &str) {
    match name {
        "ordinary program" => println!("ordinary"),
        "printing" => {
            // The worker must not have ended before this prints: at its end it would print what is left in
            // any case.
            let pool = pool(1);
            let length = result(pool.submit(tasks::print, "from the task".into()));
            println!(", {length:?} from the pool");
            drop(pool);
        }
        "worker pids" => {
            let pool = pool(2);
            print_children();
            thread::sleep(tools::LONG);
            drop(pool);
        }
        "worker pids and a fork" => {
            let pool = pool(2);
            let busy = pool.submit(tasks::wait_for_ever, ());
            print_children();
            // SAFETY: the child calls nothing but `sleep` and `_exit`, which it may after a fork of a program with threads.
            match unsafe { libc::fork() } {
                0 => {
                    // SAFETY: as above.
                    unsafe { libc::sleep(20) };
                    // SAFETY: it ends this process, and asks for nothing.
                    unsafe { libc::_exit(0) }
                }
                fork => println!("{fork}"),
            }
            assert_eq!(result(busy), Ok(()), "it goes on for ever");
        }
        "first of a container" => crate::options::first_of_a_container(),
        "few descriptors" => few_descriptors(),
        "few descriptors for results" => crate::guilty::few_descriptors_for_results(),
        "process pid" => {
            let files = (tools::fresh_path("pid-begun"), tools::fresh_path("pid-released"));
            let process = Process::new(tasks::rendezvous, files).start().unwrap();
            println!("{}", process.pid());
            process.join();
        }
        "process at the end" => threads::main(|| {
            drop(Process::new(print_slowly, "from the process\n".to_owned()).start().unwrap());
            println!("main has ended");
        }),
        "interrupted" => interrupted(),
        "interrupted twice" => {
            let pool = interruptible_pool();
            print_children();
            assert_eq!(result(pool.submit(tasks::wait_for_ever, ())), Err(TaskError::Cancelled));
            drop(pool);
            println!("the first has ended the pool");
            thread::sleep(tools::LONG);
        }
        "interrupted without a pool" => {
            let pool = interruptible_pool();
            print_children();
            drop(pool);
            println!("no pool is left");
            thread::sleep(tools::LONG);
        }
        _ => crate::matrix::fail_in_the_program(name).expect("there is a scenario of this name"),
    }
}

fn report(pool: std::io::Result<ProcessPool>) {
    match pool {
        Ok(_) => println!("the pool was made"),
        Err(error) => println!("{:?}: {error}", error.kind()),
    }
}

fn print_children() {
    for pid in tools::children() {
        println!("{pid}");
    }
    println!("end");
}

fn interruptible_pool() -> ProcessPool {
    ProcessPool::builder().workers(2).stop_on_interrupt(true).build().unwrap()
}

fn interrupted() {
    let pool = interruptible_pool();
    let (begun, released) = (tools::fresh_path("int-begun"), tools::fresh_path("int-released"));
    let first = pool.submit(tasks::rendezvous, (begun.clone(), released));
    let others: Vec<_> = (0..3).map(|_| pool.submit(tasks::wait_for_ever, ())).collect();
    wait_until("the first has begun", || begun.exists());
    print_children();
    println!("{:?}", result(first));
    for other in others {
        println!("{:?}", result(other));
    }
    println!("{:?}", result(pool.submit(tasks::square, 3)));
    drop(pool);
    println!("{}", if tools::children().is_empty() { "no children" } else { "children" });
    println!("the program goes on");
}

/// After what `main` prints.
#[task]
fn print_slowly(text: String) {
    thread::sleep(Duration::from_millis(300));
    print!("{text}");
}

/// From now on this process gets descriptors below `limit` only; returns what the limit was.
fn limit_descriptors(limit: u64) -> u64 {
    let mut limits = getrlimit(Resource::Nofile);
    let before = limits.current.replace(limit);
    setrlimit(Resource::Nofile, limits).unwrap();
    before.unwrap()
}

/// The worker dies, and there is no descriptor to start another one with; then there are some again.
fn few_descriptors() {
    let pool = pool(1);
    // Not by using them up: what the dead worker had is closed at some moment, and would do for the next. One may be
    // left, as a limit of three makes an `fcntl` fail for another reason.
    let before = limit_descriptors(4);
    assert_eq!(death(result(pool.submit(tasks::end_by_exit, 0))), (None, Some(0)));
    assert!(matches!(result(pool.submit(tasks::square, 3)), Err(TaskError::Start(_))));
    assert!(matches!(result(pool.submit(tasks::square, 3)), Err(TaskError::Start(_))));
    assert_eq!(ProcessPool::new(1).map(drop).unwrap_err().raw_os_error(), Some(24), "EMFILE");
    limit_descriptors(before);
    assert_eq!(result(pool.submit(tasks::square, 3)), Ok(9));
    println!("recovered");
}

const DIAGNOSIS: &str = "workers_multiprocess::init() must be called first in main";

pub(crate) fn a_program_without_init_gets_an_error_and_no_process() {
    let (stdout, stderr, code) = run(&mut scenario("without init"));
    assert!(stdout.starts_with(&format!("{:?}: {DIAGNOSIS}", ErrorKind::InvalidInput)), "{stdout}");
    assert_eq!((stderr.as_str(), code), ("", Some(0)));
}

pub(crate) fn a_worker_without_init_says_so_ends_with_2_and_fails_the_pool() {
    let (stdout, stderr, code) = run(&mut scenario("worker without init"));
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
    assert!(stderr.starts_with("worker process ") && stderr.contains(DIAGNOSIS), "{stderr}");
    assert!(stdout.contains("ended with exit code 2 before it was ready"), "{stdout}");
    assert!(stdout.contains(DIAGNOSIS), "{stdout}");
    assert_eq!(code, Some(0));
}

pub(crate) fn an_init_that_is_late_or_in_another_thread_is_told_apart() {
    for (name, diagnosis) in [
        ("init after a pool", "init() was called after the first attempt to start a process"),
        ("init in a thread", "init() was called in another thread than main's"),
    ] {
        let (stdout, stderr, code) = run(&mut scenario(name));
        assert!(stdout.starts_with("InvalidInput: ") && stdout.contains(diagnosis), "{stdout}");
        assert_eq!((stderr.as_str(), code), ("", Some(0)));
    }
    let (stdout, stderr, _) = run(&mut scenario("worker with init in a thread"));
    assert!(stdout.contains("ended with exit code 2 before it was ready"), "{stdout}");
    assert!(stderr.contains("init() was called in another thread than main's"), "{stderr}");
}

pub(crate) fn what_main_prints_before_init_is_seen_once_and_a_second_init_changes_nothing() {
    let (stdout, stderr, code) = run(&mut scenario("init twice"));
    // There a worker's standard output is its own from the beginning.
    let again = if LOOPBACK { "main begins\n" } else { "" };
    assert_eq!((stdout, &*stderr, code), (format!("main begins\n{again}the pool was made\n"), "", Some(0)));
}

pub(crate) fn a_worker_that_ends_before_init_fails_the_pool() {
    let (stdout, _, code) = run(&mut scenario("worker ends before init"));
    assert!(stdout.contains("ended with exit code 5 before it was ready"), "{stdout}");
    assert_eq!(code, Some(0));
}

pub(crate) fn a_program_that_a_task_starts_is_no_worker() {
    let ran = result(pool(1).submit(tasks::run_scenario, "ordinary program".into()));
    assert_eq!(ran, Ok(("ordinary\n".into(), String::new(), Some(0))));
    let (stdout, ..) = result(pool(1).submit(tasks::run_scenario, "printing".into())).unwrap();
    assert_eq!(stdout, "from the task, Ok(13) from the pool\n");
}

pub(crate) fn what_a_task_prints_is_there_before_its_result() {
    let (stdout, _, code) = run(&mut scenario("printing"));
    assert_eq!((stdout.as_str(), code), ("from the task, Ok(13) from the pool\n", Some(0)));
}

pub(crate) fn a_task_reads_nothing_from_its_standard_input() {
    assert_eq!(result(pool(1).submit(tasks::read_standard_input, ())), Ok(String::new()));
}

pub(crate) fn workers_end_when_the_process_of_their_pool_is_killed() {
    let mut program = scenario("worker pids").stdout(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(program.stdout.take().unwrap()).lines();
    let workers: Vec<u32> = lines.map_while(|line| line.unwrap().parse().ok()).collect();
    assert_eq!(workers.len(), 2);
    assert!(workers.iter().all(|pid| is_running(*pid)));
    send_signal(program.id(), "KILL");
    program.wait().unwrap();
    wait_until("the workers have ended", || !workers.iter().any(|pid| is_running(*pid)));
}

pub(crate) fn workers_end_with_the_process_of_their_pool_though_one_that_it_has_forked_lives() {
    if LOOPBACK {
        return println!("not run: where there is no `fork` the end of a connection is an end");
    }
    let mut program = scenario("worker pids and a fork").stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(program.stdout.take().unwrap()).lines();
    let workers: Vec<u32> = lines.by_ref().map_while(|line| line.unwrap().parse().ok()).collect();
    let fork = lines.next().unwrap().unwrap().parse().unwrap();
    assert_eq!(workers.len(), 2);
    send_signal(program.id(), "KILL");
    program.wait().unwrap();
    wait_until("the workers have ended", || !workers.iter().any(|pid| is_running(*pid)));
    assert!(is_running(fork), "it was there all the time");
    send_signal(fork, "KILL");
}

pub(crate) fn a_worker_that_cannot_be_started_fails_the_task_and_the_next_one_tries_again() {
    let (stdout, stderr, code) = run(&mut scenario("few descriptors"));
    assert_eq!((stdout.as_str(), code), ("recovered\n", Some(0)), "{stderr}");
}
