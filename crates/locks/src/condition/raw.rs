//! A condition variable whose waiters stand in line.
//!
//! # Promise
//! A wait ends by a notification that was made after it began, or by its deadline, and by nothing else.
//! `notify(n)` reaches exactly the `n` who have waited longest, and says how many. A notification is never
//! spent on a waiter that reports a time-out. Nobody waiting: one load.
//!
//! # Source
//! The line of waiters on their own stacks is that of Windows' SRW locks and of `parking_lot`; that notify
//! does not need the caller's lock is POSIX's.
//!
//! # State
//! | field | guarded by | meaning |
//! |---|---|---|
//! | `waiters` | `line` | the nodes of those who wait and have not been chosen, oldest first |
//! | `waiting` | written under `line` | how many these are, for the fast way of `notify` |
//! | a node's `notified` | its thread sleeps on it | `WAITING`, perhaps `ASLEEP`, then `NOTIFIED` once |
//!
//! # Protocol
//! Wait:
//! 1. Under `line`, put a node of our own at the end.
//! 2. Release the caller's lock.
//! 3. Look a bounded while whether the node is `NOTIFIED`. Then exchange `WAITING` for `ASLEEP`, and sleep until it
//!    is `NOTIFIED`, or the deadline.
//! 4. At the deadline, under `line`: still in line? Then leave it, timed out. Else somebody has chosen us:
//!    sleep on until `NOTIFIED`, which is near.
//! 5. Take the caller's lock.
//!
//! Notify:
//! 1. `waiting` is 0: nothing to do.
//! 2. Under `line`, cut the first `n` nodes off.
//! 3. For each, in order: read where the next is, exchange the word for `NOTIFIED`, and if it was `ASLEEP`, wake by
//!    the address. The exchange is the last touch of the node.
//!
//! # Invariants
//! - I1. A node is in line, or cut off and owned by one notifier, or given back (`NOTIFIED`). Only `line`'s
//!   holder moves it from the first to the second; only its owner from the second to the third.
//! - I2. A thread leaves its wait, and so frees its node, only after I1's third state, or after taking it out
//!   of line itself.
//! - I3. Who changes the state under the caller's lock, and then notifies, finds every waiter that saw the
//!   old state: that waiter stood in line before it released the lock (1 before 2), so the release-acquire of
//!   that lock orders its line-up before the notification.
//!
//! # Memory orderings
//! - `waiting` is Relaxed: a value from before a line-up can be seen only by a notifier that the caller's
//!   lock does not order after it (I3), whose notification could as well have come earlier.
//! - `notified`: the notifier's Release to the waiter's Acquire: the notifier's reads of the node come before
//!   its end (I2). Whether somebody sleeps needs no order: the word is in order with itself.
//! - everything else is under `line`, or ordered by the caller's lock.
//!
//! # Proofs
//! `tests/loom/condition.rs`.

use super::guard::Waitable;
use super::waiters::{ASLEEP, NOTIFIED, WAITING, Waiter, Waiters};
use crate::lock::RawLock;
use crate::sync::{
    Acquire, AtomicU32, Deadline, Private, Relaxed, Release, Spin, UnsafeCell, Wait, const_fn, wait, wake,
};
use core::panic::{RefUnwindSafe, UnwindSafe};
use core::{fmt, time::Duration};

/// Python's `Condition`, over a [`RawLock`] or a [`RawRLock`](crate::RawRLock) of the caller's.
///
/// Of a `RawRLock` a wait gives all levels back, and takes all of them again. One lock may have several
/// conditions; a condition should always be used with the same lock. The waiters stand in line by their
/// addresses, so that a condition is for the threads of one process, though the lock may be for several.
///
/// ```
/// use locks::{NotLocked, RawCondition, RawLock};
/// use std::time::Duration;
///
/// let (lock, condition) = (RawLock::new(), RawCondition::new());
/// assert_eq!(condition.wait_timeout(&lock, Duration::ZERO), Err(NotLocked));
/// lock.acquire();
/// assert_eq!(condition.wait_timeout(&lock, Duration::ZERO), Ok(false));
/// assert_eq!(condition.notify(3), 0, "nobody waits");
/// assert!(lock.locked());
/// ```
pub struct RawCondition {
    waiting: AtomicU32,
    line: RawLock,
    waiters: UnsafeCell<Waiters>,
}

// SAFETY: `waiters` is touched by the holder of `line` only, so by one thread at a time.
unsafe impl Sync for RawCondition {}
// The user's code does not run while the line changes: a panic finds it whole.
impl UnwindSafe for RawCondition {}
impl RefUnwindSafe for RawCondition {}

impl RawCondition {
    const_fn! {
        /// A condition on which nobody waits.
        pub const fn new() -> Self {
            Self {
                waiting: AtomicU32::new(0),
                line: RawLock::new(),
                waiters: UnsafeCell::new(Waiters::EMPTY),
            }
        }
    }

    /// Releases `lock`, sleeps until notified, and takes `lock` again.
    ///
    /// # Errors
    /// At once, [`NotLocked`](crate::NotLocked) if nobody holds a `RawLock`, [`NotOwner`](crate::NotOwner) if
    /// another thread owns a `RawRLock`, or nobody.
    pub fn wait<L: Waitable>(&self, lock: &L) -> Result<(), L::Error> {
        self.wait_timeout(lock, Deadline::NEVER).map(|_| ())
    }

