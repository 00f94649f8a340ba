//! 64 MiB that go to a worker, or come from one, each page of which is looked at; and a copy of them.

use super::ours::with_one;
use crate::bench::{Done, Load};
use std::hint::black_box;
use std::sync::OnceLock;
use std::time::{Duration, Instant};
use workers_multiprocess::{Future, ProcessPool, SharedBytes, task};

pub(super) const COPY: &str = "memcpy";
pub(super) const FILL: &str = "memset";

const LEN: usize = 64 << 20;
const PAGE: usize = 4096;

fn look(bytes: &[u8]) -> u64 {
    bytes.chunks(PAGE).map(|page| u64::from(page[0])).sum()
}

#[task]
fn look_at(bytes: SharedBytes) -> u64 {
    look(&bytes)
}

#[task]
fn give(byte: u8) -> Option<SharedBytes> {
    static KEPT: OnceLock<Option<SharedBytes>> = OnceLock::new();
    KEPT.get_or_init(|| SharedBytes::build(LEN, |bytes| bytes.fill(byte)).ok()).clone()
}

#[task]
fn make(byte: u8) -> Option<SharedBytes> {
    SharedBytes::build(LEN, |bytes| bytes.fill(byte)).ok()
}

fn checked(items: u64, sum: u64, byte: u64, time: Duration) -> Result<Done, String> {
    let expected = items * byte * (LEN / PAGE) as u64;
    if sum == expected { Ok(Done::new(items, time)) } else { Err(format!("{sum} and not {expected}")) }
}

/// The same bytes each time; what is sent is a descriptor, and the worker looks at every page.
pub(super) fn there(Load { items, .. }: Load) -> Result<Done, String> {
    let bytes = SharedBytes::build(LEN, |bytes| bytes.fill(3)).map_err(|error| error.to_string())?;
    with_one(|pool| {
        let begun = Instant::now();
        let mut sum = 0;
        for _ in 0..items {
            sum += pool.submit(look_at, bytes.clone()).result().map_err(|error| error.to_string())?;
        }
        checked(items, sum, 3, begun.elapsed())
    })
}

/// A worker has them, and we look at every page.
pub(super) fn back(load: Load) -> Result<Done, String> {
    received(load, |pool| pool.submit(give, 3))
}

/// A worker makes them anew each time, and we look at every page.
pub(super) fn made(load: Load) -> Result<Done, String> {
    received(load, |pool| pool.submit(make, 3))
}

fn received(
    Load { items, .. }: Load,
    ask: impl Fn(&ProcessPool) -> Future<Option<SharedBytes>>,
) -> Result<Done, String> {
    with_one(|pool| {
        let begun = Instant::now();
        let mut sum = 0;
        for _ in 0..items {
            let bytes = ask(pool).result().map_err(|error| error.to_string())?;
            sum += look(&bytes.ok_or("there is no memory")?);
        }
        checked(items, sum, 3, begun.elapsed())
    })
}

/// From memory to memory, both of which are there.
pub(super) fn copy(Load { items, .. }: Load) -> Result<Done, String> {
    let (from, mut to) = (vec![3_u8; LEN], vec![0_u8; LEN]);
    let begun = Instant::now();
    let mut sum = 0;
    for _ in 0..items {
        black_box(&mut to).copy_from_slice(black_box(&from));
        sum += look(black_box(&to));
    }
    checked(items, sum, 3, begun.elapsed())
}

/// Memory that the process gets anew and writes once.
pub(super) fn fill(Load { items, .. }: Load) -> Result<Done, String> {
    let begun = Instant::now();
    let mut sum = 0;
    for _ in 0..items {
        let mut bytes = vec![0_u8; LEN];
        black_box(&mut bytes).fill(3);
        sum += look(black_box(&bytes));
    }
    checked(items, sum, 3, begun.elapsed())
}
