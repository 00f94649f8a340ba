//! # Claim
//! Through a list of blocks, every item that is put is got once, in order; no block is given back, or used
//! again, while somebody uses it; nobody waits for ever.
//!
//! # Models
//! A block has one slot here, so that every put links a block and every get gives one up; the second that finds
//! the spare unused takes it along. Two putters compete for positions and wait for each other's links; two getters
//! take turns.
//!
//! # Not shown here
//! Blocks of 63 slots, and the gap between two of them in the middle of a batch: `tests/props/`,
//! `tests/stress/`.

use crate::bounded::learns_of_the_end;
use crate::parcel::{Parcel, parcel};
use crate::spare_twin;
use platform::check::{Death, Fault, Proof, saw};
use platform::thread::{JoinHandle, spawn};
use queue::{Queue, Shutdown};
use std::sync::Arc;
use std::time::Duration;

const UNBOUNDED: &str = "crates/queue/src/fifo/unbounded/mod.rs";
const BLOCK: &str = "crates/queue/src/fifo/unbounded/block.rs";
const WAITER: &str = "crates/queue/src/waiting/waiter.rs";

fn endless() -> Arc<Queue<Parcel>> {
    Arc::new(Queue::unbounded())
}

fn putter(queue: &Arc<Queue<Parcel>>, numbers: &'static [u32]) -> JoinHandle<()> {
    let queue = Arc::clone(queue);
    spawn(move || numbers.iter().for_each(|number| queue.put(parcel(*number)).unwrap()))
}

fn getter(queue: &Arc<Queue<Parcel>>) -> JoinHandle<Option<u32>> {
    let queue = Arc::clone(queue);
    spawn(move || queue.get().ok().map(Parcel::open))
}

/// What is there a getter gets, while the model puts more, and takes that in the end.
fn beside_a_getter<const LOOKS: usize>(there: &[u32; LOOKS], more: &[u32]) {
    let queue = endless();
    let puts = |numbers: &[u32]| numbers.iter().for_each(|number| queue.put(parcel(*number)).unwrap());
    puts(there);
    let getter = spawn({
        let queue = Arc::clone(&queue);
        move || [(); LOOKS].map(|()| queue.get().unwrap().open())
    });
    puts(more);
    let got = getter.join().unwrap();
    let rest: Vec<_> = queue.drain().into_iter().map(Parcel::open).collect();
    saw(format_args!("{got:?}, {rest:?}"));
}

#[test]
fn items_come_out_once_and_in_order_over_the_ends_of_blocks() {
    Proof::new(
        "unbounded::items_come_out_once_and_in_order_over_the_ends_of_blocks",
        "what one thread puts into three blocks the other gets, in order, with what was written before",
    )
    .threads(2)
    .bounded(2)
    .executions_at_least(10_000)
    .outcomes(&["1, 2, 3"])
    .refuted_by(
        "an item is said to be there by a Relaxed store",
        Fault::Relaxed,
        UNBOUNDED,
        "slot.full.store(1, Release)",
        Death::Causality,
    )
    .refuted_by(
        "the look for an item is Relaxed",
        Fault::Relaxed,
        UNBOUNDED,
        "slot.full.load(Acquire) == 0",
        Death::Causality,
    )
    .refuted_by("nobody is woken", Fault::NoWake, WAITER, "wake::<Private>(word, 1)", Death::Deadlock)
    .check(|| {
        let queue = endless();
        let putter = putter(&queue, &[1, 2, 3]);
        let got = [(); 3].map(|()| queue.get().unwrap().open());
        assert_eq!(got, [1, 2, 3], "all of them, in order");
        saw("1, 2, 3");
        putter.join().unwrap();
    });
}

#[test]
fn a_block_is_written_again_after_its_item_was_read() {
    Proof::new(
        "unbounded::a_block_is_written_again_after_its_item_was_read",
        "who puts into a block that a getter has left comes after the getter's look",
    )
    .threads(2)
    .executions_at_least(12)
    .outcomes(&["[1, 2], [3, 4]"])
    .refuted_by(
        "the block is left by a Relaxed exchange",
        Fault::Relaxed,
        BLOCK,
        "compare_exchange(ptr::null_mut(), block.as_ptr(), Release, Relaxed)",
        Death::Causality,
    )
    .refuted_by(
        "the block is taken by a Relaxed exchange",
        Fault::Relaxed,
        BLOCK,
        "swap(ptr::null_mut(), Acquire)",
        Death::Causality,
    )
    // The first look leaves the first block; the first of what is put meanwhile needs one, into which the second goes.
    .check(|| beside_a_getter::<2>(&[1, 2], &[3, 4]));
}

