//! Concurrency and parallelism: the same requests and the same sums by one, two and four threads, and what a
//! thread costs.
//!
//! Threads that wait do not need a core each: the requests go twice as fast with twice the threads. Threads that
//! calculate do: the sums go no faster than there are cores.

use std::hint::black_box;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::{Duration, Instant};
use std::{fs, thread};
use threads::{Cancel, Handle, Thread};

/// How long the server takes over an answer.
const LATENCY: Duration = Duration::from_millis(5);
const REQUESTS: usize = 24;
/// So many pieces of so many numbers are added up.
const PIECES: usize = 24;
const NUMBERS: u64 = 400_000;

const BAR: usize = 40;
const SPAWNS: u32 = 500;
const SLEEPERS: usize = 64;

fn main() -> io::Result<()> {
    let server = serve()?;
    table(&format!("I/O: {REQUESTS} requests to a server that takes {} ms", LATENCY.as_millis()), |_| {
        request(server)
    })?;
    table(&format!("CPU: {PIECES} sums of {NUMBERS} square roots"), |piece| {
        black_box((0..NUMBERS).map(|n| ((n + piece as u64) as f64).sqrt()).sum::<f64>());
        Ok(())
    })?;
    println!("{} cores\n", thread::available_parallelism()?);
    costs()
}

/// A server on this machine; it ends with the process, as its threads are daemons.
fn serve() -> io::Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    let accept = move || {
        for mut client in listener.incoming().flatten() {
            let answer = move || {
                thread::sleep(LATENCY);
                client.write_all(b"!")
            };
            // A client whose connection is dropped sees that, and says so.
            let _ = Thread::new(answer).name("answer").start();
        }
    };
    Thread::new(accept).name("server").daemon(true).start()?;
    Ok(address)
}

fn request(server: SocketAddr) -> io::Result<()> {
    TcpStream::connect(server)?.read_exact(&mut [0])
}

/// Does all 24 pieces of work with one, two and four threads, and prints how long that took.
fn table(title: &str, work: impl Fn(usize) -> io::Result<()> + Sync) -> io::Result<()> {
    println!("{title}");
    let mut alone = None;
    for threads in [1, 2, 4] {
        let took = share(threads, &work)?;
        let alone = *alone.get_or_insert(took);
        let ratio = took.as_secs_f64() / alone.as_secs_f64();
        let bar = "█".repeat((ratio * BAR as f64).round().max(1.0) as usize);
        println!(
            "  {threads} thread{:1} {:7.1} ms  {:4.2}x  {bar}",
            if threads == 1 { "" } else { "s" },
            took.as_secs_f64() * 1e3,
            1.0 / ratio
        );
    }
    println!();
    Ok(())
}

fn share(threads: usize, work: &(impl Fn(usize) -> io::Result<()> + Sync)) -> io::Result<Duration> {
    let begun = Instant::now();
    threads::scope(|scope| {
        let mine = |first| (first..REQUESTS).step_by(threads).try_for_each(work);
        let handles: io::Result<Vec<Handle<io::Result<()>>>> =
            (0..threads).map(|first| scope.spawn(move || mine(first))).collect();
        handles?.into_iter().try_for_each(|handle| handle.join().map_err(io::Error::other)?)
    })?;
    Ok(begun.elapsed())
}

/// What a thread costs: in time, beside `std`'s and a task of `rayon`, and in memory.
fn costs() -> io::Result<()> {
    println!("One thread, started and joined ({SPAWNS} times, one after the other)");
    rayon::join(|| (), || ());
    let [ours, stds, task] = in_turn([
        &|| threads::spawn(|| ()).and_then(|handle| handle.join().map_err(io::Error::other)),
        &|| thread::Builder::new().spawn(|| ())?.join().map_err(|_| io::Error::other("it panicked")),
        &|| {
            rayon::scope(|scope| scope.spawn(|_| ()));
            Ok(())
        },
    ])?;
    println!("  threads  {ours:6.1} us");
    println!("  std      {stds:6.1} us");
    println!("  rayon    {task:6.1} us  (a task, on threads that are there already)");

    println!("\nOne thread that sleeps (of {SLEEPERS})");
    let (before, cancel) = (memory()?, Cancel::new());
    let sleepers: io::Result<Vec<_>> = (0..SLEEPERS)
        .map(|_| {
            let cancel = cancel.clone();
            threads::spawn(move || cancel.sleep(Duration::MAX))
        })
        .collect();
    let sleepers = sleepers?;
    // A thread that has its number runs.
    assert!(sleepers.iter().all(|sleeper| sleeper.native_id() > 0));
    let after = memory()?;
    cancel.cancel();
    sleepers.into_iter().for_each(|sleeper| drop(sleeper.join()));
    for (what, before, after) in [
        ("addresses, for its stack and its share of the allocator", before.0, after.0),
        ("memory in use", before.1, after.1),
    ] {
        println!("  {:9} bytes of {what}", after.saturating_sub(before) / SLEEPERS as u64);
    }
    Ok(())
}

/// Microseconds of each. They take turns, so that what else the machine does falls on all of them.
fn in_turn<const N: usize>(works: [&dyn Fn() -> io::Result<()>; N]) -> io::Result<[f64; N]> {
    let mut took = [Duration::ZERO; N];
    for turn in 0..SPAWNS as usize {
        for which in (0..N).map(|place| (turn + place) % N) {
            let begun = Instant::now();
            works[which]()?;
            took[which] += begun.elapsed();
        }
    }
    Ok(took.map(|took| took.as_secs_f64() * 1e6 / f64::from(SPAWNS)))
}

/// The addresses and the memory that the process uses, in bytes: Linux says it, elsewhere it is zero.
fn memory() -> io::Result<(u64, u64)> {
    let Ok(status) = fs::read_to_string("/proc/self/status") else { return Ok((0, 0)) };
    let of = |key: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(key));
        let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
        kib.map(|kib| kib * 1024).ok_or_else(|| io::Error::other(format!("no {key} in /proc/self/status")))
    };
    Ok((of("VmSize:")?, of("VmRSS:")?))
}
