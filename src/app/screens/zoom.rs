//! One frame on the whole screen, with the words told about it. Its state is the reader's: this is only another view.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::reader::Reader;
use crate::app::setting::Setting;
use crate::app::text;
use crate::app::widgets::bars;
use crate::app::widgets::picture::{pic, picture};
use crate::canvas::Canvas;

/// Rows of words below the picture at most.
const MOST_WORDS: usize = 4;

/// Draws the reader's frame in focus.
pub fn view(reader: &Reader, setting: &Setting, canvas: &Canvas, buffer: &mut Buffer) {
    let Some(opened) = &reader.opened else { return };
    let frames = &opened.sequence.frames;
    let Some(frame) = frames.get(reader.focus.unwrap_or(0)) else { return };
    let look = &setting.look;
    let body = setting.body();
    let columns = usize::from(body.width).saturating_sub(4).min(100);
    let lines = reader.live.as_ref().map(|live| live.lines(frames.len())).unwrap_or_default();
    let told: Vec<String> =
        lines.into_iter().filter(|line| line.frame == Some(frame.place)).map(|line| line.text).collect();
    let mut words: Vec<Line<'static>> =
        text::wrap(&told.join(" "), columns).into_iter().filter(|row| !row.is_empty()).map(Line::from).collect();
    if let Some(own) = frame.text.as_deref().map(text::clean_line).filter(|own| !own.trim().is_empty()) {
        words.extend(bars::marked("its own text:", look.quiet, &own, look.quiet, columns.saturating_sub(14)));
    }
    words.truncate(MOST_WORDS);
    let height = words.len() as u16;
    let slot = Rect { height: body.height.saturating_sub(height + u16::from(height > 0)), ..body };
    let name = text::clean_line(&frame.name);
    picture(canvas, &pic(frame), &name, slot, look, buffer);
    let widest = words.iter().map(Line::width).max().unwrap_or(0) as u16;
    let left = body.x + (body.width.saturating_sub(widest)) / 2;
    let area = Rect { x: left, y: body.bottom() - height, width: body.right() - left, height };
    bars::write_lines(area, &words, buffer);
    let line = Rect { x: 1, y: setting.rows.saturating_sub(2), width: setting.columns.saturating_sub(2), height: 1 };
    let about = format!(" · {name} · {}x{} pixels", frame.width, frame.height);
    let place = format!("frame {} of {}", frame.place + 1, frames.len());
    bars::row(line, vec![Span::styled(place, look.strong), Span::styled(about, look.quiet)], vec![], buffer);
}
