//! Who pays? Faults that were found in the pool, one test each.

use crate::{
    matrix::Failure,
    tasks,
    tools::{
        self, LOOPBACK, SOCKETS, children, death, is_running, open_descriptors, pool, result, run, scenario,
        send_signal, wait_until,
    },
};
use std::{
    io::ErrorKind,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    sync::{Arc, Mutex, mpsc},
    thread,
    time::{Duration, Instant},
};
use workers_multiprocess::{Chaos, Output, Process, ProcessPool, SharedBytes, TaskError, task};

#[task]
fn sleep(millis: u64) -> u64 {
    thread::sleep(Duration::from_millis(millis));
    millis
}

/// Starts a program that is in no group of ours and writes to standard error without end.
#[task]
#[expect(clippy::zombie_processes, reason = "it outlives this process, on purpose")]
fn leave_a_writer(_: ()) -> u32 {
    let child = std::process::Command::new("setsid")
        .args(["sh", "-c", "while :; do echo noise >&2; done"])
        .stdin(std::process::Stdio::null())
        .spawn()
        .expect("there is a setsid");
    child.id()
}

#[task]
fn waste(len: usize) {
    drop(std::hint::black_box(vec![1_u8; len]));
}

#[task]
fn complain(text: String) {
    eprintln!("{text}");
}

pub(crate) fn a_task_behind_many_that_kill_their_workers_is_done() {
    let pool = pool(1);
    let guilty: Vec<_> = (0..14).map(|_| pool.submit(tasks::end_by_abort, ())).collect();
    let innocent = pool.submit(tasks::square, 3);
    assert!(guilty.into_iter().all(|guilty| death(result(guilty)) == (Some(6), None)));
    assert_eq!(result(innocent), Ok(9));
}

pub(crate) fn tasks_behind_one_that_does_not_end_are_done_by_the_other_worker() {
    let pool = ProcessPool::builder().workers(2).grace(Duration::ZERO).build().unwrap();
    let endless = pool.submit(sleep, u64::MAX);
    // Some of them lie behind it, and half of those are fetched at a time.
    let squares: Vec<_> = (0..20).map(|n| pool.submit(tasks::square, n)).collect();
    for (n, square) in (0..20).zip(squares) {
        assert_eq!(result(square), Ok(n * n));
    }
    assert!(!endless.is_done());
    assert!(endless.cancel());
}

pub(crate) fn a_task_is_not_killed_for_the_time_of_the_one_before() {
    let limit = Duration::from_millis(5);
    let pool = ProcessPool::builder().workers(1).time_limit(limit).build().unwrap();
    for _ in 0..40 {
        // Its end and the end of its time come together.
        let late = pool.submit(sleep, 4);
        let next: Vec<_> =
            (0..8).map(|n| pool.call(tasks::square).time_limit(Duration::from_secs(60)).submit(n)).collect();
        assert!(matches!(result(late), Ok(4) | Err(TaskError::TimedOut(_))));
        for (n, square) in (0..8).zip(next) {
            assert_eq!(result(square), Ok(n * n));
        }
    }
}

pub(crate) fn a_stopped_worker_whose_tasks_were_taken_back_is_no_hindrance_to_a_shutdown() {
    let before = children();
    let pool = pool(1);
    send_signal(result(pool.submit(tasks::pid, ())).unwrap(), "STOP");
    let waiting: Vec<_> = (0..5).map(|n| pool.submit(tasks::square, n)).collect();
    pool.shutdown(workers_multiprocess::Shutdown::Discard);
    pool.join();
    assert!(waiting.into_iter().all(|future| result(future) == Err(TaskError::Cancelled)));
    assert_eq!(children(), before);
}

