//! Which operations of a package can be weakened, and which proofs come by each?
//!
//! The proofs say what they came by; the text says what else there is. A place is a file and a line, as
//! `SELVEDGE_FAULT` has it: two operations of one line are weakened together.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::source::{self, Source, Waiver};
use crate::failure::Failure;

/// One change to be made, and what is known of it before it is made.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Mutant {
    pub(super) package: String,
    /// From the workspace's root.
    pub(super) file: String,
    pub(super) line: usize,
    pub(super) fault: &'static str,
    /// The tests that come by: first those with a refutation that died of this very change, and the quickest first.
    pub(super) proofs: Vec<String>,
    /// How many operations of the line it weakens, and how many of these no proof comes by.
    pub(super) operations: usize,
    pub(super) unreached: usize,
    pub(super) waiver: Option<String>,
}

impl Mutant {
    /// The change as `SELVEDGE_FAULT` has it.
    pub(super) fn name(&self) -> String {
        format!("{}:{}={}", self.file, self.line, self.fault)
    }

    /// By what mutants are put in order.
    pub(super) fn place(&self) -> (&str, usize, &str) {
        (&self.file, self.line, self.fault)
    }
}

/// All mutants of a package, in the order of their places, and what is wrong with waivers.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Sites {
    pub(super) mutants: Vec<Mutant>,
    /// Waivers above a line at which there is nothing to waive.
    pub(super) idle: Vec<String>,
}

/// What one proof came by.
#[derive(Debug)]
pub(super) struct Passed {
    test: String,
    seconds: f64,
    operations: Vec<Operation>,
    /// The changes of which its refutations died, as `SELVEDGE_FAULT` has them.
    deadly: BTreeSet<String>,
}

/// An operation of the source that an execution came by.
#[derive(Debug)]
struct Operation {
    file: String,
    line: usize,
    column: usize,
    fault: &'static str,
}

/// What was read of each file of a package.
pub(super) struct Texts {
    package: String,
    files: BTreeMap<String, Source>,
}

impl Texts {
    /// Whether no proof can come by an operation of the package, because there is none.
    pub(super) fn are_inert(&self) -> bool {
        self.files.values().all(|file| file.is_inert)
    }
}

fn folder(package: &str) -> String {
    format!("crates/{package}/src")
}

/// Reads the sources of `package`.
pub(super) fn read(root: &Path, package: &str) -> Result<Texts, Failure> {
    let mut paths = Vec::new();
    sources(&root.join(folder(package)), &mut paths)?;
    let mut files = BTreeMap::new();
    for path in paths {
        let file = path.strip_prefix(root).unwrap_or(&path).display().to_string();
        let read = source::read(&fs::read_to_string(&path)?);
        let read = read.map_err(|(line, what)| Failure::Failed(format!("{file}:{line}: {what}")))?;
        files.insert(file, read);
    }
    Ok(Texts { package: package.to_owned(), files })
}

/// The operations in the source of a package, by what the proofs passed and what the text says.
pub(super) fn find(texts: &Texts, passed: &[Passed]) -> Sites {
    let Texts { package, files: texts } = texts;
    let places = places(texts, passed, &folder(package));
    let mutants = places.into_iter().map(|((file, line, fault), place)| {
        let waivers = texts.get(&file).map_or(&[][..], |text| &text.waivers);
        place.mutant(package, file, line, fault, waivers)
    });
    let mutants: Vec<Mutant> = mutants.collect();
    let idle = texts.iter().flat_map(|(file, text)| idle(file, &text.waivers, &mutants)).collect();
    Sites { mutants, idle }
}

/// What is known of one file, line and fault.
#[derive(Default)]
struct Place<'a> {
    /// How many operations the text has there.
    written: usize,
    /// The columns that proofs came by.
    columns: BTreeSet<usize>,
    proofs: Vec<&'a Passed>,
}

type Places<'a> = BTreeMap<(String, usize, &'static str), Place<'a>>;

fn places<'a>(texts: &BTreeMap<String, Source>, passed: &'a [Passed], folder: &str) -> Places<'a> {
    let mut places = Places::new();
    for (file, text) in texts {
        for &(line, fault) in &text.operations {
            places.entry((file.clone(), line, fault)).or_default().written += 1;
        }
    }
    for proof in passed {
        for operation in &proof.operations {
            if Path::new(&operation.file).starts_with(folder) {
                let key = (operation.file.clone(), operation.line, operation.fault);
                let place = places.entry(key).or_default();
                place.columns.insert(operation.column);
                if !place.proofs.iter().any(|known| known.test == proof.test) {
                    place.proofs.push(proof);
                }
            }
        }
    }
    places
}

