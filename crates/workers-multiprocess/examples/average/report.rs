//! How is the answer shown?

use super::arguments::Arguments;
use super::fold::Fold;
use super::summary::Summary;
use super::text::one_line;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::Duration;

/// The answer as one JSON document.
pub(crate) fn json(arguments: &Arguments, fold: &Fold, elapsed: Duration) -> String {
    let document = Document {
        column: &arguments.column,
        by: arguments.by.as_deref(),
        pool: arguments.pool.name(),
        workers: arguments.workers.get(),
        seconds: elapsed.as_secs_f64(),
        rows: rows(fold),
        overall: Figures::of(&fold.overall),
        groups: fold.groups.iter().map(|(key, group)| (key.as_str(), Figures::of(group))).collect(),
    };
    serde_json::to_string(&document).expect("keys are text and numbers finite") + "\n"
}

/// The answer as a table for people.
pub(crate) fn table(arguments: &Arguments, fold: &Fold, elapsed: Duration) -> String {
    let by = arguments.by.as_deref().unwrap_or("");
    let mut lines = vec![[by, "mean", "count", "missing", "sum", "min", "max"].map(one_line)];
    let groups: BTreeMap<&String, &Summary> = fold.groups.iter().collect();
    lines.extend(groups.into_iter().map(|(key, group)| cells(key, group)));
    lines.push(cells(if by.is_empty() { &arguments.column } else { "all" }, &fold.overall));

    let mut text = String::new();
    for (index, line) in lines.iter().enumerate() {
        for (column, cell) in line.iter().enumerate() {
            let width = lines.iter().map(|line| line[column].chars().count()).max().unwrap_or(0);
            // Infallible: a String takes everything.
            let _ =
                if column == 0 { write!(text, "{cell:<width$}") } else { write!(text, "  {cell:>width$}") };
        }
        text.push('\n');
        // The overall line is set apart, since a group may be called "all".
        if index + 2 == lines.len() && lines.len() > 2 {
            text.push('\n');
        }
    }
    let (pool, workers, seconds) = (arguments.pool.name(), arguments.workers, elapsed.as_secs_f64());
    let _ = writeln!(text, "\n{} rows in {seconds:.3} s (pool: {pool}, workers: {workers})", rows(fold));
    text
}

#[derive(Serialize)]
struct Document<'a> {
    column: &'a str,
    by: Option<&'a str>,
    pool: &'a str,
    workers: usize,
    seconds: f64,
    rows: u64,
    overall: Figures,
    groups: BTreeMap<&'a str, Figures>,
}

#[derive(Serialize)]
struct Figures {
    count: u64,
    missing: u64,
    sum: f64,
    mean: Option<f64>,
    min: Option<f64>,
    max: Option<f64>,
}

impl Figures {
    fn of(summary: &Summary) -> Self {
        let Summary { count, missing, ref sum, range } = *summary;
        let (min, max) = (range.map(|range| range.0), range.map(|range| range.1));
        Self { count, missing, sum: sum.value(), mean: summary.mean(), min, max }
    }
}

fn cells(key: &str, summary: &Summary) -> [String; 7] {
    let figures = Figures::of(summary);
    let or_none = |figure: Option<f64>| figure.map_or_else(|| "-".to_owned(), number);
    let mean = figures
        .mean
        .map_or_else(|| "-".to_owned(), |mean| fixed(mean).unwrap_or_else(|| format!("{mean:.2e}")));
    let (count, missing) = (figures.count.to_string(), figures.missing.to_string());
    [one_line(key), mean, count, missing, number(figures.sum), or_none(figures.min), or_none(figures.max)]
}

/// Two decimals, for numbers that have a readable number of digits.
fn fixed(number: f64) -> Option<String> {
    (number.abs() < 1e15).then(|| format!("{number:.2}"))
}

/// All digits, with an exponent where there would be many zeros.
fn number(number: f64) -> String {
    let readable = number == 0.0 || (1e-5..1e15).contains(&number.abs());
    if readable { format!("{number}") } else { format!("{number:e}") }
}

fn rows(fold: &Fold) -> u64 {
    fold.overall.count + fold.overall.missing
}

#[cfg(test)]
mod tests {
    use super::super::arguments;
    use super::super::fold::{Columns, fold_bytes};
    use super::*;

    fn asked(line: &str) -> Arguments {
        let words = line.split_whitespace().map(Into::into);
        arguments::parse(words).expect("good arguments").expect("no help")
    }

    fn folded(text: &str) -> Fold {
        fold_bytes(text.as_bytes(), Columns { width: 2, value: 1, by: Some(0) }).expect("good input")
    }

    #[test]
    fn the_document_has_all_figures_in_full_and_null_where_there_is_none() {
        let arguments = asked("f.csv --column x --by k --pool threads --workers 2 --json");
        assert_eq!(
            json(&arguments, &folded("b,NA\na,0.1\na,0.2\n"), Duration::from_millis(1500)),
            concat!(
                r#"{"column":"x","by":"k","pool":"threads","workers":2,"seconds":1.5,"rows":3,"#,
                r#""overall":{"count":2,"missing":1,"sum":0.30000000000000004,"mean":0.15000000000000002,"min":0.1,"max":0.2},"#,
                r#""groups":{"a":{"count":2,"missing":0,"sum":0.30000000000000004,"mean":0.15000000000000002,"min":0.1,"max":0.2},"#,
                r#""b":{"count":0,"missing":1,"sum":0.0,"mean":null,"min":null,"max":null}}}"#,
                "\n"
            )
        );
        let nothing =
            json(&asked("f.csv --column x --pool rayon --workers 7"), &Fold::default(), Duration::ZERO);
        assert!(
            nothing.contains(r#""by":null,"pool":"rayon","workers":7,"seconds":0.0,"rows":0,"#),
            "{nothing}"
        );
        assert!(nothing.ends_with("\"groups\":{}}\n"), "{nothing}");
    }

    #[test]
    fn the_table_has_a_line_for_each_group_and_one_for_all() {
        let arguments = asked("f.csv --column x --by k --pool threads --workers 2");
        let shown = table(&arguments, &folded("b\u{1b},NA\na,1\na,2\n"), Duration::from_millis(1500));
        let expected = "\
k        mean  count  missing  sum  min  max
a        1.50      2        0    3    1    2
b\\u{1b}     -      0        1    0    -    -

all      1.50      2        1    3    1    2

3 rows in 1.500 s (pool: threads, workers: 2)
";
        assert_eq!(shown, expected);
    }

    #[test]
    fn very_large_and_small_numbers_are_shown_with_an_exponent() {
        assert_eq!(number(4_152_200.0), "4152200");
        assert_eq!(number(-0.25), "-0.25");
        assert_eq!(number(1e300), "1e300");
        assert_eq!(number(1.5e-9), "1.5e-9");
        assert_eq!(fixed(1e300), None);
    }
}