pub(crate) fn a_shutdown_does_not_wait_for_a_worker_that_hangs_at_its_start() {
    let path = crate::tools::fresh_path("hang-at-start");
    let before = children();
    let pool = ProcessPool::builder()
        .workers(1)
        .initializer(crate::matrix::at_start, &(Failure::Stop, path.clone()))
        .build()
        .unwrap();
    let first = result(pool.submit(tasks::pid, ())).unwrap();
    std::fs::write(&path, "").unwrap();
    send_signal(first, "KILL");
    wait_until("another is started", || children().difference(&before).any(|pid| *pid != first));
    let begin = Instant::now();
    pool.terminate();
    assert!(begin.elapsed() < Duration::from_secs(30), "the limit of a start is a minute");
    assert_eq!(children(), before);
    std::fs::remove_file(&path).unwrap();
}

pub(crate) fn a_panic_in_the_function_that_gets_the_lines_hangs_nothing() {
    let lines = Arc::new(Mutex::new(0));
    let counted = Arc::clone(&lines);
    let output = Output::lines(move |_| {
        *counted.lock().unwrap_or_else(|poisoned| poisoned.into_inner()) += 1;
        panic!("on purpose, in the function that gets a line");
    });
    let pool = ProcessPool::builder().workers(1).stderr(output).build().unwrap();
    assert_eq!(result(pool.submit(complain, "one".into())), Ok(()));
    assert_eq!(death(result(pool.submit(tasks::end_by_exit, 3))), (None, Some(3)));
    assert_eq!(result(pool.submit(tasks::square, 3)), Ok(9));
    assert!(lines.lock().is_err() || *lines.lock().unwrap() > 0);
}

pub(crate) fn a_stream_that_never_ends_does_not_hide_a_death() {
    let pool = ProcessPool::builder().workers(1).stderr(Output::Null).build().unwrap();
    let writer = result(pool.submit(leave_a_writer, ())).unwrap();
    let died = death(result(pool.submit(tasks::end_by_exit, 3)));
    send_signal(writer, "KILL");
    assert_eq!(died, (None, Some(3)));
    assert_eq!(result(pool.submit(tasks::square, 3)), Ok(9));
}

pub(crate) fn a_pool_can_be_dropped_by_the_callback_of_its_own_task() {
    let before = children();
    let pool = pool(2);
    let future = pool.submit(sleep, 20);
    let (told, tell) = mpsc::channel();
    let behind: Vec<_> = (0..20).map(|n| pool.submit(tasks::square, n)).collect();
    future.add_done_callback(move |_| {
        drop(pool);
        told.send(()).unwrap();
    });
    tell.recv_timeout(crate::tools::LONG).expect("the pool was dropped");
    assert!(behind.into_iter().all(|square| result(square).is_ok()));
    wait_until("no worker is left", || children() == before);
}

pub(crate) fn chaos_kills_workers_and_costs_no_task_that_may_be_tried_again() {
    let before = children();
    let builder = ProcessPool::builder().workers(2).retries(1000).time_limit(Duration::from_millis(200));
    let pool = builder.chaos(Chaos::new(7).every(Duration::from_millis(3))).build().unwrap();
    let mut done = 0;
    wait_until("a hundred signals were sent", || {
        for (n, square) in (0..50).zip(pool.map(tasks::square_slowly, 0..50)) {
            match square {
                Ok(square) => assert_eq!(square, n * n),
                // It was stopped, or killed before it was ready.
                Err(TaskError::TimedOut(_) | TaskError::Start(_)) => {}
                Err(other) => panic!("{other}"),
            }
            done += 1;
        }
        pool.statistics().kills > 100
    });
    assert_eq!(pool.statistics().finished, done, "each ends once");
    drop(pool);
    assert_eq!(children(), before);
}

