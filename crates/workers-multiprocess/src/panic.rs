//! A task's panic as a value: what it said, and where.

use crate::TaskError;
use std::{
    any::Any,
    backtrace::{Backtrace, BacktraceStatus},
    cell::Cell,
    mem,
    panic::{self, AssertUnwindSafe, PanicHookInfo},
    sync::Once,
    thread,
};

const NOT_TEXT: &str = "(the panic's payload is no text)";
const NO_PLACE: &str = "an unknown place";

/// Whether the thread runs a task, and whether that has panicked. Looked at for every task, so it has no destructor; the
/// place of the panic is apart.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Watch {
    Off,
    On,
    Panicked,
}

/// Of a panic.
struct Place {
    location: String,
    backtrace: Option<String>,
}

thread_local! {
    static WATCH: Cell<Watch> = const { Cell::new(Watch::Off) };
    /// Where the task has panicked first.
    static PLACE: Cell<Option<Place>> = const { Cell::new(None) };
}

/// Runs `f`; a panic becomes [`TaskError::Panicked`] instead of being printed.
///
/// A second panic inside `f` (after it caught the first one, or while it unwinds) is printed as usual.
#[inline]
pub(crate) fn catch<R>(f: impl FnOnce() -> R) -> Result<R, TaskError> {
    install_hook();
    let outer = WATCH.replace(Watch::On);
    let outer_place = if outer == Watch::Panicked { PLACE.take() } else { None };
    // The state that `f` may leave half changed is the task's own: nothing of ours is inside.
    let result = panic::catch_unwind(AssertUnwindSafe(f));
    let end = WATCH.replace(outer);
    let place = if end == Watch::Panicked { PLACE.take() } else { None };
    if outer == Watch::Panicked {
        PLACE.set(outer_place);
    }
    result.map_err(|payload| {
        if end == Watch::Off {
            // Of what runs apart.
            panic::resume_unwind(payload);
        }
        let unknown = || Place { location: NO_PLACE.to_owned(), backtrace: None };
        let Place { location, backtrace } = place.unwrap_or_else(unknown);
        TaskError::Panicked { message: text_of(&*payload), location, backtrace }
    })
}

/// Within [`catch`]: what has panicked up to now, and was caught by the task itself, is over. What comes next is
/// another task.
#[inline]
pub(crate) fn next_task() {
    if WATCH.get() == Watch::Panicked {
        WATCH.set(Watch::On);
        PLACE.take();
    }
}

/// Runs, within [`catch`], what is not the task's own: a panic is printed as usual, and goes on to whoever called `catch`.
#[inline]
pub(crate) fn apart<R>(f: impl FnOnce() -> R) -> R {
    let outer = WATCH.replace(Watch::Off);
    let result = f();
    // Not after a panic: by this `catch` knows of it.
    WATCH.set(outer);
    result
}

/// Runs what is not the task's own: a panic is printed as usual, and goes no further.
pub(crate) fn isolate(f: impl FnOnce()) {
    let outer = WATCH.replace(Watch::Off);
    if let Err(payload) = panic::catch_unwind(AssertUnwindSafe(f)) {
        // Its drop may panic, and so on: better a leak than a chain.
        mem::forget(payload);
    }
    WATCH.set(outer);
}

/// Drops a value that nobody wants any more; a panic of its drop is printed, and goes no further.
pub(crate) fn discard<T>(value: T) {
    isolate(|| drop(value));
}

fn text_of(payload: &(dyn Any + Send)) -> String {
    if let Some(text) = payload.downcast_ref::<&str>() {
        (*text).to_owned()
    } else if let Some(text) = payload.downcast_ref::<String>() {
        text.clone()
    } else {
        NOT_TEXT.to_owned()
    }
}

