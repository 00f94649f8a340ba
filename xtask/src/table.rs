//! How are columns lined up?

/// On which side a column's cells touch.
#[derive(Clone, Copy)]
pub(crate) enum Align {
    Left,
    Right,
}

/// A column: its heading and its side.
pub(crate) type Column = (&'static str, Align);

/// Lays `rows` out under `columns`: a heading, a rule, then one line a row, two spaces between columns and
/// none at the end of a line.
pub(crate) fn render<const N: usize>(columns: [Column; N], rows: &[[String; N]]) -> Vec<String> {
    let mut widths = columns.map(|(heading, _)| heading.chars().count());
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let line = |cells: [&str; N]| {
        let mut line = String::new();
        for ((cell, (_, align)), width) in cells.iter().zip(columns).zip(widths) {
            match align {
                Align::Left => line.push_str(&format!("{cell:<width$}  ")),
                Align::Right => line.push_str(&format!("{cell:>width$}  ")),
            }
        }
        line.trim_end().to_owned()
    };
    let rule = "─".repeat(widths.iter().sum::<usize>() + 2 * N.saturating_sub(1));
    let mut lines = vec![line(columns.map(|(heading, _)| heading)), rule];
    lines.extend(rows.iter().map(|row| line(row.each_ref().map(String::as_str))));
    lines
}

/// A duration for a reader: tenths of a second.
pub(crate) fn seconds(seconds: f64) -> String {
    format!("{seconds:.1} s")
}

/// A count for a reader, in groups of three: `12,345`.
pub(crate) fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut grouped = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// A count with its noun: `1 step`, `2 steps`.
pub(crate) fn counted(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let rows = [["lock".to_owned(), "7".to_owned()], ["größte".to_owned(), "12,345".to_owned()]];
        let lines = render([("proof", Align::Left), ("runs", Align::Right)], &rows);
        let expected = ["proof     runs", "──────────────", "lock         7", "größte  12,345"];
        assert_eq!(lines, expected);
    }

    #[test]
    fn a_table_without_rows_is_its_heading() {
        assert_eq!(
            render([("step", Align::Left), ("time", Align::Right)], &[]),
            ["step  time", "──────────"]
        );
    }

    #[test]
    fn counts_are_grouped_from_the_right() {
        assert_eq!([0, 999, 1000, 1_234_567].map(grouped), ["0", "999", "1,000", "1,234,567"]);
    }
}
