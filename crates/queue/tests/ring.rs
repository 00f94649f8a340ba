//! Plain behaviour of the ring on real threads.
#![cfg(not(any(loom, shuttle)))]

use queue::ring::{End, PopError, PushAllError, PushError, Ring, Slot, WriteError};
use std::thread;
use std::time::{Duration, Instant};

#[test]
fn a_full_ring_gives_the_item_back() {
    let (mut ring, mut memory) = (Ring::new(), [0; 2]);
    let (mut writer, mut reader) = ring.split(Slot::of(&mut memory));
    assert_eq!((writer.try_push(1), writer.push(2)), (Ok(()), Ok(())));
    assert_eq!(writer.try_push(3), Err(PushError::Full(3)));
    assert_eq!(writer.push_timeout(3, Duration::from_millis(1)), Err(PushError::Full(3)));
    assert_eq!((writer.backlog(), reader.available()), (Ok(2), Ok(2)));
    assert_eq!((reader.pop(), writer.try_push(3)), (Ok(1), Ok(())), "one is read, so there is room for one");
}

#[test]
fn a_timed_pop_waits_at_least_its_time() {
    let (mut ring, mut memory) = (Ring::new(), [0_u8; 2]);
    let (_writer, mut reader) = ring.split(Slot::of(&mut memory));
    let start = Instant::now();
    assert_eq!(reader.pop_timeout(Duration::from_millis(20)), Err(PopError::Empty));
    assert!(start.elapsed() >= Duration::from_millis(20), "never early; how late, a test cannot say");
}

#[test]
fn a_closed_ring_is_drained_and_then_closed() {
    let (mut ring, mut memory) = (Ring::new(), [0; 4]);
    let (mut writer, mut reader) = ring.split(Slot::of(&mut memory));
    writer.push(1).unwrap();
    writer.stage(2).unwrap();
    drop(writer);
    assert_eq!((reader.pop(), reader.pop()), (Ok(1), Ok(2)), "dropping it publishes");
    assert_eq!(reader.pop(), Err(PopError::Ended(End::Closed)));
}

#[test]
fn a_writer_learns_at_once_that_nobody_reads() {
    let (mut ring, mut memory) = (Ring::new(), [0; 4]);
    let (mut writer, reader) = ring.split(Slot::of(&mut memory));
    writer.push(1).unwrap();
    drop(reader);
    assert_eq!(writer.push(2), Err(PushError::Ended(2, End::Closed)), "though there is room");
    assert_eq!(writer.push_all(&[3, 4, 5, 6]), Err(PushAllError { pushed: 2, end: End::Closed }));
}

#[test]
fn a_ring_that_is_split_again_begins_anew() {
    let (mut ring, mut memory) = (Ring::new(), [0; 4]);
    ring.split(Slot::of(&mut memory)).0.push(1).unwrap();
    let (mut writer, mut reader) = ring.split(Slot::of(&mut memory));
    assert_eq!((writer.push(2), reader.pop()), (Ok(()), Ok(2)));
}

#[test]
fn an_end_stays_whoever_takes_the_side_after_it() {
    let (ring, mut memory) = (Ring::<queue::ring::Shared>::in_scope(), [0; 4]);
    let slots = &*Slot::of(&mut memory);
    for _ in 0..2 {
        // SAFETY: the one writer at a time, of these slots, which nobody else uses; any bits are a number.
        drop(unsafe { ring.writer(slots) });
    }
    // SAFETY: the one reader; otherwise as above.
    let mut reader = unsafe { ring.reader(slots) };
    assert_eq!(reader.pop(), Err(PopError::Ended(End::Closed)));
}

#[test]
#[should_panic(expected = "a ring's capacity is a power of two, not 3")]
fn a_capacity_that_is_no_power_of_two_is_refused() {
    Ring::new().split(Slot::of(&mut [0; 3]));
}

#[test]
fn a_frame_that_never_fits_is_refused_and_one_that_does_not_fit_now_is_full() {
    let (mut ring, mut memory) = (Ring::new(), [0; 8]);
    let (mut writer, mut reader) = ring.split_frames(Slot::of(&mut memory));
    assert_eq!(writer.write(&[0; 25]), Err(WriteError::TooLong { len: 25, max: 24 }));
    assert_eq!((writer.write(&[1; 24]), writer.write(&[2; 24])), (Ok(()), Ok(())));
    assert_eq!(writer.try_write(&[]), Err(WriteError::Full));
    assert_eq!(*reader.read().unwrap(), [1; 24]);
    assert_eq!(writer.write_timeout(&[3; 24], Duration::ZERO), Ok(()));
}

#[test]
fn every_number_arrives_whoever_waits() {
    const LAST: u64 = 300_000;
    for (capacity, batch) in [(1, 1), (4, 1), (64, 7), (1024, 64)] {
        let (mut ring, mut memory) = (Ring::new(), vec![0; capacity]);
        let (mut writer, mut reader) = ring.split(Slot::of(&mut memory));
        thread::scope(|scope| {
            scope.spawn(move || {
                let numbers: Vec<u64> = (0..LAST).collect();
                for batch in numbers.chunks(batch) {
                    writer.push_all(batch).unwrap();
                }
            });
            let (mut next, mut items) = (0, [0; 64]);
            while let Ok(n) = reader.pop_many(&mut items) {
                assert!(items[..n].iter().copied().eq(next..next + n as u64));
                next += n as u64;
            }
            assert_eq!(next, LAST, "capacity {capacity}");
        });
    }
}

#[test]
fn long_frames_wait_for_several_words() {
    const FRAMES: usize = 20_000;
    let (mut ring, mut memory) = (Ring::new(), [0; 16]);
    let (mut writer, mut reader) = ring.split_frames(Slot::of(&mut memory));
    thread::scope(|scope| {
        scope.spawn(move || {
            for number in 0..FRAMES {
                writer.write(&vec![number as u8; number * 11 % 57]).unwrap();
            }
        });
        for number in 0..FRAMES {
            assert_eq!(*reader.read().unwrap(), vec![number as u8; number * 11 % 57]);
        }
        assert_eq!(reader.read().err(), Some(PopError::Ended(End::Closed)));
    });
}
