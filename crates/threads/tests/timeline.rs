//! What a program that asks for a timeline finds in it: a row a thread, and what each did.
#![cfg(all(feature = "trace", not(loom)))]

use locks::{Condition, Lock};
use queue::{Queue, Select, Shutdown};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;
use std::sync::{Arc, mpsc};
use std::time::Duration;
use std::{env, fs, process};
use threads::{Thread, Timer};

const TEST: &str = "a_timeline_has_a_row_a_thread_with_all_that_it_did";

/// What is traced: a lock that is waited for, a queue, a condition, a timer, guards that go in the order in which
/// they came.
fn program() {
    let (first, second) = (Arc::new(Lock::new(0)), Lock::new(0));
    let guard = first.lock();
    let other = second.lock();
    let (tell, told) = mpsc::channel();
    let waiter = Thread::new({
        let first = Arc::clone(&first);
        move || {
            tell.send(()).unwrap();
            *first.lock() += 1;
        }
    });
    let waiter = waiter.name("waits for \"first\"").start().unwrap();
    told.recv().unwrap();
    // There is nothing left for it to sleep for but the lock.
    while !sleeps(waiter.native_id()) {}
    drop(guard);
    drop(other);
    waiter.join().unwrap();

    let queue = Arc::new(Queue::bounded(1));
    let getter = Thread::new({
        let queue = Arc::clone(&queue);
        move || queue.iter().sum::<u32>()
    });
    let getter = getter.name("gets").start().unwrap();
    (1..=3).for_each(|number| queue.put(number).unwrap());
    let nothing = Select::new().get(&Queue::<()>::bounded(1), |_| ()).wait_timeout(Duration::ZERO);
    assert_eq!(nothing, None);
    queue.shutdown(Shutdown::Drain);
    assert_eq!(getter.join(), Ok(6));

    let (flag, set) = (Arc::new(Lock::new(false)), Arc::new(Condition::new()));
    let timer = {
        let (flag, set) = (Arc::clone(&flag), Arc::clone(&set));
        Timer::new(Duration::from_millis(1), move || {
            *flag.lock() = true;
            set.notify_all();
        })
    };
    let mut guard = flag.lock();
    timer.start().unwrap();
    set.wait_for(&mut guard, |flag| *flag);
}

/// Whether the kernel says that the thread sleeps.
fn sleeps(native_id: u32) -> bool {
    let state = fs::read_to_string(format!("/proc/self/task/{native_id}/stat")).unwrap();
    state.rsplit(')').next().unwrap().starts_with(" S")
}

/// The events of a timeline, whose array has no end.
fn events(text: &str) -> Vec<Value> {
    let whole = format!("{}]", text.trim_end().trim_end_matches(','));
    serde_json::from_str(&whole).unwrap()
}

/// The names of what began on each row; what ends is what began last.
fn rows(events: &[Value]) -> BTreeMap<String, BTreeSet<String>> {
    let (mut rows, mut names, mut open) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::<_, Vec<_>>::new());
    for event in events {
        let (row, name) = (event["tid"].as_u64().unwrap(), event["name"].as_str().unwrap().to_owned());
        assert!(event["ts"].is_number() && event["pid"].is_u64() && event["cat"].is_string(), "{event}");
        match event["ph"].as_str().unwrap() {
            "M" => drop(names.insert(row, event["args"]["name"].as_str().unwrap().to_owned())),
            "B" => {
                assert!(names.contains_key(&row), "a row has a name before anything is in it");
                rows.entry(names[&row].clone()).or_insert_with(BTreeSet::new).insert(name.clone());
                open.entry(row).or_default().push(name);
            }
            "E" => assert_eq!(open.entry(row).or_default().pop(), Some(name), "{event}"),
            other => panic!("{other} is not of ours"),
        }
    }
    for (row, open) in open {
        let is_timers = names[&row] == "timers";
        assert!(open.is_empty() || is_timers, "all but the timers' thread has ended: {row} {open:?}");
    }
    rows
}

#[test]
#[cfg(target_os = "linux")]
fn a_timeline_has_a_row_a_thread_with_all_that_it_did() {
    const FILE: &str = "SELVEDGE_TIMELINE";
    if env::var_os(FILE).is_some() {
        return program();
    }
    let path = env::temp_dir().join(format!("selvedge-timeline-{}.json", process::id()));
    let child = Command::new(env::current_exe().unwrap())
        .args(["--exact", TEST, "--test-threads=1"])
        .env(FILE, &path)
        .output()
        .unwrap();
    assert!(child.status.success(), "{child:?}");
    let text = fs::read_to_string(&path).unwrap();
    fs::remove_file(&path).unwrap();

    let rows = rows(&events(&text));
    let row = |name: &str| rows.get(name).unwrap_or_else(|| panic!("no row {name} in {rows:?}"));
    assert_eq!(rows.len(), 4, "{rows:?}");
    let has = |name, what: &[&str]| {
        let row = row(name);
        assert!(what.iter().all(|what| row.contains(*what)), "{what:?} of {name}: {row:?}");
    };
    has(TEST, &["lock hold", "queue put", "queue select", "condition wait"]);
    has("waits for \"first\"", &["thread", "lock wait", "lock hold"]);
    has("gets", &["thread", "queue get"]);
    has("timers", &["thread", "timer", "lock hold"]);
}
