//! Where a model comes from and what came of it, as a chain that is read from above: votes, snapshot, reward, policy, its stories,
//! their votes. What one of them began as stands beside the way, and joins it.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::history::when;
use super::turn::Turn;
use crate::app::action::Action;
use crate::app::effect::Effect;
use crate::app::look::{Look, spinner};
use crate::app::setting::Setting;
use crate::app::text;
use crate::app::widgets::bars;
use crate::story::{Chain, Link, LinkKind, Notice, Whose, short};

/// Columns of what a link is.
const WORD: usize = 12;

/// One chain, scrolled by so many lines.
#[derive(Clone, Debug)]
pub struct Descent {
    whose: Whose,
    /// `None` while it is looked for.
    chain: Option<Result<Chain, Notice>>,
    top: usize,
}

impl Descent {
    pub fn of(whose: Whose) -> Descent {
        Descent { whose, chain: None, top: 0 }
    }

    /// A chain has come; another one may be asked for by now.
    pub fn take(&mut self, whose: &Whose, chain: Result<Chain, Notice>) {
        if self.whose == *whose {
            self.chain = Some(chain);
        }
    }

    pub fn is_waiting(&self) -> bool {
        self.chain.is_none()
    }

    pub fn can(&self, action: Action) -> bool {
        action != Action::InUse || self.whose != Whose::InUse
    }

    pub fn act(&mut self, action: Action, setting: &Setting) -> Turn {
        let height = usize::from(setting.body().height);
        let most = self.lines(setting).len().saturating_sub(height);
        match action {
            Action::Up => self.top = self.top.saturating_sub(1),
            Action::Down => self.top = (self.top + 1).min(most),
            Action::PageUp => self.top = self.top.saturating_sub(height),
            Action::PageDown => self.top = (self.top + height).min(most),
            Action::First => self.top = 0,
            Action::Last => self.top = most,
            Action::InUse if self.can(action) => {
                *self = Descent::of(Whose::InUse);
                return Turn::Do(Effect::LoadChain(Whose::InUse));
            }
            Action::Back => return Turn::Leave,
            _ => {}
        }
        Turn::Stay
    }

    pub fn view(&self, setting: &Setting, buffer: &mut Buffer) {
        let look = &setting.look;
        let body = setting.body();
        let area = Rect { x: 1, width: body.width - 2, ..body };
        let lines = self.lines(setting);
        let hidden = lines.len().saturating_sub(usize::from(area.height));
        bars::write_lines(area, &lines[self.top.min(hidden)..], buffer);
        let line =
            Rect { x: 1, y: setting.rows.saturating_sub(2), width: setting.columns.saturating_sub(2), height: 1 };
        let whose = match &self.whose {
            Whose::InUse => "of the model that tells".to_owned(),
            Whose::Model(name) => format!("of the model {}", text::clean_line(name)),
            Whose::Run(run) => format!("of what {} made", text::clean_line(run)),
        };
        let words = format!("{whose}; ● is what was asked about");
        let more = if self.top < hidden { "more below" } else { "" };
        bars::row(line, vec![Span::styled(words, look.quiet)], vec![Span::styled(more, look.lit)], buffer);
    }

    /// With a line between links, where all of them fit so.
    fn lines(&self, setting: &Setting) -> Vec<Line<'static>> {
        let look = &setting.look;
        let columns = setting.columns.saturating_sub(2);
        match &self.chain {
            None => {
                let words = format!("{} looking for where it comes from", spinner(setting.now.as_millis() / 125));
                vec![Line::styled(words, look.quiet)]
            }
            Some(Err(notice)) => bars::notice_lines(notice, columns, look),
            Some(Ok(chain)) => {
                let drawn = |roomy: bool| {
                    let link = |at: usize| link_lines(&chain.links, at, usize::from(columns), roomy, look);
                    (0..chain.links.len()).flat_map(link).collect::<Vec<_>>()
                };
                let roomy = drawn(true);
                if roomy.len() <= usize::from(setting.body().height) { roomy } else { drawn(false) }
            }
        }
    }
}

