//! Where does one part of the file end and the next one begin?

use std::ops::Range;

/// How long a part is, in bytes, before its last line is completed.
///
/// It does not depend on the number of workers: more workers share out the same parts. A part is some 4 ms of
/// work, beside which a task of a process pool, some 50 µs, is little. Tests, whose code is slow, cut smaller ones.
pub(crate) const PART_SIZE: usize = if cfg!(debug_assertions) { 256 << 10 } else { 4 << 20 };

/// The index after the line feed that ends the line at `from`, or the end of `bytes`.
pub(crate) fn end_of_line(bytes: &[u8], from: usize) -> usize {
    memchr::memchr(b'\n', &bytes[from..]).map_or(bytes.len(), |distance| from + distance + 1)
}

/// The lines of `bytes`, each with its line feed; the last one may have none.
pub(crate) fn lines(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut start = 0;
    std::iter::from_fn(move || {
        let end = end_of_line(bytes, start);
        let line = &bytes[start..end];
        start = end;
        (!line.is_empty()).then_some(line)
    })
}

/// Cuts `bytes[start..]` after line feeds into parts of at least `size` bytes each, except the last.
pub(crate) fn cut(bytes: &[u8], start: usize, size: usize) -> Vec<Range<usize>> {
    let mut parts = Vec::new();
    let mut start = start;
    while start < bytes.len() {
        let end = match start.checked_add(size) {
            Some(wanted) if wanted < bytes.len() => end_of_line(bytes, wanted - 1),
            _ => bytes.len(),
        };
        parts.push(start..end);
        start = end;
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXTS: [&[u8]; 8] = [
        b"",
        b"\n",
        b"no line feed",
        b"a\n",
        b"\n\n\n",
        b"a,b\n1,2\n\n3,4",
        b"a,b\r\n1,2\r\n\r\n3,4\r\n",
        b"a line that is longer than most parts\nx\n\ny\nanother long line at the end",
    ];

    #[test]
    fn no_byte_is_lost_or_repeated_for_any_size_and_start() {
        for text in TEXTS {
            for size in (1..=text.len() + 2).chain([usize::MAX]) {
                for start in 0..=text.len() {
                    let mut next = start;
                    for part in cut(text, start, size) {
                        assert_eq!(part.start, next, "parts adjoin");
                        assert!(part.end > part.start, "no part is empty");
                        assert!(part.end == text.len() || text[part.end - 1] == b'\n', "cut inside a line");
                        next = part.end;
                    }
                    assert_eq!(next, text.len(), "the last part ends with the file");
                }
            }
        }
    }

    #[test]
    fn a_part_is_never_longer_than_its_size_and_the_line_that_completes_it() {
        for text in TEXTS {
            for size in 1..=text.len() + 2 {
                for part in cut(text, 0, size) {
                    let before_last_line =
                        memchr::memrchr(b'\n', &text[part.start..part.end - 1]).map_or(0, |i| i + 1);
                    assert!(before_last_line < size, "{part:?} could have been cut earlier");
                }
            }
        }
    }

    #[test]
    fn lines_put_together_are_the_text() {
        for text in TEXTS {
            assert_eq!(lines(text).flatten().copied().collect::<Vec<u8>>(), text);
            assert!(lines(text).all(|line| !line[..line.len() - 1].contains(&b'\n')));
        }
    }
}
