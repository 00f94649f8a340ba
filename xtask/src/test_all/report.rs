//! How did the steps end, and what is the verdict?

use serde_json::{Value, json};

use crate::table::{self, Align};

/// How a step ended.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Status {
    Passed,
    Failed,
    NotRun,
}

/// One step that was asked for.
pub(super) struct Outcome {
    pub(super) name: &'static str,
    pub(super) status: Status,
    pub(super) seconds: f64,
    /// What was counted, or why it failed or did not run.
    pub(super) detail: String,
}

impl Status {
    fn words(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "FAILED",
            Self::NotRun => "not run",
        }
    }

    fn key(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::NotRun => "not_run",
        }
    }
}

impl Outcome {
    /// What is said as soon as it is known.
    pub(super) fn line(&self) -> String {
        let Self { name, detail, .. } = self;
        let line = format!("{name:<13} {:<7} {:>9}  {detail}", self.status.words(), self.time());
        line.trim_end().to_owned()
    }

    fn time(&self) -> String {
        if self.status == Status::NotRun { "–".to_owned() } else { table::seconds(self.seconds) }
    }
}

/// Nothing failed, and something passed: a run in which no step could run is no success.
pub(super) fn ok(outcomes: &[Outcome]) -> bool {
    count(outcomes, Status::Failed) == 0 && count(outcomes, Status::Passed) > 0
}

fn count(outcomes: &[Outcome], status: Status) -> usize {
    outcomes.iter().filter(|outcome| outcome.status == status).count()
}

/// The table, the verdict in a sentence, and the line of counts.
pub(super) fn lines(outcomes: &[Outcome], seconds: f64) -> Vec<String> {
    let columns =
        [("step", Align::Left), ("status", Align::Left), ("time", Align::Right), ("detail", Align::Left)];
    let row = |outcome: &Outcome| {
        let status = outcome.status.words().to_owned();
        [outcome.name.to_owned(), status, outcome.time(), outcome.detail.clone()]
    };
    let rows: Vec<[String; 4]> = outcomes.iter().map(row).collect();
    let mut lines = vec![String::new()];
    lines.extend(table::render(columns, &rows));
    lines.extend([String::new(), verdict(outcomes, seconds), counts(outcomes)]);
    lines
}

fn verdict(outcomes: &[Outcome], seconds: f64) -> String {
    let names = |status| {
        let ended_so = outcomes.iter().filter(|outcome| outcome.status == status);
        ended_so.map(|outcome| outcome.name).collect::<Vec<_>>().join(", ")
    };
    let time = table::seconds(seconds);
    if count(outcomes, Status::Failed) > 0 {
        return format!("Not everything is right: {} failed ({time}).", names(Status::Failed));
    }
    match (count(outcomes, Status::Passed), count(outcomes, Status::NotRun)) {
        (_, 0) => format!("Everything passed ({time})."),
        (0, _) => "Nothing was checked: no step could run.".to_owned(),
        (_, _) => {
            format!("Everything that ran passed ({time}), but this did not run: {}.", names(Status::NotRun))
        }
    }
}

fn counts(outcomes: &[Outcome]) -> String {
    let [passed, failed, not_run] =
        [Status::Passed, Status::Failed, Status::NotRun].map(|status| count(outcomes, status));
    format!("{passed} passed, {failed} failed, {not_run} skipped")
}

/// The same as one JSON document.
pub(super) fn to_json(outcomes: &[Outcome], seconds: f64) -> Value {
    let step = |outcome: &Outcome| {
        json!({
            "name": outcome.name,
            "status": outcome.status.key(),
            "seconds": outcome.seconds,
            "detail": outcome.detail,
        })
    };
    json!({
        "steps": outcomes.iter().map(step).collect::<Vec<_>>(),
        "passed": count(outcomes, Status::Passed),
        "failed": count(outcomes, Status::Failed),
        "not_run": count(outcomes, Status::NotRun),
        "seconds": seconds,
        "ok": ok(outcomes),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcomes(statuses: &[Status]) -> Vec<Outcome> {
        let outcome = |&status| Outcome { name: "docs", status, seconds: 1.25, detail: String::new() };
        statuses.iter().map(outcome).collect()
    }

    #[test]
    fn a_step_that_did_not_run_is_not_counted_as_passed() {
        let outcomes = outcomes(&[Status::Passed, Status::NotRun]);
        assert_eq!(counts(&outcomes), "1 passed, 0 failed, 1 skipped");
        assert!(verdict(&outcomes, 2.0).contains("did not run: docs"));
        assert!(ok(&outcomes));
    }

    #[test]
    fn a_run_without_a_single_pass_is_no_success() {
        assert!(!ok(&outcomes(&[Status::NotRun])));
        assert!(!ok(&outcomes(&[Status::Passed, Status::Failed])));
    }

    #[test]
    fn the_counts_are_the_last_line_and_the_verdict_is_just_before() {
        let lines = lines(&outcomes(&[Status::Passed, Status::Failed]), 2.0);
        let [.., verdict, counts] = lines.as_slice() else { panic!("{lines:?}") };
        assert_eq!(verdict, "Not everything is right: docs failed (2.0 s).");
        assert_eq!(counts, "1 passed, 1 failed, 0 skipped");
    }

    #[test]
    fn the_document_counts_what_it_lists() {
        let document = to_json(&outcomes(&[Status::Passed, Status::NotRun, Status::Failed]), 2.0);
        let statuses: Vec<_> =
            document["steps"].as_array().unwrap().iter().map(|step| &step["status"]).collect();
        assert_eq!(statuses, ["passed", "not_run", "failed"]);
        assert_eq!((&document["not_run"], &document["ok"]), (&json!(1), &json!(false)));
    }
}