#[test]
fn a_spare_block_is_taken_or_freed() {
    Proof::new(
        "unbounded::a_spare_block_is_taken_or_freed",
        "beside a getter that gives the spare block up, a putter that needs one has it, or another, alone",
    )
    .threads(2)
    .executions_at_least(22)
    .outcomes(&["[1, 2, 3], [4, 5]"])
    .refuted_by(
        "the block is left by a Relaxed exchange",
        Fault::Relaxed,
        BLOCK,
        "compare_exchange(ptr::null_mut(), block.as_ptr(), Release, Relaxed)",
        Death::Causality,
    )
    .survived_by(
        "the block is given up by a Relaxed exchange: the getter frees what it has left itself",
        Fault::Relaxed,
        BLOCK,
        "swap(Self::NOT_NEEDED, Acquire)",
    )
    .refuted_by_twin("it is looked at, and then the mark stored", Death::Causality, || spare_twin::meet(true))
    // The third look is the second that finds the spare unused, if it is.
    .check(|| beside_a_getter::<3>(&[1, 2, 3], &[4, 5]));
}

#[test]
fn a_block_is_freed_after_its_putter_is_done() {
    Proof::new(
        "unbounded::a_block_is_freed_after_its_putter_is_done",
        "who gives up the block of a putter that came too late comes after all that the putter did to it",
    )
    .threads(2)
    .executions_at_least(65_000)
    .outcomes(&["[1, 2, 3]", "[1, 2, 3, 4]"])
    .refuted_by(
        "the block is left by a Relaxed exchange",
        Fault::Relaxed,
        BLOCK,
        "compare_exchange(ptr::null_mut(), block.as_ptr(), Release, Relaxed)",
        Death::Causality,
    )
    .refuted_by(
        "the block is given up by a Relaxed exchange",
        Fault::Relaxed,
        BLOCK,
        "swap(Self::NOT_NEEDED, Acquire)",
        Death::Causality,
    )
    .check(|| {
        let queue = endless();
        [1, 2, 3].into_iter().for_each(|number| queue.put(parcel(number)).unwrap());
        let putter = spawn({
            let queue = Arc::clone(&queue);
            // Refused, it leaves the block that it would have linked.
            move || queue.put(parcel(4)).is_ok()
        });
        queue.shutdown(Shutdown::Drain);
        let got: Vec<_> = queue.iter().map(Parcel::open).collect();
        assert_eq!(putter.join().unwrap(), got.len() == 4);
        saw(format_args!("{got:?}"));
    });
}

#[test]
fn the_twin_without_a_flaw_is_sound() {
    Proof::new(
        "unbounded::the_twin_without_a_flaw_is_sound",
        "of the twin's putter that takes the block and its getter that gives it up, one has it",
    )
    .threads(2)
    .executions_at_least(8)
    .outcomes(&["taken", "freed"])
    .refuted_by_twin("it is looked at, and then the mark stored", Death::Causality, || spare_twin::meet(true))
    .check(|| spare_twin::meet(false));
}

#[test]
fn two_putters_put_one_item_each() {
    Proof::new(
        "unbounded::two_putters_put_one_item_each",
        "two putters, of whom each links a block, put both their items, in one order",
    )
    .threads(3)
    .bounded(2)
    .executions_at_least(72_000)
    .outcomes(&["[1, 2]", "[2, 1]"])
    .refuted_by(
        "the look at the end is Relaxed",
        Fault::Relaxed,
        UNBOUNDED,
        "let tail = self.tail.word.load(Acquire)",
        Death::Livelock,
    )
    .refuted_by(
        "the step out of the gap is Relaxed",
        Fault::Relaxed,
        UNBOUNDED,
        "places) * STEP, Release)",
        Death::Livelock,
    )
    .check(|| {
        let queue = endless();
        let putters = [putter(&queue, &[1]), putter(&queue, &[2])];
        saw(format_args!("{:?}", [(); 2].map(|()| queue.get().unwrap().open())));
        putters.into_iter().for_each(|putter| putter.join().unwrap());
    });
}

