//! An instance, and a thread's access to its value.

use super::key::Key;
use super::raw::Values;
use super::table::{self, Keeper, Making};
use crate::panic::discard;
use std::error::Error;
use std::fmt;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, OnceLock};

/// A value for each thread that asks for it, made by its first access: Python's `threading.local`, whose subclass
/// has an `__init__`.
///
/// A value is dropped when its thread ends, with the thread's other thread-locals, or when the instance is dropped,
/// whichever comes first. The latter drops the values of all threads, so a type that is to be shared must be
/// `Send`; it need not be `Sync`. Methods have the names of [`std::thread::LocalKey`]; what a
/// `thread_local!` cannot be, this can: a field, one of many, gone before the thread is.
///
/// ```
/// use std::cell::Cell;
/// use threads::{Local, Thread};
///
/// static CALLS: Local<Cell<u32>> = Local::new(|| Cell::new(0));
///
/// CALLS.set(CALLS.get() + 1);
/// let other = Thread::new(|| CALLS.get()).start()?;
/// assert_eq!((CALLS.get(), other.join().unwrap()), (1, 0));
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// An instance whose initialiser captures something has the closure's type, or a box's where the type is to be
/// written down:
///
/// ```
/// use std::cell::RefCell;
/// use threads::Local;
///
/// struct Formatter {
///     scratch: Local<RefCell<String>, Box<dyn Fn() -> RefCell<String> + Send + Sync>>,
/// }
///
/// let indent = 4;
/// let formatter =
///     Formatter { scratch: Local::new(Box::new(move || RefCell::new(" ".repeat(indent)))) };
/// formatter.scratch.with_borrow_mut(|text| text.push('x'));
/// assert_eq!(formatter.scratch.take(), "    x");
/// ```
///
/// What is not `Send` may be in an instance that one thread has for itself, and cannot be shared:
///
/// ```compile_fail,E0277
/// use std::rc::Rc;
/// static SHARED: threads::Local<Rc<u8>> = threads::Local::new(|| Rc::new(7));
/// ```
///
/// # What it costs
/// An access finds the value in a table of its thread: no lock, no atomic exchange. A first access allocates. A
/// table has 32 bytes for each instance that was there at a time, up to the last that the thread has used.
///
/// # At a thread's end
/// While a thread drops its values, and from then on, it has none: [`with`](Self::with) panics and
/// [`try_with`](Self::try_with) is an error, which concerns the `drop` of such values and of thread-locals that go
/// later. A value whose `drop` panics then is printed, and the thread ends. The main thread's values may stay
/// until the process is gone, as `std`'s may.
pub struct Local<T: 'static, F = fn() -> T> {
    init: F,
    /// The key as a word, or that of none, as long as no access has needed it.
    key: AtomicU64,
    instance: OnceLock<Instance<T>>,
}

/// From the first access on.
struct Instance<T> {
    key: Key,
    values: Arc<Values<Owned<T>>>,
}

impl<T: 'static, F> Local<T, F> {
    /// An instance whose values are made by `init`, for each thread by its first access and on that thread.
    pub const fn new(init: F) -> Self {
        Self { init, key: AtomicU64::new(Key::NONE.word()), instance: OnceLock::new() }
    }
}

impl<T: 'static, F: Fn() -> T> Local<T, F> {
    /// Calls `f` with the calling thread's value.
    ///
    /// # Panics
    /// If the thread has begun to drop its values; if the initialiser uses this instance itself, or panics, after
    /// which the next access calls it again.
    ///
    /// ```
    /// use std::cell::RefCell;
    /// use threads::Local;
    ///
    /// let seen = Local::new(|| RefCell::new(Vec::new()));
    /// seen.with(|seen| seen.borrow_mut().push(7));
    /// assert_eq!(seen.with(|seen| seen.borrow().len()), 1);
    /// ```
    #[inline]
    #[track_caller]
    pub fn with<R>(&self, f: impl FnOnce(&T) -> R) -> R {
        self.try_with(f).unwrap_or_else(|error| panic!("{error}"))
    }

    /// As [`with`](Self::with), where the thread may be at its end.
    ///
    /// # Errors
    /// [`AccessError`] if the thread has begun to drop its values: `f` is not called.
    ///
    /// # Panics
    /// If the initialiser uses this instance itself, or panics.
    #[inline]
    pub fn try_with<R>(&self, f: impl FnOnce(&T) -> R) -> Result<R, AccessError> {
        self.access(&self.init, f)
    }
}

