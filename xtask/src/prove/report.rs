//! How are the proofs shown?

use super::Proved;
use super::record::Record;
use crate::table::{self, Align, counted, grouped};

/// The table of proofs with each claim under its proof, the totals, and the tests that failed.
pub(super) fn lines(proved: &Proved) -> Vec<String> {
    let columns = [
        ("threads", Align::Right),
        ("bound", Align::Right),
        ("explored", Align::Left),
        ("executions", Align::Right),
        ("seconds", Align::Right),
        ("refutations", Align::Left),
        ("proof", Align::Left),
    ];
    let rows: Vec<[String; 7]> = proved.records.iter().map(row).collect();
    let mut table = table::render(columns, &rows).into_iter();
    let mut lines: Vec<String> = table.by_ref().take(2).collect();
    for (line, record) in table.zip(&proved.records) {
        lines.extend([line, format!("         {}", record.claim)]);
    }
    lines.extend([String::new(), totals(&proved.records)]);
    lines.extend(proved.failed.iter().map(|name| format!("failed: {name}")));
    lines
}

fn row(record: &Record) -> [String; 7] {
    [
        record.threads.to_string(),
        record.bound.clone(),
        if record.complete { "complete" } else { "bounded" }.to_owned(),
        grouped(record.executions),
        format!("{:.2}", record.seconds),
        match record.refutations {
            0 => "none".to_owned(),
            all => format!("{} of {all} died", record.died),
        },
        record.name.clone(),
    ]
}

/// `12 proofs, 1,234 executions, 30 of 30 refutations died`
pub(super) fn totals(records: &[Record]) -> String {
    let sum = |of: fn(&Record) -> u64| records.iter().map(of).sum::<u64>();
    format!(
        "{}, {} executions, {} of {} refutations died",
        counted(records.len(), "proof"),
        grouped(sum(|record| record.executions)),
        sum(|record| record.died),
        sum(|record| record.refutations),
    )
}

/// One sentence on the whole run.
pub(super) fn verdict(proved: &Proved) -> String {
    let fallen = proved.records.iter().filter(|record| !record.stands()).count();
    match (proved.failed.len(), fallen) {
        (0, 0) if proved.records.iter().all(|record| record.refutations == 0) => {
            "Every proof holds; none of them has a refutation.".to_owned()
        }
        (0, 0) => "Every proof holds, and every refutation died.".to_owned(),
        (0, fallen) => format!(
            "{} not stand: a refutation did not end as stated, or nothing was explored.",
            do_not(fallen)
        ),
        (failed, _) => format!("{} failed.", counted(failed, "test")),
    }
}

fn do_not(proofs: usize) -> String {
    format!("{} {}", counted(proofs, "proof"), if proofs == 1 { "does" } else { "do" })
}

#[cfg(test)]
mod tests {
    use super::super::record::tests::record;
    use super::*;
    use serde_json::Value;

    #[test]
    fn each_claim_stands_under_its_proof() {
        let proved = Proved { records: vec![record(|_| ()).unwrap()], failed: Vec::new() };
        let lines = lines(&proved);
        assert!(
            lines[2].ends_with("2      3  bounded       12,345     0.25  1 of 1 died  locks::lock::excludes"),
            "{lines:#?}"
        );
        assert_eq!(lines[3], "         two threads never hold it at once");
        assert_eq!(lines[5], "1 proof, 12,345 executions, 1 of 1 refutations died");
        assert_eq!(verdict(&proved), "Every proof holds, and every refutation died.");
    }

    #[test]
    fn a_living_refutation_and_a_failed_test_change_the_verdict() {
        let living = record(|document| document["refutations"][0]["died_at"] = Value::Null).unwrap();
        let mut proved = Proved { records: vec![living], failed: Vec::new() };
        assert!(verdict(&proved).starts_with("1 proof does not stand"), "{}", verdict(&proved));
        proved.records[0].refutations = 0;
        assert_eq!(verdict(&proved), "Every proof holds; none of them has a refutation.");
        proved.failed.push("locks::loom lock::excludes".to_owned());
        assert_eq!(verdict(&proved), "1 test failed.");
        assert!(lines(&proved).contains(&"failed: locks::loom lock::excludes".to_owned()));
    }
}
