//! Who a thread is, and who is alive. The roll belongs to the whole process: these tests look for their own threads.

#![cfg(not(loom))]

mod common;

use common::{LONG, gate};
use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::sync::mpsc;
use std::{fs, thread};
use threads::{Thread, ThreadRef, current, enumerate, main_thread};

fn is_listed(thread: &ThreadRef) -> bool {
    enumerate().contains(thread)
}

#[test]
fn a_panic_does_no_harm_to_a_thread_seen_from_elsewhere() {
    fn may<T: Send + Sync + std::panic::UnwindSafe + std::panic::RefUnwindSafe>(_: &T) {}
    may(&current());
}

#[test]
fn a_thread_is_listed_from_its_start_to_its_end() {
    let (open, gate) = gate();
    let handle = Thread::new(move || gate.pass()).start().unwrap();
    assert!(is_listed(&handle));
    drop(open);
    assert!(handle.join_timeout(LONG));
    assert!(!is_listed(&handle), "it does not end for some and live for others");
    assert!(!handle.is_alive());
}

#[test]
fn threads_are_listed_in_the_order_of_their_starts_after_the_main_thread() {
    let (open, gate) = gate();
    let gate = std::sync::Arc::new(locks::Lock::new(gate));
    let handles: Vec<_> = (0..5)
        .map(|_| {
            let gate = gate.clone();
            Thread::new(move || gate.lock().pass()).start().unwrap()
        })
        .collect();
    let listed = enumerate();
    assert_eq!(listed[0], main_thread());
    let ours: Vec<_> = listed.iter().filter(|thread| handles.iter().any(|h| h.thread() == *thread)).collect();
    assert_eq!(ours, handles.iter().map(|handle| handle.thread()).collect::<Vec<_>>());
    drop(open);
    handles.into_iter().for_each(|handle| handle.join().unwrap());
}

#[test]
fn a_thread_knows_itself_as_others_know_it() {
    let handle = Thread::new(|| (current(), current())).name("self-aware").start().unwrap();
    let (outside, name) = (handle.thread().clone(), handle.name());
    let (inside, again) = handle.join().unwrap();
    assert_eq!((&inside, &again), (&outside, &outside));
    assert_eq!((inside.name(), name.as_deref()), (name.clone(), Some("self-aware")));
}

#[test]
fn no_number_is_given_twice() {
    let idents: Vec<u64> = (0..50)
        .map(|_| {
            let handle = Thread::new(|| current().ident()).start().unwrap();
            let ident = handle.ident();
            assert_eq!(handle.join(), Ok(ident));
            ident
        })
        .collect();
    assert_eq!(idents.iter().collect::<BTreeSet<_>>().len(), 50);
    assert!(!idents.contains(&main_thread().ident()) && !idents.contains(&current().ident()));
}

#[test]
fn a_thread_of_std_is_listed_once_it_has_asked_who_it_is_until_it_ends() {
    let (tell, told) = mpsc::channel();
    let (open, gate) = gate();
    let foreign = thread::Builder::new().name("foreign".into()).spawn(move || {
        tell.send(current()).unwrap();
        gate.pass();
        current()
    });
    let known = told.recv_timeout(LONG).unwrap();
    assert!(is_listed(&known) && known.is_alive() && known.is_daemon());
    assert_eq!(known.name().as_deref(), Some("foreign"));
    drop(open);
    assert_eq!(foreign.unwrap().join().unwrap(), known);
    assert!(known.join_timeout(LONG), "its thread-locals are gone");
    assert!(!is_listed(&known) && !known.is_alive());
}

#[test]
fn a_thread_can_be_joined_through_the_list() {
    let (open, gate) = gate();
    let handle = Thread::new(move || gate.pass()).start().unwrap();
    let listed = enumerate().into_iter().find(|thread| thread == handle.thread()).unwrap();
    let waiter = thread::spawn(move || listed.join_timeout(LONG));
    drop(open);
    assert!(waiter.join().unwrap());
    assert_eq!(handle.join(), Ok(()));
}

#[test]
fn the_system_knows_a_thread_under_its_number_and_its_names() {
    if !cfg!(target_os = "linux") {
        return;
    }
    let (open, gate) = gate();
    let handle = Thread::new(move || gate.pass()).name("first name").start().unwrap();
    let comm = format!("/proc/self/task/{}/comm", handle.native_id());
    assert_eq!(fs::read_to_string(&comm).unwrap(), "first name\n");
    handle.set_name("a second name that is long").unwrap();
    assert_eq!(fs::read_to_string(&comm).unwrap(), "a second name t\n");
    assert_eq!(handle.name().as_deref(), Some("a second name that is long"));
    let error = handle.set_name("third\0name").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert_eq!(handle.name().as_deref(), Some("a second name that is long"), "as before");
    drop(open);
    assert!(handle.join_timeout(LONG));
    assert_eq!(handle.set_name("too late").unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(handle.name().as_deref(), Some("too late"));
}

#[test]
fn in_a_destructor_of_a_thread_local_a_thread_has_its_numbers_still() {
    struct Asks(mpsc::Sender<(u64, u32)>);
    impl Drop for Asks {
        fn drop(&mut self) {
            self.0.send((current().ident(), current().native_id())).unwrap();
        }
    }
    thread_local!(static ASKS: std::cell::RefCell<Option<Asks>> = const { std::cell::RefCell::new(None) });
    let (tell, told) = mpsc::channel();
    let again = tell.clone();
    let handle = Thread::new(move || ASKS.set(Some(Asks(tell)))).start().unwrap();
    let numbers = (handle.ident(), handle.native_id());
    assert_eq!(handle.join(), Ok(()));
    assert_eq!(told.recv_timeout(LONG), Ok(numbers));

    // Of a thread of std that asks for the first time then.
    thread::spawn(move || ASKS.set(Some(Asks(again)))).join().unwrap();
    let (ident, native_id) = told.recv_timeout(LONG).unwrap();
    assert!(ident > numbers.0 && native_id > 0);
    assert!(enumerate().iter().all(|thread| thread.ident() != ident), "it has left the list");
}

#[test]
fn the_main_thread_is_another_and_alive() {
    let main = main_thread();
    assert_ne!(main, current(), "a test does not run on it");
    assert!(main.is_alive() && !main.is_daemon());
    assert_eq!((main.native_id(), main.name().as_deref()), (std::process::id(), Some("main")));
    assert!(!main.join_timeout(std::time::Duration::from_millis(1)));
}
