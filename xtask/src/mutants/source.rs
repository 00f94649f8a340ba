//! What could be weakened in a file, as its text says?
//!
//! The model knows better, but only of what a proof comes by. The text is read for what no proof comes by,
//! and for waivers. It is not parsed: comments and literals are blanked, tests are left out, and a call is a
//! name before a parenthesis.

/// What could be weakened, and what is known to survive it.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Source {
    /// The line and the fault of each operation.
    pub(super) operations: Vec<(usize, &'static str)>,
    /// Whether it names nothing of which an operation could be made, not even one without an ordering.
    pub(super) is_inert: bool,
    pub(super) waivers: Vec<Waiver>,
}

/// `// waiver(relaxed): REASON; covered by: OTHER RUN`, in the comment above a site.
#[derive(Debug, PartialEq)]
pub(super) struct Waiver {
    /// Of the waiver itself.
    pub(super) line: usize,
    /// The line that follows the comment.
    pub(super) site: usize,
    pub(super) fault: &'static str,
    /// The reason and the other run.
    pub(super) text: String,
}

pub(super) const RELAXED: &str = "relaxed";
pub(super) const RELAXED_FAILURE: &str = "relaxed-failure";
pub(super) const NO_FENCE: &str = "no-fence";
pub(super) const NO_WAKE: &str = "no-wake";

/// The halves of an AcqRel: the text says them together, the model one by one.
const HALVES: [&str; 2] = ["no-acquire", "no-release"];

/// The fault that `SELVEDGE_FAULT` calls `name`.
pub(super) fn fault(name: &str) -> Option<&'static str> {
    let whole = [RELAXED, RELAXED_FAILURE, NO_FENCE, NO_WAKE];
    whole.into_iter().chain(HALVES).find(|known| *known == name)
}

/// Reads the text of a file.
///
/// # Errors
/// The line of a waiver that is not one, and what is wrong with it.
pub(super) fn read(text: &str) -> Result<Source, (usize, String)> {
    let code = without_tests(blanked(text));
    let operations = operations(&code);
    let is_inert = operations.is_empty() && is_inert(&code);
    Ok(Source { operations, is_inert, waivers: waivers(text)? })
}

fn waivers(text: &str) -> Result<Vec<Waiver>, (usize, String)> {
    let lines: Vec<&str> = text.lines().map(str::trim_start).collect();
    let is_comment = |line: &&str| line.starts_with("//");
    let begins = |line: &str| line.strip_prefix("// waiver(").map(str::to_owned);
    let mut waivers = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        let Some(mut said) = begins(line) else { continue };
        let rest = &lines[index + 1..];
        let comment = rest.iter().take_while(|line| is_comment(line)).count();
        for more in rest[..comment].iter().take_while(|line| begins(line).is_none()) {
            said.push(' ');
            said.push_str(more.trim_start_matches('/').trim());
        }
        let wrong = "a waiver is `// waiver(FAULT): REASON; covered by: OTHER RUN`";
        let parsed = said.split_once("): ").and_then(|(name, text)| {
            let (reason, other) = text.split_once("; covered by: ")?;
            let said = !reason.trim().is_empty() && !other.trim().is_empty();
            Some((fault(name)?, text.to_owned())).filter(|_| said)
        });
        let (fault, text) = parsed.ok_or_else(|| (index + 1, wrong.to_owned()))?;
        waivers.push(Waiver { line: index + 1, site: index + 2 + comment, fault, text });
    }
    Ok(waivers)
}

/// The text with spaces in the place of comments, strings and characters.
fn blanked(text: &str) -> Vec<char> {
    let mut code: Vec<char> = text.chars().collect();
    let mut at = 0;
    while at < code.len() {
        let end = at + length_of_blank(&code[at..], at > 0 && is_word(code[at - 1]));
        for place in &mut code[at..end] {
            if *place != '\n' {
                *place = ' ';
            }
        }
        at = end.max(at + 1);
    }
    code
}

/// The length of the comment or literal that begins here; 0 if none does.
fn length_of_blank(rest: &[char], in_word: bool) -> usize {
    let until = |from: usize, end: &str| {
        let end: Vec<char> = end.chars().collect();
        let found = rest[from..].windows(end.len()).position(|window| window == end);
        found.map_or(rest.len(), |place| from + place + end.len())
    };
    match rest {
        ['/', '/', ..] => until(0, "\n"),
        ['/', '*', ..] => comment_block(rest),
        ['"', ..] => quoted(rest, '"'),
        ['r', '"' | '#', ..] if !in_word => {
            let hashes = rest[1..].iter().take_while(|hash| **hash == '#').count();
            let is_string = rest.get(1 + hashes) == Some(&'"');
            if is_string { until(2 + hashes, &format!("\"{}", "#".repeat(hashes))) } else { 0 }
        }
        ['\'', '\\', ..] | ['\'', _, '\'', ..] => quoted(rest, '\''),
        _ => 0,
    }
}

