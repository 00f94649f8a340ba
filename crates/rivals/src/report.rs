//! How are the results shown?

use crate::bench::Unit;
use crate::machine::Machine;
use crate::measure::{Line, Plan, Results};
use serde_json::{Map, Value, json};

pub(crate) fn heading(machine: &Machine, plan: &Plan) {
    println!("{}, {} cores", machine.cpu, machine.cores);
    let versions: Vec<String> =
        machine.versions.iter().map(|(name, version)| format!("{name} {version}")).collect();
    println!("{}", versions.join(", "));
    println!(
        "{} rounds in rotating order, about {} ms a measurement; threads {}; ratio: median to the best median\n",
        plan.rounds,
        plan.length.as_millis(),
        if machine.threads_bound { "bound to the cores in turn" } else { "where the scheduler puts them" }
    );
}

pub(crate) fn table(results: &Results) {
    let better = match results.unit {
        Unit::Nanoseconds => "less is better",
        Unit::Millions => "more is better",
    };
    println!("{} ({}, {better})", results.bench, results.unit.name());
    println!("  {:<18} {:>10} {:>10} {:>7}", "", "median", "min", "ratio");
    for (name, line) in &results.lines {
        match line {
            Line::Measured { median, min, ratio } => {
                let [median, min, ratio] = [median, min, ratio].map(|number| figure(*number));
                println!("  {name:<18} {median:>10} {min:>10} {ratio:>7}");
            }
            Line::Absent(reason) => println!("  {name:<18} absent: {reason}"),
            Line::Failed(why) => println!("  {name:<18} FAILED: {why}"),
        }
    }
    println!();
}

/// Two decimals, or four where two would say little.
fn figure(number: f64) -> String {
    if number < 0.1 { format!("{number:.4}") } else { format!("{number:.2}") }
}

pub(crate) fn json(machine: &Machine, plan: &Plan, results: &[Results]) {
    let versions: Map<String, Value> =
        machine.versions.iter().map(|(name, version)| ((*name).to_owned(), json!(version))).collect();
    let (mut rows, mut absent, mut failed) = (Vec::new(), Vec::new(), Vec::new());
    for result in results {
        let bench = &result.bench;
        for (name, line) in &result.lines {
            match line {
                Line::Measured { median, min, ratio } => rows.push(json!({
                    "bench": bench, "contestant": name, "unit": result.unit.name(),
                    "median": median, "min": min, "ratio": ratio,
                })),
                Line::Absent(reason) => {
                    absent.push(json!({"bench": bench, "contestant": name, "reason": reason}))
                }
                Line::Failed(why) => failed.push(json!({"bench": bench, "contestant": name, "reason": why})),
            }
        }
    }
    let document = json!({
        "machine": {"cpu": machine.cpu, "cores": machine.cores, "threads_bound": machine.threads_bound, "versions": versions},
        "rounds": plan.rounds,
        "millis": plan.length.as_millis() as u64,
        "rows": rows,
        "absent": absent,
        "failed": failed,
    });
    println!("{document:#}");
}
