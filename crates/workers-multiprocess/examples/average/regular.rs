//! Where are the cells of lines that have nothing to unquote?
//!
//! Most lines of most files are regular: as many cells as the header, no quotes, no carriage return except
//! before the line feed, and not blank. Their cells end where a comma or a line feed stands, and these are
//! found 64 bytes at a time, as in Geoff Langdale's and Daniel Lemire's *Parsing Gigabytes of JSON per Second*
//! (2019). Where only one line is not regular, nothing is said of the others near it, and [`LineParser`] reads
//! them all: it decides what a line means, and here is only a faster way to the same cells.
//!
//! [`LineParser`]: super::line::LineParser

use super::line::Cells;
use wide::u8x16;

/// Finds the cells of many lines into a buffer that it keeps.
#[derive(Default)]
pub(crate) struct RegularLines {
    /// The places of the commas and line feeds, and room for those of another block.
    ends: Vec<usize>,
}

/// How many bytes are looked at together: one bit each.
const BLOCK: usize = 64;

impl RegularLines {
    /// The cells of each of `lines`, if all are regular and have `width` cells.
    pub(crate) fn rows<'a>(
        &'a mut self,
        lines: &'a [u8],
        width: usize,
    ) -> Option<impl Iterator<Item = Cells<'a>>> {
        let ends = self.find_ends(lines)?;
        let ends_line = |row: &[usize]| row.last().is_some_and(|&end| lines[end] == b'\n');
        // There are as many line feeds as rows, and each row ends with one: so none is inside a row.
        let rows = memchr::memchr_iter(b'\n', lines).count();
        if ends.len() != rows * width || !ends.chunks_exact(width).all(ends_line) {
            return None;
        }
        let mut start = 0;
        Some(ends.chunks_exact(width).map(move |row| {
            let cells = Cells::between_separators(lines, start, row);
            start = row[width - 1] + 1;
            cells
        }))
    }

    /// The places of all commas and line feeds; nothing if a line is blank or not ended, or has quotes or a lone
    /// carriage return.
    fn find_ends(&mut self, lines: &[u8]) -> Option<&[usize]> {
        if lines.last() != Some(&b'\n') {
            return None;
        }
        self.ends.resize(lines.len() + BLOCK, 0);
        let mut found = 0;
        let mut before = Before::LINE_FEED;
        let (blocks, rest) = lines.as_chunks::<BLOCK>();
        let mut last = [0; BLOCK];
        last[..rest.len()].copy_from_slice(rest);
        for (block, start) in blocks.iter().chain([&last]).zip((0..).step_by(BLOCK)) {
            let line_feeds = places_of(b'\n', block);
            if !before.is_regular(block, line_feeds) {
                return None;
            }
            let mut places = places_of(b',', block) | line_feeds;
            let room = &mut self.ends[found..found + BLOCK];
            let count = places.count_ones() as usize;
            for end in &mut room[..count] {
                *end = start + places.trailing_zeros() as usize;
                places &= places.wrapping_sub(1);
            }
            found += count;
        }
        Some(&self.ends[..found])
    }
}

/// What the byte before a block was: one bit each.
struct Before {
    line_feed: u64,
    carriage_return: u64,
}

impl Before {
    /// Before the first line, as before every line.
    const LINE_FEED: Self = Self { line_feed: 1, carriage_return: 0 };

    /// Whether `block` has no quotes, no blank line, and line feeds only behind carriage returns.
    fn is_regular(&mut self, block: &[u8; BLOCK], line_feeds: u64) -> bool {
        let carriage_returns = places_of(b'\r', block);
        let behind_line_feeds = line_feeds << 1 | self.line_feed;
        let behind_carriage_returns = carriage_returns << 1 | self.carriage_return;
        *self = Self { line_feed: line_feeds >> 63, carriage_return: carriage_returns >> 63 };
        let blank = behind_line_feeds & (line_feeds | carriage_returns);
        let lone = behind_carriage_returns & !line_feeds;
        places_of(b'"', block) | blank | lone == 0
    }
}

/// The places of `byte` in `block`: the lowest bit is the first byte's.
fn places_of(byte: u8, block: &[u8; BLOCK]) -> u64 {
    let places_in = |&lanes: &[u8; 16]| u8x16::new(lanes).simd_eq(u8x16::splat(byte)).to_bitmask();
    block.as_chunks().0.iter().rev().fold(0, |places, lanes| places << 16 | u64::from(places_in(lanes)))
}

#[cfg(test)]
mod tests {
    use super::super::line::LineParser;
    use super::super::parts::lines;
    use super::*;
    use proptest::prelude::*;

    fn owned(row: Cells<'_>) -> Vec<Vec<u8>> {
        row.iter().map(<[u8]>::to_vec).collect()
    }

    /// The cells as found here, if the lines are regular.
    fn found(text: &str, width: usize) -> Option<Vec<Vec<Vec<u8>>>> {
        Some(RegularLines::default().rows(text.as_bytes(), width)?.map(owned).collect())
    }

    /// The cells as `LineParser` reads them; blank lines and faults are nothing.
    fn parsed(text: &str) -> Vec<Option<Vec<Vec<u8>>>> {
        lines(text.as_bytes()).map(|line| LineParser::new().parse(line).ok()?.map(owned)).collect()
    }

    #[test]
    fn regular_lines_are_found_across_blocks_and_with_either_ending() {
        for ending in ["\n", "\r\n"] {
            for width in 1..70 {
                let text = (vec!["ab"; width].join(",") + ending).repeat(9);
                assert_eq!(found(&text, width), Some(vec![vec![b"ab".to_vec(); width]; 9]));
                assert_eq!(found(&text, width + 1), None);
            }
        }
        assert_eq!(found(",\n", 2), Some(vec![vec![vec![], vec![]]]));
    }

    #[test]
    fn what_is_not_regular_is_noticed_at_every_place_in_a_block() {
        for length in 0..150 {
            let row = "x".repeat(length);
            for odd in ["\"\"\n", "y\ry\n", "y\r\r\n", "\n\n", "y\n\r\n", "y\r", "y"] {
                assert_eq!(found(&format!("{row}{odd}"), 1), None, "{length} and {odd:?}");
            }
        }
        // As many line feeds and cells as there should be, but not where they should be.
        assert_eq!(found("a,b,c\nd\n", 2), None);
    }

    proptest! {
        #[test]
        fn regular_lines_have_the_cells_that_the_parser_finds(
            text in "([a1]{0,3}[,,,\n\r\"]){0,90}\n", width in 1usize..4
        ) {
            if let Some(rows) = found(&text, width) {
                prop_assert_eq!(rows.into_iter().map(Some).collect::<Vec<_>>(), parsed(&text));
            }
        }

        #[test]
        fn lines_that_the_parser_finds_without_quotes_are_regular(
            text in "(([a1]{0,3},){2}[a1]{0,3}\r?\n){1,40}"
        ) {
            prop_assert!(found(&text, 3).is_some());
        }
    }
}
