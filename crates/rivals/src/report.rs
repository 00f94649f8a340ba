//! How are the results shown?

use crate::bench::Unit;
use crate::goal::{Goal, Mean};
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
        Unit::Nanoseconds | Unit::LongestWait | Unit::Bytes | Unit::Processor => "less is better",
        Unit::Millions => "more is better",
    };
    println!("{} ({}, {better})", results.bench, results.unit.name());
    println!("  {:<18} {:>10} {:>10} {:>7}", "", "median", "worst", "ratio");
    for (name, line) in &results.lines {
        match line {
            Line::Measured { median, worst, ratio } => {
                let [median, worst, ratio] = [median, worst, ratio].map(|number| figure(*number));
                println!("  {name:<18} {median:>10} {worst:>10} {ratio:>7}");
            }
            Line::Absent(reason) => println!("  {name:<18} absent: {reason}"),
            Line::Failed(why) => println!("  {name:<18} FAILED: {why}"),
        }
    }
    if let Some(verdict) = &results.verdict {
        println!("  goal: {}; {}", goal(verdict.goal, results.unit), outcome(verdict.reached, verdict.met));
    }
    println!();
}

/// What is said of all rows together.
pub(crate) fn mean(mean: &Mean) {
    println!("geometric mean of {} of the {} rows of transfers and ping-pong", mean.rows, mean.of);
    println!(
        "  goal: {}; {}",
        goal(Goal::Times(Mean::GOAL, &[]), Unit::Millions),
        outcome(mean.reached, mean.met())
    );
}

fn goal(goal: Goal, unit: Unit) -> String {
    match goal {
        Goal::Times(times, &[]) => format!("at most {times:.2}x the best of the others"),
        Goal::Times(times, named) => format!("at most {times:.2}x the best of {}", named.join(", ")),
        Goal::Below(limit) => format!("below {limit} {}", unit.name()),
    }
}

fn outcome(reached: f64, met: bool) -> String {
    // Three decimals: a goal of 1.00 can be missed by less than 0.005.
    format!("{reached:.3}: {}", if met { "met" } else { "MISSED" })
}

/// Two decimals, or four where two would say little, or none.
fn figure(number: f64) -> String {
    let decimals = if number < 0.1 {
        4
    } else if number < 1e6 {
        2
    } else {
        0
    };
    format!("{number:.decimals$}")
}

pub(crate) fn json(machine: &Machine, plan: &Plan, results: &[Results]) {
    let versions: Map<String, Value> =
        machine.versions.iter().map(|(name, version)| ((*name).to_owned(), json!(version))).collect();
    let (mut rows, mut absent, mut failed, mut goals) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for result in results {
        let bench = &result.bench;
        if let Some(verdict) = &result.verdict {
            let goal = goal(verdict.goal, result.unit);
            goals.push(json!({"bench": bench, "goal": goal, "reached": verdict.reached, "met": verdict.met}));
        }
        for (name, line) in &result.lines {
            match line {
                Line::Measured { median, worst, ratio } => rows.push(json!({
                    "bench": bench, "contestant": name, "unit": result.unit.name(),
                    "median": median, "worst": worst, "ratio": ratio,
                })),
                Line::Absent(reason) => {
                    absent.push(json!({"bench": bench, "contestant": name, "reason": reason}))
                }
                Line::Failed(why) => failed.push(json!({"bench": bench, "contestant": name, "reason": why})),
            }
        }
    }
    let mean = Mean::of(results).map(|mean| {
        let (goal, met) = (Mean::GOAL, mean.met());
        json!({"rows": mean.rows, "of": mean.of, "goal": goal, "reached": mean.reached, "met": met})
    });
    let document = json!({
        "machine": {"cpu": machine.cpu, "cores": machine.cores, "threads_bound": machine.threads_bound, "versions": versions},
        "rounds": plan.rounds,
        "millis": plan.length.as_millis() as u64,
        "rows": rows,
        "goals": goals,
        "geometric_mean": mean,
        "absent": absent,
        "failed": failed,
    });
    println!("{document:#}");
}