pub(crate) fn a_worker_without_descriptors_fails_what_needs_some_and_nothing_else() {
    let pool = pool(1);
    let worker = result(pool.submit(tasks::pid, ())).unwrap();
    let shared = SharedBytes::build(1 << 20, |_| ()).unwrap();
    assert_eq!(result(pool.submit(tasks::use_up_descriptors, true)), Ok(()));
    let innocent = [(); 3].map(|()| pool.submit(tasks::square_slowly, 3));
    let refused = pool.submit(tasks::count, shared.clone());
    let behind = pool.submit(tasks::square, 4);
    assert!(innocent.into_iter().all(|innocent| result(innocent) == Ok(9)));
    let refused = result(refused);
    assert_eq!(result(behind), Ok(16));
    let long = result(pool.submit(tasks::repeat, 1 << 20));
    if SOCKETS {
        assert_eq!((refused, long.map(|text| text.len())), (Ok(1 << 20), Ok(1 << 20)), "nothing needs any");
    } else {
        let refused = refused.unwrap_err().to_string();
        assert!(refused.contains("argument could not be received: 0 of 1 have come"), "{refused}");
        assert!(matches!(long, Err(TaskError::Encode(_))));
    }
    assert_eq!(result(pool.submit(tasks::use_up_descriptors, false)), Ok(()));
    assert_eq!(result(pool.submit(tasks::count, shared)), Ok(1 << 20));
    assert_eq!(result(pool.submit(tasks::pid, ())), Ok(worker));
}

pub(crate) fn a_panic_while_an_argument_is_encoded_fails_its_own_item_of_a_batch() {
    let pool = pool(1);
    let faulty = |n| if n % 5 == 3 { tasks::Faulty::PanicWhenEncoded } else { tasks::Faulty::Nowhere };
    for chunk_size in [1, 4, 100] {
        let results = pool.call(tasks::take_faulty).chunk_size(chunk_size).map((0..20).map(faulty));
        let ended: Vec<_> = results.collect();
        assert_eq!(ended.len(), 20);
        for (n, ended) in ended.into_iter().enumerate() {
            match ended {
                Ok(()) => assert_ne!(n % 5, 3),
                Err(TaskError::Panicked { message, location, .. }) => {
                    assert_eq!((n % 5, &*message), (3, "fell while encoding"));
                    assert!(location.contains("tasks.rs"), "{location}");
                }
                Err(other) => panic!("{other}"),
            }
        }
    }
    let fails = |n| if n < 3 { n } else { resume_unwind(Box::new("of the input")) };
    let taken = catch_unwind(AssertUnwindSafe(|| pool.map(tasks::square, (0..9).map(fails)).count()));
    assert_eq!(taken.unwrap_err().downcast_ref(), Some(&"of the input"));
}

pub(crate) fn an_input_that_panics_is_over_and_what_was_sent_before_comes_back() {
    let pool = pool(2);
    let fails = |n| if n != 300 { n } else { resume_unwind(Box::new("of the input")) };
    for ordered in [true, false] {
        let input = (0..).map(fails);
        let mut results =
            if ordered { pool.map(tasks::square, input) } else { pool.map_unordered(tasks::square, input) };
        let mut squares = Vec::new();
        let mut take = || results.by_ref().for_each(|square| squares.push(square.unwrap()));
        let taken = catch_unwind(AssertUnwindSafe(&mut take));
        assert_eq!(taken.unwrap_err().downcast_ref(), Some(&"of the input"));
        squares.extend(results.map(Result::unwrap));
        squares.sort_unstable();
        assert!(squares.len() <= 300 && !squares.is_empty());
        assert!((0..).zip(&squares).all(|(n, square)| n * n == *square), "without a gap: {squares:?}");
    }
}

pub(crate) fn a_process_whose_argument_panics_is_not_started() {
    let before = (open_descriptors(), children());
    let process = Process::new(tasks::take_faulty, tasks::Faulty::PanicWhenEncoded);
    let error = process.start().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert!(error.to_string().contains("fell while encoding"), "{error}");
    assert_eq!((open_descriptors(), children()), before);
}

pub(crate) fn a_limit_of_memory_in_which_no_worker_gets_ready_is_a_clear_error() {
    let before = (open_descriptors(), children());
    let limited = |bytes| ProcessPool::builder().workers(1).memory_limit(bytes).stderr(Output::Null);
    let too_little = limited(1 << 20).build().unwrap_err();
    let too_much = limited(512 << 20).initializer(waste, &(1 << 30)).build().unwrap_err();
    if LOOPBACK {
        assert_eq!([too_little.kind(), too_much.kind()], [ErrorKind::Unsupported; 2]);
    } else {
        let (too_little, too_much) = (too_little.to_string(), too_much.to_string());
        assert!(too_little.contains("a limit of 1048576 bytes of memory is less than the "), "{too_little}");
        assert!(too_much.contains("before it was ready: probably for want of memory"), "{too_much}");
    }
    assert_eq!((open_descriptors(), children()), before);
}

