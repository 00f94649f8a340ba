//! Every wait of a queue ends when its token is cancelled, and loses nothing.
#![cfg(not(loom))]

use queue::{Cancel, GetError, LifoQueue, PutError, Queue, Select};
use std::fmt::Debug;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

const LONG: Duration = Duration::from_secs(60);

/// What `wait` says, whose token is cancelled a moment later.
fn cancelled<R: Send + Debug + 'static>(wait: impl FnOnce(&Cancel) -> R + Send + 'static) -> R {
    let cancel = Cancel::new();
    let (tell, told) = mpsc::channel();
    let waiter = thread::spawn({
        let cancel = cancel.clone();
        move || tell.send(wait(&cancel)).unwrap()
    });
    thread::sleep(Duration::from_millis(20));
    assert!(told.try_recv().is_err(), "it waits");
    cancel.cancel();
    let said = told.recv_timeout(LONG).unwrap();
    waiter.join().unwrap();
    said
}

#[test]
fn a_getter_gives_up() {
    assert_eq!(cancelled(|cancel| Queue::<u8>::bounded(1).get_timeout(cancel)), Err(GetError::Empty));
    assert_eq!(cancelled(|cancel| Queue::<u8>::unbounded().get_timeout(cancel)), Err(GetError::Empty));
    assert_eq!(cancelled(|cancel| Queue::<u8>::rendezvous().get_timeout(cancel)), Err(GetError::Empty));
    assert_eq!(cancelled(|cancel| LifoQueue::<u8>::unbounded().get_timeout(cancel)), Err(GetError::Empty));
}

#[test]
fn a_putter_gives_up_and_has_its_item_back() {
    let full = || {
        let queue = Queue::bounded(1);
        queue.put(1).unwrap();
        queue
    };
    assert_eq!(cancelled(move |cancel| full().put_timeout(2, cancel)), Err(PutError::Full(2)));
    assert_eq!(cancelled(|cancel| Queue::rendezvous().put_timeout(2, cancel)), Err(PutError::Full(2)));
}

#[test]
fn who_joins_gives_up() {
    assert!(!cancelled(|cancel| {
        let queue = Queue::unbounded();
        queue.put(1).unwrap();
        queue.join_timeout(cancel)
    }));
}

#[test]
fn an_iteration_ends_with_what_was_there() {
    let items = cancelled(|cancel| {
        let queue = Queue::unbounded();
        queue.put_many([1, 2]).unwrap();
        queue.iter_until(cancel).collect::<Vec<_>>()
    });
    assert_eq!(items, [1, 2]);
}

#[test]
fn a_select_ends_and_keeps_the_item_that_it_was_to_put() {
    let item = cancelled(|cancel| {
        let (empty, full) = (Queue::<u8>::unbounded(), Queue::bounded(1));
        full.put(1).unwrap();
        let mut item = Some(2);
        let select = Select::new().get(&empty, |_| ()).put(&full, &mut item, |_| ());
        assert_eq!(select.wait_timeout(cancel), None);
        assert_eq!((full.len(), full.try_get()), (1, Ok(1)));
        item
    });
    assert_eq!(item, Some(2));
}
