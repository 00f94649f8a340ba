//! Each failure at each stage of a task's way: what becomes of the task, and what is left behind.
//!
//! | stage | where | failures |
//! |---|---|---|
//! | argument encode, result decode | in the pool's own process | all: a panic is the task's, what ends the program ends its workers |
//! | send, both ways | a worker fails at any moment while requests and answers are sent | all but panic, which ends a thread only |
//! | decode, run, result encode | in the worker, with the task begun | all |
//! | idle | in the worker, by a thread that a task has left | all |
//! | start-up | in the worker's initializer, of the first worker and of one that takes another's place | all |
//! | shutdown | in the worker's exit handlers, when the pool is dropped | all but panic: it may not leave a C function |

use crate::{
    tasks,
    tools::{children, fresh_path, is_running, open_descriptors, result, scenario, send_signal, wait_until},
};
use rustix::process::{Resource, Rlimit, Signal, getpid, getrlimit, kill_process, setrlimit};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::{
    collections::BTreeSet,
    fs,
    io::{BufRead, BufReader},
    os::unix::process::ExitStatusExt,
    path::PathBuf,
    process,
    sync::OnceLock,
    thread,
    time::Duration,
};
use workers_multiprocess::{Builder, ProcessPool, TaskError, task};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Failure {
    Panic,
    Abort,
    Exit,
    Kill,
    Stop,
    Fault,
    Overflow,
    Memory,
    Descriptors,
}

use Failure::{Abort, Descriptors, Exit, Fault, Kill, Memory, Overflow, Panic, Stop};

const ALL: [Failure; 9] = [Panic, Abort, Exit, Kill, Stop, Fault, Overflow, Memory, Descriptors];
/// Long for a task that does nothing, short for one that was stopped.
const LIMIT: Duration = Duration::from_secs(1);

impl Failure {
    /// Comes back from a lack of descriptors only.
    fn happen(self) {
        match self {
            Panic => panic!("on purpose"),
            Abort => process::abort(),
            Exit => process::exit(0),
            Kill => kill_process(getpid(), Signal::KILL).unwrap(),
            Stop => kill_process(getpid(), Signal::STOP).unwrap(),
            // SAFETY: none: this process ends here, and that is what it is for.
            Fault => unsafe { std::ptr::without_provenance_mut::<u64>(64).write_volatile(1) },
            Overflow => drop(tasks::overflow_the_stack(0)),
            Memory => {
                let Rlimit { maximum, .. } = getrlimit(Resource::As);
                setrlimit(Resource::As, Rlimit { current: Some(256 << 20), maximum }).unwrap();
                drop(std::hint::black_box(vec![1_u8; 1 << 30]));
            }
            Descriptors => {
                let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
                setrlimit(Resource::Nofile, Rlimit { current: Some(64), maximum }).unwrap();
                while let Ok(file) = fs::File::open("/dev/null") {
                    std::mem::forget(file);
                }
            }
        }
    }

    /// The signal and the exit code of the worker.
    fn death(self) -> (Option<i32>, Option<i32>) {
        match self {
            Abort | Overflow | Memory => (Some(6), None),
            Exit => (None, Some(0)),
            Kill => (Some(9), None),
            Fault => (Some(11), None),
            Panic | Stop | Descriptors => unreachable!("the worker does not die of it"),
        }
    }
}

/// A value that fails where its process makes it into bytes, or from bytes.
#[derive(Debug)]
pub(crate) struct Bomb {
    encoded: Option<Failure>,
    decoded: Option<Failure>,
}

impl Serialize for Bomb {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.encoded.into_iter().for_each(Failure::happen);
        self.decoded.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Bomb {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let failure = Option::<Failure>::deserialize(deserializer)?;
        failure.into_iter().for_each(Failure::happen);
        Ok(Self { encoded: None, decoded: None })
    }
}

#[task]
fn decode(_: Bomb) {}

#[task]
fn run(failure: Failure) {
    failure.happen();
}

#[task]
fn encode(failure: Failure) -> Bomb {
    Bomb { encoded: Some(failure), decoded: None }
}

#[task]
fn decode_result(failure: Failure) -> Bomb {
    Bomb { encoded: None, decoded: Some(failure) }
}

/// Fails so many microseconds after the task is done.
#[task]
fn later((failure, micros): (Failure, u64)) {
    thread::spawn(move || {
        thread::sleep(Duration::from_micros(micros));
        failure.happen();
    });
}

/// Fails if the file is there: an initializer.
#[task]
pub(crate) fn at_start((failure, path): (Failure, PathBuf)) {
    if path.exists() {
        failure.happen();
    }
}

static AT_EXIT: OnceLock<Failure> = OnceLock::new();

extern "C" fn fail_at_exit() {
    AT_EXIT.get().into_iter().for_each(|failure| failure.happen());
}

#[task]
fn at_end(failure: Failure) {
    unsafe extern "C" {
        safe fn atexit(function: extern "C" fn()) -> i32;
    }
    AT_EXIT.get_or_init(|| failure);
    assert_eq!(atexit(fail_at_exit), 0);
}

