//! What does one part of the file say about the column, and which of its lines is the first bad one?

use super::exact_sum::Overflow;
use super::line::{Cells, LineFault, LineParser};
use super::mapping::map;
use super::number;
use super::parts::{cut, lines};
use super::regular::RegularLines;
use super::summary::Summary;
use super::text::excerpt;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::ffi::OsString;
use std::fs::File;

/// What a worker gets: where its part lies, and which cells count. The worker maps the file itself.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Part {
    pub(crate) path: OsString,
    pub(crate) offset: u64,
    pub(crate) length: usize,
    pub(crate) columns: Columns,
}

/// Which cells of a row count. Indices are counted from 0.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Columns {
    /// How many cells each row has.
    pub(crate) width: usize,
    /// The cell with the number.
    pub(crate) value: usize,
    /// The cell with the group's key.
    pub(crate) by: Option<usize>,
}

/// What a part of the file, or several adjoining ones, say about the column.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Fold {
    /// How many lines, blank ones included.
    pub(crate) lines: u64,
    pub(crate) overall: Summary,
    pub(crate) groups: HashMap<String, Summary>,
}

/// Why a part has no answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum BadInput {
    /// A line, counted from 1 at the start of the part, is no row of numbers.
    Line { line: u64, fault: Fault },
    /// A sum left the range of a 64-bit float.
    Overflow,
    /// The part could not be mapped.
    Unreadable(String),
}

/// What is wrong with a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Fault {
    /// The cell in the column is not a finite number.
    NotANumber { content: String },
    /// The group's key is not UTF-8.
    KeyNotText { content: String },
    /// The row has another number of cells than the header.
    Width { found: usize },
    /// The line is no row.
    NoRow(LineFault),
}

impl Fold {
    /// Takes in what the parts behind this one say.
    pub(crate) fn merge(&mut self, later: Self) -> Result<(), Overflow> {
        self.lines += later.lines;
        self.overall.merge(&later.overall)?;
        later
            .groups
            .into_iter()
            .try_for_each(|(key, summary)| self.groups.entry(key).or_default().merge(&summary))
    }

    /// Takes in the next line: a row, a blank line or no row.
    fn take_line(
        &mut self,
        line: Result<Option<Cells<'_>>, LineFault>,
        columns: Columns,
    ) -> Result<(), BadInput> {
        self.lines += 1;
        let at = self.lines;
        let bad = |fault| BadInput::Line { line: at, fault };
        if let Some(row) = line.map_err(|fault| bad(Fault::NoRow(fault)))? {
            let (number, key) = columns.pick(row).map_err(bad)?;
            self.take(number, key)?;
        }
        Ok(())
    }

    fn take(&mut self, number: Option<f64>, key: Option<&str>) -> Result<(), Overflow> {
        if let Some(key) = key {
            // Looked up twice when it is new, so that a key is copied only then.
            match self.groups.get_mut(key) {
                Some(group) => group.take(number)?,
                None => self.groups.entry(key.to_owned()).or_default().take(number)?,
            }
        }
        self.overall.take(number)
    }
}

impl Columns {
    /// The number in a row, if it is not missing, and the key of the row's group, if there are groups.
    fn pick<'a>(&self, row: Cells<'a>) -> Result<(Option<f64>, Option<&'a str>), Fault> {
        if row.len() != self.width {
            return Err(Fault::Width { found: row.len() });
        }
        let key = match self.by.map(|by| row.get(by)) {
            Some(key) => Some(str::from_utf8(key).map_err(|_| Fault::KeyNotText { content: excerpt(key) })?),
            None => None,
        };
        Ok((number(row.get(self.value))?, key))
    }
}

impl BadInput {
    /// The same with a bad line numbered `lines` higher: from a place so many lines before the part.
    pub(crate) fn behind(self, lines: u64) -> Self {
        match self {
            Self::Line { line, fault } => Self::Line { line: lines + line, fault },
            other => other,
        }
    }
}

impl From<Overflow> for BadInput {
    fn from(_: Overflow) -> Self {
        Self::Overflow
    }
}

/// How many bytes are looked at for regular lines together: few enough that they and the places of their cells
/// stay in a processor's first cache.
const WINDOW: usize = 4 << 10;

/// Folds the lines of `bytes`, which hold whole lines and no header, up to the first bad one.
pub(crate) fn fold_bytes(bytes: &[u8], columns: Columns) -> Result<Fold, BadInput> {
    let (mut regular, mut parser) = (RegularLines::default(), None);
    let mut fold = Fold::default();
    for window in cut(bytes, 0, WINDOW).into_iter().map(|range| &bytes[range]) {
        if let Some(rows) = regular.rows(window, columns.width) {
            for row in rows {
                fold.take_line(Ok(Some(row)), columns)?;
            }
        } else {
            let parser = parser.get_or_insert_with(LineParser::new);
            for line in lines(window) {
                fold.take_line(parser.parse(line), columns)?;
            }
        }
    }
    Ok(fold)
}

/// Maps a part of a file and folds it.
#[workers_multiprocess::task]
pub(crate) fn fold_part(part: Part) -> Result<Fold, BadInput> {
    let bytes = File::open(&part.path).and_then(|file| map(&file, part.offset, part.length));
    let bytes = bytes.map_err(|error| BadInput::Unreadable(error.to_string()))?;
    fold_bytes(&bytes, part.columns)
}

