//! What does it cost to wait for another thread, and to tell nobody?

use crate::alone::alone;
use crate::bench::{Bench, Contestant, Done, Load, Unit};
use crate::goal::Goal;
use crate::stamp::Stamp;
use crate::together::{Part, together};
use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

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
        Bench::new("sync condition relay of 8 threads", ns, contestants!(relay))
            .goal(Goal::Times(1.0, &["parking_lot"])),
        Bench::new("sync condition wake-up after 100 us", ns, contestants!(wake_up))
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

/// Around a ring of threads, so many that each is long asleep when its turn comes. An item is one who was woken, and
/// wakes the next.
fn relay<B: Ball>(Load { items, .. }: Load) -> Result<Done, String> {
    const THREADS: u64 = 8;
    let balls: Arc<Vec<B>> = Arc::new((0..THREADS).map(|_| B::new()).collect());
    balls[0].throw(0);
    let part = |number: u64| -> Part<()> {
        let balls = Arc::clone(&balls);
        Box::new(move || {
            let (ours, next) = (&balls[number as usize], &balls[((number + 1) % THREADS) as usize]);
            for _ in (number..items).step_by(THREADS as usize) {
                ours.throw(1);
                next.throw(0);
            }
        })
    };
    let (time, _) = together((0..THREADS).map(part).collect());
    let thrown: u64 = balls.iter().map(B::value).sum();
    if thrown == 1 + 2 * items { Ok(Done::new(items, time)) } else { Err("a throw was lost".to_owned()) }
}

/// From before the notification until the other runs, who has waited for longer than anybody spins.
fn wake_up<B: Ball>(Load { items, .. }: Load) -> Result<Done, String> {
    let shared = Arc::new((B::new(), Stamp::of_others(1)));
    let (thrower, catcher) = (Arc::clone(&shared), Arc::clone(&shared));
    let throws: Part<Duration> = Box::new(move || {
        for _ in 0..items {
            thrower.1.let_others_sleep();
            thrower.0.throw(0);
        }
        Duration::ZERO
    });
    let catches: Part<Duration> = Box::new(move || {
        let caught = |_| {
            catcher.0.throw(1);
            catcher.1.elapsed()
        };
        (0..items).map(caught).sum()
    });
    let (_, times) = together(vec![throws, catches]);
    match shared.0.value() == 2 * items {
        true => Ok(Done::new(items, times.into_iter().sum())),
        false => Err("a throw was lost".to_owned()),
    }
}

fn notify<B: Ball>(Load { items, .. }: Load) -> Result<Done, String> {
    let ball = B::new();
    alone(items, || black_box(&ball).notify())
}
