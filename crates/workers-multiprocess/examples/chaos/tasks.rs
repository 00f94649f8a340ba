//! What the workers do, and what has to come of it.

use crate::ledger::Ledger;
use serde::{Deserialize, Serialize};
use std::{
    hint::black_box,
    process::{Command, Stdio, abort, exit},
    thread,
    time::Duration,
};
use workers_multiprocess::{SharedBytes, current_cancel, task};

/// What a call does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum Kind {
    /// Nothing but its answer.
    Quick,
    /// Its answer, after a millisecond.
    Slow,
    /// Its answer, after it has started a program that it leaves.
    Leave,
    /// Its answer, by way of shared bytes.
    Bytes,
    /// Its answer, if it was begun before; else it aborts.
    Flaky,
    Panic,
    Abort,
    Exit,
    Overflow,
    Memory,
    /// Runs until it is cancelled or killed.
    Endless,
    /// As `Endless`, and does not listen.
    Deaf,
}

/// What [`Kind::Panic`] says.
pub(crate) const MESSAGE: &str = "on purpose";

/// What a worker may have; [`Kind::Memory`] asks for more.
pub(crate) const MEMORY: u64 = 1 << 30;

impl Kind {
    /// The signal and the exit code by which it ends its worker.
    pub(crate) fn death(self) -> Option<(Option<i32>, Option<i32>)> {
        match self {
            Self::Abort | Self::Overflow | Self::Memory | Self::Flaky => Some((Some(6), None)),
            Self::Exit => Some((None, Some(0))),
            _ => None,
        }
    }

    /// Whether it can come to a value.
    pub(crate) fn has_value(self) -> bool {
        matches!(self, Self::Quick | Self::Slow | Self::Leave | Self::Bytes | Self::Flaky)
    }
}

/// What the task of this number has to return.
pub(crate) fn answer(number: u32) -> u64 {
    (u64::from(number) + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

/// The byte that the task of this number has to find in what it gets; it returns the next one.
pub(crate) fn filling(number: u32) -> u8 {
    (answer(number) >> 56) as u8
}

#[task]
pub(crate) fn work(number: u32, kind: Kind) -> u64 {
    let begun = Ledger::of_worker().begin(number as usize);
    match kind {
        Kind::Quick | Kind::Bytes => {}
        Kind::Slow => thread::sleep(Duration::from_millis(1)),
        Kind::Leave => leave_a_program(),
        Kind::Flaky if begun > 1 => {}
        Kind::Flaky | Kind::Abort => abort(),
        Kind::Panic => panic!("{MESSAGE}"),
        Kind::Exit => exit(0),
        Kind::Overflow => drop(black_box(overflow(0))),
        Kind::Memory => drop(black_box(vec![1_u8; 4 * MEMORY as usize])),
        Kind::Endless => {
            let cancel = current_cancel();
            while !cancel.is_cancelled() {
                thread::sleep(Duration::from_micros(200));
            }
        }
        Kind::Deaf => thread::sleep(Duration::MAX),
    }
    Ledger::of_worker().end(number as usize);
    answer(number)
}

#[task]
pub(crate) fn pass_bytes(number: u32, bytes: SharedBytes) -> SharedBytes {
    Ledger::of_worker().begin(number as usize);
    let byte = filling(number);
    assert!(bytes.iter().all(|found| *found == byte), "the bytes are others");
    let passed = SharedBytes::build(bytes.len(), |room| room.fill(byte.wrapping_add(1)));
    Ledger::of_worker().end(number as usize);
    passed.expect("there is room for a few bytes")
}

/// Starts a program and, busy for ever, does not wait for it.
#[task]
pub(crate) fn be_busy() {
    leave_a_program();
    loop {
        black_box(answer(7));
    }
}

#[expect(
    clippy::zombie_processes,
    reason = "it ends with the worker's process group, which is what is tried"
)]
fn leave_a_program() {
    let sleep = Command::new("sleep").arg("600").stdin(Stdio::null()).stderr(Stdio::null()).spawn();
    sleep.expect("there is a `sleep`");
}

fn overflow(depth: u64) -> u64 {
    let frame = black_box([depth; 512]);
    if depth == u64::MAX { 0 } else { overflow(depth + 1) + frame[3] }
}
