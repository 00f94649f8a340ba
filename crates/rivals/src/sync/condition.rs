//! What does it cost to wait for another thread, and to tell nobody?

use super::alone;
use crate::bench::{Bench, Contestant, Done, Load, Unit};
use crate::goal::Goal;
use crate::together::{Part, together};
use std::hint::black_box;
use std::sync::Arc;

/// A number, and a way to wait until it is one's turn.
trait Ball: Send + Sync + 'static {
    fn new() -> Self;
    /// Waits until the number leaves this remainder by 2, adds one, and says so.
    fn throw(&self, remainder: u64);
    /// Says so, when nobody listens.
    fn notify(&self);
    fn value(&self) -> u64;
}

impl Ball for (locks::Lock<u64>, locks::Condition) {
    fn new() -> Self {
        (locks::Lock::new(0), locks::Condition::new())
    }
    fn throw(&self, remainder: u64) {
        let mut number = self.0.lock();
        self.1.wait_for(&mut number, |number| *number % 2 == remainder);
        *number += 1;
        drop(number);
        self.1.notify_one();
    }
    #[inline]
    fn notify(&self) {
        self.1.notify_one();
    }
    fn value(&self) -> u64 {
        *self.0.lock()
    }
}

impl Ball for (std::sync::Mutex<u64>, std::sync::Condvar) {
    fn new() -> Self {
        Self::default()
    }
    fn throw(&self, remainder: u64) {
        let number = self.0.lock().unwrap();
        let mut number = self.1.wait_while(number, |number| *number % 2 != remainder).unwrap();
        *number += 1;
        drop(number);
        self.1.notify_one();
    }
    #[inline]
    fn notify(&self) {
        self.1.notify_one();
    }
    fn value(&self) -> u64 {
        *self.0.lock().unwrap()
    }
}

impl Ball for (parking_lot::Mutex<u64>, parking_lot::Condvar) {
    fn new() -> Self {
        (parking_lot::Mutex::new(0), parking_lot::Condvar::new())
    }
    fn throw(&self, remainder: u64) {
        let mut number = self.0.lock();
        self.1.wait_while(&mut number, |number| *number % 2 != remainder);
        *number += 1;
        drop(number);
        self.1.notify_one();
    }
    #[inline]
    fn notify(&self) {
        self.1.notify_one();
    }
    fn value(&self) -> u64 {
        *self.0.lock()
    }
}

macro_rules! contestants {
    ($function:ident) => {
        vec![
            Contestant::new("selvedge", $function::<(locks::Lock<u64>, locks::Condition)>),
            Contestant::new("parking_lot", $function::<(parking_lot::Mutex<u64>, parking_lot::Condvar)>),
            Contestant::new("std", $function::<(std::sync::Mutex<u64>, std::sync::Condvar)>),
        ]
    };
}

pub(super) fn benches() -> Vec<Bench> {
    let ns = Unit::Nanoseconds;
    vec![
        Bench::new("sync condition ping-pong", ns, contestants!(ping_pong))
            .goal(Goal::Times(1.0, &["parking_lot"])),
        Bench::new("sync condition notify, nobody waits", ns, contestants!(notify)).goal(Goal::Below(2.0)),
    ]
}

/// An item is one throw.
fn ping_pong<B: Ball>(Load { items, .. }: Load) -> Result<Done, String> {
    let ball = Arc::new(B::new());
    let part = |remainder: u64| -> Part<()> {
        let ball = Arc::clone(&ball);
        Box::new(move || (0..items / 2).for_each(|_| ball.throw(remainder)))
    };
    let (time, _) = together((0..2).map(part).collect());
    if ball.value() == items { Ok(Done::new(items, time)) } else { Err("a throw was lost".to_owned()) }
}

fn notify<B: Ball>(Load { items, .. }: Load) -> Result<Done, String> {
    let ball = B::new();
    alone(items, || black_box(&ball).notify())
}
