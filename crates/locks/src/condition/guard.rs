//! What a condition can wait with: the raw locks, and the guards.

use crate::lock::{self, LockGuard, NotLocked, RawLock};
use crate::rlock::{self, Levels, NotOwner, RLockGuard, RawRLock};
use crate::sync::Scope;
use core::cell::{Cell, RefCell};

/// A lock that [`RawCondition`](crate::RawCondition) can let go of and take again: [`RawLock`] or
/// [`RawRLock`]. Sealed.
pub trait Waitable: Sealed {
    /// What is said when there is nothing to let go of.
    type Error;
    #[doc(hidden)]
    type Released;
    /// Frees the lock for other threads, whatever it takes.
    #[doc(hidden)]
    fn release_for_wait(&self) -> Result<Self::Released, Self::Error>;
    /// Takes the lock back as it was.
    #[doc(hidden)]
    fn reacquire(&self, released: Self::Released);
}

/// Also sealed against a `Why` of somebody else's.
pub trait Sealed<Why = ()> {}

impl<S: Scope> Sealed for RawLock<S> {}
impl<S: Scope> Sealed for RawRLock<S> {}

impl<S: Scope> Waitable for RawLock<S> {
    type Error = NotLocked;
    type Released = ();

    fn release_for_wait(&self) -> Result<(), NotLocked> {
        self.release()
    }

    fn reacquire(&self, (): ()) {
        self.acquire();
    }
}

impl<S: Scope> Waitable for RawRLock<S> {
    type Error = NotOwner;
    type Released = Levels;

    fn release_for_wait(&self) -> Result<Levels, NotOwner> {
        self.release_all()
    }

    fn reacquire(&self, levels: Levels) {
        self.acquire_restore(levels);
    }
}

/// A guard that [`Condition`](crate::Condition) can wait with. Sealed; `Why` says which rule allows it, and is
/// inferred.
///
/// # Why an `RLock` asks for more than a `Lock`
/// A wait lets go of the lock while the thread's other guards live, and with them references to the data,
/// `&T`. Others then get a `&T` of their own: the same `T` is seen from two threads, one of which sleeps.
/// That is what `Sync` is about, and a `T` that is only `Send` may rely on its not happening: with a cell
/// that each thread opens by a key of its own (`qcell`'s `TLCell`) both threads would have a `&mut` to one
/// value. So an `RLock` can be waited with if its data is
///
/// - `Sync`: then it does not matter who else has a reference; or
/// - a `Cell<T>`: it gives no reference to what is inside, and nobody touches it during the wait but the
///   lock's next owners, in turn, ordered by the lock; or
/// - a `RefCell<T>` of a `Sync` type: its flag is changed in turn as a `Cell` is. A thread that waits while
///   it borrows makes the other's borrow fail; two shared borrows are two `&T`, hence `Sync`.
///
/// A guard that is neither `Send` nor `Sync` is half of it: without that a third thread could use the guard
/// while its own waits.
#[diagnostic::on_unimplemented(
    message = "a condition cannot wait with `{Self}`",
    label = "neither a `LockGuard`, nor an `RLockGuard` of suitable data",
    note = "an RLock's data must be `Sync`, or a `Cell`, or a `RefCell` of a `Sync` type: while one guard waits, \
            the thread's other guards live"
)]
pub trait Guard<Why>: Sealed<Why> {
    /// What the predicate of `wait_for` is given: a `Lock`'s data, an `RLock`'s guard.
    type View;
    #[doc(hidden)]
    type Raw: Waitable;
    #[doc(hidden)]
    fn view(&mut self) -> &mut Self::View;
    /// The lock, about to be let go of and taken again, which is checked. For [`Condition`](crate::Condition) alone:
    /// who has the raw lock can release it under the guard.
    #[doc(hidden)]
    #[track_caller]
    fn raw(&self, _: Ours) -> &Self::Raw;
    /// The wait is over.
    #[doc(hidden)]
    fn taken_again(&self, _: Ours) {}
}

/// What nobody outside can make, or name.
pub struct Ours(());

impl Ours {
    pub(super) const fn new() -> Self {
        Self(())
    }
}

/// The guard has the only access.
pub struct Alone;
/// The data is `Sync`.
pub struct BySync;
/// The data is a `Cell`.
pub struct ByCell;
/// The data is a `RefCell` of a `Sync` type.
pub struct ByRefCell;

impl<T> Sealed<Alone> for LockGuard<'_, T> {}
impl<T> Guard<Alone> for LockGuard<'_, T> {
    type View = T;
    type Raw = RawLock;

    fn view(&mut self) -> &mut T {
        self
    }

    #[track_caller]
    fn raw(&self, _: Ours) -> &RawLock {
        lock::to_wait_with(self)
    }

    fn taken_again(&self, _: Ours) {
        lock::taken_again(self);
    }
}

macro_rules! rlock_guard {
    ($why:ty: $data:ty, $($bound:tt)+) => {
        impl<T: $($bound)+> Sealed<$why> for RLockGuard<'_, $data> {}
        impl<T: $($bound)+> Guard<$why> for RLockGuard<'_, $data> {
            type View = Self;
            type Raw = RawRLock;

            fn view(&mut self) -> &mut Self {
                self
            }

            #[track_caller]
            fn raw(&self, _: Ours) -> &RawRLock {
                rlock::to_wait_with(self)
            }
        }
    };
}

rlock_guard!(BySync: T, ?Sized + Sync);
rlock_guard!(ByCell: Cell<T>, ?Sized);
rlock_guard!(ByRefCell: RefCell<T>, ?Sized + Sync);
