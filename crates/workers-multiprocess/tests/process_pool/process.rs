//! `Process`: one process for one task.

use crate::{
    tasks,
    tools::{
        LONG, LOOPBACK, children, fresh_path, is_running, open_descriptors, run, scenario, send_signal,
        wait_until,
    },
};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::{
    env, fs,
    io::{BufRead, BufReader, ErrorKind},
    process::{Stdio, id},
    sync::{Arc, Mutex},
    time::Duration,
};
use workers_multiprocess::{Death, Output, Process, ProcessHandle, Stream, TaskError, active_children, task};

#[task]
fn variable(name: String) -> Option<String> {
    println!("looking for {name}");
    eprintln!("in {}", id());
    env::var(name).ok()
}

/// One that has begun its task, and runs until the file is there.
fn busy(name: &str, daemon: bool) -> (ProcessHandle<()>, std::path::PathBuf) {
    let (begun, released) = (fresh_path(&format!("{name}-begun")), fresh_path(&format!("{name}-released")));
    let process = Process::new(tasks::rendezvous, (begun.clone(), released.clone()));
    let process = process.name(name).daemon(daemon).start().unwrap();
    wait_until("the task has begun", || begun.exists());
    (process, released)
}

#[track_caller]
fn ended<R>(process: &ProcessHandle<R>) -> Option<i32> {
    assert!(process.join_timeout(LONG), "{process:?} did not end");
    assert!(!process.is_alive() && !is_running(process.pid()));
    process.exit_code()
}

pub(crate) fn a_task_in_a_process_of_its_own_gives_its_value_and_exit_code_0() {
    let process = Process::new(tasks::divide, (42, 6)).start().unwrap();
    assert_ne!(process.pid(), id());
    assert_eq!(ended(&process), Some(0));
    assert_eq!(process.death().and_then(|death| death.exit_code), Some(0));
    assert_eq!(process.result(), Ok(7));
    let inside = Process::new(tasks::pid, ()).start().unwrap();
    let pid = inside.pid();
    assert_eq!(inside.result(), Ok(pid));
}

pub(crate) fn exit_codes_are_pythons() {
    let panicked = Process::new(tasks::divide, (1, 0)).stderr(Output::Null).start().unwrap();
    assert_eq!(ended(&panicked), Some(1));
    let said = &panicked.death().unwrap().last_lines;
    assert!(said.iter().any(|line| line.contains("attempt to divide by zero")), "{said:?}");
    assert!(matches!(panicked.result(), Err(TaskError::Panicked { .. })));

    for code in [0, 7] {
        let exited = Process::new(tasks::end_by_exit, code).start().unwrap();
        assert_eq!(ended(&exited), Some(code));
        let result = exited.result();
        assert!(
            matches!(&result, Err(TaskError::WorkerDied(Death { exit_code: Some(own), .. })) if *own == code),
            "{result:?}"
        );
    }
    let aborted = Process::new(tasks::end_by_abort, ()).stderr(Output::Null).start().unwrap();
    assert_eq!(ended(&aborted), Some(-6));
}

pub(crate) fn a_process_can_be_terminated_interrupted_and_killed() {
    type End = fn(&ProcessHandle<()>);
    let ends: [(&str, i32, End); 3] = [
        ("terminated", -15, |process| process.terminate()),
        ("interrupted", -2, |process| process.interrupt()),
        ("killed", -9, |process| process.kill()),
    ];
    for (name, code, end) in ends {
        // There a process can be killed only.
        let code = if LOOPBACK { -9 } else { code };
        let (process, _) = busy(name, false);
        assert_eq!((process.exit_code(), process.is_alive()), (None, true));
        end(&process);
        assert_eq!(ended(&process), Some(code));
        end(&process);
        let result = process.result();
        assert!(
            matches!(&result, Err(TaskError::WorkerDied(Death { signal: Some(signal), .. })) if *signal == -code),
            "{result:?}"
        );
    }
}

pub(crate) fn a_process_that_is_killed_at_once_has_an_end_all_the_same() {
    for _ in 0..20 {
        let process = Process::new(tasks::square_slowly, 3).start().unwrap();
        process.kill();
        assert_eq!(ended(&process), Some(-9));
        assert!(matches!(
            process.result(),
            Err(TaskError::WorkerDied(Death { signal: Some(9), .. })) | Ok(9)
        ));
    }
}

