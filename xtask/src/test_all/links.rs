//! Do the links of a Markdown file lead to files that exist?

use std::path::Path;

/// A link of a file to another file of the repository.
#[derive(Debug, PartialEq)]
pub(super) struct Link<'a> {
    /// Counted from 1.
    pub(super) line: usize,
    /// Without the `#part` of the file.
    pub(super) path: &'a str,
}

/// The links to files in a Markdown text: `[words](path)` and `[name]: path`, outside of code.
pub(super) fn links(text: &str) -> Vec<Link<'_>> {
    let mut links = Vec::new();
    let mut fence = None;
    for (number, line) in (1..).zip(text.lines()) {
        let start = line.trim_start();
        let mark = ["```", "~~~"].into_iter().find(|mark| start.starts_with(mark));
        match (fence, mark) {
            (None, Some(mark)) => fence = Some(mark),
            (Some(open), Some(mark)) if open == mark => fence = None,
            (Some(_), _) => (),
            (None, None) => {
                let targets = inline_targets(line).into_iter().chain(definition(start));
                let paths = targets.filter_map(file_part);
                links.extend(paths.map(|path| Link { line: number, path }));
            }
        }
    }
    links
}

/// The targets of `](target)` and `](target "title")` in a line, those inside `code` left out.
fn inline_targets(line: &str) -> Vec<&str> {
    let mut targets = Vec::new();
    let mut rest = line;
    while let Some(place) = rest.find(['`', ']']) {
        let (at, after) = (&rest[place..], &rest[place + 1..]);
        rest = after;
        if at.starts_with('`') {
            let ticks = at.len() - at.trim_start_matches('`').len();
            let (mark, code) = at.split_at(ticks);
            // An unclosed mark is no code.
            rest = code.split_once(mark).map_or(code, |(_, after)| after);
        } else if let Some(target) = after.strip_prefix('(') {
            let end = target.find(')').unwrap_or(target.len());
            targets.extend(target[..end].split_whitespace().next());
            rest = &target[end..];
        }
    }
    targets
}

/// The target of `[name]: target`.
fn definition(line: &str) -> Option<&str> {
    let (_, target) = line.strip_prefix('[')?.split_once("]:")?;
    target.split_whitespace().next()
}

/// The path of a target, unless it leads out of the repository or stays within its file.
fn file_part(target: &str) -> Option<&str> {
    let target = target.trim_start_matches('<').trim_end_matches('>');
    let path = target.split_once('#').map_or(target, |(path, _)| path);
    let outside = path.contains("://") || path.starts_with("mailto:");
    (!outside && !path.is_empty()).then_some(path)
}

/// Whether `link`, found in `file`, leads to something that exists. A leading `/` is the root of the
/// repository.
pub(super) fn leads_somewhere(root: &Path, file: &Path, link: &Link<'_>) -> bool {
    match link.path.strip_prefix('/') {
        Some(from_root) => root.join(from_root).exists(),
        None => file.parent().unwrap_or(root).join(link.path).exists(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(text: &str) -> Vec<&str> {
        links(text).into_iter().map(|link| link.path).collect()
    }

    #[test]
    fn links_images_and_definitions_are_found() {
        let text = "See [one](a.md), ![two](img/b.png \"title\") and [three][c].\n\n[c]: ../c.md#part\n[`d`](<d.md>)";
        assert_eq!(paths(text), ["a.md", "img/b.png", "../c.md", "d.md"]);
        assert_eq!(links(text)[2].line, 3);
    }

    #[test]
    fn what_leads_out_of_the_repository_or_stays_in_the_file_is_not_a_path() {
        assert_eq!(paths("[a](https://example.org/a.md) [b](#b) [c](mailto:c@example.org)"), [""; 0]);
    }

    #[test]
    fn code_holds_no_links() {
        let text = "`[a](a.md)` and ``[b] ` [b](b.md)``\n```rust\nlet x = y[i](c.md);\n```\n~~~\n[d](d.md)\n```\n~~~\n[e](e.md)";
        assert_eq!(paths(text), ["e.md"]);
    }

    #[test]
    fn a_tick_that_is_not_closed_hides_nothing() {
        assert_eq!(paths("a ` and [b](b.md)"), ["b.md"]);
    }

    #[test]
    fn a_path_is_relative_to_its_file_or_to_the_root() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let file = root.join("src/README.md");
        let leads = |path| leads_somewhere(root, &file, &Link { line: 1, path });
        assert!(leads("main.rs") && leads("../Cargo.toml") && leads("/Cargo.toml") && leads("test_all"));
        assert!(!leads("Cargo.toml") && !leads("/main.rs"));
    }
}
