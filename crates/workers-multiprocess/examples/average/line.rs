//! What are the cells of one line?
//!
//! Each line is parsed by itself, so that a file may be cut at any line feed. What `csv-core` calls a record
//! is then always one line: a quoted line break is a fault of the line where the quotes open.

use csv_core::{ReadRecordResult, Reader};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Parses lines one after the other into buffers that it keeps.
pub(crate) struct LineParser {
    reader: Reader,
    text: Vec<u8>,
    ends: Vec<usize>,
}

/// Why a line is no row. The parser that said so is in the middle of that line and is not used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum LineFault {
    /// Quotes are open at the end of the line.
    QuotedLineBreak,
    /// Outside quotes there is a carriage return that is not part of the line's ending.
    CarriageReturn,
}

/// The cells of a line, without quotes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cells<'a> {
    text: &'a [u8],
    /// Where the first cell begins.
    start: usize,
    ends: &'a [usize],
    /// How many bytes there are between two cells.
    gap: usize,
}

impl LineParser {
    pub(crate) fn new() -> Self {
        let mut reader = Reader::new();
        // `csv-core` drops a byte order mark from the first bytes it sees, and a part's first line need not
        // be the file's: a blank line, which it skips, makes it drop none.
        let _ = reader.read_record(b"\n", &mut [0], &mut [0]);
        Self { reader, text: Vec::new(), ends: vec![0; 32] }
    }

    /// The cells of `line`, which may end in a line feed, carriage returns before it, or nothing; none if it
    /// is blank.
    pub(crate) fn parse(&mut self, line: &[u8]) -> Result<Option<Cells<'_>>, LineFault> {
        let line = without_ending(line);
        if line.is_empty() {
            return Ok(None);
        }
        // Cells are never longer than their line, so that with one byte more the text never runs out of room.
        if self.text.len() <= line.len() {
            self.text.resize(line.len() + 1, 0);
        }
        let (mut text_end, mut count) = (0, 0);
        for (mut input, is_ending) in [(line, false), (b"\n", true)] {
            while !input.is_empty() {
                let (result, read, written, ended) =
                    self.reader.read_record(input, &mut self.text[text_end..], &mut self.ends[count..]);
                input = &input[read..];
                text_end += written;
                count += ended;
                match result {
                    ReadRecordResult::Record if is_ending => {
                        let (text, ends) = (&self.text[..text_end], &self.ends[..count]);
                        return Ok(Some(Cells { text, start: 0, ends, gap: 0 }));
                    }
                    ReadRecordResult::Record => return Err(LineFault::CarriageReturn),
                    ReadRecordResult::OutputEndsFull => self.ends.resize(2 * self.ends.len(), 0),
                    ReadRecordResult::InputEmpty | ReadRecordResult::OutputFull | ReadRecordResult::End => {}
                }
            }
        }
        Err(LineFault::QuotedLineBreak)
    }
}

impl<'a> Cells<'a> {
    /// The cells of a line in the middle of `text`, where a comma or a line feed stands at each of `ends`.
    pub(crate) fn between_separators(text: &'a [u8], start: usize, ends: &'a [usize]) -> Self {
        Self { text, start, ends, gap: 1 }
    }

    /// How many cells the line has.
    pub(crate) fn len(self) -> usize {
        self.ends.len()
    }

    /// The cell at `index`, counted from 0.
    pub(crate) fn get(self, index: usize) -> &'a [u8] {
        let start = if index == 0 { self.start } else { self.ends[index - 1] + self.gap };
        let cell = &self.text[start..self.ends[index]];
        // Between separators a carriage return is part of the line's ending; otherwise it was quoted.
        if self.gap == 0 { cell } else { cell.strip_suffix(b"\r").unwrap_or(cell) }
    }

    /// The cells in order.
    pub(crate) fn iter(self) -> impl Iterator<Item = &'a [u8]> {
        (0..self.len()).map(move |index| self.get(index))
    }
}

impl fmt::Display for LineFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::QuotedLineBreak => {
                "quotes are open at the end of the line; a line break inside a cell is not supported"
            }
            Self::CarriageReturn => "a carriage return without a line feed",
        })
    }
}

fn without_ending(line: &[u8]) -> &[u8] {
    let mut content = line.strip_suffix(b"\n").unwrap_or(line);
    while let Some(shorter) = content.strip_suffix(b"\r") {
        content = shorter;
    }
    content
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(line: &str) -> Result<Option<Vec<String>>, LineFault> {
        let mut parser = LineParser::new();
        let cells = parser.parse(line.as_bytes())?;
        Ok(cells
            .map(|cells| cells.iter().map(|cell| String::from_utf8(cell.to_vec()).expect("UTF-8")).collect()))
    }

    fn assert_cells(line: &str, expected: &[&str]) {
        let expected = expected.iter().map(ToString::to_string).collect();
        assert_eq!(cells(line), Ok(Some(expected)), "{line:?}");
    }

    #[test]
    fn quotes_commas_and_endings_are_parsed_as_csv() {
        assert_cells("a,b\n", &["a", "b"]);
        assert_cells("a,b\r\n", &["a", "b"]);
        assert_cells("a,b\r\r\n", &["a", "b"]);
        assert_cells("a,b", &["a", "b"]);
        assert_cells("a,", &["a", ""]);
        assert_cells(",\n", &["", ""]);
        assert_cells("\"\"\n", &[""]);
        assert_cells("\"a,b\",c\n", &["a,b", "c"]);
        assert_cells("\"a \"\"b\"\"\",\"c\"\r\n", &["a \"b\"", "c"]);
        assert_cells("\"a\rb\",c\n", &["a\rb", "c"]);
        assert_cells("\u{feff}1,2\n", &["\u{feff}1", "2"]);
    }

    #[test]
    fn blank_lines_are_no_rows() {
        for blank in ["", "\n", "\r\n", "\r\r\n", "\r"] {
            assert_eq!(cells(blank), Ok(None), "{blank:?}");
        }
        assert_cells(" \n", &[" "]);
    }

    #[test]
    fn open_quotes_and_lone_carriage_returns_are_faults() {
        for open in ["\"a\n", "\"a", "1,\"a\r\n", "\"\n", "\"a\"\"\n"] {
            assert_eq!(cells(open), Err(LineFault::QuotedLineBreak), "{open:?}");
        }
        for lone in ["1,2\r3,4\n", "1\r2"] {
            assert_eq!(cells(lone), Err(LineFault::CarriageReturn), "{lone:?}");
        }
    }

    #[test]
    fn buffers_are_kept_between_lines_of_any_length_and_width() {
        let mut parser = LineParser::new();
        for width in [1, 2, 31, 32, 33, 64, 65, 1000, 1] {
            let line = vec!["12345"; width].join(",");
            let cells = parser.parse(line.as_bytes()).expect("a row").expect("not blank");
            assert_eq!(cells.len(), width);
            assert!(cells.iter().all(|cell| cell == b"12345"), "width {width}");
        }
    }
}
