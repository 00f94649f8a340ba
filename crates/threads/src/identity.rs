//! Who a thread is: its numbers, its name, whether it is alive; and who the calling thread is.

use crate::ending::End;
use crate::live::Place;
use locks::{Deadline, Lock, Shared};
use platform::thread::id;
use std::cell::{Cell, RefCell};
use std::mem::ManuallyDrop;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, LazyLock, OnceLock};
use std::{fmt, fs, io, process};

/// A thread, seen from anywhere: Python's `Thread` once it is started, without the result, which belongs to the
/// [`Handle`](crate::Handle).
///
/// Clones are the same thread; it may have ended long ago. A pointer.
#[derive(Clone)]
pub struct ThreadRef(Arc<Record>);

// As `std`'s: what lies behind it changes in single steps.
impl UnwindSafe for ThreadRef {}
impl RefUnwindSafe for ThreadRef {}

struct Record {
    ident: u64,
    name: Lock<Option<Arc<str>>>,
    daemon: bool,
    /// From when it runs; 0 if it could not be started.
    native_id: OnceLock<u32>,
    end: End,
}

/// The main thread's number, the first.
const MAIN: u64 = 1;
/// No thread's number.
const NOBODY: u64 = 0;

static MAIN_THREAD: LazyLock<ThreadRef> = LazyLock::new(|| {
    let main = ThreadRef::with_ident(MAIN, Some("main".into()), false);
    main.begin(process::id());
    main
});

thread_local! {
    // No destructor: a thread knows its own number to its end.
    static IDENT: Cell<u64> = const { Cell::new(NOBODY) };
    // Nor here, as that would cost each thread a registration: who settles sees to it that it is taken out.
    static CURRENT: ManuallyDrop<RefCell<Option<ThreadRef>>> = const { ManuallyDrop::new(RefCell::new(None)) };
    static FOREIGN: Foreign = const { Foreign(RefCell::new(None)) };
}

/// The place of a thread that somebody else has started, which it leaves with its thread-locals.
struct Foreign(RefCell<Option<Place>>);

impl Drop for Foreign {
    fn drop(&mut self) {
        if self.0.take().is_some() {
            leave();
        }
    }
}

/// The calling thread. Python's `current_thread`.
///
/// A thread that this crate has not started is known from its first call on, under its name in `std`, until it
/// ends. In the destructor of a thread-local value, where it is too late for that, it has its number and no name.
///
/// ```
/// use threads::{Thread, current, main_thread};
///
/// let inside = Thread::new(|| current().name()).name("worker").start()?;
/// let ident = inside.ident();
/// assert_ne!(ident, current().ident());
/// assert_eq!(inside.join().unwrap().as_deref(), Some("worker"));
/// assert!(current().is_alive());
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn current() -> ThreadRef {
    match CURRENT.with(|current| current.borrow().clone()) {
        Some(thread) => thread,
        None if IDENT.get() == NOBODY => introduce(),
        None => {
            let thread = ThreadRef::with_ident(IDENT.get(), None, false);
            thread.begin(native_id());
            thread
        }
    }
}

/// Makes a thread known that somebody else has started.
fn introduce() -> ThreadRef {
    if is_main() {
        let main = main_thread();
        main.settle();
        return main;
    }
    let thread = ThreadRef::new(std::thread::current().name().map(Arc::from), true);
    let place = Place::foreign(&thread);
    // Where the thread-locals are going already, the place goes at once.
    match FOREIGN.try_with(|foreign| foreign.0.replace(Some(place))) {
        Ok(_) => thread.settle(),
        Err(_) => thread.begin(native_id()),
    }
    thread
}

/// The calling thread knows its number only, from now on.
pub(crate) fn leave() {
    drop(CURRENT.with(|current| current.take()));
}

fn is_main() -> bool {
    native_id() == process::id()
}

fn native_id() -> u32 {
    id::<Shared>() as u32
}

/// The main thread. Python's `main_thread`. Also from a thread that outlives it: it is always alive.
///
/// ```
/// let main = threads::main_thread();
/// assert_eq!((main.name().as_deref(), main.native_id()), (Some("main"), std::process::id()));
/// ```
pub fn main_thread() -> ThreadRef {
    MAIN_THREAD.clone()
}

impl ThreadRef {
    /// A thread that is about to be.
    pub(crate) fn new(name: Option<Arc<str>>, daemon: bool) -> Self {
        static LAST: AtomicU64 = AtomicU64::new(MAIN);
        // Relaxed: an exchange hands out each number once, and the number is all there is.
        Self::with_ident(LAST.fetch_add(1, Relaxed) + 1, name, daemon)
    }

    fn with_ident(ident: u64, name: Option<Arc<str>>, daemon: bool) -> Self {
        let (name, native_id) = (Lock::new(name), OnceLock::new());
        Self(Arc::new(Record { ident, name, daemon, native_id, end: End::new() }))
    }

    /// The calling thread is this one, until it [leaves](leave).
    pub(crate) fn settle(&self) {
        IDENT.set(self.0.ident);
        self.begin(native_id());
        CURRENT.with(|current| current.replace(Some(self.clone())));
    }