pub(crate) fn a_child_that_the_program_forks_and_that_exits_at_once_ends_no_pool() {
    let pool = pool(1);
    let waiting = pool.submit(tasks::square_slowly, 3);
    // SAFETY: the child calls nothing but `_exit`, which it may after a fork of a program with threads.
    let child = unsafe { libc::fork() };
    if child == 0 {
        // SAFETY: it ends this process, and asks for nothing.
        unsafe { libc::_exit(0) };
    }
    let mut status = 0;
    // SAFETY: the child is ours, and `status` is there to be written.
    assert_eq!(unsafe { libc::waitpid(child, &mut status, 0) }, child);
    assert_eq!(status, 0);
    assert_eq!(result(waiting), Ok(9));
    assert!(pool.map(tasks::square, 0..100).all(|square| square.is_ok()));
}

/// Leaves a process that is in no group of ours and has all descriptors of this one, and ends.
#[task]
fn leave_a_fork(code: i32) {
    // SAFETY: the child calls nothing but `setsid`, `sleep` and `_exit`, which it may after a fork of a program with threads.
    match unsafe { libc::fork() } {
        0 => {
            // SAFETY: as above.
            unsafe { libc::setsid() };
            // SAFETY: as above.
            unsafe { libc::sleep(20) };
            // SAFETY: it ends this process, and asks for nothing.
            unsafe { libc::_exit(0) }
        }
        child => {
            // SAFETY: it asks for a number.
            tools::wait_until("it is in a group of its own", || unsafe { libc::getpgid(child) } == child);
            eprintln!("{child}");
            std::process::exit(code);
        }
    }
}

pub(crate) fn a_worker_is_dead_though_a_process_that_it_has_forked_lives() {
    if LOOPBACK {
        return println!("not run: where there is no `fork` the end of a connection is an end");
    }
    let pool = ProcessPool::builder().workers(1).stderr(Output::Null).build().unwrap();
    let Err(TaskError::WorkerDied(died)) = result(pool.submit(leave_a_fork, 3)) else {
        panic!("it has not died")
    };
    assert_eq!(died.exit_code, Some(3));
    assert_eq!(result(pool.submit(tasks::square, 3)), Ok(9));
    let left: u32 = died.last_lines[0].parse().unwrap();
    assert!(is_running(left), "it was there all the time");
    send_signal(left, "KILL");
}

/// In a program of its own, whose descriptors are used up.
pub(crate) fn few_descriptors_for_results() {
    let pool = pool(1);
    let worker = result(pool.submit(tasks::pid, ())).unwrap();
    tasks::use_up_descriptors(true);
    let shared = result(pool.submit(tasks::share, 1 << 20)).map(|bytes| bytes.len());
    let long = result(pool.submit(tasks::repeat, 1 << 20)).map(|text| text.len());
    let short = result(pool.submit(tasks::square, 3));
    tasks::use_up_descriptors(false);
    for ended in [shared, long] {
        if SOCKETS {
            assert_eq!(ended, Ok(1 << 20), "nothing needs any");
            continue;
        }
        let error = ended.unwrap_err();
        assert!(matches!(error, TaskError::Decode(_)), "{error}");
        assert!(error.to_string().contains("result's files could not be received: 0 of 1"), "{error}");
    }
    assert_eq!(short, Ok(9));
    assert_eq!(result(pool.submit(tasks::share, 1 << 20)).map(|bytes| bytes.len()), Ok(1 << 20));
    assert_eq!(result(pool.submit(tasks::pid, ())), Ok(worker));
    println!("the worker went on");
}

pub(crate) fn a_pool_without_descriptors_fails_the_results_that_need_some_and_nothing_else() {
    let (stdout, stderr, code) = run(&mut scenario("few descriptors for results"));
    assert_eq!((stdout.as_str(), code), ("the worker went on\n", Some(0)), "{stderr}");
}
