//! What can be said of a pool when it is built, and what it then does.

use crate::{
    tasks,
    tools::{LONG, LOOPBACK, children, death, result, run, scenario, wait_until},
};
use std::{
    env,
    hint::black_box,
    io::ErrorKind,
    process::{self, Command},
    sync::{Arc, Mutex, OnceLock},
    thread,
    time::{Duration, Instant},
};
use workers_multiprocess::{Builder, Output, ProcessPool, TaskError, current_cancel, task};

static LICENCE: OnceLock<String> = OnceLock::new();

#[task]
fn get_licence(licence: String) {
    match &*licence {
        "none" => panic!("no licence"),
        "bad" => process::exit(3),
        "slow" => thread::sleep(LONG),
        _ => drop(LICENCE.set(licence)),
    }
}

#[task]
fn licence() -> Option<String> {
    thread::sleep(Duration::from_millis(5));
    LICENCE.get().cloned()
}

/// Calculates for so long, by the clock, or for ever.
#[task]
fn calculate(millis: Option<u64>) {
    let begin = Instant::now();
    while millis.is_none_or(|millis| begin.elapsed() < Duration::from_millis(millis)) {
        black_box(&begin);
    }
}

#[derive(Debug, serde::Serialize, serde::Deserialize)]
struct Order {
    number: u32,
}

#[task]
fn take(order: Order) -> u32 {
    if order.number == 13 {
        process::abort();
    }
    order.number
}

/// Says that it has begun, and goes on until it is told to stop, or for ever.
#[task]
fn go_on(listens: bool) {
    eprintln!("begun");
    let cancel = current_cancel();
    while !(listens && cancel.is_cancelled()) {
        thread::sleep(Duration::from_millis(1));
    }
}

#[task]
fn say(text: String) {
    println!("{text}");
    eprintln!("{text}");
}

#[task]
fn threads_of_rayon() -> usize {
    rayon::current_num_threads()
}

#[task]
fn start_a_program() -> u32 {
    Command::new("sleep").arg("1000").spawn().expect("there is a sleep").id()
}

fn builder(workers: usize) -> Builder {
    ProcessPool::builder().workers(workers)
}

pub(crate) fn each_worker_runs_the_initializer_first() {
    let pool = builder(2).initializer(get_licence, &"full".to_owned()).build().unwrap();
    let licences: Vec<_> = (0..20).map(|_| pool.submit(licence, ())).collect();
    assert!(licences.into_iter().all(|licence| result(licence) == Ok(Some("full".into()))));
}

pub(crate) fn an_initializer_takes_an_argument_of_any_length() {
    for len in [30_000, 33_000, 70_000, 3_000_000] {
        let long = "x".repeat(len);
        let pool = builder(1).initializer(get_licence, &long).build().unwrap();
        assert_eq!(result(pool.submit(licence, ())), Ok(Some(long)));
    }
}

pub(crate) fn an_initializer_that_fails_is_told_from_an_init_that_is_missing() {
    let error = |licence: &str| {
        let limit = Duration::from_secs(if licence == "slow" { 1 } else { 60 });
        let builder = builder(2).initializer(get_licence, &licence.to_owned()).start_limit(limit);
        builder.stderr(Output::Null).build().unwrap_err().to_string()
    };
    let panicked = error("none");
    assert!(panicked.contains("the initializer: the task panicked at "), "{panicked}");
    assert!(panicked.ends_with(": no licence"), "{panicked}");
    let ended = error("bad");
    assert!(ended.contains("exit code 3 before it was ready: that was in its initializer"), "{ended}");
    let slow = error("slow");
    assert!(slow.contains("not ready after 1s: that was in its initializer"), "{slow}");
    assert!(children().is_empty());
}

pub(crate) fn a_worker_is_replaced_after_so_many_tasks() {
    let pool = builder(1).max_tasks(3).build().unwrap();
    let workers: Vec<_> = (0..9).map(|_| result(pool.submit(tasks::pid, ())).unwrap()).collect();
    for (place, worker) in workers.iter().enumerate() {
        let own = workers.iter().filter(|other| *other == worker).count();
        assert_eq!((own, *worker), (3, workers[place / 3 * 3]), "{workers:?}");
    }
}

pub(crate) fn a_worker_with_nothing_to_do_ends_and_is_started_when_it_is_needed() {
    let before = children();
    let pool = builder(2).idle_limit(Duration::from_millis(20)).build().unwrap();
    for round in 1..4 {
        assert_eq!(result(pool.submit(tasks::square, 3)), Ok(9));
        wait_until("no worker is left", || {
            pool.statistics().workers.iter().all(Option::is_none) && children() == before
        });
        // One that is started too early does not show at once.
        thread::sleep(Duration::from_millis(60));
        assert_eq!(children(), before);
        assert!(pool.statistics().restarts <= 2 * round, "{:?}", pool.statistics());
    }
    let nap = pool.submit(calculate, Some(200));
    assert_eq!(result(nap), Ok(()), "a worker at work has something to do");
}

pub(crate) fn who_uses_too_much_processor_time_is_ended_and_nobody_else_is() {
    let limited = builder(1).processor_limit(Duration::from_millis(400));
    if LOOPBACK {
        return assert_eq!(limited.build().unwrap_err().kind(), ErrorKind::Unsupported);
    }
    let pool = limited.build().unwrap();
    // Ten of them use more than one worker may in all, as do those of a batch.
    let modest: Vec<_> = (0..10).map(|_| pool.submit(calculate, Some(100))).collect();
    assert!(modest.into_iter().all(|modest| result(modest) == Ok(())));
    assert!(pool.call(calculate).chunk_size(10).map([Some(100); 10]).all(|modest| modest == Ok(())));
    let restarts = pool.statistics().restarts;
    assert!(restarts >= 2, "{restarts}");

    let endless = pool.submit(calculate, None);
    let behind = pool.submit(tasks::square, 3);
    let error = result(endless).unwrap_err();
    assert!(error.to_string().contains("was ended by signal 24 (SIGXCPU)"), "{error}");
    assert_eq!(result(behind), Ok(9));
}

