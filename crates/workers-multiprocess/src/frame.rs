//! How are messages told apart in a stream of bytes? Each is a frame: its length (`u32`, little-endian), then
//! that many bytes.

use std::io::{self, ErrorKind, Read};

/// The bytes that one argument or one result may take, with what is sent beside it: 1 GiB.
pub const MAX_MESSAGE: usize = 1 << 30;

const HEADER: usize = size_of::<u32>();
/// What a length is trusted with before any of the bytes it announces has arrived.
const FIRST_ALLOCATION: usize = 64 << 10;

/// An empty frame; the message is appended to it.
pub(crate) fn begin() -> Vec<u8> {
    vec![0; HEADER]
}

/// Writes the length of the message into the frame, which is then ready to be sent.
pub(crate) fn seal(frame: &mut [u8], limit: usize) -> Result<(), String> {
    let (header, message) = frame.split_at_mut(HEADER);
    let length = message.len();
    match u32::try_from(length) {
        Ok(length_field) if length <= limit => {
            header.copy_from_slice(&length_field.to_le_bytes());
            Ok(())
        }
        _ => Err(too_long(length, limit)),
    }
}

/// Reads one message; `None` if the stream ends before a frame begins.
///
/// # Errors
/// `InvalidData` for a frame of more than `limit` bytes, of which nothing is read; `UnexpectedEof` if the
/// stream ends inside a frame.
pub(crate) fn read(stream: &mut impl Read, limit: usize) -> io::Result<Option<Vec<u8>>> {
    let mut header = Vec::with_capacity(HEADER);
    stream.by_ref().take(HEADER as u64).read_to_end(&mut header)?;
    if header.is_empty() {
        return Ok(None);
    }
    let Ok(header) = <[u8; HEADER]>::try_from(header.as_slice()) else {
        return Err(cut_off(header.len(), HEADER, "length of a frame"));
    };
    let length = usize::try_from(u32::from_le_bytes(header)).unwrap_or(usize::MAX);
    if length > limit {
        return Err(io::Error::new(ErrorKind::InvalidData, too_long(length, limit)));
    }
    let mut message = Vec::with_capacity(length.min(FIRST_ALLOCATION));
    stream.take(length as u64).read_to_end(&mut message)?;
    if message.len() < length {
        return Err(cut_off(message.len(), length, "message"));
    }
    Ok(Some(message))
}

fn too_long(length: usize, limit: usize) -> String {
    format!("a message of {length} bytes is longer than the limit of {limit}")
}

fn cut_off(arrived: usize, expected: usize, what: &str) -> io::Error {
    let text = format!("the stream ended after {arrived} of the {expected} bytes of a {what}");
    io::Error::new(ErrorKind::UnexpectedEof, text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn frame(message: &[u8]) -> Vec<u8> {
        let mut frame = begin();
        frame.extend_from_slice(message);
        seal(&mut frame, MAX_MESSAGE).unwrap();
        frame
    }

    /// Gives at most the stated number of bytes a call, as a socket may, and is interrupted before each.
    struct Trickle<'a> {
        bytes: &'a [u8],
        step: usize,
        interrupted: bool,
    }

    impl Read for Trickle<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.interrupted = !self.interrupted;
            if self.interrupted {
                return Err(ErrorKind::Interrupted.into());
            }
            let room = buffer.len().min(self.step);
            self.bytes.read(&mut buffer[..room])
        }
    }

    proptest! {
        #[test]
        fn messages_arrive_as_they_were_sent_however_short_the_reads(
            messages in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..300), 0..8),
            step in 1_usize..40,
        ) {
            let bytes: Vec<u8> = messages.iter().flat_map(|message| frame(message)).collect();
            let mut stream = Trickle { bytes: &bytes, step, interrupted: false };
            for message in &messages {
                let arrived = read(&mut stream, MAX_MESSAGE).unwrap();
                prop_assert_eq!(arrived.as_ref(), Some(message));
            }
            prop_assert_eq!(read(&mut stream, MAX_MESSAGE).unwrap(), None);
        }

        #[test]
        fn a_frame_that_is_cut_anywhere_is_an_error_that_says_so(
            message in prop::collection::vec(any::<u8>(), 0..300),
            cut in any::<prop::sample::Index>(),
        ) {
            let whole = frame(&message);
            let cut = 1 + cut.index(whole.len() - 1);
            let error = read(&mut &whole[..cut], MAX_MESSAGE).unwrap_err();
            prop_assert_eq!(error.kind(), ErrorKind::UnexpectedEof);
            let expected = if cut < HEADER {
                format!("the stream ended after {cut} of the 4 bytes of a length of a frame")
            } else {
                format!("the stream ended after {} of the {} bytes of a message", cut - HEADER, message.len())
            };
            prop_assert_eq!(error.to_string(), expected);
        }

        #[test]
        fn any_bytes_are_read_without_a_panic_and_within_the_limit(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let mut rest = bytes.as_slice();
            while let Ok(Some(message)) = read(&mut rest, 100) {
                prop_assert!(message.len() <= 100);
            }
        }
    }

    #[test]
    fn a_length_beyond_the_limit_is_refused_before_anything_is_read() {
        let mut stream: &[u8] = &[11, 0, 0, 0, 1, 2, 3];
        let error = read(&mut stream, 10).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidData);
        assert_eq!(error.to_string(), "a message of 11 bytes is longer than the limit of 10");
        assert_eq!(stream, [1, 2, 3]);
    }

    #[test]
    fn a_length_that_nothing_follows_costs_no_memory() {
        let message = read(&mut &u32::to_le_bytes(MAX_MESSAGE as u32)[..], MAX_MESSAGE);
        assert_eq!(message.unwrap_err().kind(), ErrorKind::UnexpectedEof);
    }

    #[test]
    fn a_message_beyond_the_limit_is_not_sealed() {
        let mut exact = begin();
        exact.extend_from_slice(&[7; 10]);
        assert_eq!(seal(&mut exact, 10), Ok(()));
        exact.push(7);
        assert_eq!(seal(&mut exact, 10).unwrap_err(), "a message of 11 bytes is longer than the limit of 10");
    }
}