    /// It runs, under this number of the system's; 0: it could not be started.
    pub(crate) fn begin(&self, native_id: u32) {
        // Nobody else says so: it begins once.
        let _ = self.0.native_id.set(native_id);
    }

    /// It has ended. Not while it is given a name: until then its number is its own.
    pub(crate) fn end(&self) {
        let _name = self.0.name.lock();
        self.0.end.come();
    }

    pub(crate) fn is_current(&self) -> bool {
        IDENT.get() == self.0.ident || (self.0.ident == MAIN && is_main())
    }

    /// Its number in this process: 1 or more, and never another thread's, also when it has ended. Python's
    /// `ident`.
    pub fn ident(&self) -> u64 {
        self.0.ident
    }

    /// The number that the system knows it by (`gettid` on Linux, as in `ps -L` and gdb), which the system may give
    /// to another thread when it has ended. Python's `native_id`.
    ///
    /// Of a thread that has been started a moment ago it waits until it runs.
    pub fn native_id(&self) -> u32 {
        *self.0.native_id.wait()
    }

    /// Its name, if it has one.
    pub fn name(&self) -> Option<Arc<str>> {
        self.0.name.lock().clone()
    }

    /// Gives it another name, here and, on Linux, in `ps -L`, `top` and gdb, which show the first 15 bytes.
    ///
    /// Panic messages go on to show the name that it was started with, as `std` keeps that.
    ///
    /// # Errors
    /// [`io::ErrorKind::InvalidInput`] if the name contains a NUL: it keeps the old one. Otherwise what the system
    /// answers, as [`io::ErrorKind::NotFound`] for a thread that has ended: the new name is kept here only.
    ///
    /// ```
    /// let worker = threads::Thread::new(|| {
    ///     threads::current().set_name("phase 2")?;
    ///     std::fs::read_to_string("/proc/thread-self/comm")
    /// });
    /// let seen_by_the_system = worker.name("phase 1").start()?.join().unwrap()?;
    /// # #[cfg(target_os = "linux")]
    /// assert_eq!(seen_by_the_system, "phase 2\n");
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn set_name(&self, name: &str) -> io::Result<()> {
        check_name(name)?;
        let native_id = self.native_id();
        // Held until the system knows it too: of two names both keep the same, and the thread does not end
        // meanwhile, after which its number may be another's.
        let mut kept = self.0.name.lock();
        *kept = Some(name.into());
        if !cfg!(target_os = "linux") {
            return Ok(());
        }
        match self.0.end.has_come() {
            true => Err(io::ErrorKind::NotFound.into()),
            false => tell_system(native_id, name),
        }
    }

    /// Whether the process may end before this thread does.
    pub fn is_daemon(&self) -> bool {
        self.0.daemon
    }

    /// Whether the thread's function has not ended yet; of a thread that this crate has not started, whether its
    /// thread-locals are still there.
    pub fn is_alive(&self) -> bool {
        !self.0.end.has_come()
    }

    /// Waits until the thread's function has ended, or `timeout` has passed; says whether it has ended.
    ///
    /// It may be called again, and from several threads at once, before and after the end. A thread that asks this
    /// of itself gets `false` at once, since it would not have ended however long it waits.
    ///
    /// ```
    /// use std::{sync::mpsc, time::Duration};
    /// use threads::Thread;
    ///
    /// let (letter, post) = mpsc::channel();
    /// let reader = Thread::new(move || post.recv()).start()?;
    /// assert!(!reader.join_timeout(Duration::from_millis(1)), "it waits for its letter");
    /// letter.send("news").unwrap();
    /// assert!(reader.join_timeout(Duration::from_secs(60)));
    /// assert!(reader.join_timeout(Duration::ZERO), "still ended");
    /// assert_eq!(reader.join(), Ok(Ok("news")));
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn join_timeout(&self, timeout: impl Into<Deadline>) -> bool {
        !self.is_current() && self.0.end.wait_timeout(timeout)
    }
}

/// Refuses what the system cannot take as a name.
///
/// # Errors
/// [`io::ErrorKind::InvalidInput`] that says so.
pub(crate) fn check_name(name: &str) -> io::Result<()> {
    match name.contains('\0') {
        true => Err(io::Error::new(io::ErrorKind::InvalidInput, "the name of a thread contains a NUL")),
        false => Ok(()),
    }
}

/// The kernel keeps the first 15 bytes.
fn tell_system(native_id: u32, name: &str) -> io::Result<()> {
    fs::write(format!("/proc/self/task/{native_id}/comm"), name)
}

impl PartialEq for ThreadRef {
    /// Whether they are the same thread.
    fn eq(&self, other: &Self) -> bool {
        self.0.ident == other.0.ident
    }
}

impl Eq for ThreadRef {}

impl fmt::Debug for ThreadRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ThreadRef")
            .field("ident", &self.0.ident)
            .field("name", &self.name())
            .field("is_daemon", &self.0.daemon)
            .field("is_alive", &self.is_alive())
            .finish()
    }
}
