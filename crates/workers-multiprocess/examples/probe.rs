use std::time::{Duration, Instant};
use workers_multiprocess::{ProcessPool, SharedBytes, TaskError, task};
#[task]
fn nothing(x: u64) -> u64 { x }
#[task]
fn bytes(x: SharedBytes) -> u64 { x.chunks(4096).map(|c| u64::from(c[0])).sum() }
#[task]
fn die(signal: u32) -> u32 { unsafe { libc_kill(signal) }; 0 }
unsafe fn libc_kill(s: u32) { if s == 6 { std::process::abort() } else { std::process::Command::new("kill").arg(format!("-{s}")).arg(std::process::id().to_string()).status().unwrap(); std::thread::sleep(Duration::from_secs(5)); } }
fn main() {
    workers_multiprocess::init();
    let begin = Instant::now();
    let pool = ProcessPool::new(2).unwrap();
    println!("start {:?}", begin.elapsed());
    for _ in 0..3 {
    let begin = Instant::now();
    let n = 20_000;
    for i in 0..n { assert_eq!(pool.submit(nothing, i).result(), Ok(i)); }
    println!("round trip {:?}", begin.elapsed() / n as u32);
    let begin = Instant::now();
    let n = 200_000;
    let futures: Vec<_> = (0..n).map(|i| pool.submit(nothing, i)).collect();
    for (i, f) in futures.into_iter().enumerate() { assert_eq!(f.result(), Ok(i as u64)); }
    println!("single {:.0}/s", n as f64 / begin.elapsed().as_secs_f64());
    let begin = Instant::now();
    let n = 2_000_000u64;
    let mut sum = 0; let mut count = 0;
    for r in pool.map(nothing, 0..n) { sum += r.unwrap(); count += 1; }
    assert_eq!(sum, n*(n-1)/2);
    println!("map {:.2} M/s {count}", n as f64 / begin.elapsed().as_secs_f64() / 1e6);
    }
    println!("{:?}", pool.submit(die, 9).result());
    println!("{:?}", pool.submit(die, 6).result());
    println!("{:?}", pool.submit(nothing, 6).result());
    let data = vec![7u8; 64<<20];
    for _ in 0..3 {
    let begin = Instant::now();
    let shared = SharedBytes::copy_from(&data).unwrap();
    let t1 = begin.elapsed();
    let begin = Instant::now();
    println!("{:?}", pool.submit(bytes, shared).result());
    println!("build {t1:?} send {:?}", begin.elapsed());
    let begin = Instant::now();
    let copy = data.clone(); println!("clone {:?} {}", begin.elapsed(), copy[5]);
    }
    println!("{:?}", pool.statistics());
    println!("{:?}", pool.quarantined());
    let _: Option<TaskError> = None;
}
