//! The tokens of a story laid out in rows: words stay whole, a frame begins a new row.

use crate::app::text;
use crate::story::Piece;

/// A token, or as much of it as fits a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Laid {
    pub token: usize,
    pub column: usize,
    pub text: String,
}

/// The rows, each at most `columns` wide, but for the sign of a line's end.
pub fn lay(pieces: &[Piece], columns: usize) -> Vec<Vec<Laid>> {
    let columns = columns.max(8);
    let mut rows: Vec<Vec<Laid>> = vec![Vec::new()];
    let mut used = 0;
    let mut at = 0;
    while at < pieces.len() {
        // A word: a token and those after it that do not begin with a space.
        let mut end = at + 1;
        while end < pieces.len() && joins(&pieces[end]) && joins_to(&pieces[end - 1]) {
            end += 1;
        }
        let texts: Vec<String> = pieces[at..end].iter().map(seen).collect();
        let wide: usize = texts.iter().map(|text| text::width(text.trim_end())).sum();
        let begins = pieces[at].frame.is_some() && !rows.last().is_some_and(Vec::is_empty);
        if begins || (used + wide > columns && used > 0 && pieces[at].text != "\n") {
            rows.push(Vec::new());
            used = 0;
        }
        for (token, text) in (at..end).zip(texts) {
            let mut text = if used == 0 { text.trim_start().to_owned() } else { text };
            if text.is_empty() {
                text.push('·');
            }
            let text = text::clip(&text, columns);
            let width = text::width(&text);
            // The sign of a line's end may stand beyond the edge: alone on a row it would say nothing.
            if used + width > columns && pieces[token].text != "\n" {
                rows.push(Vec::new());
                used = 0;
            }
            if let Some(row) = rows.last_mut() {
                row.push(Laid { token, column: used, text });
            }
            used += width;
            if pieces[token].frame.is_none() && pieces[token].text.contains('\n') {
                rows.push(Vec::new());
                used = 0;
            }
        }
        at = end;
    }
    rows.retain(|row| !row.is_empty());
    rows
}

fn joins(piece: &Piece) -> bool {
    piece.frame.is_none() && !piece.text.is_empty() && !piece.text.starts_with([' ', '\n'])
}

fn joins_to(piece: &Piece) -> bool {
    piece.frame.is_none() && !piece.text.contains('\n')
}

/// A token in the story: a frame's number for its marker, a sign for what has no words.
fn seen(piece: &Piece) -> String {
    match piece.frame {
        Some(frame) => format!("{:<3}", format!("▸{}", frame + 1)),
        None if piece.text.is_empty() => " ■".to_owned(),
        None => text::clean(&piece.text).replace('\n', " ⏎"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(texts: &[(&str, Option<usize>)]) -> Vec<Piece> {
        texts.iter().map(|(text, frame)| Piece { text: (*text).into(), frame: *frame, ..Default::default() }).collect()
    }

    #[test]
    fn words_stay_whole_and_frames_begin_rows() {
        let told = [
            ("", Some(0)),
            ("Mia", None),
            (" woke", None),
            ("n", None),
            (" up", None),
            ("\n", None),
            ("", Some(1)),
            ("Bo", None),
        ];
        let rows = lay(&pieces(&told), 10);
        let text = |row: &Vec<Laid>| row.iter().map(|laid| laid.text.as_str()).collect::<String>();
        assert_eq!(rows.iter().map(text).collect::<Vec<_>>(), ["▸1 Mia", "woken up ⏎", "▸2 Bo"]);
        let tokens: Vec<usize> = rows.iter().flatten().map(|laid| laid.token).collect();
        assert_eq!(tokens, (0..told.len()).collect::<Vec<_>>(), "every token can be reached");
    }

    #[test]
    fn a_chapters_first_marker_stays_with_its_words() {
        let told = pieces(&[("\n", Some(4)), ("Ada", None)]);
        assert_eq!(lay(&told, 20).len(), 1);
    }

    #[test]
    fn no_row_is_too_wide() {
        let told = [("Supercalifragilistic", None), ("expialidocious", None), (" 日本語の本", None), (" a", None)];
        for columns in 8..30 {
            for row in lay(&pieces(&told), columns) {
                let last = row.last().unwrap();
                assert!(last.column + text::width(&last.text) <= columns);
            }
        }
    }
}
