//! The tasks of these tests.

use crate::tools;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{Read, Write},
    iter,
    net::Shutdown,
    os::{fd::FromRawFd, unix::net::UnixStream},
    path::PathBuf,
    process::{abort, exit, id},
    sync::Mutex,
    thread,
    time::Duration,
};
use workers_multiprocess::{SharedBytes, task};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Shape {
    Nothing,
    Circle { radius: f64 },
    Named(String, BTreeMap<String, Vec<i64>>),
}

#[task]
pub(crate) fn echo(shapes: Vec<Option<Shape>>) -> Vec<Option<Shape>> {
    shapes
}

#[task]
pub(crate) fn square(n: u64) -> u64 {
    n * n
}

/// So many bytes.
#[task]
pub(crate) fn fill(len: usize) -> Vec<u8> {
    assert!(!len.is_multiple_of(5), "no {len}");
    vec![3; len]
}

/// Panics when it is dropped, if it is true.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Unwelcome(pub(crate) bool);

impl Drop for Unwelcome {
    fn drop(&mut self) {
        assert!(!self.0, "unwelcome");
    }
}

#[task]
pub(crate) fn unwelcome(is_so: bool) -> Unwelcome {
    Unwelcome(is_so)
}

#[task]
pub(crate) fn to_json_and_back(bytes: SharedBytes) -> SharedBytes {
    serde_json::from_slice(&serde_json::to_vec(&bytes).unwrap()).unwrap()
}

#[task]
pub(crate) fn pid(_: ()) -> u32 {
    id()
}

#[task]
pub(crate) fn nothing_to_ask_for() -> u32 {
    id()
}

#[task]
pub(crate) fn divide(a: u32, b: u32) -> u32 {
    a / b
}

/// One parameter that is a tuple.
#[task]
pub(crate) fn divide_pair((a, b): (u32, u32)) -> u32 {
    a / b
}

#[task]
#[expect(clippy::too_many_arguments, reason = "as many as there may be")]
pub(crate) fn join_eight(
    a: u8,
    b: i16,
    c: char,
    d: String,
    e: bool,
    f: Option<u8>,
    g: f32,
    h: (u8, u8),
) -> String {
    format!("{a} {b} {c} {d} {e} {f:?} {g} {h:?}")
}

#[task]
pub(crate) fn reverse(text: String) -> String {
    text.chars().rev().collect()
}

/// As [`square`], in some time, in which the worker can be killed.
#[task]
pub(crate) fn square_slowly(n: u64) -> u64 {
    thread::sleep(Duration::from_millis(1));
    n * n
}

/// Writes any bytes into what the worker shares with its pool: a few, or all of it; or to it.
#[task]
pub(crate) fn scribble(seed: u64) -> u64 {
    let mut random = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let next = || {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        random
    };
    match tools::SOCKETS {
        true => write_garbage(seed, next),
        false => overwrite(seed, next),
    }
    seed
}

/// Any bytes, the beginning of a long frame, the beginning of another request or none, an answer to any request; or the end.
fn write_garbage(seed: u64, mut next: impl FnMut() -> u64) {
    let all = fs::read_dir("/proc/self/fd").unwrap().map(|entry| entry.unwrap().path());
    let sockets: Vec<i32> = all
        .filter(|path| fs::read_link(path).is_ok_and(|link| link.to_string_lossy().starts_with("socket:")))
        .map(|path| path.file_name().unwrap().to_str().unwrap().parse().unwrap())
        .collect();
    let numbers = (0..1 + next() % 40).map(|_| next());
    let any: Vec<u8> = numbers.flat_map(u64::to_le_bytes).collect();
    let bytes = match seed / 2 % 6 {
        0 => any,
        1 => vec![0, 0xff, 0xff, 0xff, 0x3f],
        2 => vec![1, 3, 0, 0, 0, 1, 2, 3],
        3 => [&[1, 8, 0, 0, 0][..], &(next() % 100).to_le_bytes()].concat(),
        4 => vec![0, 11, 0, 0, 0, (next() % 100) as u8, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0],
        _ => Vec::new(),
    };
    // The first is the connection for what is rare, if the standard library numbers as the system does.
    let socket = sockets[seed as usize % sockets.len()];
    // SAFETY: none: it is the library's own. That this is done to it is the point: the pool must be able to bear it, and
    // this worker is given up.
    let socket = std::mem::ManuallyDrop::new(unsafe { UnixStream::from_raw_fd(socket) });
    match bytes.as_slice() {
        [] => socket.shutdown(Shutdown::Both).unwrap(),
        bytes => (&*socket).write_all(bytes).unwrap(),
    }
}