    /// As [`wait`](Self::wait), until `timeout` at most; says whether a notification ended it.
    ///
    /// # Errors
    /// As [`wait`](Self::wait).
    pub fn wait_timeout<L: Waitable>(
        &self,
        lock: &L,
        timeout: impl Into<Deadline>,
    ) -> Result<bool, L::Error> {
        let deadline = timeout.into();
        let waiter = Waiter::new();
        // SAFETY: `line` is held inside; the node is new, and sleep() returns only when it is out of line for
        // good (I2).
        self.in_line(|waiters| unsafe { waiters.push(&waiter) });
        let released = lock.release_for_wait();
        let notified = self.sleep(&waiter, if released.is_ok() { deadline } else { Duration::ZERO.into() });
        // SAFETY: the node is ours again (I2): nobody else touches its links.
        debug_assert!(!unsafe { waiter.is_queued() }, "a waiter leaves while it stands in line");
        lock.reacquire(released?);
        Ok(notified)
    }

    /// Forgets who waits: for the child of a `fork`, where those threads are not.
    ///
    /// # Safety
    /// Only in the child of a `fork`, before another thread of it uses the condition.
    pub unsafe fn reinit_after_fork(&self) {
        // SAFETY: the caller promises that this is the child's only thread, so that nobody is in line().
        unsafe { self.line.reinit_after_fork() };
        self.in_line(|waiters| *waiters = Waiters::EMPTY);
    }

    /// Wakes the `n` who have waited longest, or all when there are fewer; says how many.
    ///
    /// The lock need not be held, but the state that the waiters look at must have been changed under it.
    #[inline]
    pub fn notify(&self, n: usize) -> usize {
        // Relaxed: who must be found lined up before the state was changed, and the caller's lock orders that
        // before us (I3).
        if self.waiting.load(Relaxed) == 0 { 0 } else { self.notify_waiters(n) }
    }

    #[cold]
    fn notify_waiters(&self, n: usize) -> usize {
        // SAFETY: `line` is held inside; each node is given back below, after our last look at it.
        let (count, mut next) = self.in_line(|waiters| unsafe { waiters.cut(n) });
        // SAFETY: a node that we cut off stays alive until we give it back (I2).
        while let Some(waiter) = unsafe { next.as_ref() } {
            // SAFETY: the node is ours (I1): nobody changes its links.
            next = unsafe { waiter.next() };
            let word = &raw const waiter.notified;
            // Release: pairs with the Acquire in sleep(): our reads of the node come before its end.
            if waiter.notified.swap(NOTIFIED, Release) == ASLEEP {
                wake::<Private>(word, 1);
            }
        }
        count
    }

    /// Sleeps until notified, or until the deadline finds us in line: `false`.
    fn sleep(&self, waiter: &Waiter, mut deadline: Deadline) -> bool {
        let mut spin = Spin::new();
        loop {
            // Acquire: pairs with the Release in notify_waiters(): the notifier is done with our node.
            match waiter.notified.load(Acquire) {
                NOTIFIED => return true,
                WAITING if spin.turn() => continue,
                // Relaxed, both: it only says that we sleep; when refused we look again.
                WAITING if waiter.notified.compare_exchange(WAITING, ASLEEP, Relaxed, Relaxed).is_err() => {
                    continue;
                }
                _ => {}
            }
            if wait::<Private>(&waiter.notified, ASLEEP, &deadline) == Wait::TimedOut {
                if self.leave_line(waiter) {
                    return false;
                }
                // A notifier has chosen us and is about to say so: the notification counts, the deadline no
                // longer does.
                deadline = Deadline::NEVER;
            }
        }
    }

    /// Takes our node out of line, if it still stands there.
    fn leave_line(&self, waiter: &Waiter) -> bool {
        self.in_line(|waiters| {
            // SAFETY: `line` is held.
            let queued = unsafe { waiter.is_queued() };
            if queued {
                // SAFETY: `line` is held, and a node of ours that is queued is queued here.
                unsafe { waiters.remove(waiter) };
            }
            queued
        })
    }

    /// Changes the line under its lock, and publishes its new length.
    fn in_line<R>(&self, change: impl FnOnce(&mut Waiters) -> R) -> R {
        self.line.acquire();
        let (result, length) = self.waiters.with_mut(|waiters| {
            // SAFETY: `line` is held, so nobody else has a pointer into the cell at work.
            let waiters = unsafe { &mut *waiters };
            (change(waiters), waiters.len())
        });
        // Relaxed: written under `line`; for the reader's side see notify().
        self.waiting.store(length, Relaxed);
        // SAFETY: we took it above.
        unsafe { self.line.release_held() };
        result
    }

    /// How many threads wait at this moment; stale as soon as it is said.
    pub fn waiting(&self) -> usize {
        // Relaxed: an answer that may be stale promises nothing.
        self.waiting.load(Relaxed) as usize
    }
}

impl Default for RawCondition {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for RawCondition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawCondition").field("waiting", &self.waiting()).finish()
    }
}