pub(crate) fn a_process_is_among_the_active_children_until_it_has_ended() {
    let (process, released) = busy("active", false);
    assert!(!process.join_timeout(Duration::ZERO));
    let active = active_children();
    assert_eq!((active.len(), active[0].name(), active[0].pid()), (1, "active", process.pid()));
    assert_eq!(&active[0], process.process());
    fs::write(released, "").unwrap();
    assert_eq!(ended(&process), Some(0));
    assert_eq!(active_children(), []);
}

pub(crate) fn the_sentinel_is_readable_when_the_process_has_ended_and_not_before() {
    let (process, released) = busy("sentinel", false);
    let is_readable = |wait| {
        let wait = Timespec::try_from(wait).unwrap();
        poll(&mut [PollFd::new(&process.sentinel(), PollFlags::IN)], Some(&wait)).unwrap() == 1
    };
    assert!(!is_readable(Duration::ZERO));
    fs::write(released, "").unwrap();
    assert!(is_readable(LONG));
    assert_eq!(process.exit_code(), Some(0), "the code is there as soon as the sentinel says so");
}

pub(crate) fn a_daemon_ends_with_its_handle_and_another_goes_on() {
    let (daemon, _) = busy("daemon", true);
    let pid = daemon.pid();
    assert!(daemon.is_daemon());
    drop(daemon);
    assert!(!is_running(pid) && !children().contains(&pid));

    let (detached, released) = busy("detached", false);
    let process = detached.process().clone();
    drop(detached);
    assert!(process.is_alive() && is_running(process.pid()));
    fs::write(released, "").unwrap();
    assert!(process.join_timeout(LONG));
    assert_eq!(process.exit_code(), Some(0));
}

pub(crate) fn a_process_has_the_environment_the_streams_and_the_name_that_were_said() {
    let lines = Arc::new(Mutex::new(Vec::new()));
    let told = Arc::clone(&lines);
    let output = Output::lines(move |line| {
        told.lock().unwrap().push((line.worker.to_owned(), line.stream, line.text.to_owned()));
    });
    let process =
        Process::new(variable, "SELVEDGE_TEST".to_owned()).name("named").env("SELVEDGE_TEST", "set");
    let process = process.stdout(output.clone()).stderr(output).start().unwrap();
    let pid = process.pid();
    assert_eq!(process.result(), Ok(Some("set".to_owned())));
    let lines = lines.lock().unwrap();
    assert_eq!(lines.len(), 2);
    assert!(lines.contains(&("named".into(), Stream::Stdout, "looking for SELVEDGE_TEST".into())));
    assert!(lines.contains(&("named".into(), Stream::Stderr, format!("in {pid}"))));
}

pub(crate) fn what_is_no_task_or_cannot_cross_is_refused_at_the_start() {
    let error = Process::new(tasks::unmarked, 3).start().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert!(error.to_string().contains("unmarked` is not marked #[task]"), "{error}");
    let error = Process::new(tasks::take_faulty, tasks::Faulty::ErrorWhenEncoded).start().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
}

pub(crate) fn processes_leave_nothing_behind() {
    // What the first process opens for good is not counted, nor what the thread behind it has not closed yet.
    Process::new(tasks::square, 3).name("first").start().unwrap().join();
    wait_until("the thread is gone", || {
        threads::enumerate().iter().all(|thread| thread.name().as_deref() != Some("first"))
    });
    let before = (open_descriptors(), children());
    for n in 0..10 {
        let processes = [
            Process::new(tasks::end_by_exit, n).start().unwrap(),
            Process::new(tasks::end_by_signal, "KILL".to_owned()).start().unwrap(),
            Process::new(tasks::rendezvous, (fresh_path("left-begun"), fresh_path("left")))
                .daemon(true)
                .start()
                .unwrap(),
        ];
        assert!(processes[..2].iter().all(|process| process.join_timeout(LONG)));
    }
    // The threads that stood behind them close their descriptors when they have told of the end.
    wait_until("all is closed", || (open_descriptors(), children()) == before);
}

pub(crate) fn a_process_ends_when_its_parent_is_killed() {
    let mut program = scenario("process pid").stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(program.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let pid = line.trim().parse().unwrap();
    assert!(is_running(pid));
    send_signal(program.id(), "KILL");
    program.wait().unwrap();
    wait_until("the process has ended", || !is_running(pid));
}

pub(crate) fn main_of_threads_waits_for_a_process_that_is_no_daemon() {
    let (stdout, stderr, code) = run(&mut scenario("process at the end"));
    assert_eq!((&*stdout, &*stderr, code), ("main has ended\nfrom the process\n", "", Some(0)));
}
