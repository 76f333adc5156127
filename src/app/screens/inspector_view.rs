//! The inspector as it is drawn: a ribbon of entropy, the tokens, what might have come, where the model looked.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};

use super::inspector::{ALTERNATIVES, Inspector};
use super::tokens::{Laid, lay};
use crate::app::look::{HERE, spinner};
use crate::app::setting::Setting;
use crate::app::text;
use crate::app::widgets::bars;
use crate::app::widgets::gauge::gauge;
use crate::app::widgets::picture::{captioned, dress, pic};
use crate::app::widgets::ribbon::Ribbon;
use crate::app::widgets::strip::Strip;
use crate::canvas::{Canvas, Pic, Placed, Veil};
use crate::story::Piece;

/// Rows of the ribbon with its mark, and of the details below or beside the story.
const RIBBON: u16 = 3;
const DETAILS: u16 = ALTERNATIVES as u16 + 2;
/// Least width of a story with its details beside it.
const WIDE: u16 = 110;
/// Least rows below the story for the frames.
const FRAMES: u16 = 8;
/// Width of the details beside the story.
const ASIDE: u16 = 48;

impl Inspector {
    pub fn view(&self, setting: &Setting, canvas: &Canvas, buffer: &mut Buffer) {
        let area = story_area(setting);
        let look = &setting.look;
        if let Some(notice) = &self.fault {
            bars::write_lines(area, &bars::notice_lines(notice, area.width, look), buffer);
            return;
        }
        if self.pieces.is_empty() {
            let (done, all) = (self.reading.as_ref().map_or(0, |(_, read)| read.len()), self.story.tokens.len());
            let sign = spinner(setting.now.as_millis() / 125);
            let words =
                format!("{sign} reading the story over, to see how sure the model is of each word: {done}/{all}");
            buffer.set_stringn(area.x, area.y, words, usize::from(area.width), look.lit);
            return;
        }
        let entropies: Vec<f32> = self.pieces.iter().map(|piece| piece.entropy().unwrap_or(0.0)).collect();
        let ribbon = Ribbon { entropies: &entropies, at: self.at };
        ribbon.view(Rect { height: RIBBON, ..area }, look, buffer);
        let (told, details) = areas(area);
        if self.heat {
            self.view_heat(told, setting, canvas, buffer);
        } else {
            let used = self.view_tokens(told, setting, buffer);
            let free = Rect { y: told.y + used + 1, height: told.height.saturating_sub(used + 1), ..told };
            if free.height >= FRAMES {
                self.view_strip(free, setting, canvas, buffer);
            }
        }
        self.view_details(details, setting, buffer);
        self.view_status(setting, buffer);
    }

    /// The rows of the story that are on the screen: around the token looked at.
    fn rows(&self, area: Rect) -> Vec<Vec<Laid>> {
        let mut rows = lay(&self.pieces, usize::from(area.width).min(84));
        let here = rows.iter().position(|row| row.iter().any(|laid| laid.token == self.at)).unwrap_or(0);
        let height = usize::from(area.height);
        let top = (here + 1 + height / 3).saturating_sub(height).min(rows.len().saturating_sub(height)).min(here);
        rows.drain(..top);
        rows.truncate(height);
        rows
    }

    /// A click chooses a token, or one of the alternatives.
    pub fn click(&mut self, at: Position, setting: &Setting) {
        let (told, details) = areas(story_area(setting));
        if told.contains(at) && !self.heat {
            let row = self.rows(told).into_iter().nth(usize::from(at.y - told.y)).unwrap_or_default();
            let column = usize::from(at.x - told.x);
            let hit = |laid: &&Laid| (laid.column..laid.column + text::width(&laid.text)).contains(&column);
            if let Some(laid) = row.iter().find(hit) {
                self.go(laid.token);
            }
        } else if details.contains(at) && at.y > details.y && at.x < details.x + ASIDE {
            let count = self.pieces.get(self.at).map_or(0, |piece| piece.alternatives.len());
            let choice = usize::from(at.y - details.y - 1);
            if choice < count {
                self.choice = choice;
            }
        }
    }

    /// The frames below the story, the one that was looked at most lit up.
    fn view_strip(&self, area: Rect, setting: &Setting, canvas: &Canvas, buffer: &mut Buffer) {
        let frames = &self.sequence.frames;
        let shown = self.shown_frame().unwrap_or(0);
        let shape = frames.first().map_or(1.0, |frame| setting.shape(frame.width, frame.height));
        let strip = Strip::new(area, frames.len(), shown, shape);
        for (slot, frame) in strip.slots.iter().zip(&frames[strip.page.clone()]) {
            captioned(canvas, frame, (frame.place == shown, ""), *slot, &setting.look, buffer);
        }
    }

