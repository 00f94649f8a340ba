//! A panic as a value, who is told of one that nobody joins, and how to let go of values that may panic.

use crate::live::{self, Kind};
use locks::Lock;
use std::any::Any;
use std::backtrace::{Backtrace, BacktraceStatus};
use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Once};
use std::{error::Error, fmt, mem};

/// The panic of a thread, which its `join` returns.
///
/// ```
/// use threads::Thread;
///
/// let divider = Thread::new(|| panic!("nothing to divide by")).name("divider").start()?;
/// let panic = divider.join().unwrap_err();
/// assert_eq!(panic.message(), "nothing to divide by");
/// assert_eq!(panic.thread(), Some("divider"));
/// assert_eq!(panic.to_string(), "thread 'divider' panicked: nothing to divide by");
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Panic {
    message: String,
    thread: Option<Arc<str>>,
    backtrace: Option<Arc<Backtrace>>,
}

impl Panic {
    /// Of the calling thread.
    pub(crate) fn caught(payload: Box<dyn Any + Send>) -> Self {
        let message = if let Some(text) = payload.downcast_ref::<&str>() {
            (*text).to_owned()
        } else if let Some(text) = payload.downcast_ref::<String>() {
            text.clone()
        } else {
            "a payload that is no text".to_owned()
        };
        discard(payload);
        Self { message, thread: crate::current().name(), backtrace: LAST.take().map(Arc::new) }
    }

    pub(crate) fn of_join_of_itself(thread: Option<Arc<str>>) -> Self {
        Self { message: "a thread cannot join itself".to_owned(), thread, backtrace: None }
    }

    /// The panic's text; a stated sentence if its payload is no text.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The name of the thread that panicked.
    pub fn thread(&self) -> Option<&str> {
        self.thread.as_deref()
    }

    /// Where it panicked: if backtraces are enabled (`RUST_BACKTRACE=1`), as for `std`.
    pub fn backtrace(&self) -> Option<&Backtrace> {
        self.backtrace.as_deref()
    }
}

impl PartialEq for Panic {
    /// The same text of a thread of the same name.
    fn eq(&self, other: &Self) -> bool {
        (&self.message, &self.thread) == (&other.message, &other.thread)
    }
}

impl Eq for Panic {}

impl fmt::Display for Panic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "thread '{}' panicked: {}", self.thread.as_deref().unwrap_or("<unnamed>"), self.message)
    }
}

impl Error for Panic {}

thread_local! {
    /// The backtrace of the thread's last panic.
    static LAST: RefCell<Option<Backtrace>> = const { RefCell::new(None) };
}

/// Sees to it, once, that the panics of this crate's threads keep their backtraces, where these are enabled: a
/// panic hook before the one that is there. Where they are not, no hook is touched.
pub(crate) fn watch() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        if Backtrace::capture().status() != BacktraceStatus::Captured {
            return;
        }
        let next = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if live::current() != Kind::Foreign {
                LAST.set(Some(Backtrace::capture()));
            }
            next(info);
        }));
    });
}

type Hook = Arc<dyn Fn(&Panic) + Send + Sync>;

static EXCEPTHOOK: Lock<Option<Hook>> = Lock::new(None);

/// From now on calls `hook` with each panic of a thread that nobody joins: when a thread panics whose handle is
/// gone, by that thread before it ends; when the handle of a thread is dropped that has panicked, by who drops
/// it; when the function of a [`Timer`](crate::Timer) panics. Python's `threading.excepthook`.
///
/// At first there is none: `std`'s panic hook, which prints every panic when it happens, has said it all. A panic
/// of the hook itself is printed and goes no further.
///
/// ```
/// use std::sync::mpsc;
/// use threads::Thread;
///
/// let (tell, told) = mpsc::channel();
/// threads::excepthook(move |panic| tell.send(panic.to_string()).unwrap());
/// drop(Thread::new(|| panic!("unheard")).name("detached").start()?);
/// assert_eq!(told.recv().unwrap(), "thread 'detached' panicked: unheard");
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn excepthook(hook: impl Fn(&Panic) + Send + Sync + 'static) {
    let before = EXCEPTHOOK.lock().replace(Arc::new(hook));
    // Not under the lock: its drop is the user's.
    drop(before);
}

/// Tells of a panic that nobody joins.
pub(crate) fn unjoined(panic: &Panic) {
    let hook = EXCEPTHOOK.lock().clone();
    if let Some(hook) = hook {
        discard(catch_unwind(AssertUnwindSafe(|| hook(panic))));
    }
}

/// Drops a value where a panic must go no further: the hook has printed it, and nobody is there to be told.
pub(crate) fn discard<T>(value: T) {
    if let Err(payload) = catch_unwind(AssertUnwindSafe(|| drop(value))) {
        // The payload of a panic in a drop may panic in its own drop, and so on: better a leak than a chain.
        mem::forget(payload);
    }
}
