//! Python's locks for Rust, each blocking algorithm model-checked.
//!
//! | type | Python's | what it is |
//! |---|---|---|
//! | [`Lock<T>`] | `with lock:` around data | a mutual exclusion lock that owns its data, around a [`lock_api::Mutex`] |
//! | [`RawLock`] | `Lock` | the lock alone: `acquire` and `release`, by any thread |
//! | [`RLock<T>`] | `with rlock:` around data | a lock that owns its data, and that its owner may take again |
//! | [`RawRLock`] | `RLock` | the lock alone: its owner may take it again, and only its owner may release it |
//! | [`Condition`] | `Condition(lock)` | waits until notified, over the guards of [`Lock`] and of [`RLock`] |
//! | [`RawCondition`] | `Condition(lock)` | the same over a [`RawLock`] or a [`RawRLock`] |
//! | [`Semaphore`], [`BoundedSemaphore`] | the same | permits, taken one at a time or several at once |
//! | [`Event`] | `Event` | a flag that threads wait for; `set` reaches all who wait, also if cleared at once |
//! | [`Barrier`] | `Barrier` | threads wait until all have come; breaks instead of hanging |
//! | [`RwLock<T>`](RwLock), [`RawRwLock`] | | many readers or one writer; neither starves |
//!
//! ```
//! use locks::{Condition, Lock};
//! use std::{thread, time::Duration};
//!
//! static BALANCE: Lock<u32> = Lock::new(0);
//! static DEPOSITED: Condition = Condition::new();
//!
//! let withdrawal = thread::spawn(|| {
//!     let mut balance = BALANCE.lock();
//!     DEPOSITED.wait_for(&mut balance, |balance| *balance >= 5);
//!     *balance -= 5;
//! });
//! *BALANCE.lock() += 10;
//! DEPOSITED.notify_all();
//! withdrawal.join().unwrap();
//! assert_eq!(*BALANCE.lock(), 5);
//! ```
//!
//! # No poison
//! A thread that panics while it holds a lock releases it, as Python's `with` does and as `parking_lot` does.
//! Data that a panic may leave half changed needs its own care.
//!
//! # Timeouts
//! Every timed call takes `impl Into<`[`Deadline`]`>`: a `Duration`, an `Instant`, or an `Option` of them. A
//! duration that overflows the clock waits for ever. A `&`[`Cancel`] is a timeout too: the wait gives up at once
//! when the token is cancelled. The exceptions are the methods that [`lock_api`] names
//! itself (`try_lock_for`, `try_lock_until`).
//!
//! # When to use `std` instead
//! `std::sync::Mutex` is as small and has poisoning; `std::sync::Condvar` is enough where a spurious wake-up
//! does no harm and nobody asks how many were woken; `OnceLock` and `LazyLock` for a value made once. What is
//! here and not there: timed acquisition, release from another thread, a lock that hands over to who has waited
//! for a millisecond, a condition that wakes in order of arrival and only when notified, a barrier that breaks
//! instead of hanging, and the proofs.
//!
//! # Threads and processes
//! The raw forms are generic over a [`Scope`]: [`Private`] to this process, or [`Shared`] with others, for words
//! that lie in memory which several processes map. They hold no pointers. `new` is for the one, `in_scope` for
//! either.
//!
//! # Features
//! | feature | what it gives |
//! |---|---|
//! | `lock-order` | in builds with debug assertions, locks taken in an order that can deadlock are reported |
//! | `counters` | waits, their total and longest length, hand-overs; a lock's state, owner and waiters, also in its `Debug` |
//! | `trace` | waits and holds are spans of `tracing`; a timeline for Perfetto where `SELVEDGE_TIMELINE` names a file |
//! | `arc_lock` | guards that share the lock instead of borrowing it |
//! | `serde` | a lock is serialized as its data is |

mod barrier;
mod condition;
mod event;
mod lock;
mod rlock;
mod rwlock;
mod semaphore;
mod sync;
mod watched;

pub use barrier::{ActionError, Arrival, Barrier, BrokenBarrier, Last, Party};
pub use condition::{Condition, Guard, RawCondition, Waitable};
pub use event::Event;
#[cfg(all(feature = "arc_lock", not(loom)))]
pub use lock::ArcLockGuard;
pub use lock::{Lock, LockGuard, NotLocked, RawLock};
pub use platform::cancel::{Cancel, Cancelled};
pub use platform::futex::{Private, Scope, Shared};
pub use platform::time::Deadline;
pub use rlock::{Levels, NotOwner, RLock, RLockGuard, RawRLock};
pub use rwlock::{NotHeld, RawRwLock};
#[cfg(not(loom))]
pub use rwlock::{RwLock, RwLockReadGuard, RwLockWriteGuard};
pub use semaphore::{BoundedSemaphore, MAX_PERMITS, OverRelease, Permit, Semaphore};
#[cfg(all(feature = "lock-order", not(loom)))]
pub use watched::order;
#[cfg(all(feature = "counters", not(loom)))]
pub use watched::{Counters, State};
#[cfg(not(loom))]
pub use watched::{Watch, Watched};

/// The traits behind [`Lock`], for code that is generic over locks.
#[cfg(not(loom))]
pub use lock_api;

// The README's example is compiled and run with the documentation's.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
