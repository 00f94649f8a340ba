//! Short forms for values in cells, as `std`'s `LocalKey` has them.

use super::face::Local;
use std::cell::{Cell, RefCell};

impl<T: 'static, F: Fn() -> Cell<T>> Local<Cell<T>, F> {
    /// A copy of the calling thread's value.
    ///
    /// # Panics
    /// As [`with`](Self::with).
    #[inline]
    #[track_caller]
    pub fn get(&self) -> T
    where
        T: Copy,
    {
        self.with(Cell::get)
    }

    /// Takes the value out and leaves the default.
    ///
    /// # Panics
    /// As [`with`](Self::with).
    #[track_caller]
    pub fn take(&self) -> T
    where
        T: Default,
    {
        self.with(Cell::take)
    }

    /// Puts another value in, and returns the one that was there.
    ///
    /// # Panics
    /// As [`with`](Self::with).
    #[track_caller]
    pub fn replace(&self, value: T) -> T {
        self.with(|cell| cell.replace(value))
    }

    /// Sets the calling thread's value, which is the first one if it has none: the initialiser is not called.
    ///
    /// # Panics
    /// As [`with`](Self::with), but for the initialiser.
    ///
    /// ```
    /// use std::cell::Cell;
    /// use threads::Local;
    ///
    /// let limit = Local::new(|| Cell::new(u32::MAX));
    /// limit.set(3);
    /// assert_eq!(limit.replace(4), 3);
    /// assert_eq!((limit.take(), limit.get()), (4, 0));
    /// ```
    #[inline]
    #[track_caller]
    pub fn set(&self, value: T) {
        let mut value = Some(value);
        let first = || Cell::new(value.take().expect("it is asked once"));
        self.access(first, |_| ()).unwrap_or_else(|error| panic!("{error}"));
        if let Some(value) = value {
            self.with(|cell| cell.set(value));
        }
    }
}

impl<T: 'static, F: Fn() -> RefCell<T>> Local<RefCell<T>, F> {
    /// Calls `f` with the calling thread's value.
    ///
    /// # Panics
    /// As [`with`](Self::with), or if the value is borrowed mutably.
    #[inline]
    #[track_caller]
    pub fn with_borrow<R>(&self, f: impl FnOnce(&T) -> R) -> R {
        self.with(|cell| f(&cell.borrow()))
    }

    /// Calls `f` with the calling thread's value, which it may change.
    ///
    /// # Panics
    /// As [`with`](Self::with), or if the value is borrowed.
    ///
    /// ```
    /// use std::cell::RefCell;
    /// use threads::Local;
    ///
    /// let letters: Local<RefCell<Vec<&str>>> = Local::default();
    /// letters.with_borrow_mut(|letters| letters.push("a"));
    /// assert_eq!(letters.with_borrow(|letters| letters.len()), 1);
    /// assert_eq!(letters.take(), ["a"]);
    /// ```
    #[inline]
    #[track_caller]
    pub fn with_borrow_mut<R>(&self, f: impl FnOnce(&mut T) -> R) -> R {
        self.with(|cell| f(&mut cell.borrow_mut()))
    }

    /// Takes the value out and leaves the default.
    ///
    /// # Panics
    /// As [`with_borrow_mut`](Self::with_borrow_mut).
    #[track_caller]
    pub fn take(&self) -> T
    where
        T: Default,
    {
        self.with(RefCell::take)
    }

    /// Puts another value in, and returns the one that was there.
    ///
    /// # Panics
    /// As [`with_borrow_mut`](Self::with_borrow_mut).
    #[track_caller]
    pub fn replace(&self, value: T) -> T {
        self.with(|cell| cell.replace(value))
    }
}
