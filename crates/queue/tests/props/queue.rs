//! Every operation of a random history returns what the reference returns, and leaves the queue looking like
//! it.

use crate::reference::Reference;
use proptest::prelude::*;
use queue::{GetError, PutError, Queue, Shutdown};
use std::time::Duration;

#[derive(Clone, Debug)]
enum Op {
    Put(u32),
    TryPut(u32),
    PutTimeout(u32),
    Get,
    TryGet,
    GetTimeout,
    TryIter(usize),
    TaskDone,
    Join,
    Shutdown(Shutdown),
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        4 => any::<u32>().prop_map(Op::Put),
        4 => any::<u32>().prop_map(Op::TryPut),
        1 => any::<u32>().prop_map(Op::PutTimeout),
        4 => Just(Op::Get),
        4 => Just(Op::TryGet),
        1 => Just(Op::GetTimeout),
        1 => (0..4_usize).prop_map(Op::TryIter),
        4 => Just(Op::TaskDone),
        1 => Just(Op::Join),
        // Rare: after it most operations say the same.
        1 => prop_oneof![9 => Just(None), 1 => Just(Some(Shutdown::Drain)), 1 => Just(Some(Shutdown::Discard))]
            .prop_map(|how| how.map_or(Op::TryGet, Op::Shutdown)),
    ]
}

/// Does one operation to both. What would wait for ever in one thread is done in its form that does not.
fn step(queue: &Queue<u32>, reference: &mut Reference, op: Op) -> Result<(), TestCaseError> {
    match op {
        Op::Put(item) if reference.shut || !reference.is_full() => {
            prop_assert_eq!(
                queue.put(item).map_err(PutError::into_inner),
                reference.put(item).map_err(|_| item)
            );
        }
        Op::Put(item) | Op::TryPut(item) => prop_assert_eq!(queue.try_put(item), reference.put(item)),
        Op::PutTimeout(item) => prop_assert_eq!(queue.put_timeout(item, Duration::ZERO), reference.put(item)),
        Op::Get if reference.shut || !reference.items.is_empty() => {
            prop_assert_eq!(queue.get().map_err(|_| GetError::ShutDown), reference.get());
        }
        Op::Get | Op::TryGet => prop_assert_eq!(queue.try_get(), reference.get()),
        Op::GetTimeout => prop_assert_eq!(queue.get_timeout(Duration::ZERO), reference.get()),
        Op::TryIter(n) => {
            let n = n.min(reference.items.len());
            prop_assert_eq!(
                queue.try_iter().take(n).collect::<Vec<_>>(),
                reference.items.drain(..n).collect::<Vec<_>>()
            );
        }
        Op::TaskDone => prop_assert_eq!(queue.task_done(), reference.task_done()),
        Op::Join => prop_assert_eq!(queue.join_timeout(Duration::ZERO), reference.unfinished == 0),
        Op::Shutdown(how) => prop_assert_eq!(queue.shutdown(how), reference.shutdown(how)),
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_history_is_that_of_the_reference(maxsize in 0..5_usize, ops in prop::collection::vec(op(), 1..200)) {
        let (queue, mut reference) = (Queue::new(maxsize), Reference { maxsize, ..Reference::default() });
        for op in ops {
            step(&queue, &mut reference, op)?;
            prop_assert_eq!(queue.len(), reference.items.len());
            prop_assert_eq!(queue.is_empty(), reference.items.is_empty());
            prop_assert_eq!(queue.is_full(), reference.is_full());
            prop_assert_eq!(queue.unfinished_tasks(), reference.unfinished);
            prop_assert_eq!(queue.is_shutdown(), reference.shut);
            prop_assert_eq!(queue.capacity(), (maxsize > 0).then_some(maxsize));
        }
        queue.shutdown(Shutdown::Drain);
        prop_assert_eq!(queue.iter().collect::<Vec<_>>(), Vec::from(reference.items));
    }
}
