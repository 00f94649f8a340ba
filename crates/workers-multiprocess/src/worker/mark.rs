//! Is this process a worker that may be one, and what are workers called with?

use crate::link::is_worker;
use std::{
    process,
    sync::{
        OnceLock,
        atomic::{AtomicU8, Ordering::Relaxed},
    },
};

pub(crate) const INIT_MISSING: &str = "workers_multiprocess::init() must be called first in main, in every process of \
     the program (in a test, write #[workers_multiprocess::test] instead of #[test])";

pub(crate) const INIT_ELSEWHERE: &str = "workers_multiprocess::init() was called in another thread than main's: it must \
     be called first in main (in a test, write #[workers_multiprocess::test] instead of #[test])";

pub(crate) const INIT_LATE: &str = "workers_multiprocess::init() was called after the first attempt to start a process: it must be called first in main";

/// Whether `init` was called, and how; one of these. Relaxed everywhere: it is asked only to find a mistake, and nothing
/// else is read because of it.
static STATE: AtomicU8 = AtomicU8::new(MISSING);
const MISSING: u8 = 0;
/// Not yet, and a process was to be started all the same.
const TRIED: u8 = 1;
const LATE: u8 = 2;
const ELSEWHERE: u8 = 3;
const INITIALIZED: u8 = 4;

/// What the program's workers are called with, if it is a test harness: it is told which test to run.
static TEST: OnceLock<[String; 5]> = OnceLock::new();

/// Workers are to run this test; the first that was said is as good as any.
pub(crate) fn set_test(name: &str) {
    TEST.get_or_init(|| {
        [name, "--exact", "--nocapture", "--include-ignored", "--test-threads=1"].map(str::to_owned)
    });
}

pub(crate) fn is_test() -> bool {
    TEST.get().is_some()
}

pub(crate) fn arguments() -> &'static [String] {
    TEST.get().map_or(&[], |arguments| arguments)
}

/// `init` is called: in main's thread, or in another. The right call is not undone by one that is none.
pub(crate) fn set_initialized(in_main: bool) {
    let _ = STATE.fetch_update(Relaxed, Relaxed, |state| match state {
        INITIALIZED => None,
        TRIED | LATE => Some(LATE),
        _ => Some(if in_main { INITIALIZED } else { ELSEWHERE }),
    });
}

/// Whether a process may be started here.
///
/// # Errors
/// Why not. In a worker there is nobody to tell: it ends.
pub(crate) fn check_initialized() -> Result<(), &'static str> {
    let state = STATE.compare_exchange(MISSING, TRIED, Relaxed, Relaxed).unwrap_or_else(|state| state);
    let reason = match state {
        INITIALIZED => return Ok(()),
        LATE => INIT_LATE,
        ELSEWHERE => INIT_ELSEWHERE,
        _ => INIT_MISSING,
    };
    if is_worker() {
        exit_by(reason);
    }
    Err(reason)
}

/// Ends a worker that cannot be one.
pub(crate) fn exit_by(reason: &str) -> ! {
    eprintln!("worker process {}: {reason}", process::id());
    process::exit(2)
}
