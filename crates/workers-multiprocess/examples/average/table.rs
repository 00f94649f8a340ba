//! Which file is read, which columns has it, and where do its rows begin?

use super::failure::{Failure, bad_file};
use super::fold::{BadInput, Columns, Fault};
use super::line::LineParser;
use super::mapping::map;
use super::parts::lines;
use std::fs::{self, File};
use std::path::PathBuf;

/// A mapped CSV file, its header read.
#[derive(Debug)]
pub(crate) struct Table {
    path: PathBuf,
    /// The same file's path as any process may open it: `/dev/stdin` is another file in each.
    pub(crate) real_path: PathBuf,
    pub(crate) map: memmap2::Mmap,
    /// Where the rows begin, in bytes.
    pub(crate) rows_at: usize,
    /// How many lines there are before the rows.
    pub(crate) lines_before: u64,
    names: Vec<String>,
}

/// A byte order mark: some programs begin UTF-8 files with one.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

impl Table {
    /// Maps the file and reads its header.
    pub(crate) fn open(path: PathBuf) -> Result<Self, Failure> {
        // Asked before the file is opened, since to open a named pipe waits for its writer.
        let metadata = fs::metadata(&path).map_err(|error| bad_file(&path, error))?;
        if metadata.is_dir() {
            return Err(bad_file(&path, "is a directory"));
        }
        if !metadata.is_file() {
            return Err(bad_file(&path, "is not a regular file, and only such a file can be mapped"));
        }
        let file = File::open(&path).map_err(|error| bad_file(&path, error))?;
        let real_path = fs::canonicalize(&path).map_err(|error| bad_file(&path, error))?;
        let length = usize::try_from(metadata.len()).map_err(|error| bad_file(&path, error))?;
        let map = map(&file, 0, length).map_err(|error| bad_file(&path, error))?;
        let header = read_header(&map);
        let Some((rows_at, lines_before, names)) = header.map_err(|bad| bad_file(&path, bad))? else {
            return Err(bad_file(&path, "is empty: it has no header"));
        };
        Ok(Self { path, real_path, map, rows_at, lines_before, names })
    }

    /// Finds the columns to fold.
    pub(crate) fn columns(&self, value: &str, by: Option<&str>) -> Result<Columns, Failure> {
        let by = by.map(|name| self.column(name)).transpose()?;
        Ok(Columns { width: self.names.len(), value: self.column(value)?, by })
    }

    fn column(&self, name: &str) -> Result<usize, Failure> {
        let mut found =
            self.names.iter().enumerate().filter(|(_, other)| *other == name).map(|(index, _)| index);
        match (found.next(), found.next()) {
            (Some(index), None) => Ok(index),
            (Some(_), Some(_)) => {
                Err(bad_file(&self.path, format_args!("more than one column is named '{name}'")))
            }
            (None, _) => {
                let names = self.names.join(", ");
                Err(bad_file(
                    &self.path,
                    format_args!("no column is named '{name}'; the columns are: {names}"),
                ))
            }
        }
    }

    /// What to tell the user about bad input in a column of this file. A bad line is numbered from the file's
    /// start.
    pub(crate) fn describe(&self, bad: &BadInput, columns: Columns) -> Failure {
        let name = &self.names[columns.value];
        let (line, fault) = match bad {
            BadInput::Line { line, fault } => (line, fault),
            BadInput::Overflow => {
                let problem = format_args!("column '{name}': the sum leaves the range of a 64-bit float");
                return bad_file(&self.path, problem);
            }
            BadInput::Unreadable(problem) => return bad_file(&self.path, problem),
        };
        let problem = match fault {
            Fault::NotANumber { content } => format!("column '{name}': '{content}' is not a finite number"),
            Fault::KeyNotText { content } => {
                let key = columns.by.map_or("", |by| &self.names[by]);
                format!("column '{key}': '{content}' is not UTF-8 text")
            }
            Fault::Width { found } => {
                let plural = if *found == 1 { "" } else { "s" };
                format!("the row has {found} cell{plural}, the header has {}", columns.width)
            }
            Fault::NoRow(fault) => fault.to_string(),
        };
        bad_file(&self.path, format_args!("line {line}: {problem}"))
    }
}

/// Where the rows begin, how many lines come before them, and the names of the columns; nothing for a file
/// without a line that is not blank.
fn read_header(bytes: &[u8]) -> Result<Option<(usize, u64, Vec<String>)>, String> {
    let mut rows_at = if bytes.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len() } else { 0 };
    let mut parser = LineParser::new();
    for (line, number) in lines(&bytes[rows_at..]).zip(1..) {
        rows_at += line.len();
        let cells = parser.parse(line).map_err(|fault| format!("line {number}: {fault}"))?;
        if let Some(cells) = cells {
            let names = cells.iter().map(|name| String::from_utf8_lossy(name).into_owned()).collect();
            return Ok(Some((rows_at, number, names)));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(text: &str) -> Result<Option<(usize, u64, Vec<String>)>, String> {
        read_header(text.as_bytes())
    }

    fn found(rows_at: usize, lines: u64, names: &[&str]) -> Option<(usize, u64, Vec<String>)> {
        Some((rows_at, lines, names.iter().map(ToString::to_string).collect()))
    }

    #[test]
    fn a_header_may_be_quoted_behind_a_byte_order_mark_and_blank_lines() {
        assert_eq!(header("a,b\n1,2\n"), Ok(found(4, 1, &["a", "b"])));
        assert_eq!(header("\u{feff}\"a\",\"b \"\"c\"\"\"\r\n1,2\n"), Ok(found(18, 1, &["a", "b \"c\""])));
        assert_eq!(header("\n\r\na,b\n"), Ok(found(7, 3, &["a", "b"])));
        assert_eq!(header("a,b"), Ok(found(3, 1, &["a", "b"])));
    }

    #[test]
    fn a_file_without_a_line_has_no_header() {
        for blank in ["", "\n", "\u{feff}", "\u{feff}\r\n\r\n"] {
            assert_eq!(header(blank), Ok(None), "{blank:?}");
        }
    }

    #[test]
    fn a_broken_header_is_refused_with_its_line() {
        assert!(header("\"a\nb\",c\n").is_err_and(|error| error.starts_with("line 1: quotes are open")));
        assert!(header("\na\rb\n").is_err_and(|error| error.starts_with("line 2: a carriage return")));
    }
}
