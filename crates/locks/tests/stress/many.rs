//! How many threads work for a while, and who notices that one of them hangs.

use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};
use std::{panic, thread};

/// How long the threads of a test go on.
const WORK: Duration = Duration::from_secs(1);

/// How long after that somebody who still waits counts as hanging.
const LIMIT: Duration = Duration::from_secs(60);

/// Runs `threads` threads that repeat `work` for a while, each with its number and its own dice; fails with
/// `hanging` if one of them does not end.
///
/// What the work is done on is leaked, see [`leaked`]: a thread that hangs would keep it for ever.
pub(crate) fn many(threads: u64, hanging: &str, work: impl Fn(u64, &mut Dice) + Send + Sync + 'static) {
    let work: &'static _ = leaked(work);
    let (done, ends) = mpsc::channel();
    let end = Instant::now() + WORK;
    let start = |number| {
        let done = done.clone();
        thread::spawn(move || {
            let mut dice = Dice(number);
            while Instant::now() < end {
                work(number, &mut dice);
            }
            // Nobody listens any more if another thread has hung; that test has failed already.
            let _ = done.send(());
        })
    };
    let handles: Vec<_> = (0..threads).map(start).collect();
    drop(done);
    let hangs = handles.iter().any(|_| ends.recv_timeout(WORK + LIMIT) == Err(RecvTimeoutError::Timeout));
    assert!(!hangs, "{hanging}: it should have ended {LIMIT:?} ago");
    for handle in handles {
        handle.join().unwrap_or_else(|payload| panic::resume_unwind(payload));
    }
}

/// A value that lives as long as the process.
pub(crate) fn leaked<T>(value: T) -> &'static T {
    Box::leak(Box::new(value))
}

/// A thread's own chance: SplitMix64 from the thread's number.
pub(crate) struct Dice(u64);

impl Dice {
    /// Whether something happens that does so once in `n` times.
    pub(crate) fn one_in(&mut self, n: u64) -> bool {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)).is_multiple_of(n)
    }
}

/// Runs `f`, which may panic on purpose and says nothing when it does.
pub(crate) fn quietly(f: impl FnOnce()) {
    // resume_unwind() does not call the panic hook, so there is no message for it.
    if let Err(payload) = panic::catch_unwind(panic::AssertUnwindSafe(f)) {
        assert!(payload.is::<OnPurpose>(), "a panic that was not on purpose");
    }
}

/// What a panic on purpose carries.
struct OnPurpose;

pub(crate) fn panic_on_purpose() -> ! {
    panic::resume_unwind(Box::new(OnPurpose))
}
