//! One value a thread and instance: who makes it, who sees it, who drops it, and when.
#![cfg(not(loom))]

mod common;

use common::{Bomb, LONG, gate};
use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use threads::{AccessError, Handle, Local, Thread};

/// Counts its drops.
struct Counted(Arc<AtomicUsize>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::AcqRel);
    }
}

type Counting = Local<Counted, Box<dyn Fn() -> Counted + Send + Sync>>;

/// An instance, how many of its values were made, and how many dropped.
fn counting() -> (Arc<Counting>, Arc<AtomicUsize>, Arc<AtomicUsize>) {
    let (made, dropped) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let init = {
        let (made, dropped) = (Arc::clone(&made), Arc::clone(&dropped));
        move || {
            made.fetch_add(1, Ordering::AcqRel);
            Counted(Arc::clone(&dropped))
        }
    };
    (Arc::new(Local::new(Box::new(init))), made, dropped)
}

fn count(counter: &AtomicUsize) -> usize {
    counter.load(Ordering::Acquire)
}

fn run<T: Send + 'static>(function: impl FnOnce() -> T + Send + 'static) -> Handle<T> {
    Thread::new(function).start().unwrap()
}

#[test]
fn each_thread_has_a_value_of_each_instance() {
    let instances: Arc<[Local<Cell<u32>>; 2]> = Arc::default();
    let number = |instances: &[Local<Cell<u32>>; 2], first| {
        let before = instances.each_ref().map(Local::get);
        instances[0].set(first);
        instances[1].set(first + 1);
        (before, instances.each_ref().map(Local::get))
    };
    for first in [10, 20] {
        let instances = Arc::clone(&instances);
        assert_eq!(run(move || number(&instances, first)).join(), Ok(([0, 0], [first, first + 1])));
    }
    assert_eq!(number(&instances, 30), ([0, 0], [30, 31]), "nobody else has changed them");
}

#[test]
fn a_value_is_made_once_a_thread_and_by_who_asks() {
    let (local, made, _) = counting();
    assert_eq!(count(&made), 0, "nobody has asked");
    local.with(|_| ());
    local.with(|_| ());
    assert_eq!(count(&made), 1);
    let other = Arc::clone(&local);
    run(move || other.with(|_| ())).join().unwrap();
    assert_eq!(count(&made), 2);
}

#[test]
fn a_value_goes_with_its_thread() {
    let (local, _, dropped) = counting();
    let (open, gate) = gate();
    let (tell, told) = mpsc::channel();
    let thread = run({
        let local = Arc::clone(&local);
        move || {
            local.with(|_| ());
            tell.send(()).unwrap();
            gate.pass();
        }
    });
    told.recv_timeout(LONG).unwrap();
    assert_eq!(count(&dropped), 0, "the thread is there");
    drop(open);
    thread.join().unwrap();
    assert_eq!(count(&dropped), 1);
    drop(local);
    assert_eq!(count(&dropped), 1, "once");
}

#[test]
fn the_values_of_all_threads_go_with_the_instance() {
    let (local, _, dropped) = counting();
    let (open, gate) = gate();
    let (tell, told) = mpsc::channel();
    let thread = run({
        let local = Arc::clone(&local);
        move || {
            local.with(|_| ());
            drop(local);
            tell.send(()).unwrap();
            gate.pass();
        }
    });
    local.with(|_| ());
    told.recv_timeout(LONG).unwrap();
    drop(local);
    assert_eq!(count(&dropped), 2, "that of the other thread too, which is alive");
    drop(open);
    thread.join().unwrap();
    assert_eq!(count(&dropped), 2, "once each");
}

#[test]
fn values_without_a_size_are_as_many_as_threads() {
    static DROPPED: AtomicUsize = AtomicUsize::new(0);
    struct Sizeless;
    impl Drop for Sizeless {
        fn drop(&mut self) {
            DROPPED.fetch_add(1, Ordering::AcqRel);
        }
    }
    let local = Arc::new(Local::new(|| Sizeless));
    local.with(|_| ());
    let other = Arc::clone(&local);
    run(move || other.with(|_| ())).join().unwrap();
    assert_eq!(count(&DROPPED), 1, "that of the thread which has ended");
    drop(local);
    assert_eq!(count(&DROPPED), 2);
}

#[test]
fn what_an_instance_has_left_in_a_threads_table_belongs_to_no_other() {
    for round in 0..100 {
        let fresh: Local<Cell<u32>> = Local::new(|| Cell::new(7));
        let other: Local<RefCell<String>> = Local::default();
        assert_eq!((fresh.get(), other.take()), (7, String::new()), "round {round}");
        fresh.set(round);
        other.replace(round.to_string());
    }
}

#[test]
fn an_initialiser_may_use_other_instances() {
    let inner = Arc::new(Local::new(|| Cell::new(20)));
    let outer = Local::new({
        let inner = Arc::clone(&inner);
        move || Cell::new(inner.get() + 1)
    });
    assert_eq!(outer.get(), 21);
    inner.set(0);
    assert_eq!(outer.get(), 21);
}

fn narcissus() -> Cell<u32> {
    Cell::new(NARCISSUS.get())
}

