//! Words from outside made safe to show: a file name, a title or a page must not steer the terminal it is printed on.
//!
//! Everything that leaves this room passes through here. It judges no language and changes no visible character.

use crate::story::Notice;

/// Stands for a character that was taken out.
const REPLACED: char = '\u{FFFD}';

/// One line: control characters (escape sequences begin with one) and those that turn the writing direction become `�`;
/// line ends and tabs become a space; no more than `most` characters, the last an ellipsis if there were more.
pub fn clean_line(text: &str, most: usize) -> String {
    let line: String = text.trim().chars().map(|c| if c.is_whitespace() { ' ' } else { visible(c) }).collect();
    shorten(line, most).0
}

/// Several lines: as `clean_line`, but line ends are kept. True if something was cut off at `most` characters.
pub fn clean_text(text: &str, most: usize) -> (String, bool) {
    let text = text.trim().replace("\r\n", "\n").replace(['\r', '\u{2028}', '\u{2029}'], "\n").replace('\t', " ");
    shorten(text.chars().map(|c| if c == '\n' { c } else { visible(c) }).collect(), most)
}

/// A notice whose words, which may quote file names, are safe to show.
pub(super) fn clean_notice(notice: Notice) -> Notice {
    Notice {
        kind: notice.kind,
        what: clean_line(&notice.what, MOST_OF_A_NOTICE),
        try_this: clean_line(&notice.try_this, MOST_OF_A_NOTICE),
    }
}

const MOST_OF_A_NOTICE: usize = 1_000;

fn visible(c: char) -> char {
    match c {
        // Marks that turn or isolate the direction of what follows, and others that show nothing.
        '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{200E}' | '\u{200F}' | '\u{061C}' | '\u{FEFF}' => {
            REPLACED
        }
        '\u{2028}' | '\u{2029}' => ' ',
        c if c.is_control() => REPLACED,
        c => c,
    }
}

fn shorten(text: String, most: usize) -> (String, bool) {
    match text.char_indices().nth(most) {
        None => (text, false),
        Some(_) => (text.chars().take(most.saturating_sub(1)).chain(['…']).collect(), true),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_do_not_survive() {
        let nasty = "\x1b]0;owned\x07a\x1b[2J\u{9b}31mb\x7f\0\u{202E}gnp.exe";
        for cleaned in [clean_line(nasty, 200), clean_text(nasty, 200).0] {
            assert!(cleaned.chars().all(|c| !c.is_control() && c != '\u{202E}'), "{cleaned:?}");
            assert!(cleaned.contains("owned") && cleaned.ends_with("gnp.exe"));
        }
        let notice = clean_notice(Notice::yours("'a\x1b[31m.png' is empty", "remove\r\nit"));
        assert_eq!((notice.what.as_str(), notice.try_this.as_str()), ("'a\u{FFFD}[31m.png' is empty", "remove  it"));
    }

    #[test]
    fn lines_are_joined_or_kept_and_letters_left_alone() {
        assert_eq!(clean_line(" Zoë\tund\nÇelik 狐 👩‍🌾 ", 50), "Zoë und Çelik 狐 👩‍🌾");
        assert_eq!(clean_text("one\r\ntwo\rthree\n", 50), ("one\ntwo\nthree".to_owned(), false));
    }

    #[test]
    fn what_is_too_long_ends_in_an_ellipsis() {
        assert_eq!(clean_line("abcdef", 4), "abc…");
        assert_eq!(clean_text("ééééé", 5), ("ééééé".to_owned(), false));
        assert_eq!(clean_text("éééééé", 5), ("éééé…".to_owned(), true));
    }
}