    /// The story, each token in the colour of its entropy; the rows it takes.
    fn view_tokens(&self, area: Rect, setting: &Setting, buffer: &mut Buffer) -> u16 {
        let look = &setting.look;
        let rows = self.rows(area);
        let used = rows.len() as u16;
        for (y, row) in (area.top()..area.bottom()).zip(rows) {
            for Laid { token, column, text } in &row {
                let level = look.level(self.pieces[*token].entropy().unwrap_or(0.0));
                let style = if *token == self.at { look.chosen_bar } else { level };
                buffer.set_string(area.x + *column as u16, y, text, style);
            }
        }
        used
    }

    /// A frame as the model looked at it for this token.
    fn view_heat(&self, area: Rect, setting: &Setting, canvas: &Canvas, buffer: &mut Buffer) {
        let look = &setting.look;
        let Some(frame) = self.shown_frame().and_then(|place| self.sequence.frames.get(place)) else { return };
        let slot = Rect { height: area.height.saturating_sub(1), ..area };
        let patches = self.pieces.get(self.at).and_then(|piece| piece.patches.get(frame.place));
        let veil = patches.and_then(|patches| Veil::new(patches.columns, &patches.shares));
        let pic = Pic { veil: veil.clone(), ..pic(frame) };
        let taken = match (canvas.place(&pic, slot, buffer), &veil) {
            (Placed::Off(area), Some(veil)) => {
                shade(veil, area, setting, buffer);
                area
            }
            (placed, _) => dress(placed, &text::clean_line(&frame.name), look, buffer),
        };
        let sign = spinner(setting.now.as_millis() / 125);
        let words = match self.reading {
            Some(_) => format!("{sign} reading the story over to see where the model looked"),
            None => format!("{HERE} frame {} of {}", frame.place + 1, self.sequence.frames.len()),
        };
        buffer.set_stringn(taken.x, taken.bottom(), words, usize::from(area.width), look.lit);
    }

    /// The token, what might have come in its place, and the frames.
    fn view_details(&self, area: Rect, setting: &Setting, buffer: &mut Buffer) {
        let look = &setting.look;
        let Some(piece) = self.pieces.get(self.at) else { return };
        let rank = piece.alternatives.iter().position(|other| other.token == piece.token);
        let figures = [
            piece.probability().map(|p| format!("p {p:.3}")),
            rank.map(|rank| format!("rank {}", rank + 1)),
            piece.entropy().map(|bits| format!("{bits:.2} bits")),
        ];
        let figures: Vec<String> = figures.into_iter().flatten().collect();
        let own = text::clip(&shown(&piece.text, piece.frame, piece.token), 18);
        let given = if self.at < self.story.origin.given { " given" } else { "" };
        let head = vec![
            Span::styled(format!("{own} "), look.chosen),
            Span::styled(format!("{}{given}", figures.join(" · ")), look.text),
        ];
        let left = Rect { width: area.width.min(ASIDE), ..area };
        bars::row(Rect { height: 1, ..left }, head, vec![], buffer);
        for (n, other) in piece.alternatives.iter().enumerate() {
            let y = area.y + 1 + n as u16;
            if y >= area.bottom() {
                break;
            }
            let p = other.log_prob.exp();
            let mark = if n == self.choice { HERE } else { " " };
            let name = text::clip(&shown(&other.text, None, other.token), 16);
            let pad = 16usize.saturating_sub(text::width(&name));
            let style = match (n == self.choice, other.token == piece.token) {
                (true, _) => look.chosen,
                (false, true) => look.strong,
                (false, false) => look.text,
            };
            let words = format!("{mark} {name}{} {p:>6.3} ", " ".repeat(pad));
            buffer.set_stringn(left.x, y, &words, usize::from(left.width), style);
            let x = left.x + text::width(&words) as u16;
            gauge(Rect { x, y, width: left.right().saturating_sub(x), height: 1 }, p, style, buffer);
        }
        // Beside the alternatives where the story is above, else below them.
        let frames = if area.width > ASIDE + 24 {
            Rect { x: left.right() + 3, width: area.width - ASIDE - 3, ..area }
        } else {
            let y = area.y + DETAILS;
            Rect { y: y.min(area.bottom()), height: area.bottom().saturating_sub(y), ..area }
        };
        self.view_frames(piece, frames, setting, buffer);
    }