/// What this process has.
#[derive(Debug)]
struct Belongings {
    descriptors: usize,
    /// Mappings that are shared with workers.
    shared: usize,
    /// Zombies too.
    children: BTreeSet<u32>,
    threads: BTreeSet<String>,
}

impl Belongings {
    fn now() -> Self {
        let maps = fs::read_to_string("/proc/self/maps").unwrap();
        let threads = fs::read_dir("/proc/self/task").unwrap();
        Self {
            descriptors: open_descriptors(),
            shared: maps.lines().filter(|line| line.contains("memfd:workers-multiprocess")).count(),
            children: children(),
            threads: threads.map(|thread| thread.unwrap().file_name().into_string().unwrap()).collect(),
        }
    }

    /// Whether there is nothing that was not there before. (A thread that was joined is listed for a moment.)
    fn are_within(&self, before: &Self) -> bool {
        self.descriptors <= before.descriptors
            && self.shared <= before.shared
            && self.children.is_subset(&before.children)
            && self.threads.is_subset(&before.threads)
    }
}

/// Runs a cell, after which there is nothing that was not there before.
fn cell(name: &str, failure: Failure, act: impl FnOnce(Failure)) {
    // What the first pool of a process opens for good is not counted.
    static WARM: OnceLock<()> = OnceLock::new();
    WARM.get_or_init(|| drop(ProcessPool::new(1).unwrap()));
    let before = Belongings::now();
    act(failure);
    wait_until(&format!("nothing is left of {name} x {failure:?}: {before:?}"), || {
        Belongings::now().are_within(&before)
    });
}

fn builder() -> Builder {
    let grace = Duration::from_millis(200);
    ProcessPool::builder().workers(1).time_limit(LIMIT).grace(grace).start_limit(Duration::from_secs(20))
}

fn computes(pool: &ProcessPool) {
    let squares: Vec<_> = (0..20).map(|n| pool.call(tasks::square).retries(1).submit(n)).collect();
    for (n, square) in (0..20).zip(squares) {
        assert_eq!(result(square), Ok(n * n));
    }
}

/// The error that the failure is for the task that it befell.
#[track_caller]
fn assert_guilty<R: std::fmt::Debug>(failure: Failure, ended: Result<R, TaskError>) {
    match (failure, ended) {
        (Panic, Err(TaskError::Panicked { message, .. })) => assert_eq!(message, "on purpose"),
        (Stop, Err(TaskError::TimedOut(limit))) => assert_eq!(limit, LIMIT),
        (Descriptors, Ok(_)) => {}
        (_, Err(TaskError::WorkerDied(death))) => {
            assert_eq!((death.signal, death.exit_code), failure.death(), "{failure:?}");
            assert_eq!(death.out_of_memory, failure == Memory, "{death:?}");
        }
        (_, other) => panic!("{failure:?}: {other:?}"),
    }
}

/// Has `guilty` done among others, which all succeed.
fn among_others<R: std::fmt::Debug>(
    failure: Failure,
    guilty: impl FnOnce(&ProcessPool) -> workers_multiprocess::Future<R>,
) {
    let pool = builder().build().unwrap();
    let before: Vec<_> = (0..5).map(|n| pool.submit(tasks::square, n)).collect();
    let guilty = guilty(&pool);
    let after: Vec<_> = (0..20).map(|n| pool.submit(tasks::square, n)).collect();
    assert_guilty(failure, result(guilty));
    for (n, square) in (0..5).zip(before).chain((0..20).zip(after)) {
        assert_eq!(result(square), Ok(n * n), "{failure:?}");
    }
    computes(&pool);
}

pub(crate) fn a_failure_while_decoding_running_or_encoding_costs_its_own_task_only() {
    for failure in ALL {
        let bomb = |failure| Bomb { encoded: None, decoded: Some(failure) };
        cell("decode", failure, |failure| among_others(failure, |pool| pool.submit(decode, bomb(failure))));
        cell("run", failure, |failure| among_others(failure, |pool| pool.submit(run, failure)));
        cell("encode", failure, |failure| among_others(failure, |pool| pool.submit(encode, failure)));
    }
}

pub(crate) fn a_panic_in_the_pools_own_process_costs_its_own_task_only() {
    cell("result decode", Panic, |failure| {
        among_others(failure, |pool| pool.submit(decode_result, failure));
    });
    cell("argument encode", Panic, |failure| {
        among_others(failure, |pool| pool.submit(decode, Bomb { encoded: Some(failure), decoded: None }));
    });
}

const IN_THE_PROGRAM: &str = "fails in its own process: ";