impl<T: 'static, F> Local<T, F> {
    /// Calls `f` with the thread's value, which `init` makes if there is none.
    #[inline]
    pub(super) fn access<R>(
        &self,
        init: impl FnOnce() -> T,
        f: impl FnOnce(&T) -> R,
    ) -> Result<R, AccessError> {
        // Relaxed: a thread that has a value has stored the key itself.
        let key = Key::from_word(self.key.load(Relaxed));
        let value = match table::find(key) {
            Some(value) => value.cast(),
            None => self.make(init)?,
        };
        // SAFETY: a value stands under the number of its instance only, so it is a T. It goes when the instance is
        // dropped, which is borrowed here, or when this thread drops its thread-locals, which does not come back
        // to `f`: it is valid throughout. Nobody changes it but through what it shares, and on this thread.
        Ok(f(unsafe { &*value }))
    }

    #[cold]
    fn make(&self, init: impl FnOnce() -> T) -> Result<*const T, AccessError> {
        let new = || Instance { key: Key::new(), values: Arc::new(Values::new()) };
        let Instance { key, values } = self.instance.get_or_init(new);
        // Relaxed: for this thread's own accesses. The key is the same for all.
        self.key.store(key.word(), Relaxed);
        let making = Making::begin(*key)?;
        let value = Owned::new(init());
        let address = value.address();
        values.keep(address.addr(), value);
        making.done(address.cast(), Arc::clone(values) as Arc<dyn Keeper>);
        Ok(address)
    }
}

impl<T: 'static, F> Drop for Local<T, F> {
    fn drop(&mut self) {
        if let Some(instance) = self.instance.take() {
            instance.key.give_back();
            drop(instance.values.take_all());
        }
    }
}

impl<T: Default + 'static> Default for Local<T> {
    /// Each thread's value is the type's default at first.
    fn default() -> Self {
        Self::new(T::default)
    }
}

impl<T: 'static, F> fmt::Debug for Local<T, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Local").finish_non_exhaustive()
    }
}

impl<T> Keeper for Values<Owned<T>> {
    fn let_go(&self, value: *const ()) {
        discard(self.take(value.addr()));
    }
}

/// A value on the heap, which may be looked at while it is moved: a `Box` promises that nobody does.
struct Owned<T>(NonNull<Room<T>>);

/// A value with an address of its own, by which it is kept: alone, one without a size would have any other's.
#[repr(C)]
struct Room<T> {
    value: T,
    _own: u8,
}

impl<T> Owned<T> {
    fn new(value: T) -> Self {
        Self(NonNull::from(Box::leak(Box::new(Room { value, _own: 0 }))))
    }

    fn address(&self) -> *const T {
        // The first field lies at the beginning: `repr(C)`.
        self.0.as_ptr().cast()
    }
}

impl<T> Drop for Owned<T> {
    fn drop(&mut self) {
        // SAFETY: from a box, once: it is this one's alone. Who has taken it out is the last to know it (V1, V2).
        drop(unsafe { Box::from_raw(self.0.as_ptr()) });
    }
}

// SAFETY: it owns a T, as a box does, and gives out its address only.
unsafe impl<T: Send> Send for Owned<T> {}

/// A thread asks for a value of a [`Local`], and has begun to drop what it had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AccessError;

impl fmt::Display for AccessError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the thread is ending: its values of a `Local` are gone")
    }
}

impl Error for AccessError {}
