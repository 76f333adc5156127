//! A picture, or what stands in its place: while it is being made, when it cannot be shown, where none can be shown.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::app::look::{FAULT, HERE, Look};
use crate::app::text;
use crate::canvas::{Canvas, Pic, Placed, fit};
use crate::story::Frame;

/// A frame as the canvas knows it.
pub fn pic(frame: &Frame) -> Pic {
    Pic { hash: frame.hash.clone(), width: frame.width, height: frame.height, veil: None }
}

/// Draws the picture in the middle of `slot`; `words` name it where it cannot be seen. Gives the area it takes.
pub fn picture(canvas: &Canvas, pic: &Pic, words: &str, slot: Rect, look: &Look, buffer: &mut Buffer) -> Rect {
    dress(canvas.place(pic, slot, buffer), words, look, buffer)
}

/// What stands in the place of a picture that was placed and is not shown; the area it takes. A picture is placed once a view:
/// kitty's is sent with the first placing, and a second one would write over it.
pub fn dress(placed: Placed, words: &str, look: &Look, buffer: &mut Buffer) -> Rect {
    let area = placed.area();
    match placed {
        Placed::Shown(_) => {}
        Placed::Waiting(area) => hollow(area, "", look, buffer),
        Placed::Broken(area) => hollow(area, &format!("{FAULT} {words}"), look, buffer),
        Placed::Off(area) => hollow(area, words, look, buffer),
    }
    area
}

/// A frame with its number right below it, lit or not, and what is said of it; frames of different heights stand on one line.
pub fn captioned(
    canvas: &Canvas,
    frame: &Frame,
    (lit, said): (bool, &str),
    slot: Rect,
    look: &Look,
    buffer: &mut Buffer,
) {
    let height = slot.height.saturating_sub(1);
    let rows = fit((frame.width, frame.height), slot.width, height, canvas.cell()).map_or(height, |fit| fit.rows);
    let place = Rect { y: slot.y + height - rows, height: rows, ..slot };
    let taken = picture(canvas, &pic(frame), &text::clean_line(&frame.name), place, look, buffer);
    let width = usize::from(taken.width.max(3));
    let number = if lit { format!("{HERE} {}", frame.place + 1) } else { (frame.place + 1).to_string() };
    let words = if said.is_empty() { number } else { text::clip(&format!("{number} {said}"), width) };
    let style = if lit { look.lit_bar } else { look.quiet };
    let pad = width.saturating_sub(text::width(&words));
    let words = format!("{}{words}{}", " ".repeat(pad / 2), " ".repeat(pad - pad / 2));
    buffer.set_string(taken.x, slot.bottom().saturating_sub(1), words, style);
}

/// An empty frame the size of the picture, with words in its middle.
fn hollow(area: Rect, words: &str, look: &Look, buffer: &mut Buffer) {
    if area.width < 2 || area.height < 2 {
        return;
    }
    let inner = usize::from(area.width - 2);
    let edge = |left: char, right: char| format!("{left}{}{right}", "─".repeat(inner));
    buffer.set_string(area.x, area.y, edge('╭', '╮'), look.hollow);
    for y in area.y + 1..area.bottom() - 1 {
        buffer.set_string(area.x, y, "│", look.hollow);
        buffer.set_string(area.right() - 1, y, "│", look.hollow);
    }
    buffer.set_string(area.x, area.bottom() - 1, edge('╰', '╯'), look.hollow);
    let words = text::clip(words, inner);
    if area.height > 2 && !words.is_empty() {
        let x = area.x + 1 + ((inner - text::width(&words)) / 2) as u16;
        buffer.set_string(x, area.y + area.height / 2, &words, look.quiet);
    }
}
