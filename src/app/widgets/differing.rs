//! Which words of two texts differ, and a text wrapped with such words marked.

use ratatui::style::Style;
use ratatui::text::{Line, Span};
use similar::{Algorithm, ChangeTag, capture_diff_slices};

use crate::app::text;

/// Words with the space that follows them; a line's end is a word of its own.
fn words(text: &str) -> Vec<&str> {
    text.split_inclusive([' ', '\n'])
        .flat_map(|word| match word.strip_suffix('\n') {
            Some("") => vec!["\n"],
            Some(bare) => vec![bare, "\n"],
            None => vec![word],
        })
        .collect()
}

/// For each word of `text`, whether it differs from `other`'s.
fn marks(text: &str, other: &str) -> Vec<bool> {
    let (ours, theirs) = (words(text), words(other));
    let bare = |words: &[&str]| words.iter().map(|word| word.trim_end_matches(' ').to_owned()).collect::<Vec<_>>();
    let (mine, yours) = (bare(&ours), bare(&theirs));
    let mut marks = vec![false; ours.len()];
    for op in capture_diff_slices(Algorithm::Patience, &mine, &yours) {
        for change in op.iter_changes(&mine, &yours) {
            if let (ChangeTag::Delete, Some(at)) = (change.tag(), change.old_index()) {
                marks[at] = true;
            }
        }
    }
    marks
}

/// The text in lines of at most `columns` cells; words that `other` does not have there in the style `marked`.
pub fn differing(text: &str, other: Option<&str>, columns: usize, plain: Style, marked: Style) -> Vec<Line<'static>> {
    let marks = other.map(|other| marks(text, other)).unwrap_or_default();
    let mut lines: Vec<Line<'static>> = vec![Line::default()];
    let mut used = 0;
    for (n, word) in words(text).into_iter().enumerate() {
        if word == "\n" {
            lines.push(Line::default());
            used = 0;
            continue;
        }
        let style = if marks.get(n).copied().unwrap_or(false) { marked } else { plain };
        let bare = word.trim_end_matches(' ');
        // A word too wide for a line is cut; others go to the next line whole.
        for part in text::wrap(bare, columns) {
            let width = text::width(&part);
            if used > 0 && used + width > columns {
                lines.push(Line::default());
                used = 0;
            }
            if let Some(line) = lines.last_mut() {
                line.push_span(Span::styled(part, style));
            }
            used += width;
        }
        if bare.len() < word.len() && used < columns {
            if let Some(line) = lines.last_mut() {
                line.push_span(Span::styled(" ", plain));
            }
            used += 1;
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use ratatui::style::Modifier;

    use super::*;

    fn shown(text: &str, other: &str, columns: usize) -> Vec<String> {
        let marked = Style::new().add_modifier(Modifier::BOLD);
        let line = |line: Line<'_>| {
            line.spans
                .iter()
                .map(|span| if span.style == marked { format!("*{}*", span.content) } else { span.content.to_string() })
                .collect()
        };
        differing(text, Some(other), columns, Style::new(), marked).into_iter().map(line).collect()
    }

    #[test]
    fn only_words_that_differ_are_marked() {
        assert_eq!(
            shown("Mia the fox woke.\nIt rained.", "Mia the cat woke.\nIt rained.", 40),
            ["Mia the *fox* woke.", "It rained."]
        );
        assert_eq!(shown("One two", "", 40), ["*One* *two*"]);
        assert_eq!(shown("One two ", "One two", 40), ["One two "]);
    }

    #[test]
    fn lines_are_never_too_wide() {
        for columns in 4..30 {
            for line in
                differing("Supercalifragilistic words 日本語の本 here", None, columns, Style::new(), Style::new())
            {
                assert!(line.width() <= columns, "{line:?}");
            }
        }
    }
}
