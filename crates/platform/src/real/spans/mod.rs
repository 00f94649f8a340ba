//! What the threads do and when, as spans of [`tracing`]: with the feature `trace`. Without it these functions are
//! empty, and cost nothing.
//!
//! The spans go to whoever subscribes. Where the program has no subscriber when the first of them begins, and the
//! environment variable `SELVEDGE_TIMELINE` names a file, they are appended to that file, as Perfetto and
//! `chrome://tracing` read it: a row a thread. Processes that inherit the variable write into the same file. A
//! subscriber must not use the locks and queues that it is told of.

mod timeline;
mod what;

use core::cell::RefCell;
use core::panic::Location;
use tracing::span::EnteredSpan;
use tracing::{info_span, trace_span};
pub use what::What;

/// Whether there are spans.
pub const ON: bool = true;

/// Until it is dropped, the thread does what the span says.
#[must_use = "it lasts until it is dropped"]
pub struct Span {
    _entered: EnteredSpan,
}

/// The thread begins to do something.
pub fn span(what: What) -> Span {
    timeline::begin_if_asked();
    let span = match what {
        What::Thread => info_span!(target: "threads", "thread", name = std::thread::current().name()),
        What::LockWait(at) => trace_span!(target: "locks", "lock wait", %at),
        What::ConditionWait => trace_span!(target: "locks", "condition wait"),
        What::QueuePut => trace_span!(target: "queue", "queue put"),
        What::QueueGet => trace_span!(target: "queue", "queue get"),
        What::QueueSelect => trace_span!(target: "queue", "queue select"),
        What::Task => info_span!(target: "workers_multiprocess", "task"),
        What::Timer => info_span!(target: "threads", "timer"),
    };
    Span { _entered: span.entered() }
}

std::thread_local! {
    /// The locks that the thread holds, by address.
    static HELD: RefCell<Vec<(usize, EnteredSpan)>> = const { RefCell::new(Vec::new()) };
}

/// The thread has taken the lock, at this place, and holds it until it [releases](release) it.
pub fn hold<L>(lock: &L, at: &'static Location<'static>) {
    timeline::begin_if_asked();
    let span = trace_span!(target: "locks", "lock hold", %at).entered();
    // At the thread's end, when its thread-locals are gone, the span ends at once.
    let _ = HELD.try_with(|held| held.borrow_mut().push((address(lock), span)));
}

/// The thread releases the lock. A lock that another thread has taken, whose guard was sent here, is shown as held
/// until that thread ends.
pub fn release<L>(lock: &L) {
    let span = HELD.try_with(|held| {
        let mut held = held.borrow_mut();
        let last = held.iter().rposition(|(other, _)| *other == address(lock));
        last.map(|last| held.remove(last))
    });
    drop(span);
}

fn address<L>(lock: &L) -> usize {
    core::ptr::from_ref(lock).addr()
}