impl Place<'_> {
    fn mutant(
        mut self,
        package: &str,
        file: String,
        line: usize,
        fault: &'static str,
        waivers: &[Waiver],
    ) -> Mutant {
        let waiver = waivers.iter().find(|waiver| waiver.site == line && waiver.fault == fault);
        let mut mutant = Mutant {
            package: package.to_owned(),
            file,
            line,
            fault,
            proofs: Vec::new(),
            operations: self.written.max(self.columns.len()),
            unreached: self.written.saturating_sub(self.columns.len()),
            waiver: waiver.map(|waiver| waiver.text.clone()),
        };
        let name = mutant.name();
        self.proofs.sort_by(|a, b| a.seconds.total_cmp(&b.seconds));
        self.proofs.sort_by_key(|proof| !proof.deadly.contains(&name));
        mutant.proofs = self.proofs.iter().map(|proof| proof.test.clone()).collect();
        mutant
    }
}

fn idle(file: &str, waivers: &[Waiver], mutants: &[Mutant]) -> Vec<String> {
    let meets = |waiver: &Waiver, mutant: &Mutant| {
        mutant.file == file && mutant.line == waiver.site && mutant.fault == waiver.fault
    };
    let idle = waivers.iter().filter(|waiver| !mutants.iter().any(|mutant| meets(waiver, mutant)));
    let what = |waiver: &Waiver| {
        let Waiver { line, fault, .. } = waiver;
        format!("{file}:{line}: a waiver, but there is no {fault} mutant of the line below it")
    };
    idle.map(what).collect()
}

/// The `.rs` files under `folder`, without modules of tests.
fn sources(folder: &Path, found: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let path = entry.path();
        let is_tests = path.file_stem().is_some_and(|stem| stem == "tests");
        if is_tests {
            continue;
        }
        if entry.file_type()?.is_dir() {
            sources(&path, found)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    Ok(())
}

/// Reads what the proofs of `package` wrote into `folder`, among others; each must be of one of its `tests`.
pub(super) fn passed(folder: &Path, package: &str, tests: &[String]) -> Result<Vec<Passed>, Failure> {
    let mut passed = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let parsed = parse(&fs::read_to_string(&path)?, package, tests);
        let failed = |what| Failure::Failed(format!("the record {} {what}", path.display()));
        passed.extend(parsed.map_err(failed)?);
    }
    match tests.iter().find(|test| !passed.iter().any(|passed| passed.test == **test)) {
        None => Ok(passed),
        Some(test) => Err(Failure::Failed(format!(
            "{package}::{test} passed, but did not say which operations it came by: it is no proof"
        ))),
    }
}

/// What a record says, unless it is of another package.
fn parse(text: &str, package: &str, tests: &[String]) -> Result<Option<Passed>, String> {
    let document: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let lacks = |field: &str| format!("lacks a proper '{field}'");
    let name = document["name"].as_str().ok_or_else(|| lacks("name"))?;
    let Some(proof) = name.strip_prefix(&format!("{package}::")) else { return Ok(None) };
    // A record's name begins with that of its test.
    let candidates = tests.iter().filter(|test| proof.starts_with(test.as_str()));
    let test = candidates.max_by_key(|test| test.len()).ok_or_else(|| format!("is of no test: {name}"))?;
    let operation = |site: &Value| {
        Some(Operation {
            file: site["file"].as_str()?.to_owned(),
            line: usize::try_from(site["line"].as_u64()?).ok()?,
            column: usize::try_from(site["column"].as_u64()?).ok()?,
            fault: source::fault(site["fault"].as_str()?)?,
        })
    };
    let sites = document["sites"].as_array().ok_or_else(|| lacks("sites"))?;
    let refutations = document["refutations"].as_array().ok_or_else(|| lacks("refutations"))?;
    let died = refutations.iter().filter(|refutation| refutation["died_at"].is_u64());
    Ok(Some(Passed {
        test: test.clone(),
        seconds: document["seconds"].as_f64().ok_or_else(|| lacks("seconds"))?,
        operations: sites.iter().map(operation).collect::<Option<_>>().ok_or_else(|| lacks("sites"))?,
        deadly: died.filter_map(|refutation| refutation["fault"].as_str()).map(str::to_owned).collect(),
    }))
}

#[cfg(test)]
mod tests {
    use super::super::source::RELAXED;
    use super::*;
    use serde_json::json;

    const FILE: &str = "crates/locks/src/raw.rs";