fn overwrite(seed: u64, mut next: impl FnMut() -> u64) {
    let maps = fs::read_to_string("/proc/self/maps").unwrap();
    let shared =
        maps.lines().find(|line| line.contains("memfd:workers-multiprocess") && line.contains(" rw-s "));
    let (start, end) = shared.expect("the memory is mapped").split_once([' ', '-']).unwrap();
    let end = end.split(' ').next().unwrap();
    let address = |text: &str| usize::from_str_radix(text, 16).unwrap();
    let (start, end) = (address(start), address(end));
    // The words of the rings are at the beginning.
    let span = [1 << 10, 4 << 10, end - start][seed as usize % 3];
    for _ in 0..[1, 40, 4000][seed as usize / 3 % 3] {
        let at = start + next() as usize % span;
        // SAFETY: the byte is mapped for writing. That it is the pool's and the worker's is the point: the pool must
        // be able to bear anything there, and this worker is given up.
        unsafe { (at as *mut u8).write_volatile(next() as u8) };
    }
}

/// Where [`fall`] panics.
pub(crate) const FALL: (&str, u32) = (file!(), line!() + 4);

#[task]
pub(crate) fn fall(text: String) -> u32 {
    panic!("fell over {text}")
}

#[task]
pub(crate) fn throw(number: i32) {
    std::panic::panic_any(number);
}

#[task]
pub(crate) fn end_by_signal(signal: String) {
    tools::send_signal(id(), &signal);
    tools::wait_until("the signal arrives", || false);
}

#[task]
pub(crate) fn end_by_abort(_: ()) {
    abort();
}

#[task]
pub(crate) fn end_by_exit(code: i32) {
    exit(code);
}

#[task]
pub(crate) fn overflow_the_stack(depth: u64) -> u64 {
    let frame = std::hint::black_box([depth; 512]);
    if depth == u64::MAX { 0 } else { overflow_the_stack(depth + 1) + frame[3] }
}

#[task]
pub(crate) fn wait_for_ever() {
    thread::sleep(Duration::MAX);
}

/// Makes the first file, and waits for the second one.
#[task]
pub(crate) fn rendezvous((begun, released): (PathBuf, PathBuf)) {
    fs::write(begun, "").unwrap();
    tools::wait_until("the task is released", || released.exists());
}

#[task]
pub(crate) fn read_standard_input(_: ()) -> String {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text).unwrap();
    text
}

/// Prints without a line end, and lets a program of its own print too.
#[task]
pub(crate) fn print(text: String) -> usize {
    print!("{text}");
    text.len()
}

/// Another program of this executable, started by a task with all the worker's environment.
#[task]
pub(crate) fn run_scenario(name: String) -> (String, String, Option<i32>) {
    tools::run(&mut tools::scenario(&name))
}

#[task]
pub(crate) fn sum_of_squares_by_a_pool(numbers: Vec<u64>) -> u64 {
    tools::pool(2).map(square, numbers).map(Result::unwrap).sum()
}

pub(crate) fn unmarked(n: u64) -> u64 {
    n
}

/// At which step the value fails, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Faulty {
    Nowhere,
    ErrorWhenEncoded,
    PanicWhenEncoded,
    ErrorWhenDecoded,
    PanicWhenDecoded,
}

impl Serialize for Faulty {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Nowhere => serializer.serialize_u8(0),
            Self::ErrorWhenDecoded => serializer.serialize_u8(1),
            Self::PanicWhenDecoded => serializer.serialize_u8(2),
            Self::ErrorWhenEncoded => Err(serde::ser::Error::custom("it is made so")),
            Self::PanicWhenEncoded => panic!("fell while encoding"),
        }
    }
}

impl<'de> Deserialize<'de> for Faulty {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match u8::deserialize(deserializer)? {
            0 => Ok(Self::Nowhere),
            1 => Err(serde::de::Error::custom("it is made so")),
            _ => panic!("fell while decoding"),
        }
    }
}

#[task]
pub(crate) fn take_faulty(_: Faulty) {}

#[task]
pub(crate) fn give_faulty(number: u8) -> Faulty {
    match number {
        0 => Faulty::Nowhere,
        1 => Faulty::ErrorWhenEncoded,
        2 => Faulty::PanicWhenEncoded,
        3 => Faulty::ErrorWhenDecoded,
        _ => Faulty::PanicWhenDecoded,
    }
}

static DESCRIPTORS: Mutex<Vec<File>> = Mutex::new(Vec::new());

/// Opens as many files as there may be, or closes them.
#[task]
pub(crate) fn use_up_descriptors(all: bool) {
    let mut files = DESCRIPTORS.lock().unwrap();
    files.clear();
    if all {
        limit_descriptors();
        files.extend(iter::from_fn(|| File::open("/dev/null").ok()));
    }
}

/// So that few are enough to use them up.
pub(crate) fn limit_descriptors() {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: Some(64), maximum }).unwrap();
}

#[task]
pub(crate) fn count(bytes: SharedBytes) -> usize {
    bytes.len()
}

#[task]
pub(crate) fn share(len: usize) -> SharedBytes {
    SharedBytes::build(len, |_| ()).unwrap()
}

#[task]
pub(crate) fn repeat(len: usize) -> String {
    "x".repeat(len)
}
