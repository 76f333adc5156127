//! The models there are: what each is, how large, where it stands; and which one tells.

use std::collections::HashMap;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::turn::Turn;
use crate::app::action::Action;
use crate::app::effect::Effect;
use crate::app::look::{HERE, Look, spinner};
use crate::app::setting::Setting;
use crate::app::text;
use crate::app::widgets::bars;
use crate::app::widgets::list::{Chosen, view_list};
use crate::story::{ModelCard, ModelState, Notice, Whose};

/// From so many columns on, a model's own card stands beside the list.
const WIDE: u16 = 100;

/// The list of models, and the card of the chosen one.
#[derive(Clone, Debug, Default)]
pub struct Models {
    cards: Option<Vec<ModelCard>>,
    chosen: Chosen,
    /// What came of asking for each model's own card.
    about: HashMap<String, Result<Option<String>, Notice>>,
    /// The card is read, not the list; from this line on.
    reading: Option<usize>,
    notice: Option<Notice>,
}

impl Models {
    /// The list has come; asks for the card of the chosen model.
    pub fn list(&mut self, listed: Result<Vec<ModelCard>, Notice>) -> Vec<Effect> {
        match listed {
            Ok(cards) => {
                if self.cards.is_none() {
                    self.chosen = Chosen(cards.iter().position(|card| card.current).unwrap_or(0));
                }
                self.cards = Some(cards);
                self.ask().into_iter().collect()
            }
            Err(notice) => {
                self.notice = Some(notice);
                Vec::new()
            }
        }
    }

    /// A model's own card has come.
    pub fn take(&mut self, name: String, about: Result<Option<String>, Notice>) {
        self.about.insert(name, about);
    }

    fn current(&self) -> Option<&ModelCard> {
        self.cards.as_ref()?.get(self.chosen.0)
    }

    /// Whose lineage is asked for here.
    pub fn whose(&self) -> Whose {
        self.current().map_or(Whose::InUse, |card| Whose::Model(card.name.clone()))
    }

    /// Asks for the card of the chosen model, unless it is there.
    fn ask(&self) -> Option<Effect> {
        let name = &self.current()?.name;
        (!self.about.contains_key(name)).then(|| Effect::LoadAbout(name.clone()))
    }

    /// Something here changes with time alone.
    pub fn is_waiting(&self) -> bool {
        self.cards.is_none() && self.notice.is_none()
    }

    /// Whether an action would do something now.
    pub fn can(&self, action: Action) -> bool {
        match action {
            Action::Open => self.reading.is_none() && self.current().is_some_and(|card| !card.current),
            Action::Unload => self.current().is_some_and(|card| card.current),
            _ => true,
        }
    }

    pub fn act(&mut self, action: Action, setting: &Setting) -> Turn {
        self.notice = None;
        if let Some(line) = &mut self.reading {
            match action {
                Action::Up => *line = line.saturating_sub(1),
                Action::Down => *line += 1,
                Action::PageUp => *line = line.saturating_sub(usize::from(setting.body().height / 2)),
                Action::PageDown => *line += usize::from(setting.body().height / 2),
                Action::First => *line = 0,
                Action::Last => *line = usize::MAX,
                Action::About | Action::Back => self.reading = None,
                _ => {}
            }
            if let (Some(line), Some(card)) = (self.reading, self.current()) {
                let area = self.card_area(setting);
                let rows = self.card_lines(card, area.width, setting).len();
                self.reading = Some(line.min(rows.saturating_sub(usize::from(area.height))));
            }
            return Turn::Stay;
        }
        if self.chosen.act(action, self.cards.as_deref().unwrap_or_default().len()) {
            return self.ask().map_or(Turn::Stay, Turn::Do);
        }
        match (action, self.current()) {
            (Action::Open, Some(card)) if !card.current => Turn::Do(Effect::UseModel(card.name.clone())),
            (Action::Unload, Some(card)) if card.current => Turn::Do(Effect::UnloadModel),
            (Action::About, Some(_)) => {
                self.reading = Some(0);
                Turn::Stay
            }
            (Action::Back | Action::Models, _) => Turn::Leave,
            _ => Turn::Stay,
        }
    }

    /// Where the card is shown: beside the list, or over it.
    fn card_area(&self, setting: &Setting) -> Rect {
        let body = setting.body();
        let area = Rect { x: 1, y: body.y + 1, width: body.width - 2, height: body.height - 1 };
        if setting.columns < WIDE {
            return area;
        }
        let left = area.width * 2 / 5;
        Rect { x: area.x + left + 2, width: area.width - left - 2, ..area }
    }