pub(crate) fn a_limit_may_be_as_long_as_a_duration_can_be() {
    let longest = Duration::MAX;
    let pool = builder(1).time_limit(longest).idle_limit(longest).grace(longest).start_limit(longest);
    let pool = if LOOPBACK { pool } else { pool.processor_limit(longest) };
    let pool = pool.initializer(get_licence, &"full".to_owned()).build().unwrap();
    assert_eq!(result(pool.submit(tasks::square, 3)), Ok(9));
    assert_eq!(death(result(pool.submit(tasks::end_by_abort, ()))), (Some(6), None));
    assert_eq!(result(pool.submit(tasks::square, 4)), Ok(16));
}

pub(crate) fn a_task_that_has_cost_its_workers_is_listed_with_its_argument() {
    let pool = builder(2).retries(2).build().unwrap();
    let orders = (10..20).map(|number| Order { number });
    for (number, taken) in (10..20).zip(pool.map(take, orders)) {
        match taken {
            Err(TaskError::WorkerDied(death)) => assert_eq!((number, death.attempt), (13, 3)),
            taken => assert_eq!(taken, Ok(number)),
        }
    }
    let listed = pool.quarantined();
    assert_eq!(listed.len(), 1, "{listed:?}");
    assert!(listed[0].task.ends_with("options::take"), "{listed:?}");
    assert_eq!(listed[0].argument, "Order { number: 13 }");
    assert_eq!((listed[0].death.signal, listed[0].death.attempt), (Some(6), 3));
}

/// Cancels a task that goes on, once it has begun; says how its worker ended, if it has.
fn cancel_one_that(listens: bool, grace: Duration) -> bool {
    let begun = Arc::new(locks::Event::new());
    let told = Arc::clone(&begun);
    let output = Output::lines(move |_| told.set());
    let pool = builder(1).grace(grace).stderr(output).build().unwrap();
    let worker = result(pool.submit(tasks::pid, ())).unwrap();
    let running = pool.submit(go_on, listens);
    assert!(begun.wait_timeout(LONG));
    assert!(running.cancel());
    assert_eq!(result(running), Err(TaskError::Cancelled));
    result(pool.submit(tasks::pid, ())).unwrap() == worker
}

pub(crate) fn a_task_that_is_cancelled_is_told_and_killed_if_it_does_not_end() {
    assert!(cancel_one_that(true, LONG), "it ends by itself, and its worker is spared");
    assert!(!cancel_one_that(false, Duration::from_millis(20)), "its worker is killed");
}

pub(crate) fn a_line_comes_with_the_name_of_its_worker_and_of_its_stream() {
    let lines = Arc::new(Mutex::new(Vec::new()));
    let told = Arc::clone(&lines);
    let output = Output::lines(move |line| {
        told.lock().unwrap().push(format!("{} {:?} {}", line.worker, line.stream, line.text));
    });
    let pool = builder(1).stdout(output.clone()).stderr(output).build().unwrap();
    assert_eq!(result(pool.submit(say, "one\ntwo".into())), Ok(()));
    drop(pool);
    let mut lines = std::mem::take(&mut *lines.lock().unwrap());
    // The two streams are two ways.
    lines.sort();
    let expected =
        ["worker-0 Stderr one", "worker-0 Stderr two", "worker-0 Stdout one", "worker-0 Stdout two"];
    assert_eq!(lines, expected);
}

pub(crate) fn rayon_in_a_worker_has_its_share_of_the_cores() {
    const VARIABLE: &str = "RAYON_NUM_THREADS";
    let cores = thread::available_parallelism().unwrap().get();
    let of = |builder: Builder| result(builder.build().unwrap().submit(threads_of_rayon, ()));
    if env::var_os(VARIABLE).is_none() {
        for workers in 1..4 {
            assert_eq!(of(builder(workers)), Ok((cores / workers).max(1)));
        }
    }
    assert_eq!(of(builder(2).env(VARIABLE, "5")), Ok(5));
}

pub(crate) fn the_workers_are_in_the_statistics_from_the_start() {
    for _ in 0..20 {
        let pool = builder(2).build().unwrap();
        let workers: Vec<_> = pool.statistics().workers.into_iter().flatten().collect();
        assert_eq!(workers.len(), 2);
        assert!(workers.iter().all(|worker| children().contains(&worker.pid)));
    }
}

pub(crate) fn what_a_task_has_started_stays_no_zombie_where_the_program_takes_it_over() {
    if LOOPBACK {
        return println!("not run: what tasks have started goes on");
    }
    let (stdout, stderr, code) = run(&mut scenario("first of a container"));
    assert_eq!((stdout.as_str(), code), ("nothing is left\n", Some(0)), "{stderr}");
}

/// A program that becomes the parent of what loses its own, as the first of a container is.
pub(crate) fn first_of_a_container() {
    rustix::process::set_child_subreaper(Some(rustix::process::getpid())).unwrap();
    for _ in 0..5 {
        let pool = builder(1).build().unwrap();
        let first = result(pool.submit(start_a_program, ())).unwrap();
        assert_eq!(death(result(pool.submit(tasks::end_by_abort, ()))), (Some(6), None));
        let second = result(pool.submit(start_a_program, ())).unwrap();
        drop(pool);
        assert_ne!(first, second);
        assert!(children().is_empty(), "{:?} are left of {first} and {second}", children());
    }
    println!("nothing is left");
}
