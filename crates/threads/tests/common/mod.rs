//! What the tests need to make threads wait and values explode.
#![allow(dead_code, reason = "each test program uses what it needs")]

use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

/// Longer than anything takes: a test that would hang fails instead.
pub(crate) const LONG: Duration = Duration::from_secs(60);

/// A value whose `drop` panics.
#[derive(Debug)]
pub(crate) struct Bomb(pub(crate) &'static str);

impl Drop for Bomb {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            panic!("{}", self.0.to_owned());
        }
    }
}

/// Shut until its other end is dropped.
pub(crate) struct Gate(Receiver<()>);

pub(crate) fn gate() -> (Sender<()>, Gate) {
    let (open, gate) = channel();
    (open, Gate(gate))
}

impl Gate {
    pub(crate) fn pass(&self) {
        assert_eq!(self.0.recv_timeout(LONG), Err(RecvTimeoutError::Disconnected));
    }
}
