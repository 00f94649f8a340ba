//! What the harness reads from its environment, and the files that it writes.

use super::explore::Site;
use crate::world::trace;
use serde_json::json;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::{env, fs};

/// What is known of a proof that held.
pub(super) struct Record<'a> {
    pub(super) name: &'a str,
    pub(super) claim: &'a str,
    pub(super) threads: usize,
    pub(super) bound: Option<usize>,
    pub(super) executions: usize,
    pub(super) seconds: f64,
    pub(super) outcomes: Vec<String>,
    pub(super) refutations: Vec<Refuted>,
    /// Where a fault could weaken an operation that the proof came by.
    pub(super) sites: &'a BTreeSet<Site>,
}

/// What is known of a refutation.
pub(super) struct Refuted {
    pub(super) name: &'static str,
    /// The fault as `SELVEDGE_FAULT` has it; a twin has none.
    pub(super) fault: Option<String>,
    pub(super) expected: String,
    /// The execution of its death.
    pub(super) died_at: Option<usize>,
}

/// The bound that the environment asks for: `Some(None)` is none at all.
pub(super) fn bound() -> Option<Option<usize>> {
    match env::var("SELVEDGE_BOUND").ok()?.as_str() {
        "none" => Some(None),
        number => Some(Some(number.parse().expect("SELVEDGE_BOUND is 1, 2, 3 or none"))),
    }
}

/// Writes a proof's record, where the environment says where.
pub(super) fn record(record: &Record<'_>) {
    let refutations: Vec<_> = (record.refutations.iter())
        .map(|Refuted { name, fault, expected, died_at }| {
            json!({"name": name, "fault": fault, "expected": expected, "died_at": died_at})
        })
        .collect();
    let sites: Vec<_> = (record.sites.iter())
        .map(|Site { file, line, column, fault }| {
            json!({"file": file, "line": line, "column": column, "fault": fault.to_string()})
        })
        .collect();
    let name = full_name(record.name);
    let document = json!({
        "name": name,
        "claim": record.claim,
        "threads": record.threads,
        "bound": record.bound.map_or(json!("none"), |bound| json!(bound)),
        "complete": record.bound.is_none(),
        "executions": record.executions,
        "seconds": record.seconds,
        "outcomes": record.outcomes,
        "refutations": refutations,
        "sites": sites,
    });
    write("SELVEDGE_PROOFS", &name, &document);
}

/// Writes the execution that failed, where the environment says where.
pub(super) fn trace(name: &str, failure: &str) {
    let name = full_name(name);
    let document = json!({"name": name, "failure": failure, "steps": trace::json()});
    write("SELVEDGE_TRACE", &name, &document);
}

fn full_name(name: &str) -> String {
    format!("{}::{name}", env::var("CARGO_PKG_NAME").expect("cargo tells tests which crate they are of"))
}

fn write(variable: &str, name: &str, document: &serde_json::Value) {
    let Some(folder) = env::var_os(variable) else { return };
    let file = name.replace(|c: char| !c.is_ascii_alphanumeric() && c != '_', "-");
    let path = PathBuf::from(folder).join(file).with_extension("json");
    fs::write(&path, document.to_string()).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
}
