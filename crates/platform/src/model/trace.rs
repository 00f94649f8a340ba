//! What happened in the execution that is running: recorded step by step, read when it fails.

use super::atomic::Ordering;
use super::futex::Wait;
use super::{check, thread};
use core::cell::RefCell;
use core::fmt::Write as _;
use core::panic::Location;
use serde_json::{Value, json};

/// One step of one thread.
#[derive(Clone, Copy, Debug)]
pub(super) enum Step {
    Atomic { word: usize, op: Op },
    Fence(Ordering),
    Sleep { word: usize },
    Wait { word: usize, result: Wait },
    Wake { word: usize, woken: usize },
}

/// What an atomic access did.
#[derive(Clone, Copy, Debug)]
pub(super) enum Op {
    Load { value: u64, order: Ordering },
    Store { value: u64, order: Ordering },
    Rmw { old: u64, new: u64, order: Ordering },
    Refused { value: u64, order: Ordering },
}

/// Rows of a table, the last ones.
const MOST_ROWS: usize = 120;

struct Event {
    thread: usize,
    site: &'static Location<'static>,
    step: Step,
}

std::thread_local! {
    // As in thread.rs: loom does not see it.
    static EVENTS: RefCell<Vec<Event>> = const { RefCell::new(Vec::new()) };
}

/// A new execution begins.
pub(super) fn begin() {
    EVENTS.with_borrow_mut(Vec::clear);
}

/// Records a step of the thread that runs.
pub(super) fn step(site: &'static Location<'static>, step: Step) {
    if !check::is_lost() {
        let thread = thread::current();
        EVENTS.with_borrow_mut(|events| events.push(Event { thread, site, step }));
    }
}

/// The execution so far, as columns of threads. Rows are in the order in which loom ran them; a load that
/// does not see the latest store in that order is marked, for that is what weak memory looks like. Of a
/// livelock the last rows say enough.
pub(super) fn table() -> String {
    EVENTS.with_borrow(|events| {
        let mut words = Words::default();
        let texts: Vec<String> = events.iter().map(|event| words.text(event.step)).collect();
        let threads = events.iter().map(|event| event.thread + 1).max().unwrap_or(0);
        let width = texts.iter().map(String::len).max().unwrap_or(0).max(8);
        let mut table = String::from("step");
        for thread in 0..threads {
            let _ = write!(table, " | {:width$}", format!("thread {thread}"));
        }
        table.push_str(" | where\n");
        let rows = events.iter().zip(&texts).enumerate();
        for (number, (event, text)) in rows.skip(events.len().saturating_sub(MOST_ROWS)) {
            let _ = write!(table, "{:4}", number + 1);
            for thread in 0..threads {
                let _ = write!(table, " | {:width$}", if thread == event.thread { text } else { "" });
            }
            let _ = writeln!(table, " | {}:{}", event.site.file(), event.site.line());
        }
        table
    })
}

/// The execution so far, as JSON: a list of steps with `thread`, `text`, `file` and `line`.
pub(super) fn json() -> Value {
    EVENTS.with_borrow(|events| {
        let mut words = Words::default();
        events
            .iter()
            .map(|event| {
                json!({
                    "thread": event.thread,
                    "text": words.text(event.step),
                    "file": event.site.file(),
                    "line": event.site.line(),
                })
            })
            .collect()
    })
}

/// Gives each address a short name, in order of appearance, and remembers what was stored last.
#[derive(Default)]
struct Words(Vec<(usize, Option<u64>)>);

impl Words {
    fn index(&mut self, address: usize) -> usize {
        self.0.iter().position(|word| word.0 == address).unwrap_or_else(|| {
            self.0.push((address, None));
            self.0.len() - 1
        })
    }

    fn text(&mut self, step: Step) -> String {
        match step {
            Step::Atomic { word, op } => {
                let index = self.index(word);
                let latest = &mut self.0[index].1;
                match op {
                    Op::Load { value, order } => {
                        let stale =
                            if latest.is_some_and(|latest| latest != value) { " (stale)" } else { "" };
                        format!("w{index} is {value}{stale}, {order:?}")
                    }
                    Op::Store { value, order } => {
                        *latest = Some(value);
                        format!("w{index} := {value}, {order:?}")
                    }
                    Op::Rmw { old, new, order } => {
                        *latest = Some(new);
                        format!("w{index} {old} -> {new}, {order:?}")
                    }
                    Op::Refused { value, order } => format!("w{index} is {value}: no exchange, {order:?}"),
                }
            }
            Step::Fence(order) => format!("fence {order:?}"),
            Step::Sleep { word } => format!("sleeps on w{}", self.index(word)),
            Step::Wait { word, result } => format!("wait on w{}: {result:?}", self.index(word)),
            Step::Wake { word, woken } => format!("wakes {woken} on w{}", self.index(word)),
        }
    }
}
