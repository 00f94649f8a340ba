//! A panic as a value, and how to let go of values that may panic.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
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
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Panic {
    message: String,
    thread: Option<String>,
}

impl Panic {
    pub(crate) fn new(payload: Box<dyn Any + Send>, thread: Option<&str>) -> Self {
        let message = if let Some(text) = payload.downcast_ref::<&str>() {
            (*text).to_owned()
        } else if let Some(text) = payload.downcast_ref::<String>() {
            text.clone()
        } else {
            "a payload that is no text".to_owned()
        };
        discard(payload);
        Self { message, thread: thread.map(str::to_owned) }
    }

    /// The panic's text; a stated sentence if its payload is no text.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The name of the thread that panicked.
    pub fn thread(&self) -> Option<&str> {
        self.thread.as_deref()
    }
}

impl fmt::Display for Panic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "thread '{}' panicked: {}", self.thread.as_deref().unwrap_or("<unnamed>"), self.message)
    }
}

impl Error for Panic {}

/// Drops a value where a panic must go no further: the hook has printed it, and nobody is there to be told.
pub(crate) fn discard<T>(value: T) {
    if let Err(payload) = catch_unwind(AssertUnwindSafe(|| drop(value))) {
        // The payload of a panic in a drop may panic in its own drop, and so on: better a leak than a chain.
        mem::forget(payload);
    }
}
