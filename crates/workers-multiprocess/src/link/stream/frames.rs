//! Messages with their bounds, on a connection that has none.
//!
//! A frame is a byte that says what it is, four that say how long it is, and its bytes. Whoever writes may run wild: a length
//! is bounded, and no more memory is taken than twice the bytes that have come.

use crate::wire::MAX_MESSAGE;
use std::io::{self, ErrorKind, Read};

/// A request, an answer, or what is said beside them.
pub(super) const MESSAGE: u8 = 0;
/// The worker begins the request of this number.
pub(super) const BEGUN: u8 = 1;
/// No more comes. A connection that ends without it is one whose other side is dead.
pub(super) const END: u8 = 2;

pub(super) const HEADER: usize = 5;
/// The longest frame: a value, and what is said of it.
const MAX: usize = MAX_MESSAGE + (64 << 10);
/// The bytes that are read at once, and kept.
const ROOM: usize = 64 << 10;

/// What a frame begins with.
pub(super) fn header(kind: u8, len: usize) -> io::Result<[u8; HEADER]> {
    let len = u32::try_from(len).ok().filter(|len| *len as usize <= MAX).ok_or(ErrorKind::InvalidInput)?;
    let mut header = [kind; HEADER];
    header[1..].copy_from_slice(&len.to_le_bytes());
    Ok(header)
}

/// A frame, as bytes.
pub(super) fn frame(kind: u8, bytes: &[u8]) -> io::Result<Vec<u8>> {
    Ok([&header(kind, bytes.len())?, bytes].concat())
}

/// No frame is so long.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TooLong;

/// What has come, and was not taken yet.
#[derive(Debug, Default)]
pub(super) struct Frames {
    bytes: Vec<u8>,
    /// What was not taken.
    start: usize,
    end: usize,
    /// The length of the frame that it begins with, if that is known.
    wanted: Option<usize>,
    was_reset: bool,
}

impl Frames {
    /// Reads what is there; waits for it. 0 is the end.
    pub(super) fn fill(&mut self, connection: &mut impl Read) -> io::Result<usize> {
        self.make_room();
        loop {
            match connection.read(&mut self.bytes[self.end..]) {
                Ok(len) => {
                    self.end += len;
                    return Ok(len);
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                // Where the other end has not read all, Linux tells that first, once, and then gives what it has sent.
                Err(error) if error.kind() == ErrorKind::ConnectionReset && !self.was_reset => {
                    self.was_reset = true;
                }
                Err(error) => return Err(error),
            }
        }
    }

    fn make_room(&mut self) {
        if self.start == self.end {
            (self.start, self.end) = (0, 0);
            // What a long frame has needed is not kept.
            if self.bytes.len() > 16 * ROOM {
                self.bytes = Vec::new();
            }
        }
        if self.end < self.bytes.len() {
            return;
        }
        if self.start > 0 {
            self.bytes.copy_within(self.start..self.end, 0);
            (self.start, self.end) = (0, self.end - self.start);
            return;
        }
        // It is full: so as much has come.
        let wanted = self.wanted.unwrap_or(ROOM).max(ROOM);
        self.bytes.resize((2 * self.bytes.len()).clamp(ROOM, wanted), 0);
    }

    /// The next frame, if it is whole.
    pub(super) fn next(&mut self) -> Result<Option<(u8, &[u8])>, TooLong> {
        let come = &self.bytes[self.start..self.end];
        let Some(([kind, len @ ..], rest)) = come.split_first_chunk::<HEADER>() else {
            self.wanted = None;
            return Ok(None);
        };
        let (kind, len) = (*kind, u32::from_le_bytes(*len) as usize);
        if len > MAX {
            return Err(TooLong);
        }
        self.wanted = Some(HEADER + len);
        if rest.len() < len {
            return Ok(None);
        }
        let at = self.start + HEADER;
        self.start = at + len;
        Ok(Some((kind, &self.bytes[at..self.start])))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Gives its bytes in pieces of these lengths.
    struct Pieces(Vec<u8>, Vec<usize>);

    impl Read for Pieces {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let len = self.1.pop().unwrap_or(usize::MAX).min(self.0.len()).min(buffer.len());
            buffer[..len].copy_from_slice(&self.0[..len]);
            self.0.drain(..len);
            Ok(len)
        }
    }

    type All = Vec<(u8, Vec<u8>)>;

    /// All frames, and the longest that the buffer has been.
    fn read(mut pieces: Pieces) -> (Result<All, TooLong>, usize) {
        let (mut frames, mut all, mut room) = (Frames::default(), Vec::new(), 0);
        loop {
            match frames.next() {
                Ok(Some((kind, bytes))) => all.push((kind, bytes.to_vec())),
                Ok(None) => {
                    if frames.fill(&mut pieces).unwrap() == 0 {
                        return (Ok(all), room);
                    }
                }
                Err(error) => return (Err(error), room),
            }
            room = room.max(frames.bytes.len());
        }
    }

    proptest! {
        #[test]
        fn frames_come_out_as_they_went_in_however_they_are_cut(
            frames: Vec<(u8, Vec<u8>)>,
            long in 0..300_000_usize,
            pieces in prop::collection::vec(1..100_usize, 0..100),
        ) {
            let mut frames = frames;
            frames.insert(frames.len() / 2, (7, vec![3; long]));
            let bytes = frames.iter().flat_map(|(kind, bytes)| frame(*kind, bytes).unwrap()).collect();
            prop_assert_eq!(read(Pieces(bytes, pieces)).0, Ok(frames));
        }

        #[test]
        fn any_bytes_are_frames_or_end_and_take_no_more_memory_than_twice_what_has_come(
            bytes in prop::collection::vec(any::<u8>(), 0..2000),
            pieces in prop::collection::vec(1..100_usize, 0..100),
        ) {
            let (_, room) = read(Pieces(bytes, pieces));
            prop_assert!(room <= ROOM);
        }
    }

    #[test]
    fn a_length_that_cannot_be_is_refused_and_one_that_can_is_waited_for() {
        let mut bytes = vec![MESSAGE];
        bytes.extend((MAX as u32 + 1).to_le_bytes());
        assert_eq!(read(Pieces(bytes.clone(), vec![])).0, Err(TooLong));
        bytes[1..].copy_from_slice(&(MAX as u32).to_le_bytes());
        bytes.extend([0; 1000]);
        assert_eq!(read(Pieces(bytes, vec![])), (Ok(vec![]), ROOM));
        assert!(header(MESSAGE, MAX + 1).is_err());
    }
}