/// One link: what it is, then its figures, then the arrow to what came of it.
fn link_lines(links: &[Link], at: usize, columns: usize, roomy: bool, look: &Look) -> Vec<Line<'static>> {
    let Some(link) = links.get(at) else { return Vec::new() };
    let way = Span::styled(before(links, at, link.level), look.quiet);
    let (sign, style) = (if link.here { "● " } else { "○ " }, style(link, look));
    let hash = link.hash.as_deref().map(|hash| format!("  {}", text::clean_line(short(hash))));
    let date = link.at.map(|at| format!("  {}", when(at.unsigned_abs())));
    let beside: usize = hash.iter().chain(&date).map(|words| text::width(words)).sum();
    let room = columns.saturating_sub(text::width(&way.content) + WORD + 3);
    let name = text::clip_middle(&text::clean_line(&link.name), room.saturating_sub(beside).max(12));
    let mut head = vec![
        way.clone(),
        Span::styled(sign, style),
        Span::styled(format!("{:WORD$} ", text::clip(&link.word, WORD)), style),
        Span::styled(name, if link.here { look.chosen } else { look.strong }),
    ];
    head.extend(hash.map(|hash| Span::styled(hash, look.lit)));
    head.extend(date.map(|date| Span::styled(date, look.quiet)));
    let mut lines = vec![Line::from(head)];
    // Where room is short, figures follow one another.
    let said = if roomy { link.figures.clone() } else { vec![link.figures.join("; ")] };
    let said = said.iter().filter(|figure| !figure.is_empty());
    let mut figures: Vec<String> = said.flat_map(|figure| text::wrap(&text::clean_line(figure), room)).collect();
    let next = links.get(at + 1).map(|next| next.level);
    // The last row has the arrow: at the end of the figures, or one of its own where there is room.
    if next.is_some() && (roomy || figures.is_empty()) {
        figures.push(String::new());
    }
    let last = figures.len().saturating_sub(1);
    for (row, figure) in figures.into_iter().enumerate() {
        let connector = match next {
            None => format!("{}  ", way.content),
            Some(_) if row < last => format!("{}│ ", way.content),
            Some(next) if next == link.level => format!("{}↓ ", way.content),
            Some(next) if next > link.level => format!("{}│ ", way.content),
            Some(next) => joining(links, at, next),
        };
        let pad = " ".repeat(WORD + 1);
        lines.push(Line::from(vec![
            Span::styled(connector, look.quiet),
            Span::raw(pad),
            Span::styled(figure, if link.here { look.text } else { look.quiet }),
        ]));
    }
    lines
}

/// The ways that go on to the left of a level: a line for each that has begun.
fn before(links: &[Link], at: usize, levels: usize) -> String {
    let line = |level: usize| if has_begun(links, at, level) { "│  " } else { "   " };
    (0..levels).map(line).collect()
}

/// A link of this level stands above, and nothing further out between.
fn has_begun(links: &[Link], at: usize, level: usize) -> bool {
    links[..at].iter().rev().find(|link| link.level <= level).is_some_and(|link| link.level == level)
}

/// From a way beside back to the one that it joins.
fn joining(links: &[Link], at: usize, level: usize) -> String {
    let from = links.get(at).map_or(level, |link| link.level);
    let corner = if has_begun(links, at, level) { "├←─" } else { "╭──" };
    format!("{}{corner}{}╯ ", before(links, at, level), "───".repeat(from.saturating_sub(level + 1)))
}

fn style(link: &Link, look: &Look) -> Style {
    match link.kind {
        _ if link.here => look.chosen,
        LinkKind::Votes | LinkKind::Snapshot => look.warning,
        LinkKind::Reward => look.good,
        LinkKind::Model | LinkKind::Stories => look.text,
    }
}
