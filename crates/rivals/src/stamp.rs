//! How long ago did another thread do what this one has waited for?

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::Acquire, Ordering::Relaxed, Ordering::Release};
use std::thread;
use std::time::{Duration, Instant};

/// A moment that one thread keeps for others, each of which asks once how long ago it was.
pub(crate) struct Stamp {
    base: Instant,
    nanoseconds: AtomicU64,
    others: u32,
    /// How many have asked since the moment was kept.
    asked: AtomicU32,
}

/// Longer than anybody here spins before it sleeps.
const LONG: Duration = Duration::from_micros(100);

impl Stamp {
    pub(crate) fn of_others(others: u32) -> Self {
        let (base, nanoseconds) = (Instant::now(), AtomicU64::new(0));
        Self { base, nanoseconds, others, asked: AtomicU32::new(others) }
    }

    /// When all have asked, waits for so long that whoever waits for this thread is asleep; then keeps the moment.
    pub(crate) fn let_others_sleep(&self) {
        // Acquire: pairs with the Release in elapsed(): they have read the moment before.
        while self.asked.load(Acquire) != self.others {
            thread::yield_now();
        }
        let begun = Instant::now();
        // One of them may be on this core, and has to get as far as to its sleep.
        while begun.elapsed() < LONG {
            thread::yield_now();
        }
        self.asked.store(0, Relaxed);
        self.nanoseconds.store(self.base.elapsed().as_nanos() as u64, Relaxed);
    }

    /// Since the moment that was kept; whoever asks has learnt of it by what is measured.
    pub(crate) fn elapsed(&self) -> Duration {
        let since = Duration::from_nanos(self.nanoseconds.load(Relaxed));
        let elapsed = self.base.elapsed().saturating_sub(since);
        // Release: pairs with the Acquire in let_others_sleep().
        self.asked.fetch_add(1, Release);
        elapsed
    }
}
