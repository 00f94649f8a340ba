//! A worker may be killed at any instruction.
//!
//! The worker is run step by step from the moment a request was sent. What its death leaves behind is what it has
//! stored in the memory that it shares with the pool, and what its task has done: so it is killed right after each
//! store that can be seen there, and besides after any number of steps.
//!
//! Where there are sockets between them, it is what the worker has sent: so it is killed before and behind each call of the
//! system.

use crate::{
    tasks,
    tools::{SOCKETS, children, fresh_path, open_descriptors, pool, result, wait_until},
};
use rustix::{
    io::Errno,
    process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, waitid},
};
use std::{
    fs::{self, File, OpenOptions},
    io::Write,
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
    ptr,
    sync::OnceLock,
    thread,
};
use workers_multiprocess::{ProcessPool, TaskError, task};

/// Of the shared memory: the positions of both rings, the claims, the word of the unsent results, and some of these.
const WATCHED: usize = 1 << 10;
/// Of a batch.
const ITEMS: u64 = 3;
/// The other moments: so many, and so many steps from one to the next.
const STRIDES: usize = 12;
const STRIDE: usize = 251;

static BEGUN: OnceLock<File> = OnceLock::new();

/// An initializer, so that the task itself has few instructions.
#[task]
fn open_begun(path: PathBuf) {
    BEGUN.get_or_init(|| OpenOptions::new().append(true).open(path).unwrap());
}

/// Writes down that it has begun.
#[task]
fn square_once(n: u64) -> u64 {
    BEGUN.get().unwrap().write_all(&[n as u8]).unwrap();
    n * n
}

/// When the worker is killed.
#[derive(Clone, Copy, Debug)]
enum Moment {
    Steps(usize),
    /// After so many stores, or calls of the system.
    Stores(usize),
}

/// A worker that goes step by step, until it is killed.
struct Stepped {
    pid: Pid,
    /// Its memory, and where in it is what it shares with its pool.
    shared: Option<(File, u64)>,
}

impl Stepped {
    /// The worker, stopped; an error if this process may not do that.
    fn new(pid: u32) -> Result<Self, Errno> {
        let shared = (!SOCKETS).then(|| {
            let memory = File::open(format!("/proc/{pid}/mem")).expect("the worker runs");
            let maps = fs::read_to_string(format!("/proc/{pid}/maps")).unwrap();
            let is_shared =
                |line: &&str| line.contains("memfd:workers-multiprocess") && line.contains(" rw-s ");
            let shared = maps.lines().find(is_shared);
            let start = shared.and_then(|line| line.split('-').next()).expect("the memory is mapped");
            (memory, u64::from_str_radix(start, 16).unwrap())
        });
        let this = Self { pid: Pid::from_raw(pid as i32).unwrap(), shared };
        this.trace(libc::PTRACE_SEIZE)?;
        this.trace(libc::PTRACE_INTERRUPT).expect("it is ours");
        wait_until("the worker stops", || this.stops());
        Ok(this)
    }

    fn trace(&self, request: libc::c_uint) -> Result<(), Errno> {
        let none = ptr::null_mut::<libc::c_void>();
        // SAFETY: none of the requests that are made here reads or writes memory of this process.
        match unsafe { libc::ptrace(request, self.pid.as_raw_nonzero().get(), none, none) } {
            -1 => Err(Errno::from_io_error(&std::io::Error::last_os_error()).unwrap()),
            _ => Ok(()),
        }
    }

    /// Waits until it stops; false if it sleeps, as it has nothing to do. Its end is not asked for: that is the pool's to
    /// see.
    fn stops(&self) -> bool {
        let options = WaitIdOptions::STOPPED | WaitIdOptions::NOHANG;
        let has_stopped = || waitid(WaitId::Pid(self.pid), options).expect("a child, and traced").is_some();
        loop {
            for _ in 0..100 {
                if has_stopped() {
                    return true;
                }
                thread::yield_now();
            }
            let stat = fs::read_to_string(format!("/proc/{}/stat", self.pid.as_raw_nonzero())).unwrap();
            if stat.rsplit(") ").next().is_some_and(|rest| rest.starts_with('S')) {
                return false;
            }
        }
    }

    fn shared(&self) -> [u8; WATCHED] {
        let mut bytes = [0; WATCHED];
        if let Some((memory, start)) = &self.shared {
            memory.read_exact_at(&mut bytes, *start).expect("it is mapped");
        }
        bytes
    }