/// The scenario of a program that fails while it encodes an argument or decodes a result.
pub(crate) fn fail_in_the_program(name: &str) -> Option<()> {
    let (stage, failure) = name.strip_prefix(IN_THE_PROGRAM)?.split_once(' ')?;
    let failure = ALL.into_iter().find(|known| format!("{known:?}") == failure)?;
    let pool = ProcessPool::new(2).unwrap();
    for child in children() {
        println!("{child}");
    }
    println!("workers");
    let ended = match stage {
        "encode" => result(pool.submit(decode, Bomb { encoded: Some(failure), decoded: None })),
        _ => result(pool.submit(decode_result, failure)).map(drop),
    };
    assert_eq!(ended, Ok(()));
    computes(&pool);
    println!("it goes on");
    Some(())
}

pub(crate) fn a_failure_that_ends_the_program_ends_its_workers() {
    for failure in ALL.into_iter().filter(|failure| *failure != Panic) {
        for stage in ["encode", "decode"] {
            let mut program = scenario(&format!("{IN_THE_PROGRAM}{stage} {failure:?}"));
            let mut program =
                program.stdout(process::Stdio::piped()).stderr(process::Stdio::piped()).spawn().unwrap();
            let mut lines = BufReader::new(program.stdout.take().unwrap()).lines().map(Result::unwrap);
            let workers: Vec<u32> = lines.by_ref().map_while(|line| line.parse().ok()).collect();
            assert_eq!(workers.len(), 2);
            if failure == Stop {
                let stat = format!("/proc/{}/stat", program.id());
                wait_until("it has stopped", || fs::read_to_string(&stat).unwrap().contains(") T "));
                assert!(workers.iter().all(|worker| is_running(*worker)));
                send_signal(program.id(), "CONT");
            }
            let rest: Vec<String> = lines.collect();
            let ending = program.wait().unwrap();
            let goes_on = matches!(failure, Stop | Descriptors);
            assert_eq!(rest == ["it goes on"], goes_on, "{stage} x {failure:?}: {ending}, {rest:?}");
            if !goes_on {
                assert_eq!((ending.signal(), ending.code()), failure.death(), "{stage} x {failure:?}");
            }
            wait_until("the workers have ended", || !workers.iter().any(|worker| is_running(*worker)));
        }
    }
}

pub(crate) fn a_failure_of_an_idle_worker_costs_no_task() {
    for failure in ALL {
        cell("idle", failure, |failure| {
            let pool = builder().build().unwrap();
            let worker = result(pool.submit(tasks::pid, ())).unwrap();
            assert_eq!(result(pool.submit(later, (failure, 20_000))), Ok(()));
            if !matches!(failure, Panic | Stop | Descriptors) {
                wait_until("the worker has ended", || !children().contains(&worker));
            } else {
                thread::sleep(Duration::from_millis(60));
            }
            computes(&pool);
        });
    }
}

pub(crate) fn a_failure_while_requests_and_answers_are_sent_costs_one_task_at_most() {
    for failure in ALL {
        for round in 0..4 {
            cell("send", failure, |failure| {
                let pool = builder().build().unwrap();
                let mut failed = 0;
                // It may not come to its own answer.
                if let Err(error) = result(pool.submit(later, (failure, 300 * round))) {
                    assert_guilty::<()>(failure, Err(error));
                    failed += 1;
                }
                let squares: Vec<_> = (0..300).map(|n| pool.submit(tasks::square, n)).collect();
                for (n, square) in (0..300).zip(squares) {
                    match result(square) {
                        Ok(square) => assert_eq!(square, n * n),
                        Err(error) => {
                            assert_guilty::<()>(failure, Err(error));
                            failed += 1;
                        }
                    }
                }
                assert!(failed <= 1, "{failure:?}: {failed} tasks failed");
                computes(&pool);
            });
        }
    }
}

pub(crate) fn a_failure_at_start_up_is_an_error_and_the_next_start_succeeds() {
    for failure in ALL {
        cell("start-up", failure, |failure| {
            let path = fresh_path("fail-at-start");
            let short = if failure == Stop { LIMIT } else { Duration::from_secs(20) };
            let builder = || builder().initializer(at_start, &(failure, path.clone())).start_limit(short);
            fs::write(&path, "").unwrap();
            assert_eq!(builder().build().is_err(), failure != Descriptors, "{failure:?}");
            fs::remove_file(&path).unwrap();
            let pool = builder().build().unwrap();
            fs::write(&path, "").unwrap();
            assert_guilty(Kill, result(pool.submit(run, Kill)));
            match result(pool.submit(tasks::square, 3)) {
                Ok(9) if failure == Descriptors => {}
                Err(TaskError::Start(_)) if failure != Descriptors => {}
                other => panic!("{failure:?}: {other:?}"),
            }
            fs::remove_file(&path).unwrap();
            computes(&pool);
        });
    }
}

pub(crate) fn a_failure_at_the_end_leaves_nothing_behind() {
    for failure in ALL.into_iter().filter(|failure| *failure != Panic) {
        cell("shutdown", failure, |failure| {
            let pool = builder().workers(2).build().unwrap();
            assert_eq!(result(pool.submit(at_end, failure)), Ok(()));
            assert_eq!(result(pool.submit(tasks::square, 3)), Ok(9));
        });
    }
}