    /// How much each frame was attended to.
    fn view_frames(&self, piece: &Piece, area: Rect, setting: &Setting, buffer: &mut Buffer) {
        let look = &setting.look;
        let most = piece.attention.iter().copied().fold(f32::MIN_POSITIVE, f32::max);
        let all: f32 = piece.attention.iter().sum();
        if area.height < 2 || piece.attention.is_empty() {
            return;
        }
        let head = format!("attention on frames: {:.0} %", all * 100.0);
        buffer.set_stringn(area.x, area.y, head, usize::from(area.width), look.quiet);
        let count = piece.attention.len();
        let shown = self.shown_frame().unwrap_or(0);
        // Of a long book the part around the frame that is looked at most.
        let rows = usize::from(area.height - 1);
        let top = shown.saturating_sub(rows / 2).min(count.saturating_sub(rows));
        for (y, place) in (area.y + 1..area.bottom()).zip(top..count) {
            let share = piece.attention[place];
            let style = if place == shown { look.lit } else { look.text };
            let words = format!("{:>3} {:>5.1} % ", place + 1, share * 100.0);
            buffer.set_stringn(area.x, y, &words, usize::from(area.width), style);
            let x = area.x + words.len() as u16;
            gauge(Rect { x, y, width: area.right().saturating_sub(x).min(30), height: 1 }, share / most, style, buffer);
        }
    }

    fn view_status(&self, setting: &Setting, buffer: &mut Buffer) {
        let look = &setting.look;
        let line =
            Rect { x: 1, y: setting.rows.saturating_sub(2), width: setting.columns.saturating_sub(2), height: 1 };
        let left = vec![
            Span::styled(format!("token {} of {}", self.at + 1, self.pieces.len()), look.strong),
            Span::styled(format!(" · {} · seed {}", self.story.task, self.story.sampling.seed), look.quiet),
        ];
        let legend = ["sure", "", "", "", "unsure"].iter().zip([0.0, 0.6, 1.5, 2.5, 4.0]);
        let signs: Vec<Span<'_>> =
            legend.map(|(word, bits)| Span::styled(format!("{word}■"), look.level(bits))).collect();
        buffer.set_line(line.x, line.y, &Line::from(left), line.width);
        let width = 15.min(line.width);
        buffer.set_line(line.right() - width, line.y, &Line::from(signs), width);
    }
}

fn story_area(setting: &Setting) -> Rect {
    let body = setting.body();
    Rect { x: 1, width: body.width.saturating_sub(2), ..body }
}

/// Below the ribbon: the story, and the details beside or below it.
fn areas(area: Rect) -> (Rect, Rect) {
    let rest = Rect { y: area.y + RIBBON, height: area.height.saturating_sub(RIBBON), ..area };
    if rest.width >= WIDE {
        let told = Rect { width: rest.width - ASIDE - 3, ..rest };
        return (told, Rect { x: told.right() + 3, width: ASIDE, ..rest });
    }
    let height = rest.height.saturating_sub(DETAILS);
    (Rect { height, ..rest }, Rect { y: rest.y + height, height: rest.height - height, ..rest })
}

/// A token as it can be seen: spaces as dots at its edges, markers and the end by a sign.
fn shown(own: &str, frame: Option<usize>, token: u32) -> String {
    if let Some(frame) = frame {
        return format!("[frame {}]", frame + 1);
    }
    let clean = text::clean(own).replace('\n', "⏎").replace(' ', "·");
    if clean.is_empty() { format!("[token {token}]") } else { clean }
}

/// Where no picture can be shown, the veil alone.
fn shade(veil: &Veil, area: Rect, setting: &Setting, buffer: &mut Buffer) {
    const SIGNS: [&str; 5] = [" ", "░", "▒", "▓", "█"];
    for y in area.top()..area.bottom() {
        for x in area.left()..area.right() {
            let column = usize::from(x - area.x) * veil.columns() / usize::from(area.width);
            let row = usize::from(y - area.y) * veil.rows() / usize::from(area.height);
            let light = (veil.light(column, row) * 4.0).round() as usize;
            buffer.set_string(x, y, SIGNS[light.min(4)], setting.look.lit);
        }
    }
}
