//! Frames of any size come out of the ring as they went in, against a `VecDeque`; and whatever lies in the
//! words or in the memory, nothing is read out of bounds and nobody panics.

use proptest::prelude::*;
use queue::ring::{End, PopError, Ring, Shared, Slot, WriteError};
use std::collections::VecDeque;
use std::ptr;
use std::time::Duration;

#[derive(Clone, Debug)]
enum Op {
    Write(Vec<u8>),
    Stage(Vec<u8>),
    Abandon(usize),
    Publish,
    Read,
    ReadInto,
}

fn op() -> impl Strategy<Value = Op> {
    let frame = || prop::collection::vec(any::<u8>(), 0..80);
    prop_oneof![
        4 => frame().prop_map(Op::Write),
        1 => frame().prop_map(Op::Stage),
        1 => (0..80_usize).prop_map(Op::Abandon),
        1 => Just(Op::Publish),
        4 => Just(Op::Read),
        2 => Just(Op::ReadInto),
    ]
}

/// The words that a frame takes, its header included.
fn words(frame: &[u8]) -> usize {
    1 + frame.len().div_ceil(8)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn frames_come_out_as_they_went_in(log in 1..6_u32, ops in prop::collection::vec(op(), 1..200)) {
        let mut ring = Ring::new();
        let mut memory = vec![0; 1 << log];
        let (mut writer, mut reader) = ring.split_frames(Slot::of(&mut memory));
        let (max, half) = (writer.max_len(), (1 << log) / 2);
        // In the order in which they were written; the last ones may not be published yet.
        let (mut frames, mut staged) = (VecDeque::<Vec<u8>>::new(), 0);
        for op in ops {
            match op {
                Op::Write(frame) => {
                    let used: usize = frames.iter().map(|frame| words(frame)).sum();
                    match writer.try_write(&frame) {
                        Ok(()) => {
                            frames.push_back(frame);
                            staged = 0;
                        }
                        Err(WriteError::TooLong { .. }) => prop_assert!(frame.len() > max),
                        Err(error) => {
                            prop_assert_eq!(error, WriteError::Full);
                            staged = 0; // What was staged was published, so that the reader can make room.
                            prop_assert!(used > 0, "an empty ring takes any frame that is not too long");
                        }
                    }
                }
                // In one thread it must not wait: so into an empty ring only, which has room for one.
                Op::Stage(frame) if frames.is_empty() && words(&frame) <= half => {
                    writer.stage(&frame).unwrap();
                    frames.push_back(frame);
                    staged += 1;
                }
                Op::Abandon(len) if frames.is_empty() && len <= max => drop(writer.reserve(len).unwrap()),
                Op::Publish => {
                    writer.publish().unwrap();
                    staged = 0;
                }
                Op::Read if frames.len() > staged => {
                    prop_assert_eq!(&*reader.try_read().unwrap(), &frames.pop_front().unwrap()[..]);
                }
                Op::ReadInto if frames.len() > staged => {
                    let mut buffer = vec![1];
                    let frame = frames.pop_front().unwrap();
                    prop_assert_eq!(reader.read_into(&mut buffer, Duration::ZERO), Ok(frame.len()));
                    prop_assert_eq!(&buffer[1..], &frame[..]);
                }
_ if frames.len() == staged => {
                    prop_assert_eq!(reader.try_read().map(|_| ()), Err(PopError::Empty));
                }
                _ => {}
            }
        }
        drop(writer); // It publishes what was staged.
        for frame in frames {
            prop_assert_eq!(&*reader.read().unwrap(), &frame[..]);
        }
        prop_assert_eq!(reader.read().map(|_| ()), Err(PopError::Ended(End::Closed)));
    }

    #[test]
    fn whatever_lies_in_the_ring_it_is_an_error_or_bytes(
        written in prop_oneof![any::<usize>(), 0..40_usize],
        read in prop_oneof![any::<usize>(), 0..40_usize],
        state in any::<u32>(),
        lengths in prop::collection::vec(prop_oneof![Just(u32::MAX), 0..100_u32, any::<u32>()], 16),
        honest in any::<bool>(),
    ) {
        let mut memory: Vec<u64> = lengths.iter().map(|&len| {
            u64::from(len) | u64::from(if honest { !len } else { len.rotate_left(7) }) << 32
        }).collect();
        let mut ring = Ring::<Shared>::in_scope();
        let start: *mut u8 = ptr::from_mut(&mut ring).cast();
        for (word, value) in [written, read, state as usize].into_iter().enumerate() {
            let place = start.wrapping_add(128 * word).cast::<usize>();
            // SAFETY: the words lie 128 bytes apart, as shared memory shows to any process that maps it;
            // behind the last, which has four bytes, four are free.
            unsafe { place.write(value) };
        }
        let slots = Slot::of(&mut memory);
        // SAFETY: one reader of these slots; nobody else writes them but the writer; a u64 is any bits.
        let mut reader = unsafe { ring.frame_reader(slots) };
        // SAFETY: one writer; otherwise as above.
        let mut writer = unsafe { ring.frame_writer(slots) };
        let mut buffer = Vec::new();
        for _ in 0..20 {
            match reader.read_into(&mut buffer, Duration::ZERO) {
                Ok(len) => prop_assert!(len <= 15 * 8),
                Err(PopError::Empty | PopError::Ended(_)) => break,
            }
            if let Ok(frame) = reader.try_read() {
                prop_assert!(frame.len() <= 15 * 8);
            }
        }
        for len in [0, 8, 56] {
            let _ = writer.try_write(&vec![7; len]);
        }
    }
}
