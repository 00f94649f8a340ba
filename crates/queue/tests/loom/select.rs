//! # Claim
//! Of the cases of a select one happens; who waits beside it loses nothing: neither an item nor a call.
//!
//! # Models
//! A select over two queues beside a putter; beside a getter that competes for the call; and two selects that
//! meet at a rendezvous.
//!
//! # Not shown here
//! Which of several possible cases is chosen: chance. Many selects at once: `tests/select.rs`.

use platform::check::{Death, Fault, Proof, saw};
use platform::thread::spawn;
use queue::{Queue, Select};
use std::sync::Arc;

const WAITER: &str = "crates/queue/src/waiting/waiter.rs";

#[test]
fn one_of_two_queues_is_enough() {
    Proof::new(
        "select::one_of_two_queues_is_enough",
        "a select over two queues, of which one gets an item, takes it",
    )
    .threads(2)
    .bounded(2)
    .executions_at_least(85)
    .outcomes(&["the second: 1"])
    .refuted_by("nobody is woken", Fault::NoWake, WAITER, "wake::<Private>(word, 1)", Death::Deadlock)
    .check(|| {
        let queues = Arc::new([Queue::bounded(1), Queue::bounded(1)]);
        let putter = spawn({
            let queues = Arc::clone(&queues);
            move || queues[1].put(1).unwrap()
        });
        let [first, second] = &*queues;
        let got = Select::new()
            .get(first, |item| format!("the first: {}", item.unwrap()))
            .get(second, |item| format!("the second: {}", item.unwrap()))
            .wait();
        saw(got);
        putter.join().unwrap();
    });
}

#[test]
fn a_call_that_is_not_used_is_passed_on() {
    Proof::new(
        "select::a_call_that_is_not_used_is_passed_on",
        "a select that was called by both its queues leaves the other's item to a getter that waits for it",
    )
    .threads(3)
    .bounded(2)
    .executions_at_least(78_000)
    .outcomes(&["the first: 1", "the second: 2"])
    .refuted_by("nobody is woken", Fault::NoWake, WAITER, "wake::<Private>(word, 1)", Death::Deadlock)
    .check(|| {
        let queues = Arc::new([Queue::bounded(1), Queue::bounded(1)]);
        let select = spawn({
            let queues = Arc::clone(&queues);
            move || {
                let [first, second] = &*queues;
                Select::new()
                    .get(first, |item| ("the first", item.unwrap()))
                    .get(second, |item| ("the second", item.unwrap()))
                    .wait()
            }
        });
        let getter = spawn({
            let queues = Arc::clone(&queues);
            move || queues[1].get().unwrap()
        });
        let [first, second] = &*queues;
        first.put(1).unwrap();
        second.put(2).unwrap();
        let (which, item) = select.join().unwrap();
        if item == 2 {
            second.put(3).unwrap();
        }
        let got = getter.join().unwrap();
        assert!(matches!((item, got), (1, 2) | (2, 3) | (3, 2)), "each item is got once: {item}, {got}");
        saw(format_args!("{which}: {}", item.min(2)));
    });
}

#[test]
fn two_selects_meet_at_a_rendezvous() {
    Proof::new(
        "select::two_selects_meet_at_a_rendezvous",
        "a select that would put and one that would get, without room between them, do it",
    )
    .threads(2)
    .bounded(2)
    .executions_at_least(690)
    .outcomes(&["1"])
    .refuted_by("nobody is woken", Fault::NoWake, WAITER, "wake::<Private>(word, 1)", Death::Deadlock)
    .check(|| {
        let queues = Arc::new((Queue::rendezvous(), Queue::<u32>::bounded(1)));
        let putter = spawn({
            let queues = Arc::clone(&queues);
            move || {
                let (meeting, never) = &*queues;
                let mut item = Some(1);
                Select::new().put(meeting, &mut item, Result::unwrap).get(never, |_| unreachable!()).wait();
                assert_eq!(item, None, "it has been put");
            }
        });
        let (meeting, never) = &*queues;
        saw(Select::new().get(never, Result::unwrap).get(meeting, Result::unwrap).wait());
        putter.join().unwrap();
    });
}
