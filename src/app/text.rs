//! Text in cells: cleaned of what could steer a terminal, measured, clipped and wrapped by display width.
//!
//! A cluster of code points (an emoji with modifiers, a letter with marks) is never torn apart.

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// The character kitty reads as a piece of a picture.
const PICTURE: char = '\u{10EEEE}';

/// Text that is not ours, without control characters (line ends stay, tabs become spaces), without signs that turn the
/// writing direction of what follows, and without kitty's placeholder.
pub fn clean(text: &str) -> String {
    text.chars().filter_map(|c| kept(c, true)).collect()
}

/// `clean` for a single line: line ends become spaces.
pub fn clean_line(text: &str) -> String {
    text.chars().filter_map(|c| kept(c, false)).collect()
}

fn kept(c: char, lines: bool) -> Option<char> {
    match c {
        '\n' if lines => Some(c),
        '\n' | '\t' => Some(' '),
        c if c.is_control() || c == PICTURE => None,
        '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}' => None,
        c => Some(c),
    }
}

/// Width in cells.
pub fn width(text: &str) -> usize {
    text.width()
}

/// At most `columns` cells of the text; what does not fit is marked by an ellipsis.
pub fn clip(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let mut taken = String::new();
    let mut used = 0;
    for cluster in text.graphemes(true) {
        let cells = width(cluster);
        if used + cells + 1 > columns {
            break;
        }
        taken.push_str(cluster);
        used += cells;
    }
    if columns > 0 {
        taken.push('…');
    }
    taken
}

/// At most `columns` cells, the middle left out: for paths, whose ends tell most.
pub fn clip_middle(text: &str, columns: usize) -> String {
    if width(text) <= columns || columns < 5 {
        return clip(text, columns);
    }
    let clusters: Vec<&str> = text.graphemes(true).collect();
    let take = |from_end: bool, columns: usize| {
        let mut used = 0;
        let fits = |cluster: &&&str| {
            used += width(cluster);
            used <= columns
        };
        match from_end {
            false => clusters.iter().take_while(fits).count(),
            true => clusters.iter().rev().take_while(fits).count(),
        }
    };
    let head = take(false, (columns - 1) / 3);
    let head_width: usize = clusters[..head].iter().map(|cluster| width(cluster)).sum();
    let tail = take(true, columns - 1 - head_width);
    format!("{}…{}", clusters[..head].concat(), clusters[clusters.len() - tail..].concat())
}

/// The text in lines of at most `columns` cells, broken at spaces where there are any; its own line ends stay.
pub fn wrap(text: &str, columns: usize) -> Vec<String> {
    let columns = columns.max(2);
    let mut lines = Vec::new();
    for paragraph in text.split('\n') {
        let mut line = String::new();
        let mut used = 0;
        for word in paragraph.split_word_bounds() {
            let cells = width(word);
            if used + cells <= columns {
                line.push_str(word);
                used += cells;
                continue;
            }
            if word.trim().is_empty() {
                // A space at the end of a full line is the break itself.
                lines.push(std::mem::take(&mut line));
                used = 0;
                continue;
            }
            // Punctuation and joined pieces go with the word before them.
            let carried = match line.rfind(' ') {
                Some(space) => line.split_off(space + 1),
                None if cells <= columns => String::new(),
                None => std::mem::take(&mut line),
            };
            if !line.is_empty() {
                lines.push(line.trim_end().to_owned());
            }
            line = carried;
            used = width(&line);
            for cluster in word.graphemes(true) {
                let cells = width(cluster);
                if used + cells > columns {
                    lines.push(std::mem::take(&mut line));
                    used = 0;
                }
                line.push_str(cluster);
                used += cells;
            }
        }
        lines.push(line.trim_end().to_owned());
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_steers_a_terminal_gets_through() {
        assert_eq!(clean("a\x1b[2Jb\u{9b}31mc\r\nd\te\u{7}\u{202e}f\u{10EEEE}"), "a[2Jb31mc\nd ef");
        assert_eq!(clean_line("one\ntwo"), "one two");
    }

    #[test]
    fn clipping_counts_cells_and_keeps_clusters_whole() {
        assert_eq!(clip("abcdef", 6), "abcdef");
        assert_eq!(clip("abcdefg", 6), "abcde…");
        assert_eq!(clip("日本語の本", 6), "日本…");
        assert_eq!(clip("e\u{301}e\u{301}e\u{301}", 2), "e\u{301}…");
        assert_eq!(clip("abc", 0), "");
        assert_eq!(clip_middle("/home/somebody/pictures/book.cbz", 16), "/home…s/book.cbz");
    }

    #[test]
    fn lines_break_at_spaces_and_long_words_are_cut() {
        assert_eq!(wrap("The cat sat on the mat.", 10), ["The cat", "sat on the", "mat."]);
        assert_eq!(wrap("He spoke \"Hello there!\" twice", 14), ["He spoke", "\"Hello there!\"", "twice"]);
        assert_eq!(wrap("one\n\ntwo", 10), ["one", "", "two"]);
        assert_eq!(wrap("incomprehensibilities", 8), ["incompre", "hensibil", "ities"]);
        assert_eq!(wrap("日本語の本を読む", 7), ["日本語", "の本を", "読む"]);
        assert_eq!(wrap("He said \"Hello there!\" twice", 14), ["He said \"Hello", "there!\" twice"]);
    }

    #[test]
    fn no_line_is_wider_than_asked() {
        let text = "Nomvula's 👩‍👩‍👧‍👦 family—waiting, as ever, for the rain… 雨を待つ ones. Supercalifragilistic!";
        for columns in 2..40 {
            assert!(wrap(text, columns).iter().all(|line| width(line) <= columns), "{columns}");
        }
    }
}
