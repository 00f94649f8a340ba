//! Atomics that loom cannot overlook.
//!
//! loom 0.7.3 remembers one last access for each atomic. A thread that loads an atomic and then stores to it
//! hides its store's race with another thread's load (tokio-rs/loom #166, #392), and a model of a ring buffer
//! "passes" after one execution. So each atomic here has a **companion**, a second loom atomic, and a Relaxed
//! `fetch_add(0)` on it comes before each load. Two loads of one atomic then conflict with each other, which
//! gives back the lost backtrack points, and as the companion is Relaxed, nothing happens before anything
//! that did not before. `tests/litmus.rs` shows the effect, with the bare types beside ours.
//!
//! Nor does loom notice that a thread uses an atomic which, as far as it knows, has not been made yet: one
//! that lies behind a pointer that was handed over without order. In the real world that is a data race with
//! the atomic's first value. So each atomic here has a **birth**, a cell that is written when it is made, and
//! read before each access.
//!
//! `SeqCst` is refused for accesses: loom treats it as AcqRel, so the proof would be of another program. Use
//! `fence(SeqCst)`.

use super::{
    check,
    fault::{self, Fault},
    trace,
};
use core::ops::BitOr;
use core::panic::Location;
use loom::sync::atomic as loom_atomic;
pub use loom::sync::atomic::Ordering;
use loom::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release, SeqCst};

/// loom's fence, unless a fault takes it away.
#[track_caller]
pub fn fence(order: Ordering) {
    let site = Location::caller();
    if check::is_lost() || fault::omits(site, Fault::NoFence) {
        return;
    }
    loom_atomic::fence(order);
    trace::step(site, trace::Step::Fence(order));
}

/// What an access may use of the ordering that it asked for.
fn ordering(site: &'static Location<'static>, order: Ordering) -> Ordering {
    assert!(order != SeqCst, "{site}: SeqCst accesses are not modelled: use fence(SeqCst)");
    let weak = matches!(order, Acquire | Release | AcqRel) && fault::omits(site, Fault::Relaxed);
    match order {
        _ if weak => Relaxed,
        AcqRel if fault::omits(site, Fault::NoAcquire) => Release,
        AcqRel if fault::omits(site, Fault::NoRelease) => Acquire,
        order => order,
    }
}

/// What a refused exchange may use of the ordering that it asked for.
fn failure_ordering(site: &'static Location<'static>, order: Ordering) -> Ordering {
    assert!(order != SeqCst, "{site}: SeqCst accesses are not modelled: use fence(SeqCst)");
    let weak = order == Acquire && fault::omits(site, Fault::RelaxedFailure);
    if weak { Relaxed } else { order }
}

macro_rules! atomic {
    ($name:ident, $value:ty, $to_u64:expr, $of_u64:expr) => {
        #[doc = concat!("`core`'s `", stringify!($name), "`, modelled.")]
        #[derive(Debug)]
        pub struct $name {
            inner: loom_atomic::$name,
            companion: loom_atomic::AtomicUsize,
            birth: loom::cell::UnsafeCell<()>,
        }

        // SAFETY: the cell holds nothing; that accesses of it are ordered is what it is there to check.
        unsafe impl Sync for $name {}

        impl $name {
            /// An atomic that holds `value`.
            #[track_caller]
            pub fn new(value: $value) -> Self {
                Self {
                    inner: loom_atomic::$name::new(value),
                    companion: loom_atomic::AtomicUsize::new(0),
                    birth: loom::cell::UnsafeCell::new(()),
                }
            }

            /// `core`'s `load`.
            #[track_caller]
            pub fn load(&self, order: Ordering) -> $value {
                let site = Location::caller();
                if check::is_lost() {
                    return $of_u64(0);
                }
                self.birth.with(|_| ());
                self.companion.fetch_add(0, Relaxed);
                let order = ordering(site, order);
                let value = self.inner.load(order);
                self.record(site, trace::Op::Load { value: $to_u64(value), order });
                value
            }

            /// `core`'s `store`.
            #[track_caller]
            pub fn store(&self, value: $value, order: Ordering) {
                let site = Location::caller();
                if check::is_lost() {
                    return;
                }
                let value = fault::written(site).map_or(value, $of_u64);
                let order = ordering(site, order);
                self.birth.with(|_| ());
                self.inner.store(value, order);
                self.record(site, trace::Op::Store { value: $to_u64(value), order });
            }

            /// `core`'s `swap`.
            #[track_caller]
            pub fn swap(&self, value: $value, order: Ordering) -> $value {
                let site = Location::caller();
                if check::is_lost() {
                    return $of_u64(0);
                }
                let value = fault::written(site).map_or(value, $of_u64);
                let order = ordering(site, order);
                self.birth.with(|_| ());
                let old = self.inner.swap(value, order);
                self.record(site, trace::Op::Rmw { old: $to_u64(old), new: $to_u64(value), order });
                old
            }

            /// `core`'s `compare_exchange`.
            ///
            /// # Errors
            /// The value found, if it was not `current`.
            #[track_caller]
            pub fn compare_exchange(
                &self,
                current: $value,
                new: $value,
                success: Ordering,
                failure: Ordering,
            ) -> Result<$value, $value> {
                let site = Location::caller();
                if check::is_lost() {
                    return Err($of_u64(0));
                }
                let new = fault::written(site).map_or(new, $of_u64);
                let (success, failure) = (ordering(site, success), failure_ordering(site, failure));
                self.birth.with(|_| ());
                let result = self.inner.compare_exchange(current, new, success, failure);
                let op = match result {
                    Ok(old) => trace::Op::Rmw { old: $to_u64(old), new: $to_u64(new), order: success },
                    Err(old) => trace::Op::Refused { value: $to_u64(old), order: failure },
                };
                self.record(site, op);
                result
            }

            fn record(&self, site: &'static Location<'static>, op: trace::Op) {
                trace::step(site, trace::Step::Atomic { word: core::ptr::from_ref(self).addr(), op });
            }
        }
    };
}