    fn card_lines(&self, card: &ModelCard, columns: u16, setting: &Setting) -> Vec<Line<'static>> {
        let look = &setting.look;
        match self.about.get(&card.name) {
            Some(Ok(Some(text))) => readable(&text::clean(text), columns, look),
            Some(Ok(None)) => vec![Line::styled("It came without a card (a README.md in its folder).", look.quiet)],
            Some(Err(notice)) => bars::notice_lines(notice, columns, look),
            None => vec![Line::styled("…", look.quiet)],
        }
    }

    pub fn view(&self, setting: &Setting, buffer: &mut Buffer) {
        let look = &setting.look;
        let body = setting.body();
        let area = Rect { x: 1, y: body.y + 1, width: body.width - 2, height: body.height - 1 };
        let Some(cards) = &self.cards else {
            let words = format!("{} listing the models", spinner(setting.now.as_millis() / 125));
            buffer.set_stringn(area.x, area.y, words, usize::from(area.width), look.quiet);
            return;
        };
        let beside = setting.columns >= WIDE;
        if let (true, Some(card)) = (beside || self.reading.is_some(), self.current()) {
            let area = self.card_area(setting);
            let lines = self.card_lines(card, area.width, setting);
            let top = self.reading.unwrap_or(0).min(lines.len());
            bars::write_lines(area, &lines[top..], buffer);
            if beside {
                let style = if self.reading.is_some() { look.chosen } else { look.hollow };
                (area.top()..area.bottom()).for_each(|y| buffer.set_string(area.x - 2, y, "│", style));
            } else {
                return;
            }
        }
        let width = if beside { area.width * 2 / 5 } else { area.width };
        let area = Rect { width: width - 1, ..area };
        let list = Rect { height: area.height.saturating_sub(4), ..area };
        let tall = if beside { 5 } else { 3 };
        view_list(list, cards.len(), tall, self.chosen, buffer, |n| {
            item(&cards[n], n == self.chosen.0, area.width, setting)
        });
        let words = "Another: storyloom model add FOLDER, or a name on the hub, such as \
                     HuggingFaceTB/SmolVLM-256M-Instruct";
        let more: Vec<Line<'_>> =
            text::wrap(words, usize::from(area.width)).into_iter().map(|line| Line::styled(line, look.quiet)).collect();
        let height = (more.len() as u16).min(3);
        bars::write_lines(Rect { y: area.bottom() - height, height, ..area }, &more, buffer);
        if let Some(notice) = &self.notice {
            let lines = bars::notice_lines(notice, area.width, look);
            let height = (lines.len() as u16).min(area.height);
            bars::write_lines(Rect { y: area.bottom() - height, height, ..area }, &lines, buffer);
        }
    }
}

/// Text with Markdown's marks, as lines: headings stand out, paragraphs are set anew, tables and code keep their lines.
fn readable(text: &str, columns: u16, look: &Look) -> Vec<Line<'static>> {
    let columns = usize::from(columns);
    let mut lines = Vec::new();
    let mut paragraph = String::new();
    let mut code = false;
    let flush = |paragraph: &mut String, lines: &mut Vec<Line<'static>>| {
        let words = std::mem::take(paragraph).replace(['*', '`'], "");
        if !words.is_empty() {
            lines.extend(text::wrap(&words, columns).into_iter().map(|line| Line::styled(line, look.text)));
        }
    };
    for line in text.lines() {
        let bare = line.trim_start();
        code ^= bare.starts_with("```");
        let kept = code || bare.starts_with('|');
        if kept || bare.is_empty() || bare.starts_with(['#', '-', '*', '`']) {
            flush(&mut paragraph, &mut lines);
        }
        if bare.starts_with("```") || bare.starts_with("| -") || bare.starts_with("|-") {
        } else if kept {
            lines.push(Line::styled(text::clip(line, columns), look.text));
        } else if bare.starts_with('#') {
            lines.push(Line::styled(text::clip(bare.trim_start_matches(['#', ' ']), columns), look.strong));
        } else if bare.is_empty() {
            lines.push(Line::default());
        } else {
            paragraph.push_str(if paragraph.is_empty() { "" } else { " " });
            paragraph.push_str(bare);
        }
    }
    flush(&mut paragraph, &mut lines);
    lines
}

