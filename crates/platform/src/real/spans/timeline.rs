//! Spans as lines of a file: Chrome's trace format, an array of events that may lack its end, so that a process may
//! end at any moment. Each event is one write, at the file's end: several processes may share a file.

use crate::futex::Private;
use crate::thread;
use std::cell::RefCell;
use std::collections::HashMap;
use std::ffi::OsStr;
use std::fmt::{self, Write as _};
use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, Once, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use std::{env, process};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

const FILE: &str = "SELVEDGE_TIMELINE";

/// Subscribes, once, if the environment asks for it and nobody has.
pub(super) fn begin_if_asked() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let Some(path) = env::var_os(FILE) else { return };
        match Timeline::open(&path) {
            // Refused where the program has a subscriber of its own: that one is told.
            Ok(timeline) => drop(tracing::subscriber::set_global_default(timeline)),
            Err(error) => eprintln!("{FILE}={}: {error}", path.display()),
        }
    });
}

struct Timeline {
    file: Mutex<File>,
    spans: Mutex<HashMap<u64, Span>>,
    last: AtomicU64,
    begun: Instant,
    /// Since 1970, as other processes count from another moment.
    begun_at: Duration,
}

/// What is known of a span, as JSON.
#[derive(Clone)]
struct Span {
    name: &'static str,
    category: &'static str,
    arguments: Arguments,
    references: usize,
}

/// `"name":value`, with commas between.
#[derive(Clone, Default)]
struct Arguments(String);

std::thread_local! {
    /// What is written of this thread: whether it has a name there, and the spans that have begun and not ended.
    static ROW: RefCell<(bool, Vec<(u64, Span)>)> = const { RefCell::new((false, Vec::new())) };
}

impl Timeline {
    fn open(path: &OsStr) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        let file = match options.append(true).create_new(true).open(path) {
            Ok(mut file) => file.write_all(b"[\n").map(|()| file)?,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                options.create_new(false).open(path)?
            }
            Err(error) => return Err(error),
        };
        let begun_at = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let (file, spans) = (Mutex::new(file), Mutex::default());
        Ok(Self { file, spans, last: AtomicU64::new(0), begun: Instant::now(), begun_at })
    }

    fn write(&self, kind: &str, (name, category): (&str, &str), arguments: &Arguments) {
        let time = (self.begun_at + self.begun.elapsed()).as_nanos();
        let (process, thread) = (process::id(), thread::id::<Private>());
        let (microseconds, rest) = (time / 1000, time % 1000);
        let mut line = format!(
            r#"{{"ph":"{kind}","pid":{process},"tid":{thread},"ts":{microseconds}.{rest:03},"name":"#
        );
        quote(&mut line, name);
        line.push_str(r#","cat":"#);
        quote(&mut line, category);
        line.push_str(r#","args":{"#);
        line.push_str(&arguments.0);
        line.push_str("}},\n");
        // A timeline that cannot be written does not stop the program.
        let _ = locked(&self.file).write_all(line.as_bytes());
    }

    fn begin(&self, span: &Span) {
        self.write("B", (span.name, span.category), &span.arguments);
    }

    /// Without the arguments: who reads them twice takes that for a contradiction.
    fn end(&self, span: &Span) {
        self.write("E", (span.name, span.category), &Arguments::default());
    }

    /// The name of the thread's row.
    fn name_row(&self) {
        let current = std::thread::current();
        let name =
            current.name().map_or_else(|| format!("thread {}", thread::id::<Private>()), str::to_owned);
        let mut arguments = Arguments::default();
        arguments.push("name", &name);
        self.write("M", ("thread_name", ""), &arguments);
    }
}

impl Subscriber for Timeline {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, attributes: &Attributes<'_>) -> Id {
        // Relaxed: an exchange hands out each number once, and the number is all there is.
        let number = self.last.fetch_add(1, Relaxed) + 1;
        let (name, category) = (attributes.metadata().name(), attributes.metadata().target());
        let mut arguments = Arguments::default();
        attributes.record(&mut arguments);
        locked(&self.spans).insert(number, Span { name, category, arguments, references: 1 });
        Id::from_u64(number)
    }

    fn record(&self, id: &Id, values: &Record<'_>) {
        let mut more = Arguments::default();
        values.record(&mut more);
        if let Some(span) = locked(&self.spans).get_mut(&id.into_u64()) {
            span.arguments.extend(&more);
        }
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut arguments = Arguments::default();
        event.record(&mut arguments);
        self.write("i", (event.metadata().name(), event.metadata().target()), &arguments);
    }

    fn enter(&self, id: &Id) {
        let Some(span) = locked(&self.spans).get(&id.into_u64()).cloned() else { return };
        // Not while the thread-locals are being dropped.
        let _ = ROW.try_with(|row| {
            let (has_name, open) = &mut *row.borrow_mut();
            if !std::mem::replace(has_name, true) {
                self.name_row();
            }
            self.begin(&span);
            open.push((id.into_u64(), span));
        });
    }

    /// An end is that of the span that began last: those that began later end with it, and begin again.
    fn exit(&self, id: &Id) {
        let _ = ROW.try_with(|row| {
            let (_, open) = &mut *row.borrow_mut();
            let Some(place) = open.iter().rposition(|(number, _)| *number == id.into_u64()) else { return };
            open[place..].iter().rev().for_each(|(_, span)| self.end(span));
            open.remove(place);
            open[place..].iter().for_each(|(_, span)| self.begin(span));
        });
    }

    fn clone_span(&self, id: &Id) -> Id {
        if let Some(span) = locked(&self.spans).get_mut(&id.into_u64()) {
            span.references += 1;
        }
        id.clone()
    }

    fn try_close(&self, id: Id) -> bool {
        let mut spans = locked(&self.spans);
        let Some(span) = spans.get_mut(&id.into_u64()) else { return false };
        span.references -= 1;
        span.references == 0 && spans.remove(&id.into_u64()).is_some()
    }
}

impl Arguments {
    fn push(&mut self, name: &str, value: &str) {
        let mut one = String::new();
        quote(&mut one, name);
        one.push(':');
        quote(&mut one, value);
        self.extend(&Self(one));
    }

    fn extend(&mut self, more: &Self) {
        if !self.0.is_empty() && !more.0.is_empty() {
            self.0.push(',');
        }
        self.0.push_str(&more.0);
    }
}

impl Visit for Arguments {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.push(field.name(), value);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.push(field.name(), &format!("{value:?}"));
    }
}

/// Appends a string of JSON.
fn quote(to: &mut String, text: &str) {
    to.push('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => to.extend(['\\', character]),
            control if control < ' ' => drop(write!(to, "\\u{:04x}", u32::from(control))),
            plain => to.push(plain),
        }
    }
    to.push('"');
}

/// Nothing that could panic is done inside, so there is no poison to mind.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
