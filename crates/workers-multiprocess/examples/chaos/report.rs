//! What is printed at the end.

use crate::{killer::Kills, tally::Tally};
use serde_json::json;
use std::time::Duration;

pub(crate) fn json(tally: &Tally, seed: u64, elapsed: Duration) -> String {
    let Kills { kill, segv, stop } = tally.kills;
    let document = json!({
        "kills": {"SIGKILL": kill, "SIGSEGV": segv, "SIGSTOP": stop},
        "parents": tally.parents,
        "tasks": tally.tasks,
        "values": tally.values,
        "panics": tally.panics,
        "deaths": tally.deaths,
        "timed_out": tally.timed_out,
        "cancelled": tally.cancelled,
        "not_started": tally.not_started,
        "retried": tally.retried,
        "lost": tally.lost,
        "duplicated": tally.duplicated,
        "left": tally.left,
        "failures": tally.failures,
        "seed": seed,
        "seconds": elapsed.as_secs_f64(),
        "ok": tally.failed == 0,
    });
    format!("{document:#}\n")
}

pub(crate) fn table(tally: &Tally, seed: u64, elapsed: Duration) -> String {
    let Kills { kill, segv, stop } = tally.kills;
    let rows = [
        ("killed by SIGKILL", kill),
        ("killed by SIGSEGV", segv),
        ("stopped by SIGSTOP", stop),
        ("parents killed", tally.parents),
        ("tasks", tally.tasks),
        ("values", tally.values),
        ("panics", tally.panics),
        ("deaths", tally.deaths),
        ("time-outs", tally.timed_out),
        ("cancelled", tally.cancelled),
        ("not started", tally.not_started),
        ("retried", tally.retried),
        ("lost", tally.lost),
        ("duplicated", tally.duplicated),
        ("left", tally.left),
        ("seed", seed),
    ];
    let mut text: String = rows.iter().map(|(name, count)| format!("{name:<20}{count:>12}\n")).collect();
    text += &format!("{:<20}{:>12.1}\n", "seconds", elapsed.as_secs_f64());
    match tally.failed {
        0 => text + "The promise was kept.\n",
        failed => format!(
            "{text}The promise was broken {failed} times, for instance:\n  {}\n",
            tally.failures.join("\n  ")
        ),
    }
}