static NARCISSUS: Local<Cell<u32>> = Local::new(narcissus);

#[test]
fn an_initialiser_that_uses_its_own_instance_panics_and_says_so() {
    for _ in 0..2 {
        let payload = catch_unwind(|| NARCISSUS.get()).unwrap_err();
        let text = payload.downcast_ref::<&str>().unwrap();
        assert_eq!(*text, "the initialiser of a `Local` uses the same `Local`");
    }
    NARCISSUS.set(3);
    assert_eq!(NARCISSUS.get(), 3, "a value that is set needs no initialiser");
}

#[test]
fn after_an_initialiser_that_panicked_the_next_access_asks_again() {
    let asked = AtomicUsize::new(0);
    let local = Local::new(|| match asked.fetch_add(1, Ordering::Relaxed) {
        0 => panic!("the first time"),
        again => Cell::new(again),
    });
    catch_unwind(AssertUnwindSafe(|| local.get())).unwrap_err();
    assert_eq!((local.get(), local.get()), (1, 1));
}

#[test]
fn a_value_that_is_set_first_makes_no_other() {
    let local = Local::new(|| -> Cell<u32> { panic!("it is not asked") });
    local.set(1);
    local.set(2);
    assert_eq!(local.replace(3), 2);
    assert_eq!((local.take(), local.get()), (3, 0));
}

static NAMES: Local<RefCell<Vec<Asks>>> = Local::new(|| RefCell::new(Vec::new()));
static COUNT: Local<Cell<u32>> = Local::new(|| Cell::new(1));

/// Says in its drop what it finds there.
struct Asks(mpsc::Sender<[Result<u32, AccessError>; 2]>);

impl Drop for Asks {
    fn drop(&mut self) {
        let names = NAMES.try_with(|names| names.borrow().len() as u32);
        self.0.send([names, COUNT.try_with(Cell::get)]).unwrap();
    }
}

#[test]
fn in_the_drop_of_a_value_at_the_threads_end_there_are_no_values() {
    let (tell, told) = mpsc::channel();
    let thread = run(move || {
        COUNT.set(2);
        NAMES.with_borrow_mut(|names| names.push(Asks(tell)));
    });
    thread.join().unwrap();
    let [names, count] = told.recv_timeout(LONG).unwrap();
    assert_eq!(names, count);
    let text = "the thread is ending: its values of a `Local` are gone";
    assert_eq!(count.unwrap_err().to_string(), text);
}

#[test]
fn in_the_drop_of_an_instance_its_values_may_use_others() {
    let (tell, told) = mpsc::channel();
    let local = Local::new(move || Asks(tell.clone()));
    local.with(|_| ());
    drop(local);
    assert_eq!(told.recv_timeout(LONG), Ok([Ok(0), Ok(1)]));
}

#[test]
fn a_value_that_panics_in_its_drop_stops_no_other_and_not_the_thread() {
    static BOMB: Local<RefCell<Option<Bomb>>> = Local::new(|| RefCell::new(None));
    let (local, _, dropped) = counting();
    let after = Arc::clone(&local);
    let thread = run(move || {
        BOMB.replace(Some(Bomb("at the thread's end")));
        after.with(|_| ());
    });
    assert_eq!(thread.join(), Ok(()));
    assert_eq!(count(&dropped), 1);
}

#[test]
fn when_an_instance_goes_with_a_panic_its_other_values_go_too() {
    let (dropped, is_first) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let local = Local::new({
        let (dropped, is_first) = (Arc::clone(&dropped), Arc::clone(&is_first));
        move || {
            let bomb = (is_first.fetch_add(1, Ordering::AcqRel) == 0).then(|| Bomb("of an instance"));
            (bomb, Counted(Arc::clone(&dropped)))
        }
    });
    let (local, (open, gate)) = (Arc::new(local), gate());
    let (tell, told) = mpsc::channel();
    local.with(|_| ());
    let thread = run({
        let local = Arc::clone(&local);
        move || {
            local.with(|_| ());
            drop(local);
            tell.send(()).unwrap();
            gate.pass();
        }
    });
    told.recv_timeout(LONG).unwrap();
    catch_unwind(AssertUnwindSafe(|| drop(local))).unwrap_err();
    assert_eq!(count(&dropped), 2);
    drop(open);
    thread.join().unwrap();
}

#[test]
fn a_thread_that_ends_while_the_instance_goes_leaves_each_value_dropped_once() {
    for _ in 0..500 {
        let (local, _, dropped) = counting();
        let threads = [(); 2].map(|()| {
            let local = Arc::clone(&local);
            run(move || local.with(|_| ()))
        });
        drop(local);
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        assert_eq!(count(&dropped), 2);
    }
}

#[test]
fn a_thread_of_std_has_values_too() {
    let (local, _, dropped) = counting();
    let other = Arc::clone(&local);
    std::thread::spawn(move || other.with(|_| ())).join().unwrap();
    assert_eq!(count(&dropped), 1);
    drop(local);
}

#[test]
fn what_is_not_send_serves_one_thread() {
    let local = Local::new(|| std::rc::Rc::new(7));
    assert_eq!(local.with(|value| **value), 7);
    assert_eq!(format!("{local:?}"), "Local { .. }");
}
