//! The app as it is drawn: a header, the topmost screen, a footer.

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::app::{App, LEAST};
use super::ascii;
use super::layer::{Below, Layer};
use super::look::spinner;
use super::text;
use super::widgets::bars;
use crate::canvas::Canvas;
use crate::story::ModelState;

impl App {
    /// Draws the screen; pictures come from the canvas, which notes the ones it misses.
    pub fn view(&self, frame: &mut Frame<'_>, canvas: &Canvas) {
        let setting = &self.setting;
        let buffer = frame.buffer_mut();
        let window = setting.window().intersection(buffer.area);
        if window.width < LEAST.0 || window.height < LEAST.1 {
            view_small(window, buffer);
            return;
        }
        self.view_header(buffer);
        match (self.layers.last(), &self.reader) {
            (Some(layer), reader) => {
                layer.view(Below { reader: reader.as_ref(), log: &self.log }, setting, canvas, buffer);
            }
            (None, Some(reader)) => reader.view(setting, canvas, buffer),
            (None, None) => match &self.rate {
                Some(rate) => rate.view(setting, canvas, buffer),
                None => self.gallery.view(setting, canvas, buffer),
            },
        }
        if let (Some(line), None, true) =
            (self.tour.and_then(|tour| tour.line(setting.now)), &self.palette, self.layers.is_empty())
        {
            self.view_tour(&line, buffer);
        }
        match &self.palette {
            Some(palette) => palette.view(setting, buffer),
            None => bars::footer(setting.foot(), self.place(), &|action| self.can(action), setting, buffer),
        }
        if setting.ascii {
            ascii::plain(buffer);
        }
    }

    /// The tour takes the line above the footer.
    fn view_tour(&self, line: &str, buffer: &mut Buffer) {
        let y = self.setting.rows - 2;
        let words = text::clip(line, usize::from(self.setting.columns) - 2);
        let pad = usize::from(self.setting.columns) - 1 - text::width(&words);
        buffer.set_string(0, y, format!(" {words}{}", " ".repeat(pad)), self.setting.look.lit_bar);
    }

    /// Who we are, what is being read, and how the model is.
    fn view_header(&self, buffer: &mut Buffer) {
        let setting = &self.setting;
        let look = &setting.look;
        let area = Rect { x: 1, y: 0, width: setting.columns - 2, height: 1 };
        let mut left = vec![Span::styled("storyloom", look.chosen)];
        let title = self.layers.last().map(Layer::title).filter(|title| !title.is_empty());
        if let Some(title) = title {
            left.push(Span::styled(format!("  {title}"), look.strong));
        }
        if let Some(reader) = &self.reader {
            let style = if title.is_some() { look.quiet } else { look.strong };
            left.push(Span::styled(format!("  {}", reader.card.title), style));
            if let Some((place, of)) = self.gallery.place_of(&reader.card.id) {
                left.push(Span::styled(format!("  {place}/{of}"), look.quiet));
            }
            let about = [Some(reader.card.counts()), reader.card.credits.clone()];
            for words in about.into_iter().flatten() {
                left.push(Span::styled(format!(" · {words}"), look.quiet));
            }
        }
        if self.rate.is_some() {
            left.push(Span::styled("  rating", look.strong));
        }
        // Which model is at work is nothing for somebody who judges blindly.
        let model = if self.rate.is_some() { vec![] } else { self.model() };
        bars::row(area, left, model, buffer);
    }

    fn model(&self) -> Vec<Span<'static>> {
        let look = &self.setting.look;
        let Some(model) = &self.setting.model else { return vec![] };
        let (sign, style) = match model.state {
            ModelState::Ready => ("●".to_owned(), look.good),
            ModelState::Resting => ("○".to_owned(), look.quiet),
            ModelState::Loading => (spinner(self.setting.now.as_millis() / 125).to_string(), look.lit),
            ModelState::Broken => ("✗ broken:".to_owned(), look.fault),
        };
        let name = text::clip(&text::clean_line(&model.name), 28);
        vec![Span::styled(sign, style), Span::styled(format!(" {name}"), look.quiet)]
    }
}

/// A window too small for anything but saying so.
fn view_small(window: Rect, buffer: &mut Buffer) {
    let columns = usize::from(window.width.max(2));
    let size = format!("This window has {}x{} cells. ", window.width, window.height);
    let words = format!("{size}storyloom needs {}x{}: make it larger, or its letters smaller.", LEAST.0, LEAST.1);
    let lines: Vec<Line<'_>> = text::wrap(&words, columns).into_iter().map(Line::from).collect();
    let top = window.y + window.height.saturating_sub(lines.len() as u16) / 2;
    let area = Rect { y: top, height: window.bottom() - top, ..window };
    bars::write_lines(area, &lines, buffer);
}
