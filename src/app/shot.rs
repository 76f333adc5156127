//! A screen as a drawing: what is in the cells, as SVG. For bug reports and documents; pictures that lie over cells are not in it.

use std::fmt::Write as _;

use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};

use crate::canvas::Shade;

/// A cell, in units of the drawing.
const WIDTH: f64 = 8.4;
const HEIGHT: f64 = 17.0;

/// The drawing.
pub fn svg(buffer: &Buffer, shade: Shade) -> String {
    let (ink, ground) = match shade {
        Shade::Dark => ("#d8dee6", "#14181d"),
        Shade::Light => ("#1c2127", "#ffffff"),
    };
    let (width, height) = (f64::from(buffer.area.width) * WIDTH, f64::from(buffer.area.height) * HEIGHT);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.1} {height:.1}\" font-size=\"14\" \
         font-family=\"ui-monospace,SFMono-Regular,Menlo,Consolas,monospace\" shape-rendering=\"crispEdges\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"{ground}\"/>\n"
    );
    for y in buffer.area.top()..buffer.area.bottom() {
        let mut x = buffer.area.left();
        while x < buffer.area.right() {
            // Cells that look alike become one piece.
            let first = &buffer[(x, y)];
            let alike = |at: &u16| look(&buffer[(*at, y)]) == look(first) && !is_half(&buffer[(*at, y)]);
            let end =
                if is_half(first) { x + 1 } else { (x..buffer.area.right()).take_while(alike).last().unwrap_or(x) + 1 };
            let (from, top) = (f64::from(x - buffer.area.left()) * WIDTH, f64::from(y - buffer.area.top()) * HEIGHT);
            let wide = f64::from(end - x) * WIDTH;
            let (fore, back) = colours(first, ink, ground);
            if back != ground {
                let _ = writeln!(
                    out,
                    "<rect x=\"{from:.1}\" y=\"{top:.1}\" width=\"{wide:.1}\" height=\"{HEIGHT}\" fill=\"{back}\"/>"
                );
            }
            if is_half(first) {
                let half = HEIGHT / 2.0;
                let _ = writeln!(
                    out,
                    "<rect x=\"{from:.1}\" y=\"{top:.1}\" width=\"{wide:.1}\" height=\"{half}\" fill=\"{fore}\"/>"
                );
            } else {
                let text: String = (x..end).map(|at| buffer[(at, y)].symbol()).collect();
                if !text.trim().is_empty() {
                    let weight = if first.modifier.contains(Modifier::BOLD) { " font-weight=\"bold\"" } else { "" };
                    let base = top + HEIGHT * 0.76;
                    let _ = writeln!(
                        out,
                        "<text x=\"{from:.1}\" y=\"{base:.1}\" textLength=\"{wide:.1}\" xml:space=\"preserve\" fill=\"{fore}\"{weight}>{}</text>",
                        escape(&text)
                    );
                }
            }
            x = end;
        }
    }
    out + "</svg>\n"
}

/// A cell of a picture in half blocks.
fn is_half(cell: &Cell) -> bool {
    cell.symbol() == "▀"
}

fn look(cell: &Cell) -> (Color, Color, Modifier) {
    (cell.fg, cell.bg, cell.modifier)
}

fn colours(cell: &Cell, ink: &str, ground: &str) -> (String, String) {
    let (fore, back) = (css(cell.fg, ink), css(cell.bg, ground));
    if cell.modifier.contains(Modifier::REVERSED) { (back, fore) } else { (fore, back) }
}

/// The sixteen named colours as most terminals have them; of the 256 the cube and the greys.
fn css(colour: Color, otherwise: &str) -> String {
    let named = |n: usize| {
        const NAMED: [&str; 16] = [
            "#000000", "#c23621", "#25bc24", "#adad27", "#492ee1", "#d338d3", "#33bbc8", "#cbcccd", "#818383",
            "#fc391f", "#31e722", "#eaec23", "#5833ff", "#f935f8", "#14f0f0", "#e9ebeb",
        ];
        NAMED[n % 16].to_owned()
    };
    match colour {
        Color::Reset => otherwise.to_owned(),
        Color::Rgb(r, g, b) => format!("#{r:02x}{g:02x}{b:02x}"),
        Color::Indexed(n @ 0..=15) => named(usize::from(n)),
        Color::Indexed(n @ 16..=231) => {
            let level = |n: u8| if n == 0 { 0 } else { 55 + 40 * n };
            let n = n - 16;
            format!("#{:02x}{:02x}{:02x}", level(n / 36), level(n / 6 % 6), level(n % 6))
        }
        Color::Indexed(n) => format!("#{0:02x}{0:02x}{0:02x}", 8 + 10 * (n - 232)),
        Color::Black => named(0),
        Color::Red => named(1),
        Color::Green => named(2),
        Color::Yellow => named(3),
        Color::Blue => named(4),
        Color::Magenta => named(5),
        Color::Cyan => named(6),
        Color::Gray => named(7),
        Color::DarkGray => named(8),
        Color::LightRed => named(9),
        Color::LightGreen => named(10),
        Color::LightYellow => named(11),
        Color::LightBlue => named(12),
        Color::LightMagenta => named(13),
        Color::LightCyan => named(14),
        Color::White => named(15),
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use ratatui::layout::Rect;
    use ratatui::style::Style;

    use super::*;

    #[test]
    fn words_colours_and_half_blocks_are_drawn() {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 6, 1));
        buffer.set_string(0, 0, "a<b", Style::new().fg(Color::Rgb(1, 2, 3)).add_modifier(Modifier::BOLD));
        buffer.set_string(4, 0, "▀", Style::new().fg(Color::Rgb(255, 0, 0)).bg(Color::Indexed(21)));
        let drawn = svg(&buffer, Shade::Dark);
        for piece in ["fill=\"#010203\" font-weight=\"bold\">a&lt;b</text>", "fill=\"#ff0000\"", "fill=\"#0000ff\""] {
            assert!(drawn.contains(piece), "{piece}: {drawn}");
        }
        assert!(quick_xml_is_happy(&drawn));
    }

    fn quick_xml_is_happy(text: &str) -> bool {
        let mut reader = quick_xml::Reader::from_str(text);
        loop {
            match reader.read_event() {
                Ok(quick_xml::events::Event::Eof) => return true,
                Ok(_) => {}
                Err(_) => return false,
            }
        }
    }
}
