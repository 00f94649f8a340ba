//! How many numbers go through a ring of one producer and one consumer in a second?

use crate::bench::{Bench, Contestant, Done, Load, Unit};
use crate::goal::Goal;
use crate::together::{Part, together};
use queue::ring::{Private, Reader, Ring, Scope, Shared, Slot, Writer};
use std::hint::black_box;

/// Room that outlasts the waking of a thread, and stays in the cache of a core: 64 KiB.
const CAPACITY: usize = 8192;

/// The number: 100 million a second are 10 ns an item.
const GOAL: Goal = Goal::Below(10.0);

pub(crate) fn benches() -> Vec<Bench> {
    [1, 32]
        .into_iter()
        .map(|batch| {
            let contestants = vec![
                Contestant::new("selvedge", move |load| transfer::<Private>(load, batch)),
                Contestant::new("selvedge, between processes", move |load| transfer::<Shared>(load, batch)),
            ];
            let how = if batch == 1 { "one by one".to_owned() } else { format!("in batches of {batch}") };
            Bench::new(format!("ring of u64 {how}"), Unit::Nanoseconds, contestants).goal(GOAL)
        })
        .collect()
}

/// Sends the numbers below `load.items`; what arrives is added up.
fn transfer<S: Scope>(load: Load, batch: usize) -> Result<Done, String> {
    let ring: &'static mut Ring<S> = Box::leak(Box::new(Ring::in_scope()));
    let slots: &'static mut [Slot<u64>] = Slot::of(vec![0; CAPACITY].leak());
    let (ring_at, slots_at) = (&raw mut *ring, &raw mut *slots);
    let (writer, reader) = ring.split(slots);
    let parts: Vec<Part<u64>> = vec![
        Box::new(
            move || if batch == 1 { push_each(writer, load) } else { push_batches(writer, load, batch) },
        ),
        Box::new(move || if batch == 1 { pop_each(reader) } else { pop_batches(reader, batch) }),
    ];
    let (time, sums) = together(parts);
    // SAFETY: leaked above, and both sides were moved into the parts, which are over.
    drop(unsafe { Box::from_raw(ring_at) });
    // SAFETY: as above; a Slot is laid out as its number, in which the vector was.
    drop(unsafe { Box::from_raw(slots_at as *mut [u64]) });
    let expected = load.items * load.items.saturating_sub(1) / 2;
    match sums[..] {
        [sent, got] if sent == got && got == expected => Ok(Done::new(load.items, time)),
        _ => Err(format!("it was given {expected}, and {sums:?} were sent and got")),
    }
}

fn push_each<S: Scope>(mut writer: Writer<'_, u64, S>, load: Load) -> u64 {
    let mut sum = 0;
    for item in 0..load.items {
        writer.push(black_box(item)).expect("the reader stays");
        sum += item;
    }
    sum
}

fn pop_each<S: Scope>(mut reader: Reader<'_, u64, S>) -> u64 {
    let mut sum = 0;
    while let Ok(item) = reader.pop() {
        sum += black_box(item);
    }
    sum
}

fn push_batches<S: Scope>(mut writer: Writer<'_, u64, S>, load: Load, batch: usize) -> u64 {
    let mut sum = 0;
    let mut items = vec![0; batch];
    let mut next = 0;
    while next < load.items {
        let count = (load.items - next).min(batch as u64);
        for (item, number) in items.iter_mut().zip(next..) {
            *item = number;
        }
        let items = black_box(&items[..count as usize]);
        writer.push_all(items).expect("the reader stays");
        sum += items.iter().sum::<u64>();
        next += count;
    }
    sum
}

fn pop_batches<S: Scope>(mut reader: Reader<'_, u64, S>, batch: usize) -> u64 {
    let mut sum = 0;
    let mut items = vec![0; batch];
    while let Ok(count) = reader.pop_many(&mut items) {
        sum += black_box(&items[..count]).iter().sum::<u64>();
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn every_number_arrives_in_batches_that_do_not_divide_them() {
        let load = Load { items: 10_007, limit: Duration::MAX };
        assert_eq!(transfer::<Private>(load, 32).map(|done| done.items), Ok(10_007));
    }
}
