//! How is text from a file or the command line shown on one line?

/// How many characters of a cell an error shows.
const EXCERPT: usize = 40;

/// `text` without control characters: each stands as its escape (`\n`, `\u{1b}`).
pub(crate) fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for character in text.chars() {
        // The line and paragraph separators are no control characters, but end a line for many programs.
        if character.is_control() || matches!(character, '\u{2028}' | '\u{2029}') {
            line.extend(character.escape_default());
        } else {
            line.push(character);
        }
    }
    line
}

/// The start of a cell, with an ellipsis where it was longer.
pub(crate) fn excerpt(cell: &[u8]) -> String {
    // Four bytes a character are the most, so that a long cell is not decoded to its end.
    let start = String::from_utf8_lossy(&cell[..cell.len().min(4 * (EXCERPT + 1))]);
    let mut characters = start.chars();
    let mut shown: String = characters.by_ref().take(EXCERPT).collect();
    if characters.next().is_some() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_do_not_reach_the_terminal() {
        assert_eq!(one_line("a\nb\r\u{1b}[31m\u{85}\u{2028}é"), r"a\nb\r\u{1b}[31m\u{85}\u{2028}é");
    }

    #[test]
    fn an_excerpt_is_short_and_says_so() {
        assert_eq!(excerpt(b"abc"), "abc");
        assert_eq!(excerpt("é".repeat(40).as_bytes()), "é".repeat(40));
        assert_eq!(excerpt("é".repeat(41).as_bytes()), format!("{}…", "é".repeat(40)));
        assert_eq!(excerpt(&[b'x'; 100_000]).chars().count(), 41);
    }
}