fn item(card: &ModelCard, here: bool, columns: u16, setting: &Setting) -> Vec<Line<'static>> {
    let look = &setting.look;
    let columns = usize::from(columns);
    // The state of the model at work is known better than the list knew it.
    let now = setting.model.as_ref().filter(|model| model.name == card.name);
    let model = now.unwrap_or(card);
    let size = |bytes: u64| amount(bytes as f64, [" B", " kB", " MB", " GB"]);
    let (sign, word, style) = match (now.is_some(), model.state) {
        (_, ModelState::Loading) => {
            let eighths = usize::from(model.percent) * 8 / 100;
            let bar = format!("{}{}", "█".repeat(eighths), "░".repeat(8 - eighths));
            let sign = spinner(setting.now.as_millis() / 125).to_string();
            (sign, format!("loading {bar} {} %", model.percent), look.lit)
        }
        (_, ModelState::Broken) => ("✗".to_owned(), "cannot be loaded".to_owned(), look.fault),
        (true, ModelState::Ready) if card.bytes == 0 => ("●".to_owned(), "tells".to_owned(), look.good),
        (true, ModelState::Ready) => ("●".to_owned(), format!("tells, {} of memory", size(model.memory)), look.good),
        (true, ModelState::Resting) => ("○".to_owned(), "tells next, not in memory".to_owned(), look.quiet),
        _ => ("○".to_owned(), "rests".to_owned(), look.quiet),
    };
    let indent = if card.base.is_some() { "└ " } else { "" };
    let name = format!("{indent}{}", text::clean_line(&card.name));
    let family = if card.family.is_empty() { "unknown family" } else { &card.family };
    let world = if card.world_only { " · picture world only" } else { "" };
    let (kind, stored) = if card.bytes == 0 {
        (text::clean_line(family), "elsewhere, behind an engine".to_owned())
    } else {
        let dtype = if card.dtype.is_empty() { "?" } else { &card.dtype };
        let kind = format!("{family} · {} parameters", amount(card.parameters as f64, ["", " k", " M", " B"]));
        (kind, format!("{} · {dtype}{world}", size(card.bytes)))
    };
    let source = text::clean_line(&card.source);
    let mut lines = vec![Line::from(vec![
        Span::styled(format!("{} ", if here { HERE } else { " " }), look.chosen),
        Span::styled(format!("{sign} "), style),
        Span::styled(name, if here { look.chosen } else { look.strong }),
        Span::styled(format!("  {word}"), style),
    ])];
    if setting.columns >= WIDE {
        let room = columns.saturating_sub(4);
        for row in [text::clip(&kind, room), text::clip(&stored, room), text::clip_middle(&source, room)] {
            lines.push(Line::styled(format!("    {row}"), look.quiet));
        }
    } else {
        let about = format!("    {kind} · {stored} · ");
        let room = columns.saturating_sub(text::width(&about));
        lines.push(Line::styled(format!("{about}{}", text::clip_middle(&source, room)), look.quiet));
    }
    lines.push(Line::default());
    lines
}

/// "7.7 M", "15.4 MB".
fn amount(value: f64, units: [&str; 4]) -> String {
    let place = (0..4).rev().find(|place| value >= 1000f64.powi(*place)).unwrap_or(0);
    let value = value / 1000f64.powi(place);
    let digits = usize::from(place > 0 && value < 100.0);
    format!("{value:.digits$}{}", units[place as usize])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_card_reads_as_text_and_its_tables_stay_in_line() {
        let card = "# A model\n\nIt *looks* at\nframes.\n\n| a | b |\n| --- | --- |\n| 1 | 2 |\n\n```\nrun  it\n```\n- one\n- two\n";
        let lines = readable(card, 40, &Look::default());
        let words: Vec<String> = lines.iter().map(|line| line.to_string()).collect();
        let expected =
            ["A model", "", "It looks at frames.", "", "| a | b |", "| 1 | 2 |", "", "run  it", "- one", "- two"];
        assert_eq!(words, expected);
    }

    #[test]
    fn sizes_are_said_in_three_digits_or_so() {
        let units = ["", " k", " M", " B"];
        for (value, words) in [(7.0, "7"), (7_712_345.0, "7.7 M"), (256e6, "256 M"), (2.2e9, "2.2 B"), (999.0, "999")] {
            assert_eq!(amount(value, units), words);
        }
    }
}