    /// Goes on until the moment has come, or the worker has nothing left to do; kills it, and says whether the moment came.
    fn kill_at(self, moment: Moment) -> bool {
        let (mut left, count_stores) = match moment {
            Moment::Steps(steps) => (steps, false),
            Moment::Stores(stores) => (stores, true),
        };
        let by_call = count_stores && SOCKETS;
        let step = if by_call { libc::PTRACE_SYSCALL } else { libc::PTRACE_SINGLESTEP };
        let mut before = self.shared();
        let mut is_awake = true;
        while left > 0 && is_awake {
            self.trace(step).expect("it has stopped");
            is_awake = self.stops();
            let counts = !count_stores || by_call || {
                let now = self.shared();
                std::mem::replace(&mut before, now) != now
            };
            left -= usize::from(counts);
        }
        kill_process(self.pid, Signal::KILL).expect("nobody has waited for it");
        is_awake
    }
}

/// Sends a job, and kills its worker: after each store, and after any number of steps.
fn kill_at_each_moment(job: fn(&ProcessPool, &Path, &mut dyn FnMut())) {
    // What the first pool of a process opens for good is not counted.
    drop(pool(1));
    let before = (open_descriptors(), children());
    let begun = fresh_path("begun-by-steps");
    fs::write(&begun, "").unwrap();
    let pool = ProcessPool::builder().workers(1).initializer(open_begun, &begun).build().unwrap();
    let kill = |moment| {
        let worker = result(pool.submit(tasks::pid, ())).unwrap();
        let mut stepped = Some(Stepped::new(worker)?);
        fs::write(&begun, "").unwrap();
        let mut came = false;
        job(&pool, &begun, &mut || came = stepped.take().is_some_and(|worker| worker.kill_at(moment)));
        Ok::<bool, Errno>(came)
    };
    let mut stores = 0;
    let refused = loop {
        match kill(Moment::Stores(stores)) {
            Ok(true) => stores += 1,
            Ok(false) => break None,
            Err(error) => break Some(error),
        }
    };
    match refused {
        Some(Errno::PERM) => print!("(not run: no process may trace another here) "),
        Some(error) => panic!("the worker cannot be traced: {error}"),
        None => {
            assert!(stores > 5, "the claim, the answer and the word are stores, and {stores} were seen");
            let steps = (0..STRIDES).map(|n| n * STRIDE + n * n % STRIDE);
            let came = steps.filter(|steps| kill(Moment::Steps(*steps)) == Ok(true)).count();
            print!("({stores} stores, {came} others) ");
        }
    }
    let _ = fs::remove_file(&begun);
    drop(pool);
    assert_eq!((open_descriptors(), children()), before);
}

/// How often each item was begun: not more than once.
fn begins(begun: &Path) -> [bool; ITEMS as usize] {
    let mut begins = [false; ITEMS as usize];
    for item in fs::read(begun).unwrap() {
        assert!(!std::mem::replace(&mut begins[usize::from(item)], true), "item {item} was begun twice");
    }
    begins
}

/// Whether the item died; what else can be is the right value, of an item that has run.
fn died(n: u64, was_begun: bool, ended: Result<u64, TaskError>) -> bool {
    match ended {
        Err(TaskError::WorkerDied(death)) => {
            assert_eq!((death.signal, death.attempt), (Some(9), 1));
            true
        }
        value => {
            assert_eq!((value, was_begun), (Ok(n * n), true), "item {n}");
            false
        }
    }
}

pub(crate) fn a_worker_may_be_killed_at_any_instruction_of_a_task() {
    kill_at_each_moment(|pool, begun, kill| {
        let future = pool.submit(square_once, 2);
        kill();
        let ended = result(future);
        died(2, begins(begun)[2], ended);
    });
}

pub(crate) fn a_worker_may_be_killed_at_any_instruction_of_a_batch() {
    kill_at_each_moment(|pool, begun, kill| {
        let map = pool.call(square_once).chunk_size(ITEMS as usize).map(0..ITEMS);
        kill();
        let ended: Vec<_> = map.collect();
        let begins = begins(begun);
        let dead: Vec<bool> = (0..).zip(ended).map(|(n, ended)| died(n, begins[n as usize], ended)).collect();
        assert_eq!(dead.len(), ITEMS as usize);
        assert!(dead.iter().filter(|dead| **dead).count() <= 1, "one item at most: {dead:?}");
    });
}
