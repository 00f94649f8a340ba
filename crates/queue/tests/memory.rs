//! What a queue keeps of the memory that it has used. An allocator that counts for each thread says so.
#![cfg(not(any(loom, shuttle)))]

#[path = "../../rivals/src/heap.rs"]
mod heap;

use heap::held;
use queue::{Queue, SimpleQueue};

/// Items of a block.
const BLOCK: usize = 63;

/// What it holds more than `before`, once so many have gone in and come out again.
fn after(queue: &SimpleQueue<usize>, items: usize, before: isize) -> isize {
    (0..items).for_each(|number| queue.put(number).unwrap());
    (0..items).for_each(|number| assert_eq!(queue.get(), Ok(number)));
    held() - before
}

#[test]
fn after_a_burst_a_queue_holds_one_block_as_when_it_was_made() {
    for items in [4 * BLOCK, 5 * BLOCK + 1, 1_000_000] {
        let before = held();
        let queue = SimpleQueue::new();
        let empty = held() - before;
        assert_eq!(after(&queue, items, before), empty, "{items}");
        drop(queue);
        assert_eq!(held(), before, "{items}");
    }
}

#[test]
fn so_it_does_after_bursts_of_batches_that_are_drained() {
    let before = held();
    let queue = Queue::unbounded();
    let empty = held() - before;
    for _ in 0..3 {
        queue.put_many(0..100_000).unwrap();
        assert_eq!(queue.drain().len(), 100_000);
        assert_eq!(held() - before, empty);
    }
}

#[test]
fn where_blocks_are_needed_again_one_is_kept_again() {
    let before = held();
    let queue = SimpleQueue::new();
    let empty = held() - before;
    let block = after(&queue, 2 * BLOCK, before) - empty;
    assert!(block > 0, "the first that was used up is kept");
    for _ in 0..2 {
        assert_eq!(after(&queue, 1_000 * BLOCK, before), empty, "nobody needed one");
        // The first of them that is needed is a new one.
        assert_eq!(after(&queue, 2 * BLOCK, before), empty + block);
    }
}