    fn passed(test: &str, seconds: f64, places: &[(&str, usize, usize)]) -> Passed {
        let sites: Vec<_> = (places.iter())
            .map(|(file, line, column)| json!({"file": file, "line": line, "column": column, "fault": RELAXED}))
            .collect();
        let deadly = json!({"fault": format!("{FILE}:2={RELAXED}"), "died_at": 3});
        let survived = json!({"fault": format!("{FILE}:1={RELAXED}"), "died_at": null});
        let refutations = if test == "lock::ab" { vec![deadly, survived] } else { vec![] };
        let document = json!({"name": format!("locks::{test} twice"), "seconds": seconds, "sites": sites,
            "refutations": refutations});
        parse(&document.to_string(), "locks", &["lock::a".into(), "lock::ab".into()]).unwrap().unwrap()
    }

    fn found(text: &str, passed: &[Passed]) -> Sites {
        let root = std::env::temp_dir().join(format!("xtask-sites-{}-{text:p}", std::process::id()));
        fs::create_dir_all(root.join("crates/locks/src")).unwrap();
        fs::write(root.join(FILE), text).unwrap();
        fs::write(root.join("crates/locks/src/tests.rs"), "word.load(Acquire);").unwrap();
        let texts = read(&root, "locks");
        fs::remove_dir_all(&root).unwrap();
        find(&texts.unwrap(), passed)
    }

    #[test]
    fn the_quickest_proof_comes_first_and_others_files_are_left_out() {
        let passed = [
            passed("lock::ab", 2.0, &[(FILE, 1, 6)]),
            passed("lock::a", 1.0, &[(FILE, 1, 6), ("crates/locks/tests/loom/lock.rs", 9, 1)]),
        ];
        let sites = found("word.load(Acquire);\n", &passed);
        let [mutant] = sites.mutants.as_slice() else { panic!("{sites:?}") };
        assert_eq!(mutant.name(), "crates/locks/src/raw.rs:1=relaxed");
        assert_eq!(mutant.proofs, ["lock::a", "lock::ab"]);
        assert_eq!((mutant.operations, mutant.unreached), (1, 0));
    }

    #[test]
    fn a_proof_of_which_a_refutation_died_so_comes_before_quicker_ones() {
        let places = [(FILE, 1, 6), (FILE, 2, 6)];
        let passed = [passed("lock::a", 1.0, &places), passed("lock::ab", 2.0, &places)];
        let sites = found("word.load(Acquire);\nword.load(Acquire);\n\n", &passed);
        let [first, second] = sites.mutants.as_slice() else { panic!("{sites:?}") };
        assert_eq!(first.proofs, ["lock::a", "lock::ab"], "what survived says nothing");
        assert_eq!(second.proofs, ["lock::ab", "lock::a"]);
    }

    #[test]
    fn an_operation_that_only_the_model_or_only_the_text_has_is_found() {
        let passed = [passed("lock::a", 1.0, &[(FILE, 1, 6)])];
        let sites = found("word.load(order);\nword.load(Acquire);\n", &passed);
        let unreached: Vec<_> = sites.mutants.iter().map(|mutant| (mutant.line, mutant.unreached)).collect();
        assert_eq!(unreached, [(1, 0), (2, 1)]);
    }

    #[test]
    fn of_two_operations_on_a_line_both_must_be_come_by() {
        let sites =
            found("a.store(b.load(Acquire), Release);\n", &[passed("lock::a", 1.0, &[(FILE, 1, 11)])]);
        assert_eq!((sites.mutants[0].operations, sites.mutants[0].unreached), (2, 1));
    }

    #[test]
    fn a_waiver_goes_to_the_line_below_it_or_is_idle() {
        let waiver = "// waiver(relaxed): too weak for loom; covered by: stress\n";
        let sites = found(&format!("{waiver}word.load(Acquire);\n{waiver}word.load(Relaxed);\n"), &[]);
        assert_eq!(sites.mutants[0].waiver.as_deref(), Some("too weak for loom; covered by: stress"));
        assert!(
            matches!(&sites.idle[..], [idle] if idle.starts_with("crates/locks/src/raw.rs:3: ")),
            "{sites:?}"
        );
    }

    #[test]
    fn a_record_of_no_test_or_with_an_unknown_fault_is_refused() {
        let tests = ["lock::a".to_owned()];
        let site = json!({"file": FILE, "line": 1, "column": 1, "fault": "weak"});
        let document = |name: &str, sites: Value| {
            json!({"name": name, "seconds": 1.0, "sites": sites, "refutations": []}).to_string()
        };
        assert!(parse(&document("locks::lock::b", json!([])), "locks", &tests).is_err());
        assert!(parse(&document("locks::lock::a", json!([site])), "locks", &tests).is_err());
        assert!(parse(&document("locks::lock::a", json!([])), "locks", &tests).unwrap().is_some());
        assert!(parse(&document("queue::lock::a", json!([])), "locks", &tests).unwrap().is_none());
    }
}