fn comment_block(rest: &[char]) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    while at < rest.len() {
        match rest[at..] {
            ['/', '*', ..] => (depth, at) = (depth + 1, at + 2),
            ['*', '/', ..] => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            break;
        }
    }
    at
}

fn quoted(rest: &[char], quote: char) -> usize {
    let mut at = 1;
    while at < rest.len() && rest[at] != quote {
        at += if rest[at] == '\\' { 2 } else { 1 };
    }
    (at + 1).min(rest.len())
}

/// Blanks each item under `#[cfg(test)]`.
fn without_tests(mut code: Vec<char>) -> Vec<char> {
    let attribute: Vec<char> = "#[cfg(test)]".chars().collect();
    let mut from = 0;
    while let Some(found) = code[from..].windows(attribute.len()).position(|window| window == attribute) {
        let begin = from + found;
        let body = begin + attribute.len();
        let end = code[body..].iter().position(|c| matches!(c, '{' | ';')).map_or(code.len(), |at| body + at);
        let end = if code.get(end) == Some(&'{') { closing(&code, end) } else { end };
        code[begin..end].iter_mut().filter(|c| **c != '\n').for_each(|c| *c = ' ');
        from = end;
    }
    code
}

fn closing(code: &[char], opening: usize) -> usize {
    let mut depth = 0_usize;
    for (at, c) in code.iter().enumerate().skip(opening) {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return at;
        }
    }
    code.len()
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The operations of a text without comments, literals and tests, each once.
fn operations(code: &[char]) -> Vec<(usize, &'static str)> {
    let mut found: Vec<(usize, &'static str)> = Vec::new();
    for (begin, end) in words(code) {
        let word: String = code[begin..end].iter().collect();
        let next = code[end..].iter().find(|c| !c.is_whitespace());
        let operation = match word.as_str() {
            "Acquire" | "Release" | "AcqRel" => call_with(code, begin, end).map(|call| {
                let fault = if is_of_refusal(code, call, end) { RELAXED_FAILURE } else { RELAXED };
                (call, fault)
            }),
            "fence" if next == Some(&'(') && !is_declared(code, begin) => Some((begin, NO_FENCE)),
            "wake" if code[end..].starts_with(&[':', ':', '<']) => Some((begin, NO_WAKE)),
            _ => None,
        };
        found.extend(operation.filter(|operation| !found.contains(operation)));
    }
    let line = |at: usize| 1 + code[..at].iter().filter(|c| **c == '\n').count();
    found.into_iter().map(|(at, fault)| (line(at), fault)).collect()
}

fn is_inert(code: &[char]) -> bool {
    let makes =
        |word: &str| matches!(word, "atomic" | "futex" | "fence" | "wake") || word.starts_with("Atomic");
    words(code).into_iter().all(|(begin, end)| !makes(&code[begin..end].iter().collect::<String>()))
}

fn words(code: &[char]) -> Vec<(usize, usize)> {
    let mut words = Vec::new();
    let mut at = 0;
    while at < code.len() {
        let length = code[at..].iter().take_while(|c| is_word(**c)).count();
        if length > 0 {
            words.push((at, at + length));
        }
        at += length.max(1);
    }
    words
}

/// Where the word before `at` begins, whatever space is between; `at` if there is none.
fn word_before(code: &[char], at: usize) -> usize {
    let end = code[..at].iter().rposition(|c| !c.is_whitespace()).map_or(0, |last| last + 1);
    let length = code[..end].iter().rev().take_while(|c| is_word(**c)).count();
    if length == 0 { at } else { end - length }
}

fn is_declared(code: &[char], name: usize) -> bool {
    code[word_before(code, name)..name].starts_with(&['f', 'n', ' '])
}

/// The name of the call of which the ordering at `begin..end` is an argument. Patterns, paths in a `use` and
/// the arguments of macros are none; nor are those of a fence, which is a site of its own, and of a compiler's fence, which
/// orders nothing that another thread could see.
fn call_with(code: &[char], mut begin: usize, end: usize) -> Option<usize> {
    while begin >= 2 && code[..begin].ends_with(&[':', ':']) {
        begin = word_before(code, begin - 2);
    }
    let before = code[..begin].iter().rfind(|c| !c.is_whitespace());
    let after = code[end..].iter().find(|c| !c.is_whitespace());
    if !(matches!(before, Some('(' | ',')) && matches!(after, Some(')' | ','))) {
        return None;
    }
    let opening = enclosing(&code[..begin]).filter(|at| code[*at] == '(')?;
    let name = word_before(code, opening);
    let is_access = code.get(name).is_some_and(|c| c.is_lowercase())
        && !matches!(code[name..opening].iter().collect::<String>().trim_end(), "fence" | "compiler_fence");
    is_access.then_some(name)
}

/// Whether the ordering that ends at `end` is the last argument of an exchange, so that of its refusal.
fn is_of_refusal(code: &[char], call: usize, end: usize) -> bool {
    let after = code[end..].iter().find(|c| !c.is_whitespace() && **c != ',');
    code[call..].starts_with(&['c', 'o', 'm', 'p', 'a', 'r', 'e', '_']) && after == Some(&')')
}

/// The bracket in which the text ends.
fn enclosing(code: &[char]) -> Option<usize> {
    let mut closed = 0_usize;
    for (at, c) in code.iter().enumerate().rev() {
        match c {
            ')' | ']' | '}' => closed += 1,
            '(' | '[' | '{' if closed == 0 => return Some(at),
            '(' | '[' | '{' => closed -= 1,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<(usize, &'static str)> {
        read(text).unwrap().operations
    }

    #[test]
    fn an_ordering_is_found_at_the_line_of_its_call() {
        let text = "
            self.word.swap(FREE, Release);
            word.load(Ordering::Acquire);
            self.word
                .compare_exchange(
                    FREE,
                    f(HELD, [1]),
                    AcqRel,
                    Acquire,
                )
                .is_ok();";
        assert_eq!(found(text), [(2, RELAXED), (3, RELAXED), (5, RELAXED), (5, RELAXED_FAILURE)]);
    }

    #[test]
    fn the_ordering_of_a_refused_exchange_is_a_site_of_its_own() {
        let exchange = |orders: &str| found(&format!("word.compare_exchange(1, f(2), {orders});"));
        assert_eq!(exchange("Relaxed, Acquire"), [(1, RELAXED_FAILURE)]);
        assert_eq!(exchange("Release, Relaxed"), [(1, RELAXED)]);
        assert_eq!(exchange("Acquire, Acquire"), [(1, RELAXED), (1, RELAXED_FAILURE)]);
        assert_eq!(found("word.swap(1, Acquire);"), [(1, RELAXED)]);
    }

    #[test]
    fn a_fence_and_a_wake_are_found_and_their_declarations_are_not() {
        let text = "fence(SeqCst);\natomic::fence(Acquire);\nfn fence(order: Ordering) {}\n\
                    wake::<Private>(word, 1);\nfn wake<S>() {}\nself.wake_one();";
        assert_eq!(found(text), [(1, NO_FENCE), (2, NO_FENCE), (4, NO_WAKE)]);
    }

    #[test]
    fn what_is_no_access_is_no_operation() {
        for text in [
            "use crate::sync::{Acquire, AtomicU32, Release};",
            "word.load(Relaxed);",
            "matches!(order, Acquire | Release);",
            "assert_eq!(order, Acquire);",
            "Order(Acquire)",
            "compiler_fence(AcqRel);",
            "lock.release(); Acquire::new(1, Release::X);",
        ] {
            assert_eq!(found(text), [], "{text}");
        }
    }

    #[test]
    fn a_text_is_inert_if_it_names_nothing_to_weaken() {
        let is_inert = |text: &str| read(text).unwrap().is_inert;
        assert!(is_inert("// an AtomicU32\nself.not_empty.notify_one(); f(\"fence\"); wakeful();"));
        for text in
            ["word: AtomicU32,", "use platform::atomic;", "word.load(Acquire)", "use platform::futex::*;"]
        {
            assert!(!is_inert(text), "{text}");
        }
    }

    #[test]
    fn comments_literals_and_tests_are_not_read() {
        let text = r###"
            // word.load(Acquire)
            /* word.load(Acquire) /* fence(SeqCst) */ */
            f("word.load(Acquire) \" fence(SeqCst)", r#"fence(SeqCst) ""#, '"', '\'', 'x');
            #[cfg(test)]
            mod tests {
                fn f<'a>() { word.load(Acquire) }
            }
            word.load(Acquire);"###;
        assert_eq!(found(text), [(9, RELAXED)]);
    }

    #[test]
    fn two_operations_of_one_line_are_two() {
        assert_eq!(found("a.store(b.load(Acquire), Release);"), [(1, RELAXED), (1, RELAXED)]);
    }

    #[test]
    fn a_waiver_is_of_the_line_below_its_comment() {
        let text = "
            // Acquire: pairs with the Release in g().
            // waiver(relaxed): loom treats it
            // as AcqRel; covered by: ThreadSanitizer
            // waiver(no-wake): too many threads; covered by: stress
            word.load(Acquire);";
        let waiver = |line, fault, text: &str| Waiver { line, site: 6, fault, text: text.to_owned() };
        let expected = [
            waiver(3, RELAXED, "loom treats it as AcqRel; covered by: ThreadSanitizer"),
            waiver(5, NO_WAKE, "too many threads; covered by: stress"),
        ];
        assert_eq!(read(text).unwrap().waivers, expected);
    }

    #[test]
    fn a_waiver_without_another_run_or_of_a_strange_fault_is_refused() {
        for wrong in [
            "// waiver(relaxed): loom cannot see it",
            "// waiver(relaxed): ; covered by: stress",
            "// waiver(weak): why; covered by: stress",
        ] {
            assert_eq!(read(&format!("\n{wrong}\n")).map_err(|(line, _)| line), Err(2), "{wrong}");
        }
    }
}
