//! What did each proof explore?
//!
//! A proof leaves one JSON file. A record that lacks a field is an error: a table with holes would be read as
//! a claim.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use serde_json::Value;

use crate::cargo::Workspace;
use crate::failure::Failure;

/// One proof, as it reported itself.
#[derive(Debug)]
pub(super) struct Record {
    pub(super) name: String,
    pub(super) claim: String,
    pub(super) threads: u64,
    /// How many preemptions a thread may suffer, or `none`.
    pub(super) bound: String,
    pub(super) complete: bool,
    pub(super) executions: u64,
    pub(super) seconds: f64,
    /// How many refutations there are that should die, and how many of them did.
    pub(super) refutations: u64,
    pub(super) died: u64,
    /// Whether those that the proof states to survive did, as a lesson in what a smaller model cannot tell.
    pub(super) survivors_live: bool,
    /// All of it, as written, without the operations that it came by.
    pub(super) document: Value,
}

impl Record {
    /// Whether something was explored and each refutation ended as stated.
    pub(super) fn stands(&self) -> bool {
        self.executions > 0 && self.died == self.refutations && self.survivors_live
    }

    fn parse(text: &str) -> Result<Self, String> {
        let mut document: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
        // They are for the audit, which reads them itself.
        if let Some(fields) = document.as_object_mut() {
            fields.remove("sites");
        }
        let lacks = |field: &str| format!("lacks a proper '{field}'");
        let text = |field: &str| document[field].as_str().map(str::to_owned).ok_or_else(|| lacks(field));
        let number = |field: &str| document[field].as_u64().ok_or_else(|| lacks(field));

        let (mut refutations, mut died, mut survivors_live) = (0, 0, true);
        for refutation in document["refutations"].as_array().ok_or_else(|| lacks("refutations"))? {
            let described = refutation["name"].is_string() && refutation["expected"].is_string();
            let died_at = refutation.get("died_at").filter(|died_at| died_at.is_u64() || died_at.is_null());
            let died_at = died_at.filter(|_| described).ok_or_else(|| lacks("refutations"))?;
            if refutation["expected"] == "survives" {
                survivors_live &= died_at.is_null();
            } else {
                refutations += 1;
                died += u64::from(died_at.is_u64());
            }
        }
        if !document["outcomes"].is_array() {
            return Err(lacks("outcomes"));
        }
        let bound = match &document["bound"] {
            Value::Number(bound) => bound.to_string(),
            Value::String(bound) if bound == "none" => bound.clone(),
            _ => return Err(lacks("bound")),
        };
        Ok(Self {
            name: text("name")?,
            claim: text("claim")?,
            threads: number("threads")?,
            bound,
            complete: document["complete"].as_bool().ok_or_else(|| lacks("complete"))?,
            executions: number("executions")?,
            seconds: document["seconds"].as_f64().ok_or_else(|| lacks("seconds"))?,
            refutations,
            died,
            survivors_live,
            document,
        })
    }
}

/// Reads all records in `folder`, in the order of their names.
pub(super) fn read_all(folder: &Path) -> Result<Vec<Record>, Failure> {
    let mut records = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "json") {
            let record = Record::parse(&fs::read_to_string(&path)?);
            records.push(
                record.map_err(|what| Failure::Failed(format!("the record {} {what}", path.display())))?,
            );
        }
    }
    records.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(records)
}

/// A folder for the records of one run, empty at first and gone with this.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn create(workspace: &Workspace) -> io::Result<Self> {
        static FOLDERS: AtomicUsize = AtomicUsize::new(0);
        // Relaxed: each number is given once.
        let number = FOLDERS.fetch_add(1, Relaxed);
        let path = workspace.target.join("proofs").join(format!("{}-{number}", std::process::id()));
        // An earlier process of this number, killed half-way, may have left its records.
        match fs::remove_dir_all(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => fs::create_dir_all(&path)?,
        }
        Ok(Self(path))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What is left behind is a few small files, removed by the next process of this number.
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use serde_json::json;

    pub(in crate::prove) fn record(change: impl FnOnce(&mut Value)) -> Result<Record, String> {
        let mut document = json!({
            "name": "locks::lock::excludes", "claim": "two threads never hold it at once", "threads": 2, "bound": 3,
            "complete": false, "executions": 12345, "seconds": 0.25, "outcomes": ["first", "second"],
            "refutations": [{"name": "relaxed release", "expected": "causality", "died_at": 3}],
        });
        change(&mut document);
        Record::parse(&document.to_string())
    }

    #[test]
    fn a_whole_record_is_read() {
        let record = record(|_| ()).unwrap();
        assert_eq!((record.name.as_str(), record.bound.as_str()), ("locks::lock::excludes", "3"));
        assert_eq!((record.threads, record.executions, record.refutations, record.died), (2, 12345, 1, 1));
        assert!(record.stands());
    }

    #[test]
    fn a_record_that_lacks_a_field_is_refused_with_the_field_s_name() {
        let fields = [
            "name",
            "claim",
            "threads",
            "bound",
            "complete",
            "executions",
            "seconds",
            "outcomes",
            "refutations",
        ];
        for field in fields {
            let error = record(|document| _ = document.as_object_mut().unwrap().remove(field)).unwrap_err();
            assert!(error.contains(&format!("'{field}'")), "without {field}: {error}");
        }
        assert!(record(|document| document["bound"] = "four".into()).is_err());
        assert!(record(|document| document["refutations"][0]["died_at"] = "early".into()).is_err());
    }

    #[test]
    fn a_refutation_that_lives_or_an_empty_exploration_does_not_stand() {
        assert!(!record(|document| document["refutations"][0]["died_at"] = Value::Null).unwrap().stands());
        assert!(!record(|document| document["executions"] = 0.into()).unwrap().stands());
    }

    #[test]
    fn a_stated_survivor_must_live_and_is_not_counted() {
        let survivor = |died_at: Value| {
            record(|document| {
                let survives = json!({"name": "too small", "expected": "survives", "died_at": died_at});
                document["refutations"].as_array_mut().unwrap().push(survives);
            })
            .unwrap()
        };
        assert!(survivor(Value::Null).stands());
        assert_eq!(survivor(Value::Null).refutations, 1);
        assert!(!survivor(7.into()).stands());
    }

    #[test]
    fn a_proof_without_a_bound_says_none() {
        assert_eq!(record(|document| document["bound"] = "none".into()).unwrap().bound, "none");
    }
}