#[test]
fn two_getters_get_one_item_each() {
    Proof::new(
        "unbounded::two_getters_get_one_item_each",
        "of two items each getter gets one, whoever was called first",
    )
    .threads(3)
    .bounded(2)
    .executions_at_least(57_000)
    .outcomes(&["[Some(1), Some(2)]", "[Some(2), Some(1)]"])
    .refuted_by("nobody is woken", Fault::NoWake, WAITER, "wake::<Private>(word, 1)", Death::Deadlock)
    .check(|| {
        let queue = endless();
        let getters = [getter(&queue), getter(&queue)];
        queue.put(parcel(1)).unwrap();
        queue.put(parcel(2)).unwrap();
        saw(format_args!("{:?}", getters.map(|getter| getter.join().unwrap())));
    });
}

#[test]
fn the_end_comes_after_the_last_item() {
    Proof::new(
        "unbounded::the_end_comes_after_the_last_item",
        "a getter that waits when the queue is shut down gets what was put before, and then learns of the end",
    )
    .threads(2)
    .bounded(3)
    .executions_at_least(12_000)
    .outcomes(&["Some(1), None"])
    .refuted_by(
        "nobody is woken",
        Fault::NoWake,
        WAITER,
        "wake::<Private>(word, 1)",
        Death::Deadlock,
    )
    .check(|| {
        let queue = endless();
        let getter = spawn({
            let queue = Arc::clone(&queue);
            move || [(); 2].map(|()| queue.get().ok().map(Parcel::open))
        });
        queue.put(parcel(1)).unwrap();
        queue.shutdown(Shutdown::Drain);
        assert!(queue.try_put(parcel(2)).is_err());
        let [first, second] = getter.join().unwrap();
        saw(format_args!("{first:?}, {second:?}"));
    });
}

#[test]
fn a_drain_takes_what_is_there_in_order() {
    Proof::new(
        "unbounded::a_drain_takes_what_is_there_in_order",
        "a drain beside a putter takes the first so many items, and leaves the others",
    )
    .threads(2)
    .executions_at_least(560)
    .outcomes(&["[]", "[1]", "[1, 2]"])
    .refuted_by(
        "an item is said to be there by a Relaxed store",
        Fault::Relaxed,
        UNBOUNDED,
        "slot.full.store(1, Release)",
        Death::Causality,
    )
    .check(|| {
        let queue = endless();
        let putter = putter(&queue, &[1, 2]);
        let drained: Vec<_> = queue.drain().into_iter().map(Parcel::open).collect();
        saw(format_args!("{drained:?}"));
        putter.join().unwrap();
        let rest: Vec<_> = queue.drain().into_iter().map(Parcel::open).collect();
        assert_eq!([drained, rest].concat(), [1, 2]);
    });
}

#[test]
fn an_item_that_comes_at_the_deadline_is_got_or_stays() {
    Proof::new(
        "unbounded::an_item_that_comes_at_the_deadline_is_got_or_stays",
        "a getter that gives up takes no item with it",
    )
    .threads(2)
    .bounded(3)
    .executions_at_least(660)
    .outcomes(&["in time", "too late"])
    .refuted_by(
        "an item is said to be there by a Relaxed store",
        Fault::Relaxed,
        UNBOUNDED,
        "slot.full.store(1, Release)",
        Death::Causality,
    )
    .check(|| {
        let queue = endless();
        let getter = spawn({
            let queue = Arc::clone(&queue);
            move || queue.get_timeout(Duration::from_millis(1)).map(Parcel::open)
        });
        queue.put(parcel(1)).unwrap();
        if getter.join().unwrap().is_ok() {
            saw("in time");
        } else {
            assert_eq!(queue.get().map(Parcel::open), Ok(1), "what came too late is still there");
            saw("too late");
        }
    });
}

#[test]
fn who_learns_of_the_end_sees_what_came_before_it() {
    Proof::new(
        "unbounded::who_learns_of_the_end_sees_what_came_before_it",
        "what is written before the shutdown is seen by who is told of it",
    )
    .threads(2)
    .executions_at_least(23)
    .outcomes(&["open", "shut"])
    .refuted_by(
        "the look at the end is Relaxed",
        Fault::Relaxed,
        UNBOUNDED,
        "        self.tail.word.load(Acquire)",
        Death::Causality,
    )
    .check(|| learns_of_the_end(&endless()));
}