/// The number in a cell; nothing where it is missing.
fn number(cell: &[u8]) -> Result<Option<f64>, Fault> {
    if cell.is_empty() || cell == b"NA" {
        return Ok(None);
    }
    let number = number::parse(cell);
    if number.is_some() { Ok(number) } else { Err(Fault::NotANumber { content: excerpt(cell) }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: Columns = Columns { width: 2, value: 1, by: Some(0) };

    fn first_fault(text: &[u8]) -> (u64, Fault) {
        match fold_bytes(text, COLUMNS) {
            Err(BadInput::Line { line, fault }) => (line, fault),
            other => panic!("no bad line in {:?}: {other:?}", String::from_utf8_lossy(text)),
        }
    }

    fn not_a_number(content: &str) -> Fault {
        Fault::NotANumber { content: content.into() }
    }

    #[test]
    fn numbers_are_summed_and_missing_cells_counted_by_group() {
        let text = b"a,1\r\n\r\n\"a\",\"2.5\"\nb,NA\nb,\n\n,-1e3";
        let fold = fold_bytes(text, COLUMNS).expect("good input");
        assert_eq!((fold.lines, fold.overall.count, fold.overall.missing), (7, 3, 2));
        assert_eq!(fold.overall.sum.value(), -996.5);
        assert_eq!(fold.overall.range, Some((-1000.0, 2.5)));
        let of = |key| fold.groups.get(key).map(|group| (group.count, group.missing, group.sum.value()));
        assert_eq!((of("a"), of("b"), of("")), (Some((2, 0, 3.5)), Some((0, 2, 0.0)), Some((1, 0, -1000.0))));
        assert_eq!(fold.groups.len(), 3);
    }

    #[test]
    fn what_is_no_finite_number_is_a_fault_of_its_line() {
        for bad in [
            "abc",
            "inf",
            "-inf",
            "nan",
            "NaN",
            "infinity",
            "1e999",
            " 1",
            "1 ",
            "0x10",
            "na",
            "1,5",
            "\u{feff}1",
        ] {
            let text = format!("a,1\n\na,\"{bad}\"\na,worse\n");
            assert_eq!(first_fault(text.as_bytes()), (3, not_a_number(bad)));
        }
        assert_eq!(first_fault(b"a,\xff\n"), (1, not_a_number("\u{fffd}")));
        for (good, number) in
            [("+5", 5.0), (".5", 0.5), ("5.", 5.0), ("-0", 0.0), ("1E3", 1e3), ("1e-999", 0.0)]
        {
            let fold = fold_bytes(format!("a,{good}\n").as_bytes(), COLUMNS).expect("a number");
            assert_eq!(fold.overall.sum.value(), number, "{good}");
        }
    }

    #[test]
    fn other_faults_name_their_line_too() {
        assert_eq!(first_fault(b"a,1\nb\n"), (2, Fault::Width { found: 1 }));
        assert_eq!(first_fault(b"a,1\nb,2,3\n"), (2, Fault::Width { found: 3 }));
        assert_eq!(first_fault(b"a,1\n\"b\nc\",2\n"), (2, Fault::NoRow(LineFault::QuotedLineBreak)));
        assert_eq!(first_fault(b"a,1\rb,2\n"), (1, Fault::NoRow(LineFault::CarriageReturn)));
        assert_eq!(
            first_fault(b"a,1\n\xe9t\xe9,2\n"),
            (2, Fault::KeyNotText { content: "\u{fffd}t\u{fffd}".into() })
        );
    }

    /// Folds `text` in parts of `size` bytes; a bad line is numbered from the start of the text.
    fn fold_in_parts(text: &[u8], size: usize) -> Result<Fold, BadInput> {
        let mut whole = Fold::default();
        for part in cut(text, 0, size) {
            whole.merge(fold_bytes(&text[part], COLUMNS).map_err(|bad| bad.behind(whole.lines))?)?;
        }
        Ok(whole)
    }

    #[test]
    fn the_size_of_the_parts_changes_no_bit() {
        let text: String = (0..200)
            .map(|i| format!("{},{}\n", i % 7, 1.0 / f64::from(i + 1) * 1e3f64.powi(i % 5)))
            .collect();
        let bits = |fold: Fold| {
            let of = |s: &Summary| (s.count, s.missing, s.sum.value().to_bits(), format!("{:?}", s.range));
            let groups: std::collections::BTreeMap<_, _> =
                fold.groups.iter().map(|(k, s)| (k.clone(), of(s))).collect();
            (fold.lines, of(&fold.overall), groups)
        };
        let expected = bits(fold_bytes(text.as_bytes(), COLUMNS).expect("good input"));
        for size in 1..500 {
            assert_eq!(
                bits(fold_in_parts(text.as_bytes(), size).expect("good input")),
                expected,
                "parts of {size}"
            );
        }
    }

    #[test]
    fn the_first_bad_line_is_the_same_for_any_size_of_the_parts() {
        let texts: [(&[u8], u64); 4] = [
            (b"a,1\n\nb,2\nc,bad\nd\ne,worse\n", 4),
            (b"a,1\n\"x\ny\",2\nb,bad\n", 2),
            (b"a,1\nb,2\n\xef\xbb\xbfc,\xef\xbb\xbf3\n", 3),
            (b"a,1\nb,\"2\n", 2),
        ];
        for (text, line) in texts {
            let expected = fold_bytes(text, COLUMNS).expect_err("a bad line");
            assert!(matches!(expected, BadInput::Line { line: found, .. } if found == line), "{expected:?}");
            for size in 1..=text.len() {
                assert_eq!(fold_in_parts(text, size).expect_err("a bad line"), expected, "parts of {size}");
            }
        }
    }

    #[test]
    fn a_sum_out_of_range_is_an_error() {
        assert_eq!(fold_bytes(b"a,1e308\na,1e308\n", COLUMNS).expect_err("too large"), BadInput::Overflow);
        assert_eq!(fold_in_parts(b"a,1e308\nb,1e308\n", 1).expect_err("too large"), BadInput::Overflow);
    }
}
