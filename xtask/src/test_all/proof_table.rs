//! Does the book's table of proofs name exactly the proofs that there are?

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

/// The page with a row for each proof.
pub(super) const TABLE: &str = "docs/proofs/1-what-is-checked.md";

/// What is wrong with the table, with the line of the file that it is said of: proofs without a row, rows
/// without a proof.
pub(super) fn findings(root: &Path) -> io::Result<Vec<(String, usize, String)>> {
    let mut proofs = BTreeMap::new();
    for entry in fs::read_dir(root.join("crates"))? {
        let folder = entry?.path().join("tests/loom");
        if folder.is_dir() {
            for file in fs::read_dir(folder)? {
                let file = file?.path();
                let module = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
                let shown = file.strip_prefix(root).unwrap_or(&file).display().to_string();
                for (line, test) in tests(&fs::read_to_string(&file)?) {
                    proofs.insert(format!("{module}::{test}"), (shown.clone(), line));
                }
            }
        }
    }
    let table = match fs::read_to_string(root.join(TABLE)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        read => read?,
    };
    Ok(compare(&proofs, &rows(&table)))
}

fn compare(
    proofs: &BTreeMap<String, (String, usize)>,
    rows: &BTreeMap<String, usize>,
) -> Vec<(String, usize, String)> {
    let missing = proofs.iter().filter(|(name, _)| !rows.contains_key(*name));
    let missing =
        missing.map(|(name, (file, line))| (file.clone(), *line, format!("{name} has no row in {TABLE}")));
    let stale = rows.iter().filter(|(name, _)| !proofs.contains_key(*name));
    let stale = stale.map(|(name, line)| (TABLE.to_owned(), *line, format!("there is no proof {name}")));
    missing.chain(stale).collect()
}

/// The functions that follow a `#[test]`, with their lines.
fn tests(source: &str) -> Vec<(usize, &str)> {
    let mut tests = Vec::new();
    let mut marked = false;
    for (number, line) in (1..).zip(source.lines()) {
        let line = line.trim();
        if let Some(function) = line.strip_prefix("fn ").filter(|_| marked) {
            tests.extend(function.split('(').next().map(|name| (number, name)));
        }
        // Other attributes may stand between.
        marked = line == "#[test]" || marked && line.starts_with("#[");
    }
    tests
}

/// The first cells of table rows that are `module::name` in code.
fn rows(table: &str) -> BTreeMap<String, usize> {
    let cells = (1..).zip(table.lines()).filter_map(|(number, line)| {
        let name = line.strip_prefix("| `")?.split('`').next()?;
        name.contains("::").then(|| (name.to_owned(), number))
    });
    cells.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str =
        "fn helper() {}\n#[test]\nfn it_holds() {\n}\n#[test]\n#[should_panic]\nfn it_fails() {}\n";

    #[test]
    fn proofs_are_the_functions_marked_as_tests() {
        assert_eq!(tests(SOURCE), [(3, "it_holds"), (7, "it_fails")]);
    }

    #[test]
    fn a_proof_without_a_row_and_a_row_without_a_proof_are_found() {
        let proofs = ["lock::it_holds", "lock::it_fails"];
        let proofs = proofs.map(|name| (name.to_owned(), ("lock.rs".to_owned(), 3))).into();
        let rows = rows(
            "| proof | claim |\n|---|---|\n| `lock::it_holds` | … |\n| `lock::gone` | … |\n| `plain` | … |\n",
        );
        let found: Vec<_> = compare(&proofs, &rows).into_iter().map(|(file, line, _)| (file, line)).collect();
        assert_eq!(found, [("lock.rs".to_owned(), 3), (TABLE.to_owned(), 4)]);
    }
}
