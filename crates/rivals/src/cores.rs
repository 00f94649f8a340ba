//! Which core does a thread run on?

use std::thread;

/// Where the threads of a measurement run.
#[derive(Clone, Copy)]
pub(crate) enum Cores {
    /// The first thread on the first core, the second on the second, and round again.
    InTurn,
    /// All on the first.
    One,
}

impl Cores {
    /// Binds the calling thread, the `number`th, to its core; says whether that worked.
    pub(crate) fn stay(self, number: usize) -> bool {
        match self {
            Self::InTurn => stay_on(number),
            Self::One => stay_on(0),
        }
    }
}

/// Whether threads can be bound to cores here.
pub(crate) fn can_be_chosen() -> bool {
    // On a thread of its own: a binding stays.
    thread::spawn(|| stay_on(0)).join().unwrap_or(false)
}

/// Binds the calling thread to one of the cores that the process may use; says whether that worked. `number`
/// counts round the cores.
#[cfg(target_os = "linux")]
fn stay_on(number: usize) -> bool {
    use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

    let bound = sched_getaffinity(None).and_then(|allowed| {
        let cores: Vec<usize> = (0..CpuSet::MAX_CPU).filter(|&core| allowed.is_set(core)).collect();
        let mut own = CpuSet::new();
        own.set(cores[number % cores.len()]);
        sched_setaffinity(None, &own)
    });
    bound.is_ok()
}

/// Leaves it to the scheduler: there is no such call, or none that was tried.
#[cfg(not(target_os = "linux"))]
fn stay_on(_number: usize) -> bool {
    false
}
