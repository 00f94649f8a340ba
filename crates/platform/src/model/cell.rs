//! loom's cell: every access is checked to be ordered with every other.

use super::check;

/// The real world's `UnsafeCell`, with loom looking on: two accesses that are not ordered, one of them a
/// write, end the proof.
///
/// The value lies beside loom's cell, so that destructors can still get at it when the execution has failed.
#[derive(Debug)]
pub struct UnsafeCell<T: ?Sized> {
    checked: loom::cell::UnsafeCell<()>,
    value: core::cell::UnsafeCell<T>,
}

impl<T> UnsafeCell<T> {
    /// A cell that holds `value`.
    #[track_caller]
    pub fn new(value: T) -> Self {
        Self { checked: loom::cell::UnsafeCell::new(()), value: core::cell::UnsafeCell::new(value) }
    }

    /// The value, out of its cell.
    pub fn into_inner(self) -> T {
        self.value.into_inner()
    }
}

impl<T: ?Sized> UnsafeCell<T> {
    /// Reads through a shared pointer, valid inside `f`.
    #[track_caller]
    pub fn with<R>(&self, f: impl FnOnce(*const T) -> R) -> R {
        if check::is_lost() {
            return f(self.value.get());
        }
        self.checked.with(|_| f(self.value.get()))
    }

    /// Writes through an exclusive pointer, valid inside `f`.
    #[track_caller]
    pub fn with_mut<R>(&self, f: impl FnOnce(*mut T) -> R) -> R {
        if check::is_lost() {
            return f(self.value.get());
        }
        self.checked.with_mut(|_| f(self.value.get()))
    }
}
