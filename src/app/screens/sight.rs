//! Before the first pair: what the rater can see. One picture after the other, in the size that pictures will have later.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::app::key::{Key, KeyCode};
use crate::app::setting::Setting;
use crate::app::widgets::bars;
use crate::app::widgets::picture::{pic, picture};
use crate::canvas::Canvas;
use crate::story::Sight;

/// The questions, and what was answered so far.
#[derive(Clone, Debug)]
pub struct Looking {
    sight: Sight,
    answers: Vec<(u64, String)>,
}

impl Looking {
    pub fn new(sight: Sight) -> Looking {
        Looking { sight, answers: Vec::new() }
    }

    /// A digit answers; after the last answer all of them are given.
    pub fn press(&mut self, key: Key) -> Option<Vec<(u64, String)>> {
        let question = self.sight.questions.get(self.answers.len())?;
        let KeyCode::Char(digit) = key.code else { return None };
        let place = usize::try_from(digit.to_digit(10)?).ok()?.checked_sub(1)?;
        let answer = match question.choices.get(place) {
            Some(answer) => answer.clone(),
            // The last digit says that it cannot be seen.
            None if place == question.choices.len() => String::new(),
            None => return None,
        };
        self.answers.push((question.seed, answer));
        (self.answers.len() == self.sight.questions.len()).then(|| std::mem::take(&mut self.answers))
    }

    /// `slot`: where the first frame of a pair would be.
    pub fn view(&self, area: Rect, slot: Rect, setting: &Setting, canvas: &Canvas, buffer: &mut Buffer) {
        let look = &setting.look;
        let of = self.sight.questions.len();
        let Some(question) = self.sight.questions.get(self.answers.len()) else { return };
        picture(canvas, &pic(&question.frame), "", slot, look, buffer);
        let mut lines = vec![
            Line::from(vec![
                Span::styled("Which animal is this?", look.strong),
                Span::styled(format!("   picture {} of {of}", self.answers.len() + 1), look.quiet),
            ]),
            Line::default(),
        ];
        let mut choices = Vec::new();
        for (n, words) in question.choices.iter().map(String::as_str).chain(["I cannot tell"]).enumerate() {
            choices.push(Span::styled(format!("{} ", n + 1), look.key));
            choices.push(Span::styled(format!("{words}   "), look.text));
        }
        lines.extend([Line::from(choices), Line::default()]);
        let why =
            "This tells how well pictures can be seen at your end. It is kept with your votes, and is no test of you.";
        let words = match self.sight.before {
            Some(right) => format!(
                "{right} of {of} were right, and this campaign needs {}. A larger window, a smaller letter size or a terminal \
                 with kitty, iTerm2 or sixel graphics shows more. q leaves.",
                self.sight.needed
            ),
            None => why.to_owned(),
        };
        let style = if self.sight.before.is_some() { look.warning } else { look.quiet };
        let wrapped = crate::app::text::wrap(&words, usize::from(area.width).min(84));
        lines.extend(wrapped.into_iter().map(|line| Line::styled(line, style)));
        let below = Rect { y: slot.bottom() + 1, height: area.bottom().saturating_sub(slot.bottom() + 1), ..area };
        bars::write_lines(below, &lines, buffer);
    }
}
