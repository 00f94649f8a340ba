//! Threads, and a spin that knows when not to.

use core::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::{Duration, Instant};

pub use std::thread::{JoinHandle, spawn, yield_now};

/// Turns that a spin has before it gives up: about a microsecond, the cost of the system call that it may
/// save.
const TURNS: u32 = 100;

/// A bounded spin: worth its while on several cores, of no use on one.
///
/// ```
/// let mut spin = platform::thread::Spin::new();
/// let mut turns = 0;
/// while spin.turn() {
///     turns += 1;
/// }
/// assert!(turns == 0 || turns == 100);
/// ```
#[derive(Debug)]
pub struct Spin {
    left: u32,
}

impl Spin {
    /// A fresh spin: 100 turns, or none where the process may use one core only.
    #[expect(clippy::new_without_default, reason = "a spin is begun, it has no neutral value")]
    pub fn new() -> Self {
        Self { left: if cores() > 1 { TURNS } else { 0 } }
    }

    /// Pauses the core for a moment and says `true`; says `false` when it is time to sleep instead.
    #[inline]
    pub fn turn(&mut self) -> bool {
        if self.left == 0 {
            return false;
        }
        self.left -= 1;
        core::hint::spin_loop();
        true
    }
}

/// How long a waiter lets others go first.
const PATIENCE: Duration = Duration::from_millis(1);

/// A waiter's patience: a millisecond from when it is first asked for, which is when the waiter first has to sleep.
///
/// ```
/// let mut patience = platform::thread::Patience::new();
/// assert!(!patience.is_over(), "it has only begun");
/// std::thread::sleep(std::time::Duration::from_millis(2));
/// assert!(patience.is_over());
/// ```
#[derive(Debug)]
pub struct Patience {
    ends: Option<Instant>,
}

impl Patience {
    /// Patience that has not been asked for yet: the clock is not read.
    #[expect(clippy::new_without_default, reason = "patience is begun, it has no neutral value")]
    pub fn new() -> Self {
        Self { ends: None }
    }

    /// Whether the waiter has waited too long. Reads the clock.
    pub fn is_over(&mut self) -> bool {
        let now = Instant::now();
        now >= *self.ends.get_or_insert(now + PATIENCE)
    }
}

/// How many cores the process may use, asked once: the question costs several system calls.
fn cores() -> u32 {
    static CORES: AtomicU32 = AtomicU32::new(0);
    // Relaxed: the number is all there is, and two threads that both ask get the same answer.
    match CORES.load(Relaxed) {
        0 => {
            let cores = std::thread::available_parallelism().map_or(1, |n| n.get() as u32);
            CORES.store(cores, Relaxed);
            cores
        }
        cores => cores,
    }
}
