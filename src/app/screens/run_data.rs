//! What a new run learns from, where its recipe says that by a path: frozen votes, those of a campaign, or a folder that is typed.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::app::action::Action;
use crate::app::key::Key;
use crate::app::look::{HERE, spinner};
use crate::app::setting::Setting;
use crate::app::text;
use crate::app::widgets::bars;
use crate::app::widgets::field::{Field, Typed};
use crate::app::widgets::list::{Chosen, view_list};
use crate::story::{Notice, RunVotes};

/// What was chosen.
#[derive(Clone, Debug, PartialEq)]
pub enum Choice {
    /// As the recipe has it, or another value in that place.
    Change(Option<String>),
    /// The votes of this campaign, once they are frozen.
    Freeze(String),
}

/// The choice.
#[derive(Debug)]
pub struct RunData {
    /// The recipe's key, such as "votes.snapshot".
    key: String,
    /// `None`: they are looked for.
    votes: Option<Result<Vec<RunVotes>, Notice>>,
    chosen: Chosen,
    typing: Option<Field>,
    /// A campaign's votes are being frozen.
    pub freezing: bool,
    pub fault: Option<Notice>,
}

impl RunData {
    pub fn new(key: &str) -> RunData {
        let of_votes = key == VOTES;
        let votes = (!of_votes).then(|| Ok(Vec::new()));
        RunData { key: key.to_owned(), votes, chosen: Chosen(0), typing: None, freezing: false, fault: None }
    }

    /// Whether votes have to be looked for.
    pub fn wants_votes(&self) -> bool {
        self.votes.is_none()
    }

    pub fn offer(&mut self, votes: Result<Vec<RunVotes>, Notice>) {
        self.votes = Some(votes);
    }

    pub fn is_waiting(&self) -> bool {
        self.votes.is_none() || self.freezing
    }

    fn offered(&self) -> &[RunVotes] {
        self.votes.as_ref().and_then(|votes| votes.as_ref().ok()).map(Vec::as_slice).unwrap_or_default()
    }

    /// The change of the recipe by which it reads from this path.
    pub fn change(&self, path: &str) -> String {
        format!("{}={path}", self.key)
    }

    /// A letter of a path; `None` where none is typed.
    pub fn press(&mut self, key: Key) -> Option<Option<Choice>> {
        let field = self.typing.as_mut()?;
        match field.press(key) {
            Typed::Meant => {
                let text = self.typing.take().map(|field| field.text).unwrap_or_default();
                let path = text.trim();
                Some((!path.is_empty()).then(|| Choice::Change(Some(self.change(path)))))
            }
            Typed::GivenUp => {
                self.typing = None;
                Some(None)
            }
            Typed::Changed | Typed::Other => Some(None),
        }
    }

    pub fn paste(&mut self, pasted: &str) {
        if let Some(field) = &mut self.typing {
            field.paste(pasted);
        }
    }

    pub fn act(&mut self, action: Action) -> Option<Choice> {
        if self.freezing {
            return None;
        }
        self.fault = None;
        let offered = self.offered().len();
        if action != Action::Open {
            self.chosen.act(action, offered + 2);
            return None;
        }
        let typed = offered + 1;
        match self.chosen.0 {
            0 => Some(Choice::Change(None)),
            at if at == typed => {
                self.typing = Some(Field::default());
                None
            }
            at => match &self.offered()[at - 1] {
                RunVotes::Snapshot { folder, .. } => Some(Choice::Change(Some(self.change(folder)))),
                RunVotes::Campaign { name, .. } => {
                    let name = name.clone();
                    self.freezing = true;
                    Some(Choice::Freeze(name))
                }
            },
        }
    }

    pub fn view(&self, area: Rect, setting: &Setting, buffer: &mut Buffer) {
        let look = &setting.look;
        let of_votes = self.key == VOTES;
        let question = if of_votes { "Which votes does it learn from?" } else { "What does it learn from?" };
        buffer.set_string(area.x, area.y, question, look.strong);
        let mut lines = match (&self.votes, &self.fault) {
            (_, Some(notice)) | (Some(Err(notice)), _) => bars::notice_lines(notice, area.width, look),
            _ => Vec::new(),
        };
        if self.is_waiting() {
            let words = if self.freezing { "freezing the votes" } else { "looking for votes" };
            lines.push(Line::styled(format!("{} {words}", spinner(setting.now.as_millis() / 125)), look.quiet));
        }
        let taken = bars::write_lines(Rect { y: area.y + 1, height: area.height - 1, ..area }, &lines, buffer);
        let list = Rect { y: area.y + 2 + taken, height: area.height.saturating_sub(2 + taken), ..area };
        let offered = self.offered();
        view_list(list, offered.len() + 2, 1, self.chosen, buffer, |n| {
            let here = n == self.chosen.0;
            let words = match n.checked_sub(1).map(|at| offered.get(at)) {
                None => "what the recipe says".to_owned(),
                Some(Some(RunVotes::Snapshot { folder, campaign, pairs, votes })) => {
                    format!("{votes} votes on {pairs} pairs of '{campaign}', frozen in {folder}")
                }
                Some(Some(RunVotes::Campaign { name, votes })) => {
                    format!("campaign '{name}' as it stands: {votes} votes, frozen now")
                }
                Some(None) => match &self.typing {
                    Some(field) => format!("folder: {}▏", field.text),
                    None if of_votes => "a snapshot elsewhere: type its folder".to_owned(),
                    None => "another folder or file: type its path".to_owned(),
                },
            };
            let mark = Span::styled(format!("{} ", if here { HERE } else { " " }), look.chosen);
            let style = if here { look.chosen } else { look.text };
            // A path is told from its end, and what is typed stands there too.
            let words = text::clip_middle(&text::clean_line(&words), usize::from(list.width).saturating_sub(2));
            vec![Line::from(vec![mark, Span::styled(words, style)])]
        });
    }
}

/// The key of recipes that learn from votes.
const VOTES: &str = "votes.snapshot";
