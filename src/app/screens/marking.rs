//! Words of a story being marked: a cursor over words, a span from where it was set, and what is wrong with it.

use ratatui::style::Modifier;
use ratatui::text::{Line, Span};

use crate::app::key::{Key, KeyCode};
use crate::app::look::Look;
use crate::app::text;
use crate::story::Fault;

/// Words that up and down pass over: about a line.
const LINE: usize = 8;

/// Some words of the story on one side, and what is wrong with them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Marked {
    pub right: bool,
    pub from: usize,
    pub to: usize,
    pub fault: Fault,
}

/// The cursor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Marking {
    pub right: bool,
    at: usize,
    /// Where the span began; without it the span is the word at the cursor.
    since: Option<usize>,
}

/// What became of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Did {
    Moved,
    Mark(Marked),
    /// Take away the marks that have the cursor's word.
    Unmark {
        right: bool,
        at: usize,
    },
    Leave,
}

impl Marking {
    pub fn new(right: bool) -> Marking {
        Marking { right, ..Marking::default() }
    }

    /// The words from here, up to and without there.
    pub fn span(&self) -> (usize, usize) {
        let since = self.since.unwrap_or(self.at);
        (since.min(self.at), since.max(self.at) + 1)
    }

    /// `words`: how many there are in the stories on the left and on the right.
    pub fn press(&mut self, key: Key, words: [usize; 2]) -> Did {
        let last = |right: bool| words[usize::from(right)].saturating_sub(1);
        match key.code {
            KeyCode::Left | KeyCode::Char('h') => self.at = self.at.saturating_sub(1),
            KeyCode::Right | KeyCode::Char('l') => self.at += 1,
            KeyCode::Up | KeyCode::Char('k') => self.at = self.at.saturating_sub(LINE),
            KeyCode::Down | KeyCode::Char('j') => self.at += LINE,
            KeyCode::Home => self.at = 0,
            KeyCode::End => self.at = usize::MAX,
            KeyCode::Tab => (self.right, self.at, self.since) = (!self.right, 0, None),
            KeyCode::Char(' ') => self.since = if self.since.is_some() { None } else { Some(self.at) },
            KeyCode::Char(digit @ '1'..='5') => {
                let (from, to) = self.span();
                self.since = None;
                let fault = Fault::ALL[digit as usize - '1' as usize];
                return Did::Mark(Marked { right: self.right, from, to: to.min(last(self.right) + 1), fault });
            }
            KeyCode::Backspace | KeyCode::Char('x') => return Did::Unmark { right: self.right, at: self.at },
            KeyCode::Esc | KeyCode::Enter | KeyCode::Char('m' | 'q') => return Did::Leave,
            _ => {}
        }
        self.at = self.at.min(last(self.right));
        Did::Moved
    }

    /// What can be said of the span, in three lines.
    pub fn lines(&self, look: &Look) -> Vec<Line<'static>> {
        let mut rows = vec![vec![Span::styled("these words: ", look.strong)], vec![Span::raw("             ")]];
        for (n, fault) in Fault::ALL.into_iter().enumerate() {
            // Two rows: 80 columns must hold them.
            let row = &mut rows[n / 3];
            row.push(Span::styled(format!("{} ", n + 1), look.key));
            row.push(Span::styled(format!("{}  ", fault.words()), look.text));
        }
        let keys = "← → words · space begins a span · tab other story · x unmarks · esc back";
        rows.into_iter().map(Line::from).chain([Line::styled(keys, look.quiet)]).collect()
    }
}

/// What lies over the words of a story: each letter that is no space has a number, so wrapped lines can be walked along.
pub struct Letters {
    /// For each word where its letters end.
    ends: Vec<usize>,
}

impl Letters {
    pub fn of(story: &str) -> Letters {
        let mut ends = Vec::new();
        let mut end = 0;
        for word in story.split_whitespace() {
            end += word.chars().count();
            ends.push(end);
        }
        Letters { ends }
    }

    /// The word that a letter belongs to.
    fn word(&self, letter: usize) -> usize {
        self.ends.partition_point(|end| *end <= letter)
    }
}

/// A wrapped line with its marks and the cursor; `letter` counts on from line to line.
pub fn line(
    words: &str,
    letter: &mut usize,
    letters: &Letters,
    marks: &[Marked],
    span: Option<(usize, usize)>,
    look: &Look,
) -> Line<'static> {
    let style_of = |word: usize| {
        let marked = marks.iter().any(|mark| (mark.from..mark.to).contains(&word));
        let style = if marked { look.warning.add_modifier(Modifier::UNDERLINED) } else { look.text };
        if span.is_some_and(|(from, to)| (from..to).contains(&word)) { look.chosen_bar } else { style }
    };
    let mut spans: Vec<Span<'static>> = Vec::new();
    let mut last = look.text;
    for c in words.chars() {
        if !c.is_whitespace() {
            last = style_of(letters.word(*letter));
            *letter += 1;
        } else if style_of(letters.word(*letter)) != last {
            last = look.text;
        }
        match spans.last_mut() {
            Some(span) if span.style == last => span.content.to_mut().push(c),
            _ => spans.push(Span::styled(c.to_string(), last)),
        }
    }
    Line::from(spans)
}

/// The words of a span, as they are kept with a mark.
pub fn words(story: &str, from: usize, to: usize) -> String {
    let words: Vec<&str> = story.split_whitespace().skip(from).take(to.saturating_sub(from)).collect();
    text::clean_line(&words.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn press(marking: &mut Marking, keys: &str) -> Vec<Did> {
        Key::row(keys).unwrap().into_iter().map(|key| marking.press(key, [6, 3])).collect()
    }

    #[test]
    fn a_span_is_set_moved_and_named() {
        let mut marking = Marking::new(false);
        let did = press(&mut marking, "l<space>ll2");
        let mark = Marked { right: false, from: 1, to: 4, fault: Fault::WrongCharacter };
        assert_eq!(did.last(), Some(&Did::Mark(mark)));
        // The cursor stays among the words, also of the other story.
        press(&mut marking, "jjj");
        assert_eq!(marking.span(), (5, 6));
        press(&mut marking, "<tab><end>");
        assert_eq!((marking.right, marking.span()), (true, (2, 3)));
        assert_eq!(press(&mut marking, "x"), [Did::Unmark { right: true, at: 2 }]);
    }

    #[test]
    fn marks_follow_their_words_over_the_ends_of_lines() {
        let story = "Bo is a bear.\nThe bear sleeps.";
        let (look, letters, mut letter) = (Look::default(), Letters::of(story), 0);
        let marks = [Marked { right: false, from: 3, to: 5, fault: Fault::Repetition }];
        let mut marked = Vec::new();
        for part in ["Bo is a", "bear.", "The bear", "sleeps."] {
            let line = line(part, &mut letter, &letters, &marks, None, &look);
            let under = |span: &&Span<'_>| span.style.add_modifier.contains(Modifier::UNDERLINED);
            marked.extend(line.spans.iter().filter(under).map(|span| span.content.to_string()));
        }
        assert_eq!(marked, ["bear.", "The"]);
        assert_eq!(words(story, 3, 5), "bear. The");
    }
}
