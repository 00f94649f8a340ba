//! A cell that notices when two threads are in it at once.

use super::thread;
use core::cell::Cell;

/// The real world's `UnsafeCell`, in which an access takes time: after it has begun, any thread may run
/// before it goes on. Two accesses that overlap, one of them a write, end the trial.
///
/// It sees what happens, not what the orderings allow: that accesses which do not overlap are ordered is for
/// loom to show.
#[derive(Debug, Default)]
pub struct UnsafeCell<T: ?Sized> {
    /// Readers inside, or [`WRITER`].
    inside: Cell<u32>,
    value: core::cell::UnsafeCell<T>,
}

const WRITER: u32 = u32::MAX;

impl<T> UnsafeCell<T> {
    /// A cell that holds `value`.
    pub const fn new(value: T) -> Self {
        Self { inside: Cell::new(0), value: core::cell::UnsafeCell::new(value) }
    }

    /// The value, out of its cell.
    pub fn into_inner(self) -> T {
        self.value.into_inner()
    }
}

impl<T: ?Sized> UnsafeCell<T> {
    /// Reads through a shared pointer, valid inside `f`.
    ///
    /// # Panics
    /// If another thread is about to write.
    pub fn with<R>(&self, f: impl FnOnce(*const T) -> R) -> R {
        let others = self.inside.get();
        assert!(others != WRITER || std::thread::panicking(), "{OVERLAP}: a read within a write");
        let _visit = Visit::begin(&self.inside, others.saturating_add(1));
        f(self.value.get())
    }

    /// Writes through an exclusive pointer, valid inside `f`.
    ///
    /// # Panics
    /// If another thread is inside.
    pub fn with_mut<R>(&self, f: impl FnOnce(*mut T) -> R) -> R {
        assert!(
            self.inside.get() == 0 || std::thread::panicking(),
            "{OVERLAP}: a write within another access"
        );
        let _visit = Visit::begin(&self.inside, WRITER);
        f(self.value.get())
    }
}

/// How the panics of this file begin.
pub(super) const OVERLAP: &str = "two threads in one cell";

struct Visit<'a>(&'a Cell<u32>);

impl<'a> Visit<'a> {
    fn begin(inside: &'a Cell<u32>, now: u32) -> Self {
        inside.set(now);
        let visit = Self(inside);
        thread::step();
        visit
    }
}

impl Drop for Visit<'_> {
    fn drop(&mut self) {
        self.0.set(if self.0.get() == WRITER { 0 } else { self.0.get() - 1 });
    }
}
