//! What can be checked by reading the repository, without any tool?

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::{links, proof_table};
use crate::failure::Failure;
use crate::out::Sink;
use crate::table::counted;

/// A longer file asks more than one question.
const MAX_LINES: usize = 450;

/// The folders of sources.
const SOURCES: [&str; 2] = ["crates", "xtask"];

/// The documents at the root; those of the book and of the crates are found.
const DOCUMENTS: [&str; 4] = ["README.md", "README.zh-CN.md", "CONTRIBUTING.md", "CHANGELOG.md"];

/// Something that is wrong at a line of a file.
struct Finding {
    file: PathBuf,
    line: usize,
    what: String,
}

/// Makes all checks under `root`, with the findings in the log.
pub(super) fn check(root: &Path, sink: &mut Sink) -> Result<String, Failure> {
    let mut findings = Vec::new();
    let mut sources = Vec::new();
    for folder in SOURCES {
        files(&root.join(folder), "rs", &mut sources)?;
    }
    for file in &sources {
        let text = fs::read_to_string(file)?;
        let mut add = |(line, what)| findings.push(Finding { file: file.clone(), line, what });
        too_long(&text).into_iter().for_each(&mut add);
        if is_library_source(root, file) {
            seq_cst_accesses(&text).into_iter().for_each(add);
        }
    }
    let documents = documents(root)?;
    for file in &documents {
        let text = fs::read_to_string(file)?;
        for link in links::links(&text).iter().filter(|link| !links::leads_somewhere(root, file, link)) {
            let what = format!("the link to {} leads nowhere", link.path);
            findings.push(Finding { file: file.clone(), line: link.line, what });
        }
    }
    if root.join("crates").is_dir() {
        let table = proof_table::findings(root)?.into_iter();
        findings.extend(table.map(|(file, line, what)| Finding { file: file.into(), line, what }));
    }
    for Finding { file, line, what } in &findings {
        sink.line(format_args!("{}:{line}: {what}", file.strip_prefix(root).unwrap_or(file).display()))?;
    }
    match findings.len() {
        0 => Ok(format!("{}, {}", counted(sources.len(), "source"), counted(documents.len(), "document"))),
        count => Err(Failure::Failed(counted(count, "finding"))),
    }
}

/// Whether `file` lies in a `crates/*/src` folder.
fn is_library_source(root: &Path, file: &Path) -> bool {
    let below = file.strip_prefix(root.join("crates")).unwrap_or(Path::new(""));
    below.components().nth(1).is_some_and(|folder| folder.as_os_str() == "src")
}

fn too_long(text: &str) -> Option<(usize, String)> {
    let lines = text.lines().count();
    (lines > MAX_LINES).then(|| (lines, format!("the file has more than {MAX_LINES} lines")))
}

/// The lines that pass `SeqCst` to anything but a fence. Comments may speak of it, and a match may name it.
fn seq_cst_accesses(text: &str) -> Vec<(usize, String)> {
    let code = |line: &'_ str| line.split_once("//").map_or(line, |(code, _)| code).to_owned();
    let is_access = |code: &str| {
        let used = code.contains("Ordering::SeqCst") || code.contains("SeqCst)");
        used && !code.contains("fence(") && !code.contains("=>")
    };
    let lines = (1..).zip(text.lines()).filter(|(_, line)| is_access(&code(line)));
    lines.map(|(number, _)| (number, "SeqCst outside of a fence".to_owned())).collect()
}

/// All Markdown files whose links are checked.
fn documents(root: &Path) -> io::Result<Vec<PathBuf>> {
    let mut documents: Vec<PathBuf> = DOCUMENTS.iter().map(|name| root.join(name)).collect();
    if root.join("crates").is_dir() {
        for entry in fs::read_dir(root.join("crates"))? {
            documents.push(entry?.path().join("README.md"));
        }
    }
    documents.retain(|document| document.exists());
    files(&root.join("docs"), "md", &mut documents)?;
    documents.sort();
    Ok(documents)
}

/// Adds the files under `folder` that end in `extension`; hidden folders and build outputs are left out.
fn files(folder: &Path, extension: &str, found: &mut Vec<PathBuf>) -> io::Result<()> {
    if !folder.is_dir() {
        return Ok(());
    }
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let (name, path) = (entry.file_name(), entry.path());
        if entry.file_type()?.is_dir() {
            if name != "target" && !name.to_string_lossy().starts_with('.') {
                files(&path, extension, found)?;
            }
        } else if path.extension().is_some_and(|found| found == extension) {
            found.push(path);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_may_have_450_lines_and_not_one_more() {
        assert_eq!(too_long(&"x\n".repeat(450)), None);
        assert_eq!(too_long(&"x\n".repeat(451)).map(|(line, _)| line), Some(451));
    }

    #[test]
    fn a_fence_a_comment_and_a_match_may_name_seq_cst() {
        let text = "fence(Ordering::SeqCst);\n// word.load(SeqCst)\nOrdering::SeqCst => 4,\nword.load(Acquire) // SeqCst)";
        assert!(seq_cst_accesses(text).is_empty());
    }

    #[test]
    fn an_access_is_found_at_its_line() {
        let text = "word.load(Acquire);\nword.store(1, SeqCst);\nlet order = Ordering::SeqCst;";
        let lines: Vec<_> = seq_cst_accesses(text).into_iter().map(|(line, _)| line).collect();
        assert_eq!(lines, [2, 3]);
    }

    #[test]
    fn only_what_is_under_src_of_a_crate_is_library_source() {
        let is = |file: &str| is_library_source(Path::new("/w"), &Path::new("/w").join(file));
        assert!(is("crates/locks/src/raw/mod.rs"));
        assert!(!is("crates/locks/tests/loom/main.rs") && !is("xtask/src/main.rs"));
    }

    #[test]
    fn a_broken_link_fails_the_check_and_is_in_the_log() {
        let root = std::env::temp_dir().join(format!("xtask-text-{}", std::process::id()));
        fs::create_dir_all(root.join("docs/src")).unwrap();
        fs::write(root.join("README.md"), "[book](docs/src/one.md)\n").unwrap();
        fs::write(root.join("docs/src/one.md"), "\n[two](two.md)\n").unwrap();
        let log = root.join("text.log");
        let ended = check(&root, &mut Sink::Log(fs::File::create(&log).unwrap()));
        let logged = fs::read_to_string(&log).unwrap();
        fs::remove_dir_all(&root).unwrap();
        assert!(matches!(&ended, Err(Failure::Failed(text)) if text == "1 finding"), "{ended:?}");
        assert_eq!(logged, "docs/src/one.md:2: the link to two.md leads nowhere\n");
    }
}