macro_rules! counting {
    ($name:ident, $value:ty, $($method:ident => $wrapping:ident),+) => {
        impl $name {
            $(
                #[doc = concat!("`core`'s `", stringify!($method), "`.")]
                #[track_caller]
                pub fn $method(&self, value: $value, order: Ordering) -> $value {
                    let site = Location::caller();
                    if check::is_lost() {
                        return 0;
                    }
                    let order = ordering(site, order);
                    self.birth.with(|_| ());
                    let old = self.inner.$method(value, order);
                    let new = old.$wrapping(value);
                    self.record(site, trace::Op::Rmw { old: old as u64, new: new as u64, order });
                    old
                }
            )+
        }
    };
}

atomic!(AtomicU32, u32, u64::from, |value| value as u32);
atomic!(AtomicUsize, usize, |value| value as u64, |value| value as usize);
atomic!(AtomicBool, bool, u64::from, |value| value != 0);

/// A Relaxed load that is a hint only: an exchange of the same word by the same thread follows, and finds what the
/// hint has missed.
///
/// It is modelled as an exchange that changes nothing: one step instead of a load's two, and one that finds the newest
/// value. A thread that goes by an older one does what it would have done had the word been changed between the hint and
/// the exchange that follows; and that is explored.
#[track_caller]
pub fn peek(word: &AtomicU32) -> u32 {
    let site = Location::caller();
    if check::is_lost() {
        return 0;
    }
    word.birth.with(|_| ());
    let value = word.inner.fetch_add(0, Relaxed);
    word.record(site, trace::Op::Load { value: value.into(), order: Relaxed });
    value
}

/// `core`'s `AtomicPtr`, modelled as its address.
#[derive(Debug)]
pub struct AtomicPtr<T> {
    address: AtomicUsize,
    target: core::marker::PhantomData<*mut T>,
}

// SAFETY: as for `core`'s: it holds an address, and whoever follows it answers for that.
unsafe impl<T> Send for AtomicPtr<T> {}
// SAFETY: as above.
unsafe impl<T> Sync for AtomicPtr<T> {}

impl<T> AtomicPtr<T> {
    /// An atomic that holds `pointer`.
    #[track_caller]
    pub fn new(pointer: *mut T) -> Self {
        Self { address: AtomicUsize::new(pointer.expose_provenance()), target: core::marker::PhantomData }
    }

    /// `core`'s `load`; null when the execution is lost.
    #[track_caller]
    pub fn load(&self, order: Ordering) -> *mut T {
        core::ptr::with_exposed_provenance_mut(self.address.load(order))
    }

    /// `core`'s `store`.
    #[track_caller]
    pub fn store(&self, pointer: *mut T, order: Ordering) {
        self.address.store(pointer.expose_provenance(), order);
    }

    /// `core`'s `swap`; null when the execution is lost.
    #[track_caller]
    pub fn swap(&self, pointer: *mut T, order: Ordering) -> *mut T {
        core::ptr::with_exposed_provenance_mut(self.address.swap(pointer.expose_provenance(), order))
    }

    /// `core`'s `compare_exchange`.
    ///
    /// # Errors
    /// The pointer found, if it was not `current`; null when the execution is lost.
    #[track_caller]
    pub fn compare_exchange(
        &self,
        current: *mut T,
        new: *mut T,
        success: Ordering,
        failure: Ordering,
    ) -> Result<*mut T, *mut T> {
        let (current, new) = (current.expose_provenance(), new.expose_provenance());
        let result = self.address.compare_exchange(current, new, success, failure);
        result.map(core::ptr::with_exposed_provenance_mut).map_err(core::ptr::with_exposed_provenance_mut)
    }
}

counting!(AtomicU32, u32, fetch_add => wrapping_add, fetch_sub => wrapping_sub, fetch_or => bitor);
counting!(AtomicUsize, usize, fetch_add => wrapping_add, fetch_sub => wrapping_sub);