/// Only a hook learns where a panic was; what is not a task's panic goes to the hook that was there before.
#[inline]
fn install_hook() {
    static INSTALLED: Once = Once::new();
    // Without unwinding a panic ends the process, so that nobody but the old hook could tell. A hook cannot
    // be changed while panicking.
    if INSTALLED.is_completed() || cfg!(panic = "abort") || thread::panicking() {
        return;
    }
    INSTALLED.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !note(info) {
                before(info);
            }
        }));
    });
}

/// Notes the first panic of the thread's task; says whether it was that.
fn note(info: &PanicHookInfo<'_>) -> bool {
    if WATCH.get() != Watch::On {
        return false;
    }
    WATCH.set(Watch::Panicked);
    let location = info.location().map_or(NO_PLACE.to_owned(), ToString::to_string);
    let backtrace = Backtrace::capture();
    let is_enabled = backtrace.status() == BacktraceStatus::Captured;
    let backtrace = is_enabled.then(|| backtrace.to_string());
    // While a thread's locals are destroyed it runs no task.
    let _ = PLACE.try_with(|place| place.set(Some(Place { location, backtrace })));
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts<R>(result: Result<R, TaskError>) -> (String, String) {
        match result {
            Err(TaskError::Panicked { message, location, .. }) => (message, location),
            Err(other) => panic!("another error: {other}"),
            Ok(_) => panic!("it did not panic"),
        }
    }

    #[test]
    fn a_panic_is_caught_with_its_text_and_its_place() {
        let line = line!() + 1;
        let (message, location) = parts(catch(|| panic!("no {}", "bread")));
        assert_eq!(message, "no bread");
        assert!(location.starts_with(&format!("{}:{line}:", file!())), "{location}");
    }

    #[test]
    fn what_runs_apart_within_a_catch_is_not_caught_by_it() {
        let caught = panic::catch_unwind(|| catch(|| apart(|| panic::resume_unwind(Box::new("apart")))));
        assert_eq!(caught.map(|_: Result<(), _>| ()).unwrap_err().downcast_ref(), Some(&"apart"));
        assert!(catch(|| apart(|| 7)).is_ok());
        let after = catch(|| {
            apart(|| ());
            panic!("after it")
        });
        assert_eq!(parts::<()>(after).0, "after it");
    }

    #[test]
    fn a_panic_that_one_task_has_caught_is_not_the_next_one_s() {
        let line = line!() + 4;
        let (message, location) = parts(catch(|| {
            assert!(panic::catch_unwind(|| panic!("the first")).is_err());
            next_task();
            panic!("the second")
        }));
        assert_eq!(message, "the second");
        assert!(location.starts_with(&format!("{}:{line}:", file!())), "{location}");
    }

    #[test]
    fn a_payload_that_is_no_text_is_said_to_be_none() {
        assert_eq!(parts(catch(|| panic::panic_any(7))).0, NOT_TEXT);
    }

    #[test]
    fn a_payload_that_is_thrown_again_has_its_own_text() {
        let (message, _) = parts(catch(|| {
            let first = panic::catch_unwind(|| panic!("first"));
            assert!(first.is_err());
            panic::resume_unwind(Box::new("second"));
        }));
        assert_eq!(message, "second");
    }

    #[test]
    fn a_catch_while_unwinding_does_not_take_the_place_of_the_panic() {
        struct CatchesInDrop;
        impl Drop for CatchesInDrop {
            fn drop(&mut self) {
                assert!(catch(|| panic!("inner")).is_err());
            }
        }
        let line = line!() + 3;
        let (message, location) = parts(catch(|| {
            let _catches = CatchesInDrop;
            panic!("outer")
        }));
        assert_eq!(message, "outer");
        assert!(location.starts_with(&format!("{}:{line}:", file!())), "{location}");
    }

    #[test]
    fn a_catch_inside_a_catch_does_not_end_the_outer_one() {
        let (message, location) = parts(catch(|| {
            assert!(catch(|| panic!("inner")).is_err());
            panic!("outer");
        }));
        assert_eq!(message, "outer");
        assert_ne!(location, NO_PLACE);
    }
}
