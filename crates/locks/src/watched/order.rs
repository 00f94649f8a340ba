//! Finds locks that are taken in an order that can deadlock, before they do.
//!
//! There with the feature `lock-order`, at work in builds with debug assertions. Whenever a thread is about
//! to wait for a lock while it holds others, that order is kept; an order that leads back to a lock that the
//! thread holds is a [`Cycle`], and so is a lock that the thread has already. No run has to deadlock for it
//! to be seen.
//!
//! A wait on a [`Condition`](crate::Condition) takes its lock again while the others are held, after whatever was
//! taken meanwhile: so a wait with a lock that was taken before another one which is still held is a cycle too. The
//! one who is to notify may take the first and wait for the other.
//!
//! A cycle is reported by a panic, before the lock is waited for, or to a callback ([`on_cycle`]). Give locks
//! names with [`Watch::set_name`](crate::Watch::set_name); a lock without one is called by the place where it
//! was first taken.
//!
//! ```
//! # #[cfg(debug_assertions)] {
//! use locks::{Lock, Watch};
//!
//! let (left, right) = (Lock::new(()), Lock::new(()));
//! left.set_name("left");
//! {
//!     let _left = left.lock();
//!     let _right = right.lock();
//! }
//! std::thread::scope(|scope| {
//!     let wrong_way_round = scope.spawn(|| {
//!         let _right = right.lock();
//!         let _left = left.lock(); // Nobody holds it now, but somebody could.
//!     });
//!     let message = *wrong_way_round.join().unwrap_err().downcast::<String>().unwrap();
//!     assert!(message.contains("\"left\""), "{message}");
//! });
//! # }
//! ```
//!
//! # Limits
//! - A try, and a wait with a deadline, ends by itself: neither makes an order, nor is it reported. What they
//!   take counts as held.
//! - A guard that is sent to another thread counts as held by the one who took it until it is dropped. Of two
//!   read guards of one lock on two threads, a release by a thread that took one is that one's.
//! - The raw forms, which know no guard, are not watched.
//! - All threads share one graph under one lock: of no use to measure by. For the same reason a global
//!   allocator may use a [`RawLock`](crate::RawLock) but no lock that is watched.

use super::cycle;
use super::graph::{Graph, Id, Place};
use core::cell::Cell;
use core::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

pub use cycle::Cycle;

/// `std`'s lock, as one of ours would be watched.
static GRAPH: Mutex<Graph> = Mutex::new(Graph::EMPTY);

static ON_CYCLE: Mutex<Option<Arc<Callback>>> = Mutex::new(None);

type Callback = dyn Fn(&Cycle) + Send + Sync;

thread_local! {
    /// The thread's number, 0 until it has one. Nothing here has a destructor, so that a lock may be used in
    /// those of other thread locals.
    static THREAD: Cell<Id> = const { Cell::new(0) };
    /// Whether this thread is in the callback.
    static REPORTING: Cell<bool> = const { Cell::new(false) };
}

/// Has cycles told to `report` instead of panicking; the callback that was set last counts.
///
/// It is called on the thread that is about to wait, which goes on when it returns, and may deadlock. The
/// same circle is told once. No lock of the check is held meanwhile, and what the callback itself locks is
/// not checked.
pub fn on_cycle(report: impl Fn(&Cycle) + Send + Sync + 'static) {
    let old = locked(&ON_CYCLE).replace(Arc::new(report));
    // Its destructor is the user's code: it runs when our lock has been given back.
    drop(old);
}

/// A lock's part in the graph: its number, which it has from its first use.
pub(super) struct Order {
    id: OnceLock<Id>,
}

impl Order {
    pub(super) const CHECKS: bool = true;

    pub(super) const fn new() -> Self {
        Self { id: OnceLock::new() }
    }

    pub(super) fn set_name(&self, name: &str) {
        locked(&GRAPH).set_name(self.id(), name);
    }

    /// Reports, if to wait for the lock now can be to wait for ever.
    #[track_caller]
    pub(super) fn before_acquire(&self, place: Place) {
        self.before(place, |_| true);
    }

    /// Reports, if to take the lock back after a wait can be to wait for ever. That it is held now, perhaps several
    /// times, is no cycle: the wait lets go of it.
    #[track_caller]
    pub(super) fn before_wait(&self, place: Place) {
        self.before(place, |cycle| !cycle.is_of_one_lock());
    }

    #[track_caller]
    fn before(&self, place: Place, counts: impl Fn(&Cycle) -> bool) {
        if REPORTING.get() {
            return;
        }
        let (thread, lock) = (thread(), self.id());
        let cycles = locked(&GRAPH).connect_or_tell(thread, lock, place, counts);
        if !cycles.is_empty() {
            cycles.iter().for_each(report);
            // A callback lets it pass: then it is told once.
            locked(&GRAPH).connect(thread, lock, place);
        }
    }

    pub(super) fn acquired(&self, place: Place) {
        let (thread, lock) = (thread(), self.id());
        locked(&GRAPH).acquired(thread, lock, place);
    }

    pub(super) fn before_release(&self) {
        let (thread, lock) = (thread(), self.id());
        locked(&GRAPH).released(thread, lock);
    }

    fn id(&self) -> Id {
        *self.id.get_or_init(new_id)
    }
}

impl Drop for Order {
    fn drop(&mut self) {
        if let Some(&lock) = self.id.get() {
            locked(&GRAPH).forget(lock);
        }
    }
}

/// The calling thread's number; a thread that Rust did not start has one too.
fn thread() -> Id {
    if THREAD.get() == 0 {
        THREAD.set(new_id());
    }
    THREAD.get()
}

fn new_id() -> Id {
    static NEXT: AtomicUsize = AtomicUsize::new(1);
    // Relaxed: that the numbers differ is all there is to them.
    NEXT.fetch_add(1, Relaxed)
}

/// Nothing of the user's runs under these locks, so there is no poison to mind.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[track_caller]
fn report(cycle: &Cycle) {
    let callback = locked(&ON_CYCLE).clone();
    match callback {
        Some(callback) => {
            let _reporting = Reporting::begin();
            callback(cycle);
        }
        // A second panic would end the process, and the first would be lost.
        None if std::thread::panicking() => eprintln!("{cycle}"),
        None => panic!("{cycle}"),
    }
}

/// That the thread is in the callback, until it leaves it, by a panic too.
struct Reporting;

impl Reporting {
    fn begin() -> Self {
        REPORTING.set(true);
        Self
    }
}

impl Drop for Reporting {
    fn drop(&mut self) {
        REPORTING.set(false);
    }
}
