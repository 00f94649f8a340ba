//! Does every pool give the known figures of the real data, to the last bit?

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};

use crate::average::{PROGRAM, overall_text};
use crate::cargo::{self, Workspace};
use crate::child::{self, Errors};
use crate::failure::Failure;
use crate::out::Sink;
use crate::table;

const COLUMN: &str = "dep_delay";
const POOLS: [&str; 3] = ["threads", "processes", "rayon"];
const WORKERS: [&str; 2] = ["1", "2"];
const ROWS: u64 = 336_776;
const COUNT: u64 = 328_521;
const MISSING: u64 = 8_255;
const MIN: i64 = -43;
const MAX: i64 = 1301;
/// As text: the shortest decimal that is this number and no other, so equal texts are equal bits.
const MEAN: &str = "12.639070257304708";

/// A run takes about a second.
const LIMIT: Duration = Duration::from_secs(300);

/// Averages the shipped file with each pool and number of workers, and compares.
pub(super) fn check(workspace: &Workspace, sink: &mut Sink) -> Result<String, Failure> {
    let (package, example) = PROGRAM;
    let program = cargo::build_with_tests(workspace, package, example, sink.stdio()?)?;
    let mut first: Option<String> = None;
    for pool in POOLS {
        for workers in WORKERS {
            let who = format!("{pool} with {}", table::counted(workers.parse().unwrap_or(0), "worker"));
            let wrong = |what: String| Failure::Failed(format!("{who}: {what}"));
            let document = average(&program, pool, workers, sink)?.map_err(wrong)?;
            let overall = overall(&document).map_err(wrong)?;
            sink.line(format_args!("{who}: {overall}"))?;
            match &first {
                None => first = Some(overall),
                Some(first) if *first == overall => (),
                Some(first) => return Err(wrong(format!("{overall} is not {first}"))),
            }
        }
    }
    Ok(format!("{} pools with {} workers: mean {MEAN}", POOLS.len(), WORKERS.join(" and ")))
}

/// The document that one run prints, or why there is none.
fn average(
    program: &Path,
    pool: &str,
    workers: &str,
    sink: &Sink,
) -> Result<Result<String, String>, Failure> {
    let mut command = Command::new(program);
    command.args(["--column", COLUMN, "--pool", pool, "--workers", workers, "--json"]);
    let captured = child::capture(command, Errors::Apart(sink.stdio()?), LIMIT)?;
    Ok(if captured.ended.is_well() { Ok(captured.lines.join("\n")) } else { Err(captured.ended.to_string()) })
}

/// The `overall` object without white space, once its figures are the known ones.
fn overall(document: &str) -> Result<String, String> {
    let parsed: Value =
        serde_json::from_str(document).map_err(|error| format!("not one JSON document: {error}"))?;
    let overall = &parsed["overall"];
    let whole = |key: &str, expected: u64, found: &Value| match found == &json!(expected) {
        true => Ok(()),
        false => Err(format!("{key} is {found}, not {expected}")),
    };
    whole("rows", ROWS, &parsed["rows"])?;
    whole("count", COUNT, &overall["count"])?;
    whole("missing", MISSING, &overall["missing"])?;
    for (key, expected) in [("min", MIN), ("max", MAX)] {
        if overall[key].as_f64() != Some(expected as f64) {
            return Err(format!("{key} is {}, not {expected}", overall[key]));
        }
    }
    let text = overall_text(document).ok_or("there is no overall object")?;
    let mean = format!("\"mean\":{MEAN}");
    let exact = text.split_once(&mean).is_some_and(|(_, after)| after.starts_with([',', '}']));
    if exact { Ok(text) } else { Err(format!("the mean in {text} is not {MEAN}")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(mean: &str, missing: u64) -> String {
        format!(
            "{{\"column\": \"dep_delay\", \"rows\": 336776,\n \"overall\": {{\"count\": 328521, \"missing\": {missing}, \
             \"sum\": 4152200.0,\n \"mean\": {mean}, \"min\": -43.0, \"max\": 1301}}, \"groups\": {{}}}}"
        )
    }

    #[test]
    fn the_known_figures_are_accepted_in_any_layout() {
        let expected = "{\"count\":328521,\"missing\":8255,\"sum\":4152200.0,\"mean\":12.639070257304708,\
                        \"min\":-43.0,\"max\":1301}";
        assert_eq!(overall(&document("12.639070257304708", 8255)).as_deref(), Ok(expected));
    }

    #[test]
    fn a_mean_that_differs_in_its_last_bit_is_refused() {
        for mean in ["12.63907025730471", "12.6390702573047080001", "12.63907025730470"] {
            assert!(overall(&document(mean, 8255)).is_err(), "{mean}");
        }
    }

    #[test]
    fn a_wrong_count_is_refused_by_its_name() {
        let error = overall(&document("12.639070257304708", 8254)).unwrap_err();
        assert_eq!(error, "missing is 8254, not 8255");
    }

    #[test]
    fn what_is_no_document_is_refused() {
        assert!(overall("12.64").is_err());
        assert!(overall("").is_err());
    }
}
